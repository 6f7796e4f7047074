//! The front instance: settles the plan before the first attempt, and gives the answer its last touch.
//!
//! It takes the whole request, checks it, chooses the targets that can serve it and names the first one. It
//! answers itself what needs no provider: unknown paths and models, bad requests, the list of models. On the
//! way back it removes what is internal, adds the `x-penstock-*` headers, and puts an error in the client's
//! dialect in the place of one that Envoy made itself. It never touches the body of a provider's answer.

use std::rc::Rc;

use penstock_chat::MicroUsd;
use penstock_client::usage::{self, UsageRecord};
use penstock_client::{Arrival, Client, Endpoint, body_too_large};
use penstock_config::slice::{self, Model, OnLoss};
use penstock_flow::{Body, Headers, LocalReply, Step, Verdict};
use penstock_plan::{Decision, Plan};
use penstock_translate::error::{self, ApiError, ErrorKind};
use penstock_translate::request::{self, Inspected};
use penstock_translate::target::Target;

use crate::cost::cost;
use crate::credential::Credential;
use crate::decided::Decided;
use crate::state::{self, Journey, LastError};
use crate::{header, metrics, models};

/// The decision of the front instance for one request.
pub struct Front {
    config: Rc<slice::Front>,
    client: Client,
    started_ms: u64,
    forward: Vec<(String, String)>,
    credential: Option<Credential>,
    /// What the service has decided, once the plan follows it.
    decision: Option<Decision>,
    /// The service has decided nothing, and the plan is that of the configuration.
    is_static: bool,
    /// Whether the answer is a stream, and whether it is held until it is whole.
    answer: (bool, bool),
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The request is coming in.
    Request,
    /// The filter has answered itself.
    Replied,
    /// The plan is settled and attempts are under way.
    Planned,
    /// The answer has begun.
    Answered,
    /// So it has, and everything is said of what it has cost.
    Priced,
    /// Envoy answered itself, and its body is being replaced.
    Replacing,
}

impl Front {
    /// Starts on a request that arrived at `now_ms`.
    pub fn new(config: Rc<slice::Front>, now_ms: u64) -> Self {
        Self {
            client: Client::unknown(&config.policy_version),
            config,
            started_ms: now_ms,
            forward: Vec::new(),
            credential: None,
            decision: None,
            is_static: false,
            answer: (false, false),
            phase: Phase::Request,
        }
    }

    /// The largest body worth waiting for, in bytes.
    pub fn body_limit(&self) -> u64 {
        self.config.max_request_bytes
    }

    /// Request headers have arrived; `end_of_stream` if no body follows.
    pub fn request_headers(&mut self, headers: &Headers, end_of_stream: bool) -> Step {
        let arrival = Arrival::read(headers, &self.config.policy_version);
        let admitted = arrival.admit(end_of_stream, self.body_limit());
        let Arrival { client, endpoint, .. } = arrival;
        self.client = client;
        if let Err(reply) = admitted {
            return self.refuse_with(reply);
        }
        let dialect = self.client.dialect;
        match endpoint {
            Endpoint::Chat => {
                self.forward = header::forwarded(dialect, headers);
                self.credential = Credential::of(headers);
                Step::hold()
            }
            Endpoint::Models => self.reply(models::list(dialect, &self.config.models), "models"),
            Endpoint::Model(name) => match models::one(dialect, &self.config.models, name) {
                Some(body) => self.reply(body, "model"),
                None => self.refuse_with(self.client.refuse_model(name)),
            },
            // token-quota has answered where it is configured.
            Endpoint::CountTokens => {
                self.refuse_path("tokens are only counted under a `quota`; none is configured")
            }
            // The service has answered where there is one that answers.
            Endpoint::Estimate => {
                self.refuse_path("estimates are made by the service, and there is none at present")
            }
            Endpoint::Unknown => self.refuse_path("there is nothing at this path"),
        }
    }

    /// More of the body has arrived than is taken.
    pub fn request_too_large(&mut self) -> Step {
        self.refuse_with(self.client.refuse_too_large(self.body_limit()))
    }

