//! The back instance: one attempt at one provider.
//!
//! It writes the provider's request from the client's, watches the answer until it is worth showing, and
//! only then lets it go, in the client's dialect. What fails before that is classified, and the plan moves on
//! without the client noticing. What fails afterwards ends in an error event, never in a short success.

mod answer;
mod coding;
mod held;
mod stream;

use std::rc::Rc;

use penstock_chat::Api;
use penstock_client::trail::Remaining;
use penstock_client::usage::UsageRecord;
use penstock_config::slice;
use penstock_flow::{Body, Headers, Level, Step, Verdict};
use penstock_plan::{Failure, Plan};
use penstock_translate::error::{self, ApiError, ErrorKind};
use penstock_translate::request::{self, Translated};
use penstock_translate::stream::Options;

use crate::credential::Credential;
use crate::front::translation_target;
use crate::state::{self, Journey};
use crate::{classify, header, metrics, remaining};

use coding::Coding;
pub use held::Pool;
use stream::Stream;

/// Envoy's timers and the wall clock tell the same moment some milliseconds apart.
const CLOCK_SKEW_MS: u64 = 20;

/// No API's error is larger, in bytes; what is may be anything.
const LARGEST_ERROR: u64 = 64 << 10;

/// One attempt.
pub struct Back {
    config: Rc<slice::Back>,
    pool: Pool,
    plan: Option<Plan>,
    journey: Journey,
    usage: UsageRecord,
    /// What filter state has of it in single values; none before the attempt has begun.
    told: Option<UsageRecord>,
    started_ms: u64,
    answer: Answer,
    /// The provider's response headers that the client is not to see.
    left_behind: Vec<String>,
}

/// How much of the response body the filter wants to see at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// Each piece as it comes.
    Pieces,
    /// All of it, up to this many bytes.
    Whole(u64),
}

/// What is known of an attempt that ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The client has left.
    ClientGone,
    /// There never was a connection to the provider.
    NotConnected,
    /// There was one.
    Connected,
}

/// What the answer has turned out to be.
enum Answer {
    /// Nothing has come yet.
    None,
    /// An event stream.
    Stream(Box<Stream>),
    /// One JSON document after a 2xx.
    Document { coding: Coding },
    /// The document of an error status.
    Error {
        status: u16,
        retry_after: Option<String>,
        coding: Coding,
    },
    /// Everything there is to say has been said; what still comes is dropped.
    Over,
}

impl Back {
    /// Starts on an attempt at `now_ms`, in the VM of `pool`.
    pub fn new(config: Rc<slice::Back>, pool: Pool, now_ms: u64) -> Self {
        let usage = UsageRecord::new(&config.provider, "", Vec::new());
        Self {
            config,
            pool,
            plan: None,
            journey: Journey::default(),
            usage,
            told: None,
            started_ms: now_ms,
            answer: Answer::None,
            left_behind: Vec::new(),
        }
    }

    /// Request headers have arrived. `plan`, `journey` and `credential` are the values of their filter-state
    /// keys; without a journey this is the first attempt. The last is the client's own and only used where the plan says so.
    pub fn request_headers(
        &mut self,
        headers: &Headers,
        plan: Option<Plan>,
        journey: Option<Journey>,
        credential: Option<Credential>,
    ) -> Step {
        self.journey = journey.unwrap_or_else(Journey::start);
        let begun = plan
            .as_ref()
            .and_then(|plan| self.journey.progress.begin(plan, self.started_ms));
        let (Some(plan), Some(index)) = (plan, begun) else {
            return self.misdirected("an attempt without a plan");
        };
        let Some(target) = plan
            .targets
            .get(index)
            .filter(|target| target.provider == self.config.provider)
        else {
            return self.misdirected("an attempt at another provider than the plan names");
        };
        let earlier = self.journey.billed.clone();
        self.usage = UsageRecord::new(&self.config.provider, &target.model, earlier);
        self.journey.loss.clear();

        let mut step = Step::hold();
        let reaches =
            |name: &str| header::reaches_provider(name) || (self.config.trace && header::names_trace(name));
        for name in headers.names().filter(|name| !reaches(name)) {
            step.remove(name.to_owned());
        }
        step.set(":scheme", self.config.scheme.clone());
        step.set(":authority", self.config.authority.clone());
        step.set(
            ":path",
            self.config.path.replace("{model}", &path_segment(&target.model)),
        );
        step.set("content-type", "application/json");
        step.set(
            "accept",
            if plan.stream {
                "text/event-stream"
            } else {
                "application/json"
            },
        );
        step.set("user-agent", concat!("penstock/", env!("CARGO_PKG_VERSION")));
        for (name, value) in header::required(target.api) {
            step.set(*name, *value);
        }
        if target.api == plan.client {
            for (name, value) in &plan.forward {
                step.set(name.clone(), value.clone());
            }
        }
        if let Some(credential) = credential.filter(|_| target.client_credential) {
            let (name, value) = credential.header(plan.client, target);
            step.set(name, value);
        }
        self.keep_next(&mut step, &plan);
        self.keep_journey(&mut step);
        let number = self.journey.progress.attempts.len();
        step.keep(state::ATTEMPT, number.to_string().into_bytes());
        if number > 1 {
            // What the attempt before has used is not what this one has.
            self.keep_usage(&mut step);
        } else {
            self.told = Some(UsageRecord::new("", "", Vec::new()));
            self.keep_singles(&mut step);
        }
        self.plan = Some(plan);
        step
    }

