//! What an answer holds that the neutral form has no place for: a replay would leave it out in silence, so such an
//! answer is not kept.
//!
//! The readers of `penstock-translate` skip what they do not know, as clients do. Here content of a kind that is not
//! known is [`Unfit::Foreign`], while metadata passes: ids, fingerprints, filter results, padding, tiers. A member that
//! says nothing (`null`, `[]`, `{}`, `""`, `0`, `false`) passes, too.

mod anthropic;
mod openai;

use std::borrow::Cow;

use penstock_chat::Api;
use penstock_translate::json::{self, Object};
use serde_json::value::RawValue;

use super::Unfit;
pub(super) use openai::Blocks;

/// Looks at every event of a stream, or at a whole body, before it is read.
#[derive(Debug)]
pub(super) enum Watch {
    OpenAi(openai::Watch),
    Anthropic(anthropic::Watch),
}

impl Watch {
    pub(super) fn new(dialect: Api) -> Self {
        match dialect {
            Api::OpenAi => Self::OpenAi(openai::Watch::default()),
            Api::Anthropic => Self::Anthropic(anthropic::Watch::default()),
        }
    }

    /// Looks at an event that has data. What is returned replaces the reasoning that a reader finds in it.
    pub(super) fn event<'a>(
        &mut self,
        name: Option<&str>,
        data: &'a str,
    ) -> Result<Option<Blocks<'a>>, Unfit> {
        match self {
            Self::OpenAi(watch) => watch.chunk(data),
            Self::Anthropic(watch) => watch.event(name, data).map(|()| None),
        }
    }

    /// Looks at a whole answer. What is returned replaces the reasoning that a reader finds in it.
    pub(super) fn body<'a>(&mut self, body: &'a str) -> Result<Option<Blocks<'a>>, Unfit> {
        match self {
            Self::OpenAi(watch) => watch.body(body),
            Self::Anthropic(_) => anthropic::body(body).map(|()| None),
        }
    }
}

/// An object.
fn object(text: &str) -> Result<Object<'_>, Unfit> {
    Object::parse_checked(text).map_err(|_| Unfit::Malformed)
}

/// The objects of a list; `null` is an empty one.
fn objects<'a>(list: Option<&'a RawValue>) -> Result<Vec<Object<'a>>, Unfit> {
    match list.map(RawValue::get) {
        None | Some("null") => Ok(Vec::new()),
        Some(list) => json::elements(list)
            .ok_or(Unfit::Malformed)?
            .into_iter()
            .map(|element| object(element.get()))
            .collect(),
    }
}

/// The string of a member.
fn string<'a>(object: &Object<'a>, name: &str) -> Option<Cow<'a, str>> {
    object.get(name).and_then(json::string)
}

/// Whether a member has a string or nothing.
fn is_text(value: &RawValue) -> bool {
    value.get() == "null" || value.get().starts_with('"')
}

/// Whether a member says anything.
fn says(value: &RawValue) -> bool {
    let text = value.get();
    let inner = match (text.as_bytes().first(), text.len()) {
        (Some(b'[' | b'{'), length) => text.get(1..length.saturating_sub(1)),
        _ => None,
    };
    match inner {
        Some(inner) => !inner.trim().is_empty(),
        None => !matches!(text, "null" | "\"\"" | "0" | "false"),
    }
}

/// Refuses an object with a member that says something and is not `known`.
fn only(object: &Object<'_>, known: &[&str]) -> Result<(), Unfit> {
    let foreign = |member: &json::Member<'_>| !known.contains(&&*member.key) && says(member.value);
    match object.iter().any(foreign) {
        true => Err(Unfit::Foreign),
        false => Ok(()),
    }
}

/// Refuses an object with one of some members, if it says something.
fn none_of(object: &Object<'_>, foreign: &[&str]) -> Result<(), Unfit> {
    let said = |name: &&str| object.get(name).is_some_and(says);
    match foreign.iter().any(said) {
        true => Err(Unfit::Foreign),
        false => Ok(()),
    }
}

/// Refuses a reason to stop that is not known: readers take it for a natural one.
fn known_reason(object: &Object<'_>, name: &str, known: &[&str]) -> Result<(), Unfit> {
    match object.get(name).filter(|value| value.get() != "null") {
        None => Ok(()),
        Some(reason) => match json::string(reason) {
            Some(reason) if known.contains(&&*reason) => Ok(()),
            _ => Err(Unfit::Foreign),
        },
    }
}
