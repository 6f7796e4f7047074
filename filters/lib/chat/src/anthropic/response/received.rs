//! What Anthropic sends. Absent and `null` are the same; only what has a meaning for Penstock is read.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::value::RawValue;

use crate::text;
use crate::{Tokens, Usage};

/// A whole answer, the message of a `message_start` event, or the error that stands in its place.
#[derive(Debug, Default, Deserialize)]
pub struct Message<'a> {
    /// `msg_…`.
    #[serde(default, borrow, deserialize_with = "text::name")]
    pub id: Option<Cow<'a, str>>,
    /// The model that answers.
    #[serde(default, borrow, deserialize_with = "text::name")]
    pub model: Option<Cow<'a, str>>,
    /// What it says.
    #[serde(default, borrow)]
    pub content: Option<Vec<Block<'a>>>,
    /// Why it stopped.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub stop_reason: Option<Cow<'a, str>>,
    /// The stop sequence that was reached.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub stop_sequence: Option<Cow<'a, str>>,
    /// What was used.
    #[serde(default, deserialize_with = "usage")]
    pub usage: Option<Counts>,
    /// The error object of a 200 that is none.
    #[serde(default, borrow)]
    pub error: Option<&'a RawValue>,
}

/// One block of content; which members it has depends on `kind`.
#[derive(Debug, Default, Deserialize)]
pub struct Block<'a> {
    /// `text`, `thinking`, `redacted_thinking`, `tool_use` and others.
    #[serde(rename = "type", default, borrow, deserialize_with = "text::lenient")]
    pub kind: Option<Cow<'a, str>>,
    /// Of `text`.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub text: Option<Cow<'a, str>>,
    /// Of `thinking`.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub thinking: Option<Cow<'a, str>>,
    /// Of `thinking`.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub signature: Option<Cow<'a, str>>,
    /// Of `redacted_thinking`.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub data: Option<Cow<'a, str>>,
    /// Of `tool_use`.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub id: Option<Cow<'a, str>>,
    /// Of `tool_use`.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub name: Option<Cow<'a, str>>,
    /// Of `tool_use`: an object.
    #[serde(default, borrow)]
    pub input: Option<&'a RawValue>,
}

/// One event of a stream; which members it has depends on `kind`.
#[derive(Debug, Deserialize)]
pub struct Event<'a> {
    /// `message_start`, `content_block_delta` and others.
    #[serde(rename = "type", default, borrow, deserialize_with = "text::lenient")]
    pub kind: Option<Cow<'a, str>>,
    /// Of `message_start`.
    #[serde(default, borrow)]
    pub message: Option<Message<'a>>,
    /// Of the events of a block: which.
    #[serde(default)]
    pub index: Option<u64>,
    /// Of `content_block_start`.
    #[serde(default, borrow)]
    pub content_block: Option<Block<'a>>,
    /// Of `content_block_delta` and `message_delta`.
    #[serde(default, borrow)]
    pub delta: Option<Delta<'a>>,
    /// Of `message_delta`.
    #[serde(default, deserialize_with = "usage")]
    pub usage: Option<Counts>,
    /// Of `error`.
    #[serde(default, borrow)]
    pub error: Option<&'a RawValue>,
}

/// A piece of a block, or of the message.
#[derive(Debug, Default, Deserialize)]
pub struct Delta<'a> {
    /// `text_delta` and others; the message's delta has none.
    #[serde(rename = "type", default, borrow, deserialize_with = "text::lenient")]
    pub kind: Option<Cow<'a, str>>,
    /// Of `text_delta`.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub text: Option<Cow<'a, str>>,
    /// Of `thinking_delta`.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub thinking: Option<Cow<'a, str>>,
    /// Of `signature_delta`.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub signature: Option<Cow<'a, str>>,
    /// Of `input_json_delta`.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub partial_json: Option<Cow<'a, str>>,
    /// Of the message's delta.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub stop_reason: Option<Cow<'a, str>>,
    /// Of the message's delta.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub stop_sequence: Option<Cow<'a, str>>,
}

/// Token counts in Anthropic's convention: `input_tokens` does not include what the prompt cache read or wrote.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Counts {
    #[serde(default)]
    input_tokens: Option<u64>,
    #[serde(default)]
    cache_creation_input_tokens: Option<u64>,
    #[serde(default)]
    cache_read_input_tokens: Option<u64>,
    #[serde(default)]
    output_tokens: Option<u64>,
    #[serde(default)]
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct OutputDetails {
    #[serde(default)]
    thinking_tokens: Option<u64>,
}

impl Counts {
    /// Takes over what `newer` states. The counts of a stream are cumulative, and a later event may leave out some.
    pub fn update(&mut self, newer: &Self) {
        self.input_tokens = newer.input_tokens.or(self.input_tokens);
        self.cache_creation_input_tokens = newer
            .cache_creation_input_tokens
            .or(self.cache_creation_input_tokens);
        self.cache_read_input_tokens = newer.cache_read_input_tokens.or(self.cache_read_input_tokens);
        self.output_tokens = newer.output_tokens.or(self.output_tokens);
        self.output_tokens_details = newer.output_tokens_details.or(self.output_tokens_details);
    }

    /// What a message states when it begins. The output in it is no count of anything, but a small number in the place of one
    /// (1 in the examples of docs.claude.com, "Streaming messages", read 2026-11): only `message_delta` counts the output.
    pub fn of_start(self) -> Self {
        Self {
            output_tokens: None,
            output_tokens_details: None,
            ..self
        }
    }
}

impl From<Counts> for Usage {
    fn from(counts: Counts) -> Self {
        let cache_read = counts.cache_read_input_tokens.unwrap_or_default();
        let cache_write = counts.cache_creation_input_tokens.unwrap_or_default();
        let uncached = counts.input_tokens.unwrap_or_default();
        let details = counts.output_tokens_details.unwrap_or_default();
        Self {
            input: Tokens(uncached.saturating_add(cache_read).saturating_add(cache_write)),
            output: Tokens(counts.output_tokens.unwrap_or_default()),
            cache_read: Tokens(cache_read),
            cache_write: Tokens(cache_write),
            reasoning: Tokens(details.thinking_tokens.unwrap_or_default()),
        }
    }
}

/// An answer is worth more than its bill: a usage that cannot be read counts as none.
fn usage<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Counts>, D::Error> {
    let raw = Option::<&'de RawValue>::deserialize(deserializer)?;
    Ok(raw.and_then(|raw| serde_json::from_str::<Option<Counts>>(raw.get()).ok().flatten()))
}
