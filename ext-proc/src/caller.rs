//! Who asks, and what they may.

use serde::{Deserialize, Serialize};

/// Who asks, and what they may. ext_authz writes it into dynamic metadata as JSON, which no client can forge, and
/// ext_proc reads it there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Whose contract it is.
    pub tenant: String,
    /// The id of its key; none for a caller who is admitted without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Which agent of the tenant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Which of the tenant's teams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Aliases it may ask for; none is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<String>>,
    /// Where its requests must stay. Empty: somewhere, and nobody has said where, so no target will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Names and values for the ledger.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
    /// Its place in a queue: 0 to 9, the highest first.
    #[serde(default)]
    pub priority: u8,
    /// Its own limits.
    #[serde(default)]
    pub limits: OwnLimits,
    /// It may read what others have used.
    #[serde(default)]
    pub admin: bool,
}

/// Limits that one key brings along, held strictly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnLimits {
    /// Requests in a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u64>,
    /// Input and output tokens in a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
    /// Input and output tokens in a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_day: Option<u64>,
}

impl Caller {
    /// Whether it may ask for `alias`.
    pub fn may_use(&self, alias: &str) -> bool {
        self.models
            .as_ref()
            .is_none_or(|models| models.iter().any(|model| model == alias))
    }
}
