/// Why a request is neither answered from the cache nor its answer kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Bypass {
    /// It is not one of its API; the provider, or a filter before it, will say so.
    #[error("the request is not valid")]
    Invalid,
    /// It asks for several answers.
    #[error("the request asks for several answers")]
    SeveralChoices,
    /// It asks for log probabilities, which answers are not kept with.
    #[error("the request asks for log probabilities")]
    Logprobs,
    /// It asks for spoken answers.
    #[error("the request asks for audio")]
    Audio,
    /// It has tools that the provider runs: what they find is of the moment.
    #[error("the request has tools that the provider runs")]
    HostedTools,
    /// The user says nothing in it.
    #[error("the request has no text of the user")]
    NoUserTurn,
    /// What the user said last is not only text: images, documents, results of tools.
    #[error("the last turn of the user is not only text")]
    LastTurnNotText,
    /// The assistant's answer has begun.
    #[error("the last message is the assistant's")]
    Prefill,
}

impl Bypass {
    /// The name used in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::SeveralChoices => "several_choices",
            Self::Logprobs => "logprobs",
            Self::Audio => "audio",
            Self::HostedTools => "hosted_tools",
            Self::NoUserTurn => "no_user_turn",
            Self::LastTurnNotText => "last_turn_not_text",
            Self::Prefill => "prefill",
        }
    }
}
