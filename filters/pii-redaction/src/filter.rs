//! The decision about one request: event in, step out.
//!
//! Headers are held until the body is whole; then personal data in it is replaced, or the request refused. In the answer the
//! client's values are put back. What has no values to put back passes untouched.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

use penstock_client::{Arrival, Client, Endpoint};
use penstock_flow::{Body, Headers, Level, LocalReply, Step, Verdict};
use penstock_pii::{Entity, Masking, Screening, Vault};
use penstock_translate::error::{ApiError, ErrorKind};
use penstock_translate::json;
use penstock_translate::request::{InvalidRequest, inspect};
use serde::Deserialize;

use crate::answer::{self, Broken};
use crate::channel::Giver;
use crate::metrics;
use crate::policy::Rules;
use crate::report::{self, Record};
use crate::request::{MOST_FINDINGS, Outcome, Report, mask};
use crate::stream::Stream;
use crate::worker::Worker;

/// The decision about one request.
#[derive(Debug)]
pub struct Filter {
    worker: Rc<Worker>,
    client: Client,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// Nothing to do, or nothing more.
    Passing,
    /// The body is coming in.
    Arriving {
        /// Whose it is.
        tenant: String,
        /// Whether its answer may hold what is masked in it.
        is_answered: bool,
    },
    /// The request goes its way.
    Sent(Box<Sent>, Reading),
}

/// What is remembered of a request for its answer.
#[derive(Debug)]
struct Sent {
    tenant: String,
    /// `None` if the model is not known.
    model: Option<String>,
    vault: Box<Vault>,
    /// The value of the response header.
    header: String,
}

/// How an answer is read.
#[derive(Debug)]
enum Reading {
    /// It has not come, or needs no reading.
    Not,
    /// As one JSON value.
    Whole,
    Stream(Box<Stream>),
}

/// What has to be known of a request before its texts.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, default)]
    model: Option<Cow<'a, str>>,
}

/// Why something cannot be looked into.
#[derive(Clone, Copy, Debug)]
enum Unscannable {
    Encoding,
    Coding,
    NotJson,
    TooMany,
    Attachment,
}

impl Unscannable {
    fn name(self) -> &'static str {
        match self {
            Self::Encoding => "not_utf8",
            Self::Coding => "content_encoding",
            Self::NotJson => "not_json",
            Self::TooMany => "too_many_findings",
            Self::Attachment => "attachment",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Encoding => "the body is not UTF-8",
            Self::Coding => "the body is compressed",
            Self::NotJson => "the body is not a JSON object",
            Self::TooMany => "there is too much personal data in it",
            Self::Attachment => {
                "images, audio and files cannot be searched for personal data, and are not let through"
            }
        }
    }
}

impl Filter {
    /// Starts on a request.
    pub fn new(worker: Rc<Worker>) -> Self {
        let client = Client::unknown(&worker.config.policy_version);
        Self {
            worker,
            client,
            phase: Phase::Passing,
        }
    }

    /// The largest body worth waiting for, in bytes.
    pub fn body_limit(&self) -> u64 {
        self.worker.config.max_request_bytes
    }

    /// Request headers have arrived; `end_of_stream` if no body follows. `tenant` tells whose request it is.
    pub fn request_headers(
        &mut self,
        headers: &Headers,
        end_of_stream: bool,
        tenant: impl FnOnce() -> String,
    ) -> Step {
        let arrival = Arrival::read(headers, &self.worker.config.policy_version);
        let admission = arrival.admit(end_of_stream, self.body_limit());
        let is_answered = match arrival.endpoint {
            Endpoint::Chat | Endpoint::CountTokens => true,
            // Masked as the request that it asks about will be; the answer is in numbers.
            Endpoint::Estimate => false,
            Endpoint::Models | Endpoint::Model(_) | Endpoint::Unknown => return Step::go_on(),
        };
        self.client = arrival.client;
        match admission {
            Err(reply) if reply.details == "content_encoding" => {
                self.unscannable(Unscannable::Coding, None, Some(reply))
            }
            Err(reply) => metrics::refuse(reply),
            Ok(()) => {
                self.phase = Phase::Arriving {
                    tenant: tenant(),
                    is_answered,
                };
                Step::hold()
            }
        }
    }

    /// Whether the request's body is wanted whole.
    pub fn awaits_body(&self) -> bool {
        matches!(self.phase, Phase::Arriving { .. })
    }

    /// More of the body has arrived than is taken.
    pub fn request_too_large(&mut self) -> Step {
        self.phase = Phase::Passing;
        metrics::refuse(self.client.refuse_too_large(self.body_limit()))
    }

