//! What becomes of an answer: released to the client, or turned into a reason to try the next target.

use std::borrow::Cow;

use penstock_config::slice::Commit;
use penstock_flow::{Body, Level, Step};
use penstock_plan::{Failure, Next, Plan};
use penstock_translate::error::{self, ApiError, ErrorKind};
use penstock_translate::response::{self, AnswerError};

use super::coding::Coding;
use super::stream::{Broken, Stream};
use super::{Answer, Back};
use crate::state::{self, LastError};
use crate::{classify, header, metrics};

const CUT: &str = "it ends before the model has finished";

impl Back {
    /// The body without its content coding, up to the limit for answers.
    pub(super) fn plain<'b>(
        &self,
        mut coding: Coding,
        bytes: &'b [u8],
    ) -> Result<Cow<'b, [u8]>, &'static str> {
        if coding.is_identity() {
            return Ok(Cow::Borrowed(bytes));
        }
        let limit = usize::try_from(self.config.max_response_bytes).unwrap_or(usize::MAX);
        let mut plain = Vec::new();
        let decoded = coding.decode(bytes, |piece| {
            plain.extend_from_slice(piece);
            plain.len() <= limit
        });
        match decoded {
            Err(_) => Err("it is not of the content coding that it names"),
            Ok(()) if plain.len() > limit => Err("it is larger than the limit"),
            Ok(()) => Ok(Cow::Owned(plain)),
        }
    }

    /// A whole JSON answer, where one was asked for.
    pub(super) fn document(&mut self, plain: Cow<'_, [u8]>, now_ms: u64) -> Step {
        let Some(plan) = &self.plan else {
            return Step::go_on();
        };
        if plain.is_empty() {
            self.usage.answered = false;
            return self.fail_unusable(CUT, "incomplete");
        }
        let context = response::Context {
            client: plan.client,
            provider: self.config.api,
            created: now_ms / 1000,
        };
        let answer = match response::translate(&context, &plain) {
            Ok(answer) => answer,
            Err(AnswerError::Provider(error)) => {
                self.usage.answered = false;
                return self.fail_in_answer(error);
            }
            Err(AnswerError::Malformed(_)) => return self.fail_malformed("it does not have the API's form"),
        };
        self.usage.report(answer.usage);
        self.usage.finish_reason = answer.finish;
        self.usage.output_bytes = answer.output_text_bytes;
        if let Some(model) = answer.model {
            self.usage.model = model;
        }
        if plan.stream {
            return self.fail_malformed("a stream was asked for");
        }
        let mut step = Step::go_on();
        self.release_headers(&mut step);
        let body = match (answer.body, plain) {
            (Some(body), _) => Some(body),
            (None, Cow::Owned(plain)) => Some(plain),
            (None, Cow::Borrowed(_)) => None,
        };
        if let Some(body) = body {
            step.remove("content-encoding");
            step.set("content-type", "application/json");
            step.set("content-length", body.len().to_string());
            step.body = Body::Replace(body);
        }
        self.succeed(&mut step, now_ms);
        step
    }

    /// The next bytes of an event stream.
    pub(super) fn stream_piece(
        &mut self,
        mut stream: Box<Stream>,
        bytes: &[u8],
        end_of_stream: bool,
        now_ms: u64,
    ) -> Step {
        let mut out = stream.take_held();
        let read = stream.read(bytes, end_of_stream, &mut out);
        let before = self.usage.clone();
        self.take_usage(&stream);
        let first = stream.content && self.note_content(now_ms);
        if let Err(broken) = read {
            return self.break_off(&stream, broken, out);
        }
        if !stream.released && !end_of_stream && !self.releases(&stream, out.len()) {
            match stream.hold(out) {
                Ok(()) => {
                    let mut step = Step {
                        body: Body::Replace(Vec::new()),
                        ..Step::hold()
                    };
                    if self.usage != before {
                        self.keep_usage(&mut step);
                    }
                    if first {
                        self.keep_trail(&mut step);
                    }
                    self.answer = Answer::Stream(stream);
                    return step;
                }
                Err(too_much) => out = too_much,
            }
        }

        let mut step = Step::go_on();
        if !stream.released {
            stream.release();
            self.release_headers(&mut step);
            step.remove("content-length");
            step.remove("content-encoding");
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

    /// Whether a stream of which `ready` bytes wait for the client is worth showing. One that outgrows the limit
    /// for held answers is shown as it comes.
    fn releases(&self, stream: &Stream, ready: usize) -> bool {
        let complete = self
            .plan
            .as_ref()
            .is_some_and(|plan| plan.commit == Commit::Complete);
        let over = u64::try_from(ready).unwrap_or(u64::MAX) > self.config.max_response_bytes;
        over || (stream.content && !complete)
    }

    fn take_usage(&mut self, stream: &Stream) {
        let known = stream.state();
        self.usage.answered |= stream.content || known.usage.is_some();
        self.usage.report(known.usage);
        self.usage.finish_reason = known.finish;
        self.usage.output_bytes = known.output_text_bytes;
        if let Some(model) = &known.model
            && self.usage.model != *model
        {
            self.usage.model.clone_from(model);
        }
    }

    /// The stream cannot go on: another target if nothing was released yet, else an error event after `out`.
    fn break_off(&mut self, stream: &Stream, broken: Broken, mut out: Vec<u8>) -> Step {
        let (error, outcome) = match broken {
            Broken::Provider(error) if !stream.released => {
                self.usage.answered = stream.content;
                return self.fail_in_answer(error);
            }
            Broken::Malformed(what) if !stream.released => return self.fail_malformed(what),
            Broken::Incomplete if !stream.released => return self.fail_unusable(CUT, "incomplete"),
            Broken::Provider(error) => {
                let failure = classify::failure_in_answer(&error);
                (classify::for_client(error, failure), "error")
            }
            Broken::Malformed(what) => (classify::unusable(self.config.api, what), "malformed"),
            Broken::Incomplete => (classify::unusable(self.config.api, CUT), "incomplete"),
        };
        if let Some(plan) = &self.plan {
            error::render_event(plan.client, &error, &mut out);
        }
        let mut step = Step {
            body: Body::Replace(out),
            ..Step::go_on()
        };
        step.count(metrics::broken(&self.config.provider, outcome));
        self.journey.progress.outcome(outcome);
        self.keep_journey(&mut step);
        self.keep_usage(&mut step);
        step
    }

    fn fail_in_answer(&mut self, error: ApiError) -> Step {
        let failure = classify::failure_in_answer(&error);
        self.fail(failure, error, "error".to_owned(), None)
    }

    pub(super) fn fail_malformed(&mut self, what: &'static str) -> Step {
        self.fail_unusable(what, "malformed")
    }

    fn fail_unusable(&mut self, what: &'static str, outcome: &'static str) -> Step {
        let error = classify::unusable(self.config.api, what);
        self.fail(Failure::Unusable, error, outcome.to_owned(), None)
    }

    /// The attempt has failed before anything was released. The error is written in any case: it is what the
    /// client gets if there is no further attempt.
    pub(super) fn fail(
        &mut self,
        failure: Failure,
        error: ApiError,
        outcome: String,
        retry_after: Option<String>,
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
        let next = self.journey.progress.fail(&plan, failure);
        self.release_headers(&mut step);
        if let Next::Retry { wait_s, .. } = next {
            step.set(header::RETRY, "1");
            if let Some(wait_s) = wait_s {
                step.set(header::WAIT, wait_s.to_string());
            }
        }
        self.show(
            &mut step,
            &plan,
            classify::for_client(error, failure),
            retry_after,
        );
        self.keep_next(&mut step, &plan);
        self.close_usage(&mut step, false);
        self.keep_journey(&mut step);
        self.plan = Some(plan);
        step
    }

    /// Puts `error` in the place of the answer, and keeps it for the case that no later attempt has one.
    fn show(&self, step: &mut Step, plan: &Plan, error: ApiError, retry_after: Option<String>) {
        let may_wait = matches!(
            error.kind,
            ErrorKind::RateLimit | ErrorKind::Overloaded | ErrorKind::Unavailable
        );
        let retry_after = retry_after.filter(|_| may_wait);
        let rendered = error::render(plan.client, &error);
        step.set(":status", rendered.status.to_string());
        step.remove("content-encoding");
        step.set("content-type", "application/json");
        step.set("content-length", rendered.body.len().to_string());
        if let Some(retry_after) = &retry_after {
            step.set("retry-after", retry_after.clone());
        }
        let last = LastError {
            status: rendered.status,
            body: String::from_utf8_lossy(&rendered.body).into_owned(),
            retry_after,
        };
        step.keep(state::ERROR, state::json(&last));
        step.body = Body::Replace(rendered.body);
    }

    /// The attempt's answer is being released.
    fn succeed(&mut self, step: &mut Step, now_ms: u64) {
        self.usage.answered = true;
        self.usage.first_token_ms = Some(now_ms.saturating_sub(self.started_ms));
        self.note_content(now_ms);
        self.note(step, "200");
        self.journey.progress.next = None;
        self.keep_journey(step);
        self.keep_usage(step);
    }
}