    /// The whole request body is here. Where there is a service, `said` reads what it has decided, and `is_known`
    /// whether it has said who asks.
    pub fn request_body(
        &mut self,
        body: &[u8],
        said: impl FnOnce() -> Option<String>,
        is_known: impl FnOnce() -> bool,
    ) -> Step {
        let inspected = match request::inspect(self.client.dialect, body) {
            Ok(inspected) => inspected,
            Err(invalid) => return self.refuse_with(self.client.refuse_invalid(invalid)),
        };
        let config = Rc::clone(&self.config);
        let Some(model) = config.models.iter().find(|model| model.name == inspected.model) else {
            return self.refuse_with(self.client.refuse_model(&inspected.model));
        };
        let mut step = match &config.service {
            None => self.plan(model, body, &inspected),
            Some(service) => self.follow(service, model, body, &inspected, said, is_known),
        };
        usage::keep_model(&mut step, &inspected.model);
        step
    }

    /// Does as the service has decided.
    fn follow(
        &mut self,
        service: &slice::FrontService,
        model: &Model,
        body: &[u8],
        inspected: &Inspected<'_>,
        said: impl FnOnce() -> Option<String>,
        is_known: impl FnOnce() -> bool,
    ) -> Step {
        let config = Rc::clone(&self.config);
        let decided = Decided::of(
            service,
            &config.models,
            model,
            self.client.dialect,
            said().as_deref(),
            is_known,
        );
        let outcome = decided.outcome();
        let mut step = match decided {
            Decided::Used { model, decision } => {
                self.decision = Some(decision);
                self.plan(&model, body, inspected)
            }
            Decided::Static(model) => {
                self.is_static = true;
                self.plan(&model, body, inspected)
            }
            Decided::Denied => {
                let message = "it could not be decided where this request may go; try again later";
                self.refuse(&ApiError::new(ErrorKind::Unavailable, message), "no_decision")
            }
        };
        step.count(metrics::decision(outcome));
        step
    }

    /// Settles the plan for a request for `model`, or refuses it.
    fn plan(&mut self, model: &Model, body: &[u8], inspected: &Inspected) -> Step {
        let mut plan = match self.settle(model, body, inspected.stream) {
            Ok(plan) => plan,
            Err(step) => return *step,
        };
        plan.include_usage = inspected.include_usage;
        plan.choices = inspected.choices;
        plan.forward = std::mem::take(&mut self.forward);
        let Some(first) = plan.targets.first() else {
            let message = "no provider is configured for this model";
            return self.refuse(&ApiError::new(ErrorKind::Unavailable, message), "no_target");
        };

        let mut step = Step::go_on();
        step.keep(state::PLAN, state::packed(&plan));
        if plan.stream {
            step.keep(state::STREAM, b"true".to_vec());
        }
        step.keep(state::NEXT, first.cluster.clone().into_bytes());
        if let Some(credential) = self.credential.take()
            && plan.targets.iter().any(|target| target.client_credential)
        {
            step.keep(state::CREDENTIAL, state::packed(&credential));
        }
        step.set(header::PER_TRY_TIMEOUT, plan.deadline_ms.to_string());
        step.set(header::HOLD, if plan.holds() { "whole" } else { "stream" });
        step.count(metrics::request(self.client.dialect));
        self.answer = (plan.stream, plan.holds());
        self.phase = Phase::Planned;
        step
    }

    /// The plan for `model`, without the targets that would reject this request.
    fn settle(&mut self, model: &Model, body: &[u8], stream: bool) -> Result<Plan, Box<Step>> {
        let dialect = self.client.dialect;
        if model.on_loss == OnLoss::Warn {
            return Ok(Plan::of(model, dialect, stream, |_| true));
        }
        let mut rejected = None;
        let plan = Plan::of(model, dialect, stream, |target| {
            match request::losses(dialect, body, &translation_target(target)) {
                Ok(losses) if losses.is_empty() => true,
                Ok(mut losses) => {
                    rejected.get_or_insert(Ok(losses.swap_remove(0)));
                    false
                }
                Err(invalid) => {
                    rejected.get_or_insert(Err(invalid));
                    false
                }
            }
        });
        match rejected {
            Some(Ok(loss)) if plan.targets.is_empty() => {
                let error = ApiError {
                    kind: ErrorKind::InvalidRequest,
                    message: format!(
                        "`{}` cannot be expressed for any provider of this model: {}",
                        loss.field, loss.reason
                    ),
                    param: Some(loss.field.into_owned()),
                    code: None,
                };
                Err(Box::new(self.refuse(&error, "loss_rejected")))
            }
            Some(Err(invalid)) if plan.targets.is_empty() => {
                Err(Box::new(self.refuse_with(self.client.refuse_invalid(invalid))))
            }
            _ => Ok(plan),
        }
    }

