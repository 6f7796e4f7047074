//! What a provider understood of a request, whichever API it came through.

use serde_json::Value;

/// A tool that the model may call.
#[derive(Clone, Debug)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// The JSON schema of its arguments.
    pub schema: Value,
}

/// Whether the model calls tools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// As it likes: here, the tools that the last user message names.
    #[default]
    Auto,
    /// Never.
    None,
    /// At least one.
    Required,
    /// This one.
    Named(String),
}

/// A result that the caller gives back for a tool call.
#[derive(Clone, Debug)]
pub struct ToolResult {
    /// Its text.
    pub text: String,
    /// The tool failed.
    pub is_error: bool,
}

/// A request, as far as the answer depends on it.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    /// The model asked for.
    pub model: String,
    /// The answer is streamed.
    pub stream: bool,
    /// OpenAI: the stream ends with a chunk of usage.
    pub include_usage: bool,
    /// OpenAI: chunks are padded.
    pub obfuscation: bool,
    /// OpenAI: how many answers.
    pub choices: usize,
    /// System and developer text, joined by newlines.
    pub system: String,
    /// Turns that are neither system text nor tool results.
    pub turns: usize,
    /// The text of the last user turn.
    pub last_text: String,
    /// One description for each image: its media type and size, or its URL.
    pub images: Vec<String>,
    /// Tool results after the last assistant turn.
    pub results: Vec<ToolResult>,
    /// Reasoning blocks that came back with a valid signature.
    pub thoughts: usize,
    /// The tools on offer.
    pub tools: Vec<Tool>,
    /// Whether they are called.
    pub choice: Choice,
    /// Several calls at once are allowed.
    pub parallel: bool,
    /// The answer is JSON of this schema.
    pub schema: Option<Value>,
    /// The model reasons.
    pub reasons: bool,
    /// Anthropic: reasoning is given without its text.
    pub reasoning_omitted: bool,
    /// The most output tokens.
    pub max_tokens: Option<usize>,
    /// Sequences that end the answer.
    pub stop: Vec<String>,
    /// Marks that ask for prompt caching.
    pub cache_marks: usize,
    /// Words of all text in the request.
    pub words: usize,
}

impl Prompt {
    /// Counts the words of a text into the input tokens.
    pub fn count(&mut self, text: &str) {
        self.words += text.split_whitespace().count();
    }
}