    /// The client's whole request body is here.
    pub fn request_body(&mut self, body: &[u8]) -> Step {
        let translated = match self.target() {
            Some((plan, target)) => request::translate(plan.client, body, &translation_target(target)),
            None => return self.misdirected("a request body without a plan"),
        };
        let Translated { body, losses } = match translated {
            Ok(translated) => translated,
            // The front instance has checked this request, so this is a defect of ours.
            Err(_) => {
                return self.misdirected("a request that passed the front instance cannot be translated");
            }
        };
        let mut step = Step::go_on();
        if !losses.is_empty() {
            self.journey.loss = losses.into_iter().map(|loss| loss.field.into_owned()).collect();
            step.count(metrics::loss(&self.config.provider));
            self.keep_journey(&mut step);
        }
        step.set("content-length", body.len().to_string());
        step.body = Body::Replace(body);
        step
    }

    /// Response headers have arrived; `end_of_stream` if no body follows.
    pub fn response_headers(&mut self, headers: &Headers, end_of_stream: bool, now_ms: u64) -> Step {
        let heard = self.hear(headers, now_ms);
        let Some(plan) = &self.plan else {
            return Step::go_on();
        };
        let status = headers
            .get(":status")
            .and_then(|status| status.parse().ok())
            .unwrap_or(0);
        self.left_behind = headers
            .names()
            .filter(|name| !header::reaches_client(name))
            .map(str::to_owned)
            .collect();
        let coding = Coding::named(headers.get("content-encoding"));
        let kind = headers
            .get("content-type")
            .unwrap_or_default()
            .to_ascii_lowercase();
        self.answer = match status {
            200..=299 if plan.stream && kind.starts_with("text/event-stream") => {
                let options = Options {
                    client: plan.client,
                    provider: self.config.api,
                    created: now_ms / 1000,
                    include_usage: plan.include_usage,
                    choices: plan.choices,
                };
                Answer::Stream(Box::new(Stream::new(
                    coding,
                    &self.config,
                    self.pool.share(),
                    options,
                )))
            }
            200..=299 => {
                // It comes when it is whole, so the provider has done its work. A page of something in between is none.
                self.usage.answered = kind.starts_with("application/json");
                Answer::Document { coding }
            }
            status => Answer::Error {
                status,
                retry_after: headers.get("retry-after").map(str::to_owned),
                coding,
            },
        };
        if !end_of_stream {
            let mut step = Step::hold();
            if heard {
                self.keep_trail(&mut step);
            }
            return step;
        }
        self.response_without_body(now_ms)
    }

    /// The response has ended, and nothing came between its headers and its end.
    pub fn response_without_body(&mut self, now_ms: u64) -> Step {
        let mut step = self.response_body(&[], true, now_ms);
        if let Body::Replace(_) = std::mem::take(&mut step.body) {
            // There is no body to replace; the front instance answers with what is kept in filter state.
            step.set("content-length", "0");
        }
        step
    }

