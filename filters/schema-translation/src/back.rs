//! The back instance: one attempt at one provider.
//!
//! It writes the provider's request from the client's, watches the answer until it is worth showing, and
//! only then lets it go, in the client's dialect. What fails before that is classified, and the plan moves on
//! without the client noticing. What fails afterwards ends in an error event, never in a short success.

use std::rc::Rc;

use penstock_chat::Api;
use penstock_config::slice::{self, Commit};
use penstock_flow::{Body, Headers, Level, Step};
use penstock_plan::{Failure, Next, Plan};
use penstock_sse::{DecodeError, Decoder};
use penstock_translate::error::{self, ApiError, ErrorKind};
use penstock_translate::request::{self, Translated};
use penstock_translate::response::{self, AnswerError};
use penstock_translate::stream::{self, End, StreamError, Translator};

use crate::front::translation_target;
use crate::state::{self, Journey, LastError, UsageRecord};
use crate::{classify, header, metrics};

/// One attempt.
pub struct Back {
    config: Rc<slice::Back>,
    plan: Option<Plan>,
    journey: Journey,
    usage: UsageRecord,
    started_ms: u64,
    answer: Answer,
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
    Document { names: Vec<String> },
    /// The document of an error status.
    Error {
        status: u16,
        retry_after: Option<String>,
        names: Vec<String>,
    },
    /// Everything there is to say has been said; what still comes is dropped.
    Over,
}

struct Stream {
    decoder: Decoder,
    translator: Translator,
    /// What the client gets once the answer is released; empty afterwards.
    held: Vec<u8>,
    released: bool,
    content: bool,
    /// Names of the response headers, for the release.
    names: Vec<String>,
}

/// Why a stream cannot go on.
enum Broken {
    Provider(ApiError),
    Malformed(&'static str),
    Incomplete,
}

impl Back {
    /// Starts on an attempt at `now_ms`.
    pub fn new(config: Rc<slice::Back>, now_ms: u64) -> Self {
        let usage = UsageRecord::new(&config.provider, "");
        Self {
            config,
            plan: None,
            journey: Journey::default(),
            usage,
            started_ms: now_ms,
            answer: Answer::None,
        }
    }

    /// Request headers have arrived. `plan`, `journey` and `credential` are the values of their filter-state
    /// keys; the last is the client's own and only used where the plan says so.
    pub fn request_headers(
        &mut self,
        headers: &Headers,
        plan: Option<Plan>,
        journey: Option<Journey>,
        credential: Option<String>,
    ) -> Step {
        self.journey = journey.unwrap_or_default();
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
        self.usage = UsageRecord::new(&self.config.provider, &target.model);
        self.journey.loss.clear();

        let mut step = Step::hold();
        for name in headers.names().filter(|name| !header::reaches_provider(name)) {
            step.remove(name.to_owned());
        }
        step.set(":method", "POST");
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
            match (target.api, target.flavor) {
                (Api::Anthropic, _) => step.set("x-api-key", credential),
                (Api::OpenAi, penstock_translate::target::Flavor::Azure) => step.set("api-key", credential),
                (Api::OpenAi, _) => step.set("authorization", format!("Bearer {credential}")),
            }
        }
        self.keep_next(&mut step, &plan);
        self.keep_journey(&mut step);
        self.keep_usage(&mut step);
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
        let Some(plan) = &self.plan else {
            return Step::go_on();
        };
        let status = headers
            .get(":status")
            .and_then(|status| status.parse().ok())
            .unwrap_or(0);
        let names: Vec<String> = headers.names().map(str::to_owned).collect();
        let retry_after = headers.get("retry-after").map(str::to_owned);
        let kind = headers
            .get("content-type")
            .unwrap_or_default()
            .to_ascii_lowercase();
        let coded = headers
            .get("content-encoding")
            .is_some_and(|coding| coding != "identity");
        self.answer = match status {
            200..=299 if coded => {
                self.answer = Answer::Document { names };
                return self.fail_malformed("it is compressed in a way that was not asked for");
            }
            200..=299 if plan.stream && kind.starts_with("text/event-stream") => {
                Answer::Stream(Box::new(Stream {
                    decoder: Decoder::new(usize::try_from(self.config.max_event_bytes).unwrap_or(usize::MAX)),
                    translator: Translator::new(stream::Options {
                        client: plan.client,
                        provider: self.config.api,
                        flavor: self.config.flavor,
                        created: now_ms / 1000,
                        include_usage: plan.include_usage,
                        choices: plan.choices,
                    }),
                    held: Vec::new(),
                    released: false,
                    content: false,
                    names,
                }))
            }
            200..=299 => Answer::Document { names },
            status => Answer::Error {
                status,
                retry_after,
                names,
            },
        };
        if end_of_stream {
            return self.response_end(now_ms);
        }
        Step::hold()
    }

