//! A whole answer of Anthropic that goes on as it came, in one pass and without its content.
//!
//! Stricter than [`received`](super::received), of which each shape here has all members in the same order: what is
//! read here would be read there too, and says the same. What is refused here may still be an answer.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::received::Counts;
use crate::measured::{Length, Measured, Summed};
use crate::shape::Str;
use crate::text;

/// A whole answer.
#[derive(Debug, Deserialize)]
pub struct Message<'a> {
    #[serde(default, rename = "id")]
    _id: Option<Length>,
    /// The model that answers.
    #[serde(default, borrow, deserialize_with = "text::name")]
    pub model: Option<Cow<'a, str>>,
    /// What it says.
    #[serde(default, borrow)]
    pub content: Option<Summed<Block<'a>>>,
    /// Why it stopped.
    #[serde(default, borrow)]
    pub stop_reason: Option<Str<'a>>,
    #[serde(default, rename = "stop_sequence")]
    _stop_sequence: Option<Length>,
    /// What was used.
    #[serde(default)]
    pub usage: Option<Counts>,
    #[serde(default, rename = "error")]
    _error: Option<IgnoredAny>,
}

/// One block of content.
#[derive(Debug, Deserialize)]
pub struct Block<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Option<Str<'a>>,
    #[serde(default)]
    text: Option<Length>,
    #[serde(default)]
    thinking: Option<Length>,
    #[serde(default, rename = "signature")]
    _signature: Option<Length>,
    #[serde(default, rename = "data")]
    _data: Option<Length>,
    #[serde(default, rename = "id")]
    _id: Option<Length>,
    #[serde(default, rename = "name")]
    _name: Option<Length>,
    #[serde(default, borrow)]
    input: Option<&'a RawValue>,
}

impl Measured for Block<'_> {
    fn content(&self) -> Length {
        match self.kind.as_deref() {
            Some("text") => self.text.unwrap_or_default(),
            Some("thinking") => self.thinking.unwrap_or_default(),
            // Arguments that are not there are those of an empty object.
            Some("tool_use") => Length::of(self.input.map_or("{}", RawValue::get)),
            _ => Length(0),
        }
    }
}