    /// How the filter wants the response body.
    pub fn wants(&self) -> Wants {
        match &self.answer {
            Answer::Document { .. } => Wants::Whole(self.config.max_response_bytes),
            Answer::Error { .. } => Wants::Whole(LARGEST_ERROR),
            Answer::None | Answer::Stream(_) | Answer::Over => Wants::Pieces,
        }
    }

    /// The body has outgrown what [`Wants::Whole`] named.
    pub fn response_too_large(&mut self) -> Step {
        if matches!(self.answer, Answer::Error { .. }) {
            // The status tells enough.
            return self.response_body(&[], false, 0);
        }
        self.fail_malformed("it is larger than the limit")
    }

    /// A piece of the response body, or all of it, as [`Back::wants`] says.
    pub fn response_body(&mut self, bytes: &[u8], end_of_stream: bool, now_ms: u64) -> Step {
        match std::mem::replace(&mut self.answer, Answer::Over) {
            Answer::Stream(stream) => self.stream_piece(stream, bytes, end_of_stream, now_ms),
            Answer::Document { coding } => match self.plain(coding, bytes) {
                Ok(plain) => self.document(plain, now_ms),
                Err(what) => self.fail_malformed(what),
            },
            Answer::Error {
                status,
                retry_after,
                coding,
            } => {
                // An error is one whether or not its body can be read.
                let plain = self.plain(coding, bytes).unwrap_or_default();
                let parsed = error::parse(self.config.api, status, &plain);
                let seconds = classify::retry_after_s(retry_after.as_deref());
                let failure = match classify::failure(status, &parsed, seconds) {
                    // The credential was the client's, and so is the fault.
                    Failure::Credential if self.uses_client_credential() => Failure::Request,
                    failure => failure,
                };
                self.fail(failure, parsed, status.to_string(), retry_after)
            }
            Answer::None => Step::go_on(),
            Answer::Over => Step {
                body: Body::Replace(Vec::new()),
                ..Step::default()
            },
        }
    }

    /// Whether everything there is to say has been said.
    pub fn is_over(&self) -> bool {
        matches!(self.answer, Answer::Over)
    }

    /// Whether the client waits for more of an answer that has begun, so that silence is worth watching.
    pub fn is_watched(&self) -> bool {
        match &self.answer {
            Answer::Stream(stream) => stream.released,
            Answer::Over => true,
            Answer::None | Answer::Document { .. } | Answer::Error { .. } => false,
        }
    }

    /// Whether the attempt runs without anything having been heard of how it goes.
    pub fn is_unheard(&self) -> bool {
        let last = self.journey.progress.attempts.last();
        self.plan.is_some() && last.is_some_and(|attempt| attempt.outcome.is_none())
    }

    /// The attempt is over. If nothing was heard of it, `ending` tells how.
    pub fn done(&mut self, ending: Ending, now_ms: u64) -> Step {
        let mut step = Step::go_on();
        let Some(plan) = self.plan.as_ref().filter(|_| self.is_unheard()) else {
            return step;
        };
        let deadline_ms = plan.deadline_ms.saturating_sub(CLOCK_SKEW_MS);
        let outcome = match ending {
            Ending::ClientGone => "cancelled",
            Ending::NotConnected => "connect-failure",
            Ending::Connected if now_ms.saturating_sub(self.started_ms) >= deadline_ms => state::TIMEOUT,
            Ending::Connected => "reset",
        };
        self.note(&mut step, outcome);
        self.close_usage(&mut step, outcome == state::TIMEOUT);
        self.keep_journey(&mut step);
        step
    }

    fn release_headers(&mut self, step: &mut Step) {
        for name in std::mem::take(&mut self.left_behind) {
            step.remove(name);
        }
        step.set(header::ANSWER, "1");
    }

    fn note(&mut self, step: &mut Step, outcome: impl Into<String>) {
        let outcome = outcome.into();
        step.count(metrics::attempt(&self.config.provider, &outcome));
        self.journey.progress.outcome(outcome);
    }

    fn keep_next(&self, step: &mut Step, plan: &Plan) {
        let target = self
            .journey
            .progress
            .next
            .and_then(|index| plan.targets.get(index));
        let cluster = target.map_or(state::PLAN_ENDED, |target| target.cluster.as_str());
        step.keep(state::NEXT, cluster.as_bytes().to_vec());
    }

