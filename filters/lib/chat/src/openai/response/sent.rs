//! What an OpenAI client gets: the shapes of `CreateChatCompletionResponse`, `CreateChatCompletionStreamResponse`
//! and `ErrorResponse` in OpenAI's OpenAPI document (read 2026-11), required members always present.
//!
//! `reasoning_content` and `thinking_blocks` are not in that document; they carry what a client needs to hand
//! signed reasoning back. The SDKs keep unknown members.

use serde::Serialize;

use crate::Usage;

/// A whole answer.
#[derive(Debug, Serialize)]
pub struct Completion<'a> {
    /// `chatcmpl-…`.
    pub id: &'a str,
    /// `chat.completion`.
    pub object: &'static str,
    /// Unix seconds.
    pub created: u64,
    /// The model that answered.
    pub model: &'a str,
    /// Always one.
    pub choices: [Choice<'a>; 1],
    /// What was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<CompletionUsage>,
}

/// An answer of a [`Completion`].
#[derive(Debug, Serialize)]
pub struct Choice<'a> {
    /// Always 0.
    pub index: u32,
    /// What it says.
    pub message: Message<'a>,
    /// `null`: no other API has them.
    pub logprobs: (),
    /// Why it stopped.
    pub finish_reason: &'static str,
}

/// The assistant's message.
#[derive(Debug, Serialize)]
pub struct Message<'a> {
    /// `assistant`.
    pub role: &'static str,
    /// The text; `null` if there is none.
    pub content: Option<&'a str>,
    /// The model's own words for declining.
    pub refusal: Option<&'a str>,
    /// The reasoning in readable form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<&'a str>,
    /// The reasoning in the form to hand back.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub thinking_blocks: &'a [ThinkingBlock<'a>],
    /// Calls of tools.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub tool_calls: &'a [ToolCall<'a>],
}

/// One block of reasoning as its provider gave it, or a piece of one.
#[derive(Debug, Default, Serialize)]
pub struct ThinkingBlock<'a> {
    /// Which block a streamed piece belongs to; the pieces are joined as those of tool calls are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// `thinking` or `redacted_thinking`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<&'a str>,
    /// Opaque.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<&'a str>,
    /// Reasoning that only the provider can read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'a str>,
}

/// A tool call, or a piece of one.
#[derive(Debug, Default, Serialize)]
pub struct ToolCall<'a> {
    /// Which call a streamed piece belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// Stands in a call's first piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    /// `function`, beside the id.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// What is called.
    pub function: Function<'a>,
}

/// The function that a tool call calls.
#[derive(Debug, Default, Serialize)]
pub struct Function<'a> {
    /// Stands in a call's first piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// JSON, or a piece of it.
    pub arguments: &'a str,
}

/// One event of a streamed answer.
#[derive(Debug, Serialize)]
pub struct Chunk<'a> {
    /// The same in each chunk.
    pub id: &'a str,
    /// `chat.completion.chunk`.
    pub object: &'static str,
    /// The same in each chunk, unix seconds.
    pub created: u64,
    /// The model that answers.
    pub model: &'a str,
    /// One, or none in the chunk that carries the usage.
    pub choices: &'a [ChunkChoice<'a>],
    /// Absent unless the client asked for it; then `null` in all chunks but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Option<CompletionUsage>>,
}

/// A piece of an answer.
#[derive(Debug, Serialize)]
pub struct ChunkChoice<'a> {
    /// Always 0.
    pub index: u32,
    /// What it says next.
    pub delta: Delta<'a>,
    /// `null`: no other API has them.
    pub logprobs: (),
    /// Why it stopped, in the last piece.
    pub finish_reason: Option<&'static str>,
}

/// What an answer says next.
#[derive(Debug, Default, Serialize)]
pub struct Delta<'a> {
    /// `assistant`, in the first piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    /// A fragment of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<&'a str>,
    /// A fragment of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<&'a str>,
    /// A fragment of the reasoning in readable form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<&'a str>,
    /// A fragment of the reasoning in the form to hand back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_blocks: Option<[ThinkingBlock<'a>; 1]>,
    /// A piece of a tool call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<[ToolCall<'a>; 1]>,
}

/// Token counts, in OpenAI's convention.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CompletionUsage {
    /// All input tokens.
    pub prompt_tokens: u64,
    /// All output tokens.
    pub completion_tokens: u64,
    /// The sum of both.
    pub total_tokens: u64,
    /// What the input tokens consist of.
    pub prompt_tokens_details: PromptTokensDetails,
    /// What the output tokens consist of.
    pub completion_tokens_details: CompletionTokensDetails,
}

/// What the input tokens consist of.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PromptTokensDetails {
    /// Read from the provider's prompt cache.
    pub cached_tokens: u64,
    /// Written to the provider's prompt cache.
    pub cache_write_tokens: u64,
}

/// What the output tokens consist of.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CompletionTokensDetails {
    /// Spent on reasoning.
    pub reasoning_tokens: u64,
}

impl From<Usage> for CompletionUsage {
    fn from(usage: Usage) -> Self {
        Self {
            prompt_tokens: usage.input.0,
            completion_tokens: usage.output.0,
            total_tokens: usage.input.0.saturating_add(usage.output.0),
            prompt_tokens_details: PromptTokensDetails {
                cached_tokens: usage.cache_read.0,
                cache_write_tokens: usage.cache_write.0,
            },
            completion_tokens_details: CompletionTokensDetails {
                reasoning_tokens: usage.reasoning.0,
            },
        }
    }
}

/// The body of an error answer, and the data of an error event.
#[derive(Debug, Serialize)]
pub struct ErrorBody<'a> {
    /// The error.
    pub error: ErrorObject<'a>,
}

/// What went wrong.
#[derive(Debug, Serialize)]
pub struct ErrorObject<'a> {
    /// For people.
    pub message: &'a str,
    /// The broad category.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// The request's field that is at fault.
    pub param: Option<&'a str>,
    /// The exact category.
    pub code: Option<&'a str>,
}
