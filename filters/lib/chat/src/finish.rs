use serde::{Deserialize, Serialize};

/// Why a model stopped, in the neutral form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The natural end of the turn.
    Stop,
    /// One of the caller's stop sequences was reached.
    StopSequence,
    /// The limit on output tokens, or the context window, was reached.
    Length,
    /// The model calls tools.
    ToolCalls,
    /// The provider's content filter, or the model itself, refused.
    ContentFilter,
    /// The provider paused a long turn; the client may continue it (Anthropic `pause_turn`).
    Pause,
}

impl FinishReason {
    /// The name used in filter state, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::StopSequence => "stop_sequence",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Pause => "pause",
        }
    }
}
