//! What an Anthropic client gets: the shapes of `Message`, `RawMessageStreamEvent` and `ErrorResponse` of the
//! official Python SDK (2.11, read 2026-11).

use serde::Serialize;
use serde_json::value::RawValue;

use crate::Usage as NeutralUsage;

/// A whole answer, or the empty one of `message_start`.
#[derive(Debug, Serialize)]
pub struct Message<'a> {
    /// `msg_…`.
    pub id: &'a str,
    /// `message`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `assistant`.
    pub role: &'static str,
    /// The model that answers.
    pub model: &'a str,
    /// What it says.
    pub content: Vec<Block<'a>>,
    /// Why it stopped; `null` at the start of a stream.
    pub stop_reason: Option<&'static str>,
    /// The stop sequence that was reached.
    pub stop_sequence: Option<&'a str>,
    /// What was used.
    pub usage: Usage,
}

/// One block of content.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block<'a> {
    /// Text for the user.
    Text {
        /// The text.
        text: &'a str,
    },
    /// Reasoning.
    Thinking {
        /// The reasoning.
        thinking: &'a str,
        /// Empty where the provider does not sign.
        signature: &'a str,
    },
    /// Reasoning that only the provider can read.
    RedactedThinking {
        /// Opaque.
        data: &'a str,
    },
    /// A tool call.
    ToolUse {
        /// The call.
        id: &'a str,
        /// The tool.
        name: &'a str,
        /// An object.
        input: &'a RawValue,
    },
}

/// One event of a stream.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event<'a> {
    /// The first.
    MessageStart {
        /// Without content yet.
        message: Message<'a>,
    },
    /// A block begins.
    ContentBlockStart {
        /// Position among the blocks.
        index: usize,
        /// Without content yet.
        content_block: Block<'a>,
    },
    /// A block goes on.
    ContentBlockDelta {
        /// Position among the blocks.
        index: usize,
        /// What is added.
        delta: Delta<'a>,
    },
    /// A block is complete.
    ContentBlockStop {
        /// Position among the blocks.
        index: usize,
    },
    /// The message is complete.
    MessageDelta {
        /// Why.
        delta: MessageDelta<'a>,
        /// All that was used.
        usage: Usage,
    },
    /// The last.
    MessageStop,
}

impl Event<'_> {
    /// The name of the event, which the SDKs go by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::MessageStart { .. } => "message_start",
            Self::ContentBlockStart { .. } => "content_block_start",
            Self::ContentBlockDelta { .. } => "content_block_delta",
            Self::ContentBlockStop { .. } => "content_block_stop",
            Self::MessageDelta { .. } => "message_delta",
            Self::MessageStop => "message_stop",
        }
    }
}

/// What is added to a block.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Delta<'a> {
    /// To text.
    TextDelta {
        /// A fragment.
        text: &'a str,
    },
    /// To reasoning.
    ThinkingDelta {
        /// A fragment.
        thinking: &'a str,
    },
    /// The end of reasoning.
    SignatureDelta {
        /// Opaque.
        signature: &'a str,
    },
    /// To a tool call's input.
    InputJsonDelta {
        /// A fragment.
        partial_json: &'a str,
    },
}

/// How the message ended.
#[derive(Debug, Serialize)]
pub struct MessageDelta<'a> {
    /// Why it stopped.
    pub stop_reason: &'static str,
    /// The stop sequence that was reached.
    pub stop_sequence: Option<&'a str>,
}

/// Token counts, in Anthropic's convention.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Usage {
    /// Input tokens that the prompt cache neither read nor wrote.
    pub input_tokens: u64,
    /// Input tokens written to the prompt cache.
    pub cache_creation_input_tokens: u64,
    /// Input tokens read from the prompt cache.
    pub cache_read_input_tokens: u64,
    /// All output tokens.
    pub output_tokens: u64,
    /// What the output tokens consist of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens_details: Option<OutputTokensDetails>,
}

/// What the output tokens consist of.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct OutputTokensDetails {
    /// Spent on reasoning.
    pub thinking_tokens: u64,
}

impl From<NeutralUsage> for Usage {
    fn from(usage: NeutralUsage) -> Self {
        let cached = usage.cache_read.0.saturating_add(usage.cache_write.0);
        Self {
            input_tokens: usage.input.0.saturating_sub(cached),
            cache_creation_input_tokens: usage.cache_write.0,
            cache_read_input_tokens: usage.cache_read.0,
            output_tokens: usage.output.0,
            output_tokens_details: (usage.reasoning.0 > 0).then_some(OutputTokensDetails {
                thinking_tokens: usage.reasoning.0,
            }),
        }
    }
}

/// The body of an error answer, and the data of an error event.
#[derive(Debug, Serialize)]
pub struct ErrorBody<'a> {
    /// `error`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The error.
    pub error: ErrorObject<'a>,
}

/// What went wrong.
#[derive(Debug, Serialize)]
pub struct ErrorObject<'a> {
    /// The category.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// For people.
    pub message: &'a str,
    /// For programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<ErrorDetails<'a>>,
}

/// What a program can tell an error by.
#[derive(Debug, Serialize)]
pub struct ErrorDetails<'a> {
    /// The exact category.
    pub error_code: &'a str,
}
