//! The neutral answer and its stream.
//!
//! Strings borrow from the provider's bytes where they can. Tool arguments are the text of a JSON object.

use std::borrow::Cow;

use crate::{FinishReason, Usage};

/// A whole answer: of several choices, the first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer<'a> {
    /// The provider's id of it; empty if it gave none.
    pub id: Cow<'a, str>,
    /// The model that answered, as the provider names it; empty if it did not.
    pub model: Cow<'a, str>,
    /// What the model said, in its order.
    pub content: Vec<Content<'a>>,
    /// Why it stopped; `None` if the provider did not say.
    pub finish: Option<FinishReason>,
    /// Which of the caller's stop sequences was reached, where the provider tells.
    pub stop_sequence: Option<Cow<'a, str>>,
    /// What it used.
    pub usage: Option<Usage>,
}

/// One piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Content<'a> {
    /// Text for the user.
    Text(Cow<'a, str>),
    /// The model's own words for declining.
    Refusal(Cow<'a, str>),
    /// Reasoning, with the signature that lets the provider accept it back.
    Thinking {
        /// The reasoning or a summary of it.
        text: Cow<'a, str>,
        /// Opaque; `None` where the provider does not sign.
        signature: Option<Cow<'a, str>>,
    },
    /// Reasoning that only the provider can read.
    RedactedThinking(Cow<'a, str>),
    /// A call of one of the caller's tools.
    ToolCall {
        /// The provider's id of the call.
        id: Cow<'a, str>,
        /// The tool.
        name: Cow<'a, str>,
        /// The arguments.
        arguments: Cow<'a, str>,
    },
}

/// One step of a streamed answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'a> {
    /// The answer begins.
    Start {
        /// As [`Answer::id`].
        id: Cow<'a, str>,
        /// As [`Answer::model`].
        model: Cow<'a, str>,
        /// What is known of the usage before the first token.
        usage: Option<Usage>,
    },
    /// A fragment of text.
    Text(Cow<'a, str>),
    /// A fragment of a refusal.
    Refusal(Cow<'a, str>),
    /// A fragment of reasoning.
    Thinking(Cow<'a, str>),
    /// The signature of the reasoning before it.
    Signature(Cow<'a, str>),
    /// One whole block of unreadable reasoning.
    RedactedThinking(Cow<'a, str>),
    /// A tool call begins.
    ToolStart {
        /// Position among the tool calls of the answer, from 0 and without gaps.
        call: usize,
        /// As [`Content::ToolCall`].
        id: Cow<'a, str>,
        /// As [`Content::ToolCall`].
        name: Cow<'a, str>,
    },
    /// A fragment of a tool call's arguments.
    ToolArguments {
        /// The call it belongs to.
        call: usize,
        /// Text that need not be JSON by itself.
        fragment: Cow<'a, str>,
    },
    /// The provider closed a block of content: what follows is another one, even if of the same kind.
    BlockEnd,
    /// The usage so far; each replaces the one before.
    Usage(Usage),
    /// The model has stopped. Usage may still follow.
    Finish {
        /// Why.
        reason: FinishReason,
        /// As [`Answer::stop_sequence`].
        stop_sequence: Option<Cow<'a, str>>,
    },
    /// The provider says that the stream is over.
    End,
}

impl Event<'_> {
    /// Bytes of content in it: text, reasoning and tool arguments, as the output token count has them.
    pub fn content_bytes(&self) -> u64 {
        let length = match self {
            Self::Text(text) | Self::Refusal(text) | Self::Thinking(text) => text.len(),
            Self::ToolArguments { fragment, .. } => fragment.len(),
            _ => 0,
        };
        u64::try_from(length).unwrap_or(u64::MAX)
    }

    /// Whether a client that gets it has got something of the answer.
    pub fn is_content(&self) -> bool {
        match self {
            Self::Text(text) | Self::Refusal(text) | Self::Thinking(text) => !text.is_empty(),
            Self::ToolArguments { fragment, .. } => !fragment.is_empty(),
            Self::RedactedThinking(_) | Self::ToolStart { .. } => true,
            Self::Start { .. }
            | Self::Signature(_)
            | Self::BlockEnd
            | Self::Usage(_)
            | Self::Finish { .. }
            | Self::End => false,
        }
    }
}

impl Content<'_> {
    /// As [`Event::content_bytes`].
    pub fn content_bytes(&self) -> u64 {
        let length = match self {
            Self::Text(text) | Self::Refusal(text) | Self::Thinking { text, .. } => text.len(),
            Self::ToolCall { arguments, .. } => arguments.len(),
            Self::RedactedThinking(_) => 0,
        };
        u64::try_from(length).unwrap_or(u64::MAX)
    }
}
