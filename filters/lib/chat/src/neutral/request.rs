//! The neutral request: what more than one API can say.
//!
//! Text borrows from the client's body. Schemas and arguments stay JSON text. What only one API knows is not
//! here: the reader of that API reports it.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::Tokens;

/// One request, without its model, which each target sets.
#[derive(Clone, Debug, Default)]
pub struct Request<'a> {
    /// Whether to answer as an event stream.
    pub stream: bool,
    /// Instructions before the conversation: [`Part::Text`] only.
    pub system: Vec<Part<'a>>,
    /// The conversation; neighbours differ in their role.
    pub turns: Vec<Turn<'a>>,
    /// Tools that the model may call.
    pub tools: Vec<Tool<'a>>,
    /// Whether and which.
    pub tool_choice: Option<ToolChoice<'a>>,
    /// Whether several at once.
    pub parallel_tool_calls: Option<bool>,
    /// Limit on output tokens, reasoning included.
    pub max_output_tokens: Option<Tokens>,
    /// Stop sequences.
    pub stop: Vec<Cow<'a, str>>,
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// Sample from so many tokens.
    pub top_k: Option<u64>,
    /// Whether and how much to reason.
    pub reasoning: Reasoning,
    /// JSON schema that the output must match.
    pub output_schema: Option<&'a RawValue>,
    /// An opaque name of the end user.
    pub user: Option<Cow<'a, str>>,
    /// Which capacity to use.
    pub service_tier: Option<ServiceTier>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The user, and the results of tools.
    User,
    /// The model.
    Assistant,
}

/// What one side says before the other answers.
#[derive(Clone, Debug)]
pub struct Turn<'a> {
    /// Who.
    pub role: Role,
    /// What.
    pub parts: Vec<Part<'a>>,
}

/// A piece of a turn.
#[derive(Clone, Debug)]
pub enum Part<'a> {
    /// Text.
    Text {
        /// The text, never empty.
        text: Cow<'a, str>,
        /// Prompt-cache mark.
        cache: CacheMark<'a>,
    },
    /// An instruction in mid-conversation.
    Instruction {
        /// The text, never empty.
        text: Cow<'a, str>,
    },
    /// An image.
    Image {
        /// Where it is.
        source: Source<'a>,
        /// Prompt-cache mark.
        cache: CacheMark<'a>,
    },
    /// A file such as a PDF.
    Document {
        /// Where it is.
        source: Source<'a>,
        /// Its name.
        name: Option<Cow<'a, str>>,
        /// Prompt-cache mark.
        cache: CacheMark<'a>,
    },
    /// The model's reasoning.
    Thinking {
        /// As text.
        text: Cow<'a, str>,
        /// What proves to its provider that it is unchanged.
        signature: Option<Cow<'a, str>>,
    },
    /// Reasoning that only its provider can read.
    RedactedThinking {
        /// The ciphertext.
        data: Cow<'a, str>,
    },
    /// A call.
    ToolCall {
        /// Ties the result to it.
        id: Cow<'a, str>,
        /// The tool.
        name: Cow<'a, str>,
        /// A JSON object, as text.
        arguments: Cow<'a, str>,
        /// Prompt-cache mark.
        cache: CacheMark<'a>,
    },
    /// The result of a call.
    ToolResult {
        /// The call.
        id: Cow<'a, str>,
        /// Text, images and documents.
        content: Vec<Part<'a>>,
        /// Whether the tool failed.
        is_error: bool,
        /// Prompt-cache mark.
        cache: CacheMark<'a>,
    },
}

/// Asks to cache the prompt up to and including a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheMark<'a> {
    /// Not marked.
    #[default]
    None,
    /// Marked, without a wish for how long.
    Marked,
    /// Anthropic's `cache_control` value.
    Control(&'a str),
}

/// Where an image or a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// Somewhere to fetch it from.
    Url(Cow<'a, str>),
    /// Here.
    Base64 {
        /// MIME type.
        media_type: Cow<'a, str>,
        /// The bytes, in base64.
        data: Cow<'a, str>,
    },
}

/// A tool of the client's.
#[derive(Clone, Debug)]
pub struct Tool<'a> {
    /// The name.
    pub name: Cow<'a, str>,
    /// What it does.
    pub description: Option<Cow<'a, str>>,
    /// JSON schema of the arguments; absent means none.
    pub schema: Option<&'a RawValue>,
    /// Whether the arguments must match it.
    pub strict: Option<bool>,
    /// Prompt-cache mark.
    pub cache: CacheMark<'a>,
}

/// Whether and which tool the model calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolChoice<'a> {
    /// It decides.
    Auto,
    /// None.
    None,
    /// At least one.
    Required,
    /// This one.
    Tool(Cow<'a, str>),
}

/// Whether and how much the model reasons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reasoning {
    /// Whether.
    pub mode: ReasoningMode,
    /// How much.
    pub effort: Option<Effort>,
}

/// Whether the model reasons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReasoningMode {
    /// The client says nothing, or only how much.
    #[default]
    Unset,
    /// No.
    Off,
    /// As the model sees fit.
    Adaptive,
    /// Up to so many tokens.
    Budget(Tokens),
}

/// How much the model reasons. In order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// As little as it can.
    Minimal,
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// More.
    XHigh,
    /// All it can.
    Max,
}

impl Effort {
    /// The name that every API gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::XHigh => "xhigh",
            Self::Max => "max",
        }
    }

    /// The effort of that name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Minimal,
            Self::Low,
            Self::Medium,
            Self::High,
            Self::XHigh,
            Self::Max,
        ];
        all.into_iter().find(|effort| effort.as_str() == name)
    }
}

/// Which capacity of the provider to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceTier {
    /// Reserved capacity where there is some.
    Auto,
    /// Never reserved capacity.
    Standard,
}