    fn keep_journey(&self, step: &mut Step) {
        keep_journey(step, &self.journey, &self.config);
    }

    fn keep_trail(&self, step: &mut Step) {
        keep_trail(step, &self.journey, &self.config);
    }

    /// Notes what the provider says of its limits, for the service; whether it said anything.
    fn hear(&mut self, headers: &Headers, now_ms: u64) -> bool {
        let Some(attempt) = self
            .journey
            .progress
            .attempts
            .last_mut()
            .filter(|_| self.config.trail)
        else {
            return false;
        };
        attempt.remaining = remaining::remaining(self.config.api, headers, now_ms);
        attempt.retry_after_ms = remaining::retry_after_ms(headers);
        attempt.remaining != Remaining::default() || attempt.retry_after_ms.is_some()
    }

    /// Notes that content has come, for the service; whether it is the first.
    fn note_content(&mut self, now_ms: u64) -> bool {
        let started_ms = self.started_ms;
        let attempt = self.journey.progress.attempts.last_mut();
        let first = attempt.filter(|attempt| self.config.trail && attempt.first_token_ms.is_none());
        if let Some(attempt) = first {
            attempt.first_token_ms = Some(now_ms.saturating_sub(started_ms));
            return true;
        }
        false
    }

    fn keep_usage(&mut self, step: &mut Step) {
        step.keep(state::USAGE, self.usage.to_json());
        self.keep_singles(step);
    }

    fn keep_singles(&mut self, step: &mut Step) {
        for (key, value) in self.usage.singles(self.told.as_ref()) {
            step.keep(key, value);
        }
        self.told = Some(self.usage.clone());
    }

    /// The attempt has failed. What it has used stays in the record, and the records of later attempts will name it.
    fn close_usage(&mut self, step: &mut Step, timed_out: bool) {
        // Without either, nothing was noted that filter state does not say.
        if self.usage.answered || self.usage.input_tokens.is_some() {
            self.keep_usage(step);
        }
        self.journey.billed.extend(self.usage.given_up(timed_out));
    }

    fn target(&self) -> Option<(&Plan, &slice::Target)> {
        let plan = self.plan.as_ref()?;
        let index = self.journey.progress.attempts.last()?.target;
        Some((plan, plan.targets.get(index)?))
    }

    fn uses_client_credential(&self) -> bool {
        self.target().is_some_and(|(_, target)| target.client_credential)
    }

    /// Envoy and the filters disagree. Nothing may go out then.
    fn misdirected(&mut self, what: &'static str) -> Step {
        self.answer = Answer::Over;
        let error = ApiError::new(ErrorKind::Internal, "the gateway is misconfigured");
        let dialect = self.plan.as_ref().map_or(Api::OpenAi, |plan| plan.client);
        let rendered = error::render(dialect, &error);
        let mut step = Step::reply(penstock_flow::LocalReply {
            status: rendered.status,
            headers: Vec::new(),
            body: rendered.body,
            details: "misdirected",
        });
        step.say(Level::Error, format!("provider {}: {what}", self.config.provider));
        step
    }
}

fn keep_journey(step: &mut Step, journey: &Journey, config: &slice::Back) {
    step.keep(state::PROGRESS, state::packed(journey));
    step.keep(state::ATTEMPTS, journey.progress.summary().into_bytes());
    keep_trail(step, journey, config);
}

fn keep_trail(step: &mut Step, journey: &Journey, config: &slice::Back) {
    if config.trail {
        step.keep(state::TRAIL, journey.progress.trail().to_json());
    }
}

/// A released stream has been silent for too long. Nothing can be added to it from outside its own events, so
/// the transfer is aborted, which no client takes for a success.
pub fn stalled(config: &slice::Back, journey: Option<Journey>) -> Step {
    let mut step = Step {
        verdict: Verdict::Reset,
        ..Step::default()
    };
    step.count(metrics::broken(&config.provider, "stall"));
    if let Some(mut journey) = journey {
        journey.progress.outcome("stall");
        keep_journey(&mut step, &journey, config);
    }
    step
}

/// A model's name as one segment of a path.
fn path_segment(name: &str) -> String {
    let mut segment = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            segment.push_str(&format!("%{byte:02X}"));
        }
    }
    segment
}

#[cfg(test)]
mod tests;