    /// How the filter wants the response body.
    pub fn wants(&self) -> Wants {
        match &self.answer {
            Answer::Document { .. } | Answer::Error { .. } => Wants::Whole(self.config.max_response_bytes),
            Answer::None | Answer::Stream(_) | Answer::Over => Wants::Pieces,
        }
    }

    /// The body has outgrown what [`Wants::Whole`] named.
    pub fn response_too_large(&mut self) -> Step {
        self.fail_malformed("it is larger than the limit")
    }

    /// A piece of the response body, or all of it, as [`Back::wants`] says.
    pub fn response_body(&mut self, bytes: &[u8], end_of_stream: bool, now_ms: u64) -> Step {
        match std::mem::replace(&mut self.answer, Answer::Over) {
            Answer::Stream(stream) => self.stream_piece(stream, bytes, end_of_stream, now_ms),
            Answer::Document { names } => self.document(names, bytes, now_ms),
            Answer::Error {
                status,
                retry_after,
                names,
            } => {
                let parsed = error::parse(self.config.api, status, bytes);
                let failure =
                    classify::failure(status, &parsed, classify::retry_after_s(retry_after.as_deref()));
                self.fail(failure, parsed, status.to_string(), retry_after, &names)
            }
            Answer::None => Step::go_on(),
            Answer::Over => Step {
                body: Body::Replace(Vec::new()),
                ..Step::default()
            },
        }
    }

    /// The answer has ended without a body, or with trailers.
    pub fn response_end(&mut self, now_ms: u64) -> Step {
        self.response_body(&[], true, now_ms)
    }

    /// The attempt is over. If nobody has said how, `ending` tells.
    pub fn done(&mut self, ending: Ending, now_ms: u64) -> Step {
        let mut step = Step::go_on();
        let Some(plan) = &self.plan else {
            return step;
        };
        let unheard = self
            .journey
            .progress
            .attempts
            .last()
            .is_some_and(|attempt| attempt.outcome.is_none());
        if unheard {
            let outcome = match ending {
                Ending::ClientGone => "cancelled",
                Ending::NotConnected => "connect-failure",
                Ending::Connected if now_ms.saturating_sub(self.started_ms) >= plan.deadline_ms => "timeout",
                Ending::Connected => "reset",
            };
            self.note(&mut step, outcome);
            self.keep_journey(&mut step);
        }
        step
    }

    fn document(&mut self, names: Vec<String>, bytes: &[u8], now_ms: u64) -> Step {
        let Some(plan) = &self.plan else {
            return Step::go_on();
        };
        if plan.stream {
            self.answer = Answer::Document { names };
            return match response::translate(&self.context(plan, now_ms), bytes) {
                Err(AnswerError::Provider(error)) => self.fail_in_answer(error),
                _ => self.fail_malformed("a stream was asked for"),
            };
        }
        let answer = match response::translate(&self.context(plan, now_ms), bytes) {
            Ok(answer) => answer,
            Err(error) => {
                self.answer = Answer::Document { names };
                return match error {
                    AnswerError::Provider(error) => self.fail_in_answer(error),
                    AnswerError::Malformed { .. } => self.fail_malformed("it does not have the API's form"),
                };
            }
        };
        self.usage.report(answer.usage);
        self.usage.finish_reason = answer.finish;
        self.usage.output_bytes = answer.output_text_bytes;
        if let Some(model) = answer.model {
            self.usage.model = model;
        }
        let mut step = Step::go_on();
        self.release_headers(&mut step, &names);
        if let Some(body) = answer.body {
            step.set("content-type", "application/json");
            step.set("content-length", body.len().to_string());
            step.body = Body::Replace(body);
        }
        self.succeed(&mut step, now_ms);
        step
    }