    /// Response headers are passing, from the back instance or from Envoy itself; `end_of_stream` if no body
    /// follows. `journey`, `last` and `usage` are the values of their filter-state keys.
    pub fn response_headers(
        &mut self,
        headers: &Headers,
        end_of_stream: bool,
        journey: Option<Journey>,
        last: impl FnOnce() -> Option<LastError>,
        usage: impl FnOnce() -> Option<UsageRecord>,
        now_ms: u64,
    ) -> Step {
        if matches!(self.phase, Phase::Replied | Phase::Request) {
            // The filter's own answer, or Envoy's to a request that never arrived whole; its mappers know best.
            return Step::go_on();
        }
        self.phase = Phase::Answered;
        let mut step = Step::go_on();
        for name in headers.names().filter(|name| name.starts_with(header::INTERNAL)) {
            step.remove(name.to_owned());
        }
        for (name, value) in self.description(journey.as_ref(), now_ms) {
            step.set(name, value);
        }
        let status = headers
            .get(":status")
            .and_then(|status| status.parse().ok())
            .unwrap_or(503);
        let answered = headers.contains(header::ANSWER);
        // Trailers may follow where there is no body.
        let no_body = end_of_stream || headers.get("content-length") == Some("0");
        if no_body && (!answered || status >= 400) {
            let shown = self.shown(status, journey.as_ref(), last());
            let mut headers = self.description(journey.as_ref(), now_ms);
            headers.extend(shown.retry_after.map(|value| ("retry-after", value)));
            self.phase = Phase::Replied;
            return Step::reply(LocalReply {
                status: shown.status,
                headers,
                body: shown.body.into_bytes(),
                details: "plan_ended",
            });
        }
        if !answered {
            self.phase = Phase::Replacing;
            step.verdict = Verdict::Hold;
        } else if let Some(cost) = self.cost(status, journey.as_ref(), usage) {
            step.set("x-penstock-cost", cost.to_string());
            step.keep(state::COST, cost.0.to_string().into_bytes());
            self.phase = Phase::Priced;
        }
        step
    }

    /// Whether [`Front::response_end`] has anything to say.
    pub fn prices_end(&self) -> bool {
        self.phase == Phase::Answered && self.decision.is_some()
    }

    /// The answer has ended, and its headers could not tell yet what it has cost.
    pub fn response_end(&mut self, journey: Option<&Journey>, usage: Option<UsageRecord>) -> Step {
        self.phase = Phase::Priced;
        let mut step = Step::go_on();
        let complete = usage.filter(|record| record.finish_reason.is_some());
        let known = self.decision.as_ref().zip(journey).zip(complete);
        let cost = known
            .and_then(|((decision, journey), record)| cost(decision, &journey.progress.attempts, &record));
        if let Some(cost) = cost {
            step.keep(state::COST, cost.0.to_string().into_bytes());
        }
        step
    }

    /// What a good answer has cost, if it is whole before its headers go out.
    fn cost(
        &self,
        status: u16,
        journey: Option<&Journey>,
        usage: impl FnOnce() -> Option<UsageRecord>,
    ) -> Option<MicroUsd> {
        let (is_stream, is_held) = self.answer;
        let decision = self.decision.as_ref().filter(|_| is_held && status == 200)?;
        let journey = journey?;
        // A stream that outgrew what is held goes out before the provider has said what it takes.
        let record = usage().filter(|record| !is_stream || record.finish_reason.is_some())?;
        cost(decision, &journey.progress.attempts, &record)
    }

