//! Answers as they are kept: collected from what a client got, and replayed in the dialect and mode that another wants.
//!
//! [`Collector`] takes the body that the gateway sends, in any pieces, and makes an [`Answer`] of it only if it is whole,
//! ended as an answer ends by itself, and holds nothing that a replay could not say again; [`Unfit`] tells why not.
//! [`replay`] writes it anew. What one dialect cannot say to another is left out as `penstock-translate` leaves it out.

mod builder;
mod collector;
mod foreign;
mod pieces;
mod replay;
mod unfit;

use penstock_chat::{Tokens, Usage};
use serde::{Deserialize, Serialize};

pub use collector::{Collector, Limits};
pub use replay::{Replay, Replayed, Unsayable, replay};
pub use unfit::Unfit;

/// A whole answer in neutral form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The model that answered, as the provider names it.
    pub model: String,
    /// What it said, in its order.
    pub content: Vec<Content>,
    /// Why it stopped.
    pub finish: Finish,
    /// What it used, when it was made; a replay says the same. `None` where the client was not told: an OpenAI stream
    /// tells it only to those who ask.
    pub usage: Option<Usage>,
}

/// One piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Text for the user.
    Text(String),
    /// Reasoning.
    Thinking {
        /// The reasoning or a summary of it; may be empty beside a signature.
        text: String,
        /// What proves to its provider that it is unchanged.
        signature: Option<String>,
    },
    /// Reasoning that only the provider can read.
    RedactedThinking(String),
    /// A call of one of the caller's tools.
    ToolCall {
        /// The provider's id of the call.
        id: String,
        /// The tool.
        name: String,
        /// A JSON object, as text.
        arguments: String,
    },
}

/// Why a model stopped by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The natural end of the turn.
    #[default]
    Stop,
    /// One of the caller's stop sequences was reached: which, where the provider tells. OpenAI's dialect has no place
    /// for it, so there it is a [`Finish::Stop`].
    StopSequence(Option<String>),
    /// It calls tools.
    ToolCalls,
}

impl Answer {
    /// All text for the user.
    pub fn text(&self) -> String {
        let texts = self.content.iter().filter_map(|content| match content {
            Content::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// The memory that it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let content = self.content.iter().map(Content::bytes);
        content.fold(
            size_of::<Self>() + self.model.len() + self.finish.bytes(),
            usize::saturating_add,
        )
    }

    /// How many tokens the model wrote; `None` if that is not known.
    pub fn output_tokens(&self) -> Option<Tokens> {
        // An answer is never empty: where the count is 0, the provider did not count.
        self.usage.map(|usage| usage.output).filter(|output| output.0 > 0)
    }

    /// The same, or else the most that it can have been: a token is a byte at least.
    pub fn most_output_tokens(&self) -> Tokens {
        let content = self.content.iter().map(Content::text_bytes);
        let bytes = content.fold(0, usize::saturating_add);
        let bytes = Tokens(u64::try_from(bytes).unwrap_or(u64::MAX));
        self.output_tokens().unwrap_or(bytes)
    }
}

impl Content {
    /// As [`Answer::bytes`].
    fn bytes(&self) -> usize {
        size_of::<Self>().saturating_add(self.text_bytes())
    }

    /// The bytes of all text in it.
    fn text_bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::RedactedThinking(text) => text.len(),
            Self::Thinking { text, signature } => text.len() + signature.as_ref().map_or(0, String::len),
            Self::ToolCall { id, name, arguments } => id.len() + name.len() + arguments.len(),
        }
    }
}

impl Finish {
    fn bytes(&self) -> usize {
        match self {
            Self::StopSequence(Some(sequence)) => sequence.len(),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests;
