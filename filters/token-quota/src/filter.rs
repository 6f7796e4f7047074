//! The decision about one request: event and time in, step out.
//!
//! Headers are held until the body is whole; then the request is counted and reserved, or refused. The answer is only
//! watched, unless a limit says that it must not outgrow what was set aside for it. Whatever the end is, it settles.

use std::borrow::Cow;
use std::rc::Rc;

use penstock_chat::{Api, Tokens};
use penstock_client::usage::{self, UsageRecord};
use penstock_client::{Arrival, Client, Endpoint};
use penstock_flow::{Body, Headers, Step};
use penstock_quota::Shared;
use penstock_translate::json::{self, Edit, Object};
use penstock_translate::request::{self, InvalidRequest};

use crate::admission::{Admission, Admitted, INPUT_TOKENS};
use crate::answer::{Answer, Reading};
use crate::caller::Caller;
use crate::ending::Ending;
use crate::overrun;
use crate::policy::Model;
use crate::worker::{Input, Worker};
use crate::{metrics, settlement, standing};

/// The decision about one request.
pub struct Filter<S> {
    worker: Rc<Worker<S>>,
    id: u32,
    client: Client,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// Nothing to do, or nothing more.
    Passing,
    /// The body is coming in.
    Arriving(Purpose, Caller),
    /// The request goes its way.
    Admitted(Box<Admitted>, Answer),
}

#[derive(Clone, Copy, Debug)]
enum Purpose {
    Chat,
    CountTokens,
}

impl<S: Shared> Filter<S> {
    /// Starts on the request that the worker knows by `id` while it lasts.
    pub fn new(worker: Rc<Worker<S>>, id: u32) -> Self {
        let client = Client::unknown(&worker.policy.config.policy_version);
        Self {
            worker,
            id,
            client,
            phase: Phase::Passing,
        }
    }

    /// The largest body worth waiting for, in bytes.
    pub fn body_limit(&self) -> u64 {
        self.worker.policy.config.max_request_bytes
    }

    /// Request headers have arrived; `end_of_stream` if no body follows. `caller` tells who asks.
    pub fn request_headers(
        &mut self,
        headers: &Headers,
        end_of_stream: bool,
        caller: impl FnOnce() -> Caller,
    ) -> Step {
        let arrival = Arrival::read(headers, &self.worker.policy.config.policy_version);
        let admission = arrival.admit(end_of_stream, self.body_limit());
        let purpose = match arrival.endpoint {
            Endpoint::Chat => Purpose::Chat,
            Endpoint::CountTokens => Purpose::CountTokens,
            _ => return Step::go_on(),
        };
        self.client = arrival.client;
        if let Err(refusal) = admission {
            return metrics::refuse(refusal);
        }
        self.phase = Phase::Arriving(purpose, caller());
        Step::hold()
    }

    /// Whether the request's body is wanted whole.
    pub fn awaits_body(&self) -> bool {
        matches!(self.phase, Phase::Arriving(..))
    }

    /// More of the body has arrived than is taken.
    pub fn request_too_large(&mut self) -> Step {
        self.phase = Phase::Passing;
        metrics::refuse(self.client.refuse_too_large(self.body_limit()))
    }

    /// The whole request body is here.
    pub fn request_body(&mut self, body: &[u8], now_ms: u64) -> Step {
        match std::mem::replace(&mut self.phase, Phase::Passing) {
            Phase::Arriving(Purpose::Chat, caller) => self.admit(caller, body, now_ms),
            Phase::Arriving(Purpose::CountTokens, caller) => self.count_tokens(caller, body, now_ms),
            other => {
                self.phase = other;
                Step::go_on()
            }
        }
    }

    fn admit(&mut self, caller: Caller, body: &[u8], now_ms: u64) -> Step {
        let inspected = match request::inspect(self.client.dialect, body) {
            Ok(inspected) => inspected,
            Err(invalid) => return metrics::refuse(self.client.refuse_invalid(invalid)),
        };
        let Some(model) = self.worker.policy.model(&inspected.model) else {
            return metrics::refuse(self.client.refuse_model(&inspected.model));
        };
        let admission = self.admission(model, caller, inspected.include_usage, now_ms);
        let (mut step, admitted) = admission.decide(body);
        usage::keep_model(&mut step, &inspected.model);
        if let Some(admitted) = admitted {
            self.phase = Phase::Admitted(Box::new(admitted), Answer::default());
        }
        step
    }

