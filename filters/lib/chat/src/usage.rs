use std::fmt;

use serde::{Deserialize, Serialize};

/// A count of LLM tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tokens(pub u64);

impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a provider says a request has used.
///
/// `input` counts every input token, those read from or written to the provider's prompt cache included
/// (OpenAI's convention; Anthropic reports the three apart), so `cache_read + cache_write <= input`.
/// `reasoning` is part of `output`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// All input tokens.
    pub input: Tokens,
    /// All output tokens.
    pub output: Tokens,
    /// Input tokens read from the provider's prompt cache.
    pub cache_read: Tokens,
    /// Input tokens written to the provider's prompt cache.
    pub cache_write: Tokens,
    /// Output tokens spent on reasoning.
    pub reasoning: Tokens,
}
