//! What the instances of this filter tell each other, and everybody else, through filter state.
//!
//! Envoy keeps each value under `wasm.<key>` for the life of the request, across all its attempts.

use penstock_chat::{FinishReason, Tokens, Usage};
use serde::{Deserialize, Serialize};

/// The cluster of the next attempt; the route's matcher reads it.
pub const NEXT: &str = "penstock.next";
/// The [`Plan`](penstock_plan::Plan), [`packed`], written once by the front instance.
pub const PLAN: &str = "penstock.plan";
/// [`Journey`], [`packed`], kept current by the back instances; absent before the first attempt.
pub const PROGRESS: &str = "penstock.progress";
/// The attempts as text, `openai:429,claude:200`. Access logs print it.
pub const ATTEMPTS: &str = "penstock.attempts";
/// [`UsageRecord`] as JSON, current after every event that changes it. Access logs print it.
pub const USAGE: &str = "penstock.usage";
/// The last error a provider gave, as [`LastError`] JSON. It may quote a prompt: never printed.
pub const ERROR: &str = "penstock.error";
/// The client's own [`Credential`](crate::credential::Credential), [`packed`], where a target of the plan is to have
/// it. Never printed.
pub const CREDENTIAL: &str = "penstock.client_credential";

/// Present once the client has left before an answer began.
pub const CLIENT_GONE: &str = "penstock.client_gone";

/// The value of [`NEXT`] when the plan has ended: no cluster has this name, so the matcher finds none.
pub const PLAN_ENDED: &str = "penstock-plan-ended";

/// How far the request has come, and what the running attempt had to leave out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey {
    /// Attempts and the next target.
    pub progress: penstock_plan::Progress,
    /// Fields of the client's request that the target of the running attempt cannot express.
    pub loss: Vec<String>,
}

impl Journey {
    /// Before the first attempt.
    pub fn start() -> Self {
        Self {
            progress: penstock_plan::Progress::start(),
            loss: Vec::new(),
        }
    }
}

/// The last error of a provider, already fit to be shown to the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// HTTP status for the client.
    pub status: u16,
    /// Body in the client's dialect.
    pub body: String,
    /// The provider's `Retry-After`, where it means something to the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
}

/// What one attempt has used so far.
///
/// Token counts are absent until the provider has said them; `output_bytes` is what was streamed meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRecord {
    /// Name of the provider in the configuration.
    pub provider: String,
    /// Name of the model at the provider, as the provider reports it where it does.
    pub model: String,
    /// All input tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<Tokens>,
    /// All output tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<Tokens>,
    /// Input tokens read from the provider's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read_tokens: Option<Tokens>,
    /// Input tokens written to the provider's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<Tokens>,
    /// Output tokens spent on reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<Tokens>,
    /// Bytes of text, reasoning and tool arguments so far.
    pub output_bytes: u64,
    /// Why the model stopped, once it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<FinishReason>,
    /// Milliseconds from the start of the attempt to its first content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u64>,
}

impl UsageRecord {
    /// Nothing used yet.
    pub fn new(provider: &str, model: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            model: model.to_owned(),
            input_tokens: None,
            output_tokens: None,
            cache_read_tokens: None,
            cache_write_tokens: None,
            reasoning_tokens: None,
            output_bytes: 0,
            finish_reason: None,
            first_token_ms: None,
        }
    }

    /// Takes over what the provider says.
    pub fn report(&mut self, usage: Option<Usage>) {
        if let Some(usage) = usage {
            self.input_tokens = Some(usage.input);
            self.output_tokens = Some(usage.output);
            self.cache_read_tokens = Some(usage.cache_read);
            self.cache_write_tokens = Some(usage.cache_write);
            self.reasoning_tokens = Some(usage.reasoning);
        }
    }
}

/// A value in the compact form in which the instances hand it to each other.
pub fn packed(value: &impl Serialize) -> Vec<u8> {
    postcard::to_allocvec(value).unwrap_or_default()
}

/// A value that [`packed`] has written.
pub fn unpacked<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

/// A value in the form that others read. Our types always serialise; an empty value reads back as absent.
pub fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