    /// The whole request body is here.
    pub fn request_body(&mut self, body: &[u8]) -> Step {
        let (tenant, is_answered) = match std::mem::replace(&mut self.phase, Phase::Passing) {
            Phase::Arriving { tenant, is_answered } => (tenant, is_answered),
            other => {
                self.phase = other;
                return Step::go_on();
            }
        };
        let text = match json::check(body) {
            Ok(text) => text,
            Err(json::Error::Utf8 { .. }) => return self.unreadable(Unscannable::Encoding, body),
            Err(_) => return self.unreadable(Unscannable::NotJson, body),
        };
        let Ok(head) = serde_json::from_str::<Head<'_>>(text) else {
            return self.unreadable(Unscannable::NotJson, body);
        };
        let worker = Rc::clone(&self.worker);
        let model = head.model.map(Cow::into_owned);
        let rules = worker.policies.of(model.as_deref());
        let masking = Masking::new(
            &worker.recognizers,
            &rules.policy,
            &worker.placeholders,
            &tenant,
            &worker.custom,
            MOST_FINDINGS,
        );
        let (outcome, report) = mask(text, masking, &rules.policy);
        if report.attachments > 0 && !rules.passes_attachments {
            return self.counted(
                self.unscannable(Unscannable::Attachment, model.as_deref(), None),
                &report,
                rules,
            );
        }
        let step = match outcome {
            Outcome::Denied(denied) => self.deny(&denied, &report),
            Outcome::TooMany => self.unscannable(Unscannable::TooMany, model.as_deref(), None),
            Outcome::Masked(Some(edited), _) if self.is_too_large(&edited) => metrics::refuse(
                self.client
                    .refuse(&too_large(self.body_limit()), "request_too_large"),
            ),
            Outcome::Masked(edited, vault) => {
                let header = report::header(&report.counts, &worker.custom);
                let step = self.send(edited, &report);
                let sent = Sent {
                    tenant,
                    model,
                    vault,
                    header,
                };
                if is_answered {
                    self.phase = Phase::Sent(Box::new(sent), Reading::Not);
                }
                step
            }
        };
        self.counted(step, &report, rules)
    }

    fn is_too_large(&self, body: &[u8]) -> bool {
        u64::try_from(body.len()).is_ok_and(|len| len > self.body_limit())
    }

    fn send(&self, edited: Option<Vec<u8>>, report: &Report) -> Step {
        let mut step = Step::go_on();
        if let Some(edited) = edited {
            step.set("content-length", edited.len().to_string());
            step.body = Body::Replace(edited);
        }
        if !report.counts.is_empty() || report.attachments > 0 {
            step.keep(report::STATE, self.record(report, None, false).to_json());
        }
        if report.attachments > 0 {
            step.add(metrics::ATTACHMENTS, report.attachments.into());
        }
        step
    }

    fn deny(&self, denied: &[crate::request::Denied], report: &Report) -> Step {
        let error = ApiError {
            kind: ErrorKind::InvalidRequest,
            message: report::denial(denied, &self.worker.custom),
            param: denied.first().map(|first| first.field.clone()),
            code: Some("personal_data".to_owned()),
        };
        let mut reply = self.client.refuse(&error, "personal_data");
        let header = report::header(&report.counts, &self.worker.custom);
        reply.headers.push((report::HEADER, header));
        let mut step = metrics::refuse(reply);
        step.keep(report::STATE, self.record(report, None, true).to_json());
        step
    }

    /// What is not JSON of the client's API is refused in the words that it would be refused in anyway.
    fn unreadable(&self, reason: Unscannable, body: &[u8]) -> Step {
        let invalid = inspect(self.client.dialect, body).err();
        let reply = invalid.map(|invalid| self.client.refuse_invalid(invalid));
        self.unscannable(reason, None, reply)
    }

    /// What cannot be looked into does not go out, unless the policy lets it.
    fn unscannable(&self, reason: Unscannable, model: Option<&str>, reply: Option<LocalReply>) -> Step {
        let rules = self.worker.policies.of(model);
        let passes = match reason {
            Unscannable::Attachment => false,
            // Some of it may be what must not go out.
            Unscannable::TooMany => rules.passes_unscannable && !rules.policy.denies(),
            _ => rules.passes_unscannable,
        };
        let mut step = if passes {
            Step::go_on()
        } else {
            metrics::refuse(reply.unwrap_or_else(|| {
                self.client.refuse_invalid(InvalidRequest {
                    field: None,
                    message: reason.message().to_owned(),
                    code: Some("unscannable"),
                })
            }))
        };
        let outcome = if passes { "pass" } else { "deny" };
        step.count(metrics::unscannable(reason.name(), outcome));
        let record = self.record(&Report::default(), Some(reason.name()), !passes);
        step.keep(report::STATE, record.to_json());
        step
    }

    fn record(&self, report: &Report, unscannable: Option<&'static str>, denied: bool) -> Record<'_> {
        let counts = report.counts.iter();
        Record {
            found: counts
                .map(|(entity, count)| (report::name(*entity, &self.worker.custom), *count))
                .collect(),
            attachments: report.attachments,
            unscannable,
            denied,
        }
    }

    /// The step with what was found counted.
    fn counted(&self, mut step: Step, report: &Report, rules: &Rules) -> Step {
        count(&mut step, &report.counts, rules, &self.worker.custom, "request");
        step
    }

    /// Response headers are passing; `end_of_stream` if no body follows.
    pub fn response_headers(&mut self, headers: &Headers, end_of_stream: bool) -> Step {
        let Phase::Sent(sent, reading) = &mut self.phase else {
            return Step::go_on();
        };
        let rules = self.worker.policies.of(sent.model.as_deref());
        let mut step = Step::go_on();
        if !sent.header.is_empty() {
            step.set(report::HEADER, sent.header.clone());
        }
        let reads = rules.screens || rules.restores && !sent.vault.is_empty();
        if !reads || end_of_stream {
            return step;
        }
        let media = headers.get("content-type").unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim();
        let is_plain = headers
            .get("content-encoding")
            .is_none_or(|coding| coding.trim().eq_ignore_ascii_case("identity"));
        let is_json =
            media.eq_ignore_ascii_case("application/json") || media.to_ascii_lowercase().ends_with("+json");
        if is_plain && media.eq_ignore_ascii_case("text/event-stream") {
            let limit = usize::try_from(self.worker.config.max_event_bytes).unwrap_or(usize::MAX);
            *reading = Reading::Stream(Box::new(Stream::new(self.client.dialect, limit)));
        } else if is_plain && is_json {
            *reading = Reading::Whole;
        } else {
            // What Envoy says of a failure holds nothing of a model's.
            let is_answer = headers
                .get(":status")
                .is_none_or(|status| status.starts_with('2'));
            let cut_off = rules.screens && is_answer;
            let outcome = if cut_off { "deny" } else { "pass" };
            step.count(metrics::unscannable("answer", outcome));
            if cut_off {
                step.verdict = Verdict::Reset;
            }
            return step;
        }
        // It will have another length.
        step.remove("content-length");
        step
    }

    /// Whether the answer's body is to be read.
    pub fn reads_answer(&self) -> bool {
        matches!(&self.phase, Phase::Sent(_, Reading::Whole | Reading::Stream(_)))
    }

    /// Whether the answer's body is wanted whole.
    pub fn awaits_answer(&self) -> bool {
        matches!(&self.phase, Phase::Sent(_, Reading::Whole))
    }

    /// A piece of the answer passes, or the whole of it if it is wanted whole; `end_of_stream` if it is the last.
    pub fn response_body(&mut self, bytes: &[u8], end_of_stream: bool) -> Step {
        let Phase::Sent(sent, reading) = &mut self.phase else {
            return Step::go_on();
        };
        let worker = &self.worker;
        let rules = worker.policies.of(sent.model.as_deref());
        let mut giver = Giver {
            vault: if rules.restores {
                &sent.vault
            } else {
                &worker.no_values
            },
            screening: rules.screens.then(|| Screening {
                recognizers: &worker.recognizers,
                policy: &rules.policy,
                placeholders: &worker.placeholders,
                tenant: &sent.tenant,
                custom: &worker.custom,
                counts: BTreeMap::new(),
            }),
            restored: 0,
            room: usize::try_from(worker.config.max_response_bytes).unwrap_or(usize::MAX),
        };
        let mut step = Step::go_on();
        let result = match reading {
            Reading::Not => return step,
            Reading::Whole => answer::restore(bytes, &mut giver),
            Reading::Stream(stream) => stream
                .push(bytes, end_of_stream, &mut giver)
                .map(|body| Some(body).filter(|body| body != bytes)),
        };
        match result {
            Ok(None) => {}
            Ok(Some(body)) => step.body = Body::Replace(body),
            Err(Broken::Unreadable(_)) if !rules.screens => {
                step.count(metrics::unscannable("answer", "pass"));
            }
            Err(error) => {
                // What came before is with the client; nothing may look like its end.
                step.say(
                    Level::Warn,
                    format!("pii-redaction: the answer is given up: {error}"),
                );
                step.count(metrics::unscannable(error.reason(), "deny"));
                step.verdict = Verdict::Reset;
            }
        }
        let restored = u64::try_from(giver.restored).unwrap_or(u64::MAX);
        if restored > 0 {
            step.add(metrics::RESTORED, restored);
        }
        if let Some(screening) = &giver.screening {
            count(&mut step, &screening.counts, rules, &worker.custom, "response");
        }
        if end_of_stream {
            self.phase = Phase::Passing;
        }
        step
    }

    /// The stream ends with trailers, when its body has passed. What is held back then cannot be given on any more, so the
    /// client must not take what it has for the whole.
    pub fn response_trailers(&mut self) -> Step {
        let mut step = Step::go_on();
        if let Phase::Sent(_, Reading::Stream(stream)) = &self.phase
            && stream.holds()
        {
            step.verdict = Verdict::Reset;
        }
        step
    }
}

/// The error of a body of which masking makes more than `limit` bytes.
fn too_large(limit: u64) -> ApiError {
    ApiError::new(
        ErrorKind::RequestTooLarge,
        format!(
            "the request body exceeds the limit of {limit} bytes once placeholders stand for the personal data in it"
        ),
    )
}

fn count(
    step: &mut Step,
    counts: &BTreeMap<Entity, u32>,
    rules: &Rules,
    custom: &[String],
    direction: &'static str,
) {
    for (entity, count) in counts {
        let action = report::action(rules.policy.action(*entity));
        let name = metrics::found(report::name(*entity, custom), action, direction);
        step.add(name, (*count).into());
    }
}

#[cfg(test)]
mod tests;