    /// The headers that tell the client about its request.
    fn description(&self, journey: Option<&Journey>, now_ms: u64) -> Vec<(&'static str, String)> {
        let mut headers = self.client.identity();
        if self.is_static {
            headers.push(("x-penstock-plan", "static".to_owned()));
        }
        if let Some(lookup) = self.decision.as_ref().and_then(|decision| decision.cache) {
            headers.push(("x-penstock-cache", lookup.as_str().to_owned()));
        }
        let mut provider_ms = 0;
        if let Some(Journey { progress, loss, .. }) = journey {
            if let Some(attempt) = progress.attempts.last() {
                headers.push(("x-penstock-provider", attempt.provider.clone()));
                headers.push(("x-penstock-model", attempt.model.clone()));
                provider_ms = now_ms.saturating_sub(attempt.started_ms);
            }
            headers.push(("x-penstock-attempts", progress.summary()));
            if !loss.is_empty() {
                headers.push(("x-penstock-loss", loss.join(", ")));
            }
        }
        let fallback_ms = now_ms.saturating_sub(self.started_ms).saturating_sub(provider_ms);
        let timing = format!("provider;dur={provider_ms}, fallback;dur={fallback_ms}");
        headers.push(("server-timing", timing));
        headers
    }

    /// Whether the body of the response is Envoy's own and [`Front::envoy_reply`] is to replace it.
    pub fn replaces_body(&self) -> bool {
        self.phase == Phase::Replacing
    }

    /// The body of an answer that Envoy made itself has passed: it is replaced by the last error of a
    /// provider, or else by what `status` and the attempts tell.
    pub fn envoy_reply(&self, status: u16, journey: Option<&Journey>, last: Option<LastError>) -> Step {
        let shown = self.shown(status, journey, last);
        let mut step = Step::go_on();
        step.set(":status", shown.status.to_string());
        step.set("content-type", "application/json");
        step.set("content-length", shown.body.len().to_string());
        if let Some(retry_after) = shown.retry_after {
            step.set("retry-after", retry_after);
        }
        step.body = Body::Replace(shown.body.into_bytes());
        step
    }

    /// What the client is shown when the plan has ended without an answer.
    fn shown(&self, status: u16, journey: Option<&Journey>, last: Option<LastError>) -> LastError {
        last.unwrap_or_else(|| {
            let rendered = error::render(self.client.dialect, &self.unanswered(status, journey));
            LastError {
                status: rendered.status,
                body: String::from_utf8_lossy(&rendered.body).into_owned(),
                retry_after: None,
            }
        })
    }

    /// The request is over, for whatever reason. When the client leaves, this comes before the end of the
    /// running attempt, which would otherwise look like the provider's fault.
    pub fn log(&self) -> Step {
        let mut step = Step::go_on();
        if self.phase == Phase::Planned {
            step.keep(state::CLIENT_GONE, b"1".to_vec());
        }
        step
    }

    /// What to say when no provider gave an answer that could be shown.
    fn unanswered(&self, status: u16, journey: Option<&Journey>) -> ApiError {
        let timed_out = journey
            .and_then(|journey| journey.progress.attempts.last())
            .is_some_and(|attempt| attempt.outcome.as_deref() == Some(state::TIMEOUT));
        let (kind, message) = match status {
            413 => return body_too_large(self.body_limit()),
            400..=499 => (ErrorKind::InvalidRequest, "the request could not be read"),
            _ if timed_out || status == 504 => (ErrorKind::Timeout, "no provider answered within its time"),
            _ => (ErrorKind::Unavailable, "no provider could be reached"),
        };
        ApiError::new(kind, message)
    }

    fn refuse_path(&mut self, message: &str) -> Step {
        let mut error = ApiError::new(ErrorKind::NotFound, message);
        error.code = Some("unknown_url".to_owned());
        self.refuse(&error, "unknown_path")
    }

    fn refuse(&mut self, error: &ApiError, details: &'static str) -> Step {
        self.refuse_with(self.client.refuse(error, details))
    }

    fn refuse_with(&mut self, reply: LocalReply) -> Step {
        self.phase = Phase::Replied;
        let refusal = metrics::refusal(reply.details);
        let mut step = Step::reply(reply);
        step.count(refusal);
        step
    }

    fn reply(&mut self, body: Vec<u8>, details: &'static str) -> Step {
        self.phase = Phase::Replied;
        Step::reply(self.client.reply(200, body, details))
    }
}

/// What the translation needs to know of a target.
pub(crate) fn translation_target(target: &slice::Target) -> Target<'_> {
    Target {
        api: target.api,
        flavor: target.flavor,
        model: &target.model,
        max_output_tokens: target.max_output_tokens,
    }
}

#[cfg(test)]
mod tests;
