/// Why an answer is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unfit {
    /// It was cut, or never said that it is over.
    #[error("the answer is not complete")]
    Incomplete,
    /// It is not one of its API.
    #[error("the answer is malformed")]
    Malformed,
    /// It holds something that a replay could not say again: log probabilities, audio, citations, results of the
    /// provider's own tools, what is not known yet.
    #[error("the answer holds what cannot be replayed")]
    Foreign,
    /// It is an error, or became one.
    #[error("the answer is an error")]
    Error,
    /// The model declined, or a content filter stopped it.
    #[error("the answer is a refusal")]
    Refusal,
    /// It calls tools, and those answers are not to be kept.
    #[error("the answer calls tools")]
    ToolCalls,
    /// A limit on output tokens cut it.
    #[error("the answer was cut by a limit on tokens")]
    Length,
    /// The provider paused it.
    #[error("the answer was paused")]
    Pause,
    /// The client asked for several.
    #[error("the answer has several choices")]
    SeveralChoices,
    /// It would take more memory than an answer may.
    #[error("the answer is too large")]
    TooLarge,
    /// It says nothing.
    #[error("the answer is empty")]
    Empty,
}

impl Unfit {
    /// The name used in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::Malformed => "malformed",
            Self::Foreign => "foreign",
            Self::Error => "error",
            Self::Refusal => "refusal",
            Self::ToolCalls => "tool_calls",
            Self::Length => "length",
            Self::Pause => "pause",
            Self::SeveralChoices => "several_choices",
            Self::TooLarge => "too_large",
            Self::Empty => "empty",
        }
    }
}