    fn admission<'a>(
        &'a self,
        model: Model<'a>,
        caller: Caller,
        include_usage: bool,
        now_ms: u64,
    ) -> Admission<'a, S> {
        Admission {
            worker: &self.worker,
            client: &self.client,
            model,
            caller,
            include_usage,
            id: self.id,
            now_ms,
        }
    }

    /// Answers how many tokens the body would be.
    fn count_tokens(&self, caller: Caller, body: &[u8], now_ms: u64) -> Step {
        let checked = match json::check(body) {
            Ok(text) => check_countable(self.client.dialect, text),
            Err(error) => Err(error.into()),
        };
        let named = match checked {
            Ok(named) => named,
            Err(invalid) => return metrics::refuse(self.client.refuse_invalid(invalid)),
        };
        let Some(model) = self.worker.policy.model(&named) else {
            return metrics::refuse(self.client.refuse_model(&named));
        };
        let admission = self.admission(model, caller, false, now_ms);
        if let Some(refusal) = admission.refuse_counting() {
            return refusal;
        }
        match self
            .worker
            .count(self.client.dialect, model, body, Tokens(u64::MAX))
        {
            Err(invalid) => metrics::refuse(self.client.refuse_invalid(invalid)),
            Ok(Input { tokens, .. }) => {
                let body = format!(r#"{{"input_tokens":{tokens}}}"#).into_bytes();
                let mut reply = self.client.reply(200, body, "count_tokens");
                reply.headers.push((INPUT_TOKENS, tokens.to_string()));
                Step::reply(reply)
            }
        }
    }

    /// Response headers are passing. `usage` is what the provider has reported so far.
    pub fn response_headers(
        &mut self,
        headers: &Headers,
        usage: impl FnOnce() -> Option<UsageRecord>,
        now_ms: u64,
    ) -> Step {
        let Phase::Admitted(admitted, answer) = &mut self.phase else {
            return Step::go_on();
        };
        let policy = &self.worker.policy;
        if let Some(model) = policy.model(&admitted.model) {
            let reading = Reading {
                client: self.client.dialect,
                vocabulary: model.family.vocabulary,
                max_event_bytes: policy.config.max_event_bytes,
            };
            answer.begin(headers, reading, usage);
        }
        let mut step = Step::go_on();
        step.set(INPUT_TOKENS, admitted.input.tokens.to_string());
        let shown = admitted.standings.iter();
        let shown = shown.filter_map(|(index, standing)| Some((policy.config.limits.get(*index)?, standing)));
        for (name, value) in standing::headers(self.client.dialect, shown, admitted.at_ms, now_ms) {
            step.set(name, value);
        }
        step
    }

    /// Whether there is nothing to settle.
    pub fn is_over(&self) -> bool {
        !matches!(self.phase, Phase::Admitted(..))
    }

    /// Whether the response's body is worth reading.
    pub fn watches_answer(&self) -> bool {
        matches!(&self.phase, Phase::Admitted(_, answer) if answer.is_watched())
    }

    /// A piece of the response's body passes; `end_of_stream` if it is the last.
    pub fn response_body(&mut self, bytes: &[u8], end_of_stream: bool, now_ms: u64) -> Step {
        let Phase::Admitted(admitted, answer) = &mut self.phase else {
            return Step::go_on();
        };
        let mut step = Step::go_on();
        if answer.is_cut() {
            step.body = Body::Replace(Vec::new());
            return step;
        }
        self.worker
            .tokenizing(|tokenizer| answer.piece(bytes, end_of_stream, tokenizer));
        let output = admitted.input.calibration.corrected(answer.output());
        let outgrown = admitted
            .set_aside
            .iter()
            .any(|aside| aside.is_outgrown(output.0, now_ms));
        if end_of_stream || !answer.is_stream() || !(outgrown || admitted.ends) {
            return step;
        }
        let (exhausted, ends) =
            overrun::extend(&self.worker, self.id, &mut admitted.set_aside, output.0, now_ms);
        for limit in exhausted
            .iter()
            .filter_map(|index| self.worker.policy.config.limits.get(*index))
        {
            step.count(metrics::overrun(limit));
        }
        admitted.ends |= ends;
        if admitted.ends {
            let ending = Ending {
                client: self.client.dialect,
                choices: admitted.input.counted.choices,
                include_usage: admitted.include_usage,
                input: admitted.input.tokens,
                output,
            };
            if let Some(shown) = answer.cut(bytes, ending) {
                step.body = Body::Replace(shown);
            }
        }
        step
    }

    /// The request is over, for whatever reason. `usage` is what was reported last, `attempts` what filter state says
    /// of them.
    pub fn log(&mut self, usage: Option<UsageRecord>, attempts: &str, now_ms: u64) -> Step {
        match std::mem::replace(&mut self.phase, Phase::Passing) {
            Phase::Admitted(admitted, answer) => {
                settlement::settle(&self.worker, self.id, &admitted, &answer, usage, attempts, now_ms)
            }
            Phase::Passing | Phase::Arriving(..) => Step::go_on(),
        }
    }
}

/// Checks what is to be counted as the request that it would be, and gives the model that it names. A maximum of output
/// tokens is all that it may lack.
fn check_countable(dialect: Api, text: &str) -> Result<Cow<'_, str>, InvalidRequest> {
    let object = Object::parse_checked(text)?;
    let model = object
        .get("model")
        .and_then(json::string)
        .ok_or_else(missing_model)?;
    if object.has("max_tokens") {
        request::inspect(dialect, text.as_bytes())?;
    } else {
        let mut edit = Edit::new(&object);
        edit.set("max_tokens", "1");
        request::inspect(dialect, &edit.apply())?;
    }
    Ok(model)
}

fn missing_model() -> InvalidRequest {
    InvalidRequest {
        field: Some("model".to_owned()),
        message: "must be the name of a model".to_owned(),
        code: None,
    }
}

#[cfg(test)]
mod tests;