    fn context(&self, plan: &Plan, now_ms: u64) -> response::Context {
        response::Context {
            client: plan.client,
            provider: self.config.api,
            flavor: self.config.flavor,
            created: now_ms / 1000,
        }
    }

    fn stream_piece(
        &mut self,
        mut stream: Box<Stream>,
        bytes: &[u8],
        end_of_stream: bool,
        now_ms: u64,
    ) -> Step {
        let mut out = std::mem::take(&mut stream.held);
        let broken = read_events(&mut stream, bytes, end_of_stream, &mut out);
        let read = stream.translator.state();
        let before = self.usage.clone();
        self.usage.report(read.usage);
        self.usage.finish_reason = read.finish;
        self.usage.output_bytes = read.output_text_bytes;
        if let Some(model) = &read.model {
            self.usage.model.clone_from(model);
        }

        if let Some(broken) = broken {
            return self.break_off(stream, broken, out);
        }
        let complete = self
            .plan
            .as_ref()
            .is_some_and(|plan| plan.commit == Commit::Complete);
        let over = u64::try_from(out.len()).unwrap_or(u64::MAX) > self.config.max_response_bytes;
        if !stream.released && !end_of_stream && !over && (complete || !stream.content) {
            stream.held = out;
            let mut step = Step {
                body: Body::Replace(Vec::new()),
                ..Step::hold()
            };
            if self.usage != before {
                self.keep_usage(&mut step);
            }
            self.answer = Answer::Stream(stream);
            return step;
        }

        let mut step = Step::go_on();
        if !stream.released {
            stream.released = true;
            let names = std::mem::take(&mut stream.names);
            self.release_headers(&mut step, &names);
            step.remove("content-length");
            self.succeed(&mut step, now_ms);
        } else if self.usage != before {
            self.keep_usage(&mut step);
        }
        if out != bytes {
            step.body = Body::Replace(out);
        }
        if !end_of_stream {
            self.answer = Answer::Stream(stream);
        }
        step
    }

    /// The stream cannot go on: another target if nothing was released yet, else an error event.
    fn break_off(&mut self, stream: Box<Stream>, broken: Broken, mut out: Vec<u8>) -> Step {
        if !stream.released {
            self.answer = Answer::Stream(stream);
            return match broken {
                Broken::Provider(error) => self.fail_in_answer(error),
                Broken::Malformed(what) => self.fail_malformed(what),
                Broken::Incomplete => {
                    self.fail_unusable("it ends before the model has finished", "incomplete")
                }
            };
        }
        let (error, outcome) = match broken {
            Broken::Provider(error) => (error, "error"),
            Broken::Malformed(what) => (classify::unusable(self.config.api, what), "malformed"),
            Broken::Incomplete => (
                classify::unusable(self.config.api, "it ends before the model has finished"),
                "incomplete",
            ),
        };
        if let Some(plan) = &self.plan {
            error::render_event(plan.client, &error, &mut out);
        }
        let mut step = Step {
            body: Body::Replace(out),
            ..Step::go_on()
        };
        self.note(&mut step, outcome);
        self.keep_journey(&mut step);
        self.keep_usage(&mut step);
        step
    }

    fn fail_in_answer(&mut self, error: ApiError) -> Step {
        let failure = classify::failure_in_answer(&error);
        let names = self.take_names();
        self.fail(failure, error, "error".to_owned(), None, &names)
    }

    fn fail_malformed(&mut self, what: &'static str) -> Step {
        self.fail_unusable(what, "malformed")
    }

    fn fail_unusable(&mut self, what: &'static str, outcome: &'static str) -> Step {
        let error = classify::unusable(self.config.api, what);
        let names = self.take_names();
        self.fail(Failure::Unusable, error, outcome.to_owned(), None, &names)
    }

