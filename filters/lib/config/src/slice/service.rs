//! What the filters know of the service that decides.

use penstock_chat::Api;
use serde::{Deserialize, Serialize};

/// What the front instance of schema-translation knows of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrontService {
    /// What becomes of requests of which nothing was decided.
    pub failure_mode: FailureModes,
    /// Nobody is admitted without having been asked who it is, whatever the failure mode says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_caller: bool,
    /// Targets that no request may go to without a decision, since only the service can tell whose requests may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<Withheld>,
}

/// [`FailureMode`], by endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailureModes {
    /// Of `/v1/chat/completions`.
    pub chat_completions: FailureMode,
    /// Of `/v1/messages`.
    pub messages: FailureMode,
}

/// What becomes of a request of which nothing was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureMode {
    /// It goes to its model's targets in the order of the configuration.
    StaticPlan,
    /// It is refused.
    Deny,
}

/// Targets of one model that are only used by decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withheld {
    /// The name that clients ask for.
    pub alias: String,
    /// Provider and model of each, as in [`Target`](super::Target).
    pub targets: Vec<(String, String)>,
}

impl FailureModes {
    /// That of the endpoint that speaks `dialect`.
    pub fn of(&self, dialect: Api) -> FailureMode {
        match dialect {
            Api::OpenAi => self.chat_completions,
            Api::Anthropic => self.messages,
        }
    }
}

impl FrontService {
    /// Whether the target is used by decision only.
    pub fn withholds(&self, alias: &str, provider: &str, model: &str) -> bool {
        self.withheld
            .iter()
            .filter(|withheld| withheld.alias == alias)
            .flat_map(|withheld| &withheld.targets)
            .any(|target| target.0 == provider && target.1 == model)
    }
}
