//! A whole answer of an OpenAI-compatible provider that goes on as it came, in one pass and without its content.
//!
//! Stricter than [`received`](super::received), of which each shape here has all members in the same order: what is
//! read here would be read there too, and says the same. What is refused here may still be an answer.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::received::ReceivedUsage;
use crate::Usage;
use crate::measured::{Length, Measured, Summed};
use crate::shape::Str;
use crate::text;

/// A `chat.completion`.
#[derive(Debug, Deserialize)]
pub struct Answer<'a> {
    #[serde(default, rename = "id")]
    _id: Option<Length>,
    /// The model that answered.
    #[serde(default, borrow, deserialize_with = "text::name")]
    pub model: Option<Cow<'a, str>>,
    /// The `n` answers.
    #[serde(default, borrow)]
    pub choices: Option<Summed<Choice<'a>>>,
    #[serde(default)]
    usage: Option<ReceivedUsage>,
    #[serde(default, rename = "moderation")]
    _moderation: Option<IgnoredAny>,
    #[serde(default, rename = "error")]
    _error: Option<IgnoredAny>,
}

impl Answer<'_> {
    /// What was used.
    pub fn usage(&self) -> Option<Usage> {
        self.usage.map(Usage::from)
    }
}

/// One of the `n` answers.
#[derive(Debug, Deserialize)]
pub struct Choice<'a> {
    #[serde(default, rename = "index")]
    _index: Option<u64>,
    #[serde(default, alias = "message")]
    delta: Option<Message>,
    /// Why it stopped.
    #[serde(default, borrow)]
    pub finish_reason: Option<Str<'a>>,
    /// vLLM: the stop sequence that was reached.
    #[serde(default, borrow)]
    pub stop_reason: Option<Str<'a>>,
}

impl Choice<'_> {
    /// Whether it calls a tool.
    pub fn calls(&self) -> bool {
        let calls = self
            .delta
            .as_ref()
            .and_then(|message| message.tool_calls.as_ref());
        calls.is_some_and(|calls| calls.first.is_some())
    }

    /// Whether it declines in the model's own words.
    pub fn refuses(&self) -> bool {
        let refusal = self.delta.as_ref().and_then(|message| message.refusal);
        refusal.is_some_and(|refusal| refusal.0 > 0)
    }
}

impl Measured for Choice<'_> {
    fn content(&self) -> Length {
        self.delta.as_ref().map_or(Length(0), Message::content)
    }
}

#[derive(Debug, Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<Length>,
    #[serde(default)]
    refusal: Option<Length>,
    #[serde(default)]
    reasoning_content: Option<Length>,
    #[serde(default)]
    reasoning: Option<Length>,
    #[serde(default)]
    tool_calls: Option<Summed<ToolCall>>,
}

impl Measured for Message {
    fn content(&self) -> Length {
        // Of the two names of reasoning, a provider that gives both means the same by them.
        let reasoning = self.reasoning_content.or(self.reasoning);
        let calls = self.tool_calls.as_ref().map(|calls| calls.content);
        [reasoning, self.content, self.refusal, calls]
            .into_iter()
            .flatten()
            .fold(Length(0), Length::plus)
    }
}

#[derive(Debug, Deserialize)]
struct ToolCall {
    #[serde(default, rename = "index")]
    _index: Option<u64>,
    #[serde(default, rename = "id")]
    _id: Option<Length>,
    #[serde(default)]
    function: Option<Function>,
}

impl Measured for ToolCall {
    fn content(&self) -> Length {
        let arguments = self.function.as_ref().and_then(|function| function.arguments);
        arguments.unwrap_or_default()
    }
}

#[derive(Debug, Deserialize)]
struct Function {
    #[serde(default, rename = "name")]
    _name: Option<Length>,
    #[serde(default)]
    arguments: Option<Length>,
}
