//! Plugin configuration: what `penstock render` hands to each filter, as JSON.

use penstock_chat::{Api, Tokens};
use serde::{Deserialize, Serialize};

use penstock_translate::target::Flavor;

mod identity;
mod pii;
mod quota;
mod service;

pub use identity::{Identity, Source};
pub use pii::{
    Attachments, PiiAction, PiiEntity, PiiList, PiiModel, PiiPattern, PiiPolicy, PiiRedaction, PiiResponse,
    SHORTEST_PII_KEY, Unscannable,
};
pub use quota::{CountedModel, Kind, Leases, Limit, Overrun, Reserve, Scope, TokenQuota};
pub use service::{FailureMode, FailureModes, FrontService, Withheld};

/// Plugin configuration of schema-translation, by role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case", deny_unknown_fields)]
pub enum SchemaTranslation {
    /// The downstream instance: settles the plan.
    Front(Front),
    /// The upstream instance: translates for one provider.
    Back(Back),
}

/// What the front instance knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Front {
    /// Hash of the active configuration, in every decision and log line.
    pub policy_version: String,
    /// The largest request body that is taken.
    pub max_request_bytes: u64,
    /// Every model a client may ask for, in the order of the configuration.
    pub models: Vec<Model>,
    /// The service that decides; without it, every request goes to its model's targets in the order of the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<FrontService>,
}

/// A model alias and where it leads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The name that clients ask for.
    pub name: String,
    /// Targets in the order they are tried; never empty.
    pub targets: Vec<Target>,
    /// When an answer is released to the client.
    pub commit: Commit,
    /// What happens to a request that a target cannot express whole.
    pub on_loss: OnLoss,
    /// How often, and how patiently, the same target is tried again.
    pub retry: Retry,
    /// Deadline for the first token of a stream, in milliseconds.
    pub first_token_ms: u64,
    /// Deadline for an answer that is held until it is whole, in milliseconds.
    pub answer_ms: u64,
}

/// One provider and one of its models. Plans carry it in a form that does not name its fields, so none is left
/// out when it is empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The provider's name in the configuration.
    pub provider: String,
    /// The Envoy cluster that leads there.
    pub cluster: String,
    /// The API it speaks.
    pub api: Api,
    /// How an OpenAI-compatible provider differs.
    #[serde(default)]
    pub flavor: Flavor,
    /// The model's name at the provider.
    pub model: String,
    /// Input and output tokens that fit into one request, if known.
    #[serde(default)]
    pub context_window: Option<Tokens>,
    /// The most output tokens the model gives: more is not asked of it, and it is asked for where the API demands
    /// a number.
    #[serde(default)]
    pub max_output_tokens: Option<Tokens>,
    /// The client's own credential goes to this provider instead of one of ours.
    #[serde(default)]
    pub client_credential: bool,
}

/// When an answer is released to the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Commit {
    /// At the first event with content.
    #[default]
    FirstEvent,
    /// When the whole answer is there.
    Complete,
}

/// What happens to a request that a target cannot express whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnLoss {
    /// It is sent without, and a response header names what was left out.
    #[default]
    Warn,
    /// The target is not used.
    Reject,
}

/// Retries on the same target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Further attempts on the same target after a 5xx or a short `Retry-After`.
    pub same_target: u32,
    /// The longest `Retry-After` that is waited out, in seconds.
    pub max_wait_s: u64,
}

/// What the back instance in one provider's cluster knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Back {
    /// The provider's name in the configuration.
    pub provider: String,
    /// The API it speaks.
    pub api: Api,
    /// The `:scheme` it is addressed by, `http` or `https`.
    pub scheme: String,
    /// The `:authority` it is addressed by.
    pub authority: String,
    /// The `:path` of its chat endpoint; `{model}` stands for the target's model (Azure deployments).
    pub path: String,
    /// The largest answer that is held whole.
    pub max_response_bytes: u64,
    /// The largest single event of a stream.
    pub max_event_bytes: u64,
    /// The longest silence within a stream that has been released, in milliseconds.
    pub stream_stall_ms: u64,
    /// What each attempt does is kept for the service to learn from.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trail: bool,
    /// The provider is told which trace a request belongs to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trace: bool,
}
