//! What an OpenAI-compatible provider sends: whole answers and chunks in one shape, as a chunk differs from an
//! answer only in `delta` instead of `message`.
//!
//! Absent and `null` are the same, and unknown members are skipped. Only what has a meaning for Penstock is read.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::value::RawValue;

use crate::text;
use crate::{Tokens, Usage};

/// A `chat.completion` or a `chat.completion.chunk`, or the error that stands in its place.
#[derive(Debug, Deserialize)]
pub struct Answer<'a> {
    /// `chatcmpl-…`; Azure's first chunk has an empty one.
    #[serde(default, borrow, deserialize_with = "text::name")]
    pub id: Option<Cow<'a, str>>,
    /// The model that answered.
    #[serde(default, borrow, deserialize_with = "text::name")]
    pub model: Option<Cow<'a, str>>,
    /// Empty in the chunk that carries the usage, and in Azure's chunk of prompt filter results.
    #[serde(default, borrow)]
    pub choices: Option<Vec<Choice<'a>>>,
    /// What was used.
    #[serde(default, borrow)]
    pub usage: UsageMember<'a>,
    /// What a moderation model says of prompt and answer, for requests that ask for it.
    #[serde(default, borrow)]
    pub moderation: Option<&'a RawValue>,
    /// The error object of a failed stream or of a 200 that is none.
    #[serde(default, borrow)]
    pub error: Option<&'a RawValue>,
}

/// One of the `n` answers.
#[derive(Debug, Deserialize)]
pub struct Choice<'a> {
    /// Which of them.
    #[serde(default)]
    pub index: Option<u64>,
    /// What it says, or what it says next.
    #[serde(default, borrow, alias = "message")]
    pub delta: Option<Delta<'a>>,
    /// Why it stopped.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub finish_reason: Option<Cow<'a, str>>,
    /// vLLM: the stop sequence that was reached (read in vLLM's protocol definition, 2026-11). A number is a token.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub stop_reason: Option<Cow<'a, str>>,
}

/// A message, or a piece of one.
#[derive(Debug, Default, Deserialize)]
pub struct Delta<'a> {
    /// The text.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub content: Option<Cow<'a, str>>,
    /// The model's own words for declining.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub refusal: Option<Cow<'a, str>>,
    /// Reasoning, as vLLM and DeepSeek name it.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub reasoning_content: Option<Cow<'a, str>>,
    /// Reasoning, as newer vLLM and OpenRouter name it.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub reasoning: Option<Cow<'a, str>>,
    /// Calls of tools.
    #[serde(default, borrow)]
    pub tool_calls: Option<Vec<ToolCall<'a>>>,
}

/// A tool call, or a piece of one.
#[derive(Debug, Deserialize)]
pub struct ToolCall<'a> {
    /// Which call a piece belongs to.
    #[serde(default)]
    pub index: Option<u64>,
    /// Stands in a call's first piece.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub id: Option<Cow<'a, str>>,
    /// What is called.
    #[serde(default, borrow)]
    pub function: Option<Function<'a>>,
}

/// The function that a tool call calls.
#[derive(Debug, Default, Deserialize)]
pub struct Function<'a> {
    /// Stands in a call's first piece.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub name: Option<Cow<'a, str>>,
    /// JSON, or a piece of it.
    #[serde(default, borrow, deserialize_with = "text::lenient")]
    pub arguments: Option<Cow<'a, str>>,
}

/// The member `usage`.
#[derive(Clone, Copy, Debug, Default)]
pub struct UsageMember<'a> {
    /// Its value as it stands, `null` included; `None` if there is no such member.
    pub text: Option<&'a RawValue>,
    /// What it says.
    pub read: Option<Usage>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct ReceivedUsage {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    completion_tokens: Option<u64>,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default)]
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Option<u64>,
    #[serde(default)]
    cache_write_tokens: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct CompletionDetails {
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

/// An answer is worth more than its bill: a usage that cannot be read counts as none.
impl<'de: 'a, 'a> Deserialize<'de> for UsageMember<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&'de RawValue>::deserialize(deserializer)?;
        // Most chunks say `null`.
        let read = match text.get() {
            "null" => None,
            json => serde_json::from_str::<ReceivedUsage>(json).ok(),
        };
        Ok(Self {
            text: Some(text),
            read: read.map(Usage::from),
        })
    }
}

impl From<ReceivedUsage> for Usage {
    fn from(received: ReceivedUsage) -> Self {
        let prompt = received.prompt_tokens_details.unwrap_or_default();
        let completion = received.completion_tokens_details.unwrap_or_default();
        Self {
            input: Tokens(received.prompt_tokens.unwrap_or_default()),
            output: Tokens(received.completion_tokens.unwrap_or_default()),
            cache_read: Tokens(prompt.cached_tokens.unwrap_or_default()),
            cache_write: Tokens(prompt.cache_write_tokens.unwrap_or_default()),
            reasoning: Tokens(completion.reasoning_tokens.unwrap_or_default()),
        }
    }
}
