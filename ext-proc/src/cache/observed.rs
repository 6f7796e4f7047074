//! One request and its answer, as Envoy shows them: event in, and at the end what is to be kept. It answers nothing,
//! since nothing waits for it.
//!
//! What it is shown has been decided; whoever wrote the metadata wanted the answer. The key is reckoned anew from what is
//! shown, and an answer to anything else is not kept.

use std::sync::Arc;

use penstock_cache::{
    Answer, Key,
    answer::{Collector, Limits, Unfit},
};
use penstock_chat::{Api, Tokens};
use penstock_flow::Headers;

use super::{Cache, Inquiry, Wanted};
use crate::{
    caller::Caller,
    session::{Event, Question, Session, Step},
    snapshot::Snapshot,
};

/// One request and its answer, as Envoy shows them.
#[derive(Debug, Default)]
pub struct Observed {
    wanted: Option<Wanted>,
    session: Session,
    body: Vec<u8>,
    inquiry: Option<Inquiry>,
    dialect: Option<Api>,
    input: Option<Tokens>,
    answer: Option<Collector>,
    ended: bool,
}

/// What has been shown.
#[derive(Debug)]
pub enum Seen {
    /// Request headers, who asks, and what the service had said.
    Request(Headers, Option<Box<Caller>>, Option<Wanted>),
    /// A piece of the request's body; whether it is the last.
    Asked(Vec<u8>, bool),
    /// The answer's headers.
    Answer(Headers),
    /// A piece of the answer's body; whether it is the last.
    Said(Vec<u8>, bool),
}

/// An answer that is wanted, or why there is none.
#[derive(Debug)]
pub struct Filled {
    pub(super) inquiry: Inquiry,
    pub(super) answer: Result<Answer, Unfit>,
    pub(super) compare: Option<(Key, f32)>,
    /// Input tokens, if they were counted.
    pub(super) input: Option<Tokens>,
}

impl Observed {
    /// How many bytes are to be read now.
    pub fn length(&self, seen: &Seen) -> usize {
        match seen {
            Seen::Asked(piece, true) => self.body.len().saturating_add(piece.len()),
            _ => 0,
        }
    }

    /// Takes what has been shown. `most` bytes are taken of a request.
    pub fn on(&mut self, seen: Seen, cache: &Cache, snapshot: &Arc<Snapshot>, most: usize) {
        match seen {
            Seen::Request(headers, caller, wanted) => {
                self.wanted = wanted;
                let event = Event::Headers {
                    headers,
                    caller,
                    admits_unasked: true,
                    end_of_stream: false,
                };
                self.session.on(event, snapshot.policy_version());
            }
            Seen::Asked(piece, is_last) => {
                if self.wanted.is_none() || self.body.len().saturating_add(piece.len()) > most {
                    self.wanted = None;
                    return;
                }
                self.body.extend_from_slice(&piece);
                if is_last {
                    self.asked(cache, snapshot);
                }
            }
            Seen::Answer(headers) => self.answers(&headers),
            Seen::Said(piece, is_last) => {
                if let Some(answer) = &mut self.answer {
                    answer.push(&piece);
                }
                self.ended |= is_last;
            }
        }
    }

    fn asked(&mut self, cache: &Cache, snapshot: &Snapshot) {
        let body = std::mem::take(&mut self.body);
        let step = self.session.on(Event::Body(body), snapshot.policy_version());
        let (Step::Decide(question), Some(wanted)) = (step, &self.wanted) else {
            return;
        };
        self.dialect = Some(question.client.dialect);
        self.input = question.input;
        self.inquiry =
            inquiry(cache, snapshot, &question).filter(|inquiry| inquiry.key.to_string() == wanted.key);
    }

    fn answers(&mut self, headers: &Headers) {
        let (Some(inquiry), Some(dialect)) = (&self.inquiry, self.dialect) else {
            return;
        };
        let media = headers.get("content-type").unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim();
        let is_stream = match media.to_ascii_lowercase().as_str() {
            "text/event-stream" => true,
            "application/json" => false,
            _ => return,
        };
        let is_plain = headers
            .get("content-encoding")
            .is_none_or(|coding| coding == "identity");
        if headers.get(":status") == Some("200") && is_plain {
            let bytes = usize::try_from(inquiry.policy.max_answer.0).unwrap_or(usize::MAX);
            self.answer = Some(Collector::new(
                dialect,
                is_stream,
                Limits { bytes },
                inquiry.policy.tools,
            ));
        }
    }

    /// Whether the answer has been shown to its end.
    pub fn is_over(&self) -> bool {
        self.ended
    }

    /// The end: what is to be kept, or that nothing is. None if this was no request that is wanted.
    pub fn end(self) -> Option<Filled> {
        let inquiry = self.inquiry?;
        let answer = match self.answer {
            Some(collector) => collector.finish(self.ended),
            None => Err(Unfit::Error),
        };
        let compare = self.wanted.and_then(|wanted| wanted.compare);
        Some(Filled {
            inquiry,
            answer,
            compare: compare.and_then(|(key, cosine)| Some((Key::from_hex(&key)?, cosine))),
            input: self.input,
        })
    }
}

fn inquiry(cache: &Cache, snapshot: &Snapshot, question: &Question) -> Option<Inquiry> {
    let model = crate::plan::Needs::read(&question.body, &question.caller).model?;
    Inquiry::new(snapshot, question, &model, cache.embedder()).ok()
}
