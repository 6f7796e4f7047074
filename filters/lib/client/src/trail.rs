//! What each attempt of a request did, as schema-translation leaves it in filter state for whoever learns from it.

use penstock_chat::Tokens;
use serde::{Deserialize, Serialize};

/// The key in filter state of the [`Trail`], as JSON.
pub const TRAIL: &str = "penstock.trail";

/// Every attempt of a request so far, in order, the running one last; current after every event that changes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trail(pub Vec<Stop>);

/// One attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Name of the provider in the configuration.
    pub provider: String,
    /// Name of the model at the provider, as in the configuration.
    pub model: String,
    /// Its HTTP status, or a word as in `x-penstock-attempts`; none while nothing has been heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Milliseconds from its start to the first content of its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u64>,
    /// Milliseconds that the provider asked to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// What the provider says is left of its own limits.
    #[serde(default, skip_serializing_if = "Remaining::is_unknown")]
    pub remaining: Remaining,
}

/// What a provider says is left of its own limits for us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remaining {
    /// Requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    /// Tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// The most tokens of a window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_limit: Option<Tokens>,
    /// Milliseconds until the scarcer one is whole again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset_ms: Option<u64>,
}

impl Remaining {
    fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

impl Trail {
    /// The value of [`TRAIL`], read.
    pub fn from_json(value: &[u8]) -> Option<Self> {
        serde_json::from_slice(value).ok()
    }

    /// The value of [`TRAIL`], to be kept. Strings and numbers always serialise.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}
