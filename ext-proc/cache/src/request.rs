//! Requests as the cache sees them: what must be equal, hashed, and what is compared by meaning.
//!
//! The hash is that of the neutral form of `penstock-translate`, so a request hashes alike in whichever dialect it is
//! made. What that form has no place for is hashed as the client wrote it, down to the last unknown member: requests
//! that differ in what may change the answer never meet. How the answer is sent (`stream`, `stream_options`), for whom
//! (`user`, `metadata`) and at which price (`service_tier`, marks and keys of prompt caches) is not hashed; nor is the
//! limit on output tokens, which [`Asked::allows`] compares with the answer.

mod beside;
mod bypass;
mod hash;
mod material;
mod turn;

use penstock_chat::{Api, Tokens};
use penstock_translate::json::{self, Object};
use serde_json::value::RawValue;

use self::hash::Hash;
use crate::{Answer, Key, Partition};

pub use bypass::Bypass;

/// A request that may be answered from the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The hash of everything that must be equal, but for `text`.
    pub material: [u8; 32],
    /// What the user said last, without white space around it; never empty.
    pub text: String,
    /// The model that the client names. It is in `material`, too.
    pub model: String,
    /// Whether the client wants an event stream.
    pub stream: bool,
    /// Whether it wants the usage in the stream.
    pub include_usage: bool,
    /// The most output tokens that it wants.
    pub max_output: Option<Tokens>,
    /// The dialect it speaks.
    pub dialect: Api,
}

impl Asked {
    /// Reads a client's request.
    pub fn read(dialect: Api, body: &[u8]) -> Result<Self, Bypass> {
        let read = penstock_translate::request::read(dialect, body).map_err(|_| Bypass::Invalid)?;
        let object = Object::parse(body).map_err(|_| Bypass::Invalid)?;
        beside::cacheable(&object)?;
        let messages = object.get("messages").and_then(|list| json::elements(list.get()));
        let messages = messages.ok_or(Bypass::Invalid)?;
        let last = turn::start_of_last(&messages)?;
        let (turn, before) = read.request.turns.split_last().ok_or(Bypass::NoUserTurn)?;
        let text = turn::text(turn)?;
        let mut hash = Hash::new("penstock cache material 1");
        let model = object.get("model").and_then(json::string).unwrap_or_default();
        hash.text(&model);
        material::write(&read.request, before, turn, &mut hash);
        let request = beside::Raw {
            dialect,
            object: &object,
            messages: &messages,
            last,
        };
        request.write(&read.losses, &mut hash)?;
        Ok(Self {
            material: hash.finish(),
            text,
            model: model.into_owned(),
            stream: read.request.stream,
            include_usage: dialect == Api::Anthropic || includes_usage(&object),
            max_output: read.request.max_output_tokens,
            dialect,
        })
    }

    /// The key of exactly this request. The context is what must be equal beside it: tenant or shared scope, namespace,
    /// alias, region, headers that vary the answer, always in the same order.
    pub fn key(&self, context: &[&[u8]]) -> Key {
        let mut hash = self.within("penstock cache key 1", context);
        hash.text(&self.text);
        Key(hash.finish())
    }

    /// The partition in which requests differ in their last text only. The context is as that of [`Asked::key`].
    pub fn partition(&self, context: &[&[u8]]) -> Partition {
        Partition(self.within("penstock cache partition 1", context).finish())
    }

    /// Whether an answer is as short as the client wants it.
    pub fn allows(&self, answer: &Answer) -> bool {
        self.max_output
            .is_none_or(|most| answer.most_output_tokens() <= most)
    }

    fn within(&self, domain: &'static str, context: &[&[u8]]) -> Hash {
        let mut hash = Hash::new(domain);
        hash.count(context.len());
        for part in context {
            hash.bytes(part);
        }
        hash.bytes(&self.material);
        hash
    }
}

fn includes_usage(object: &Object<'_>) -> bool {
    let options = object.get("stream_options").map(RawValue::get);
    options
        .and_then(|options| Object::parse_checked(options).ok())
        .and_then(|options| options.get("include_usage").map(RawValue::get))
        == Some("true")
}

#[cfg(test)]
mod tests;