    fn take_names(&mut self) -> Vec<String> {
        match std::mem::replace(&mut self.answer, Answer::Over) {
            Answer::Stream(stream) => stream.names,
            Answer::Document { names } | Answer::Error { names, .. } => names,
            Answer::None | Answer::Over => Vec::new(),
        }
    }

    /// The attempt has failed before anything was released. The error is written in any case: it is what the
    /// client gets if there is no further attempt.
    fn fail(
        &mut self,
        failure: Failure,
        error: ApiError,
        outcome: String,
        retry_after: Option<String>,
        names: &[String],
    ) -> Step {
        self.answer = Answer::Over;
        let mut step = Step::go_on();
        self.note(&mut step, outcome);
        if failure == Failure::Credential {
            let provider = &self.config.provider;
            step.say(
                Level::Error,
                format!("provider {provider} refused the gateway's credential"),
            );
        }
        let Some(plan) = self.plan.take() else {
            return step;
        };
        let shown = classify::for_client(error, failure);
        let rendered = error::render(plan.client, &shown);
        let retry_after = retry_after.filter(|_| {
            matches!(
                shown.kind,
                ErrorKind::RateLimit | ErrorKind::Overloaded | ErrorKind::Unavailable
            )
        });

        let next = self.journey.progress.fail(&plan, failure);
        self.release_headers(&mut step, names);
        if let Next::Retry { wait_s, .. } = next {
            step.set(header::RETRY, "1");
            if let Some(wait_s) = wait_s {
                step.set(header::WAIT, wait_s.to_string());
            }
        }
        step.set(":status", rendered.status.to_string());
        step.set("content-type", "application/json");
        step.set("content-length", rendered.body.len().to_string());
        if let Some(retry_after) = &retry_after {
            step.set("retry-after", retry_after.clone());
        }
        self.keep_next(&mut step, &plan);
        self.keep_journey(&mut step);
        let last = LastError {
            status: rendered.status,
            body: String::from_utf8_lossy(&rendered.body).into_owned(),
            retry_after,
        };
        step.keep(state::ERROR, state::json(&last));
        step.body = Body::Replace(rendered.body);
        self.plan = Some(plan);
        step
    }

    /// The attempt's answer is being released.
    fn succeed(&mut self, step: &mut Step, now_ms: u64) {
        self.usage.first_token_ms = Some(now_ms.saturating_sub(self.started_ms));
        self.note(step, "200");
        self.journey.progress.next = None;
        self.keep_journey(step);
        self.keep_usage(step);
    }

    fn release_headers(&self, step: &mut Step, names: &[String]) {
        for name in names.iter().filter(|name| header::stays_behind(name)) {
            step.remove(name.clone());
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
        step.keep(state::PROGRESS, state::json(&self.journey));
    }

    fn keep_usage(&self, step: &mut Step) {
        step.keep(state::USAGE, state::json(&self.usage));
    }

    fn target(&self) -> Option<(&Plan, &slice::Target)> {
        let plan = self.plan.as_ref()?;
        let index = self.journey.progress.attempts.last()?.target;
        Some((plan, plan.targets.get(index)?))
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

/// Feeds `bytes` to the stream and appends to `out` what the client is to get.
fn read_events(stream: &mut Stream, bytes: &[u8], end_of_stream: bool, out: &mut Vec<u8>) -> Option<Broken> {
    stream.decoder.push(bytes);
    loop {
        let frame = match stream.decoder.next() {
            Ok(None) if end_of_stream => stream.decoder.finish(),
            frame => frame,
        };
        match frame {
            Ok(Some(frame)) => match stream.translator.event(&frame, out) {
                Ok(progress) => stream.content |= progress.content,
                Err(StreamError::Provider(error)) => return Some(Broken::Provider(error)),
                Err(StreamError::Malformed { .. }) => {
                    return Some(Broken::Malformed("an event does not have the API's form"));
                }
            },
            Ok(None) => break,
            Err(DecodeError::EventTooLarge { .. }) => {
                return Some(Broken::Malformed("an event is larger than the limit"));
            }
            Err(_) => return Some(Broken::Malformed("an event is not UTF-8")),
        }
    }
    if end_of_stream && stream.translator.end(out) == End::Incomplete {
        return Some(Broken::Incomplete);
    }
    None
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
