//! Where the names of callers are, for the filters that tell callers apart.

use serde::{Deserialize, Serialize};

/// Where the names of callers are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Whose contract it is.
    pub tenant: Source,
    /// Which of the tenant's keys.
    pub key: Source,
    /// Which agent of the tenant's.
    pub agent: Source,
}

/// Where one name is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// In dynamic metadata, which no client can write: the filter's namespace and the keys below it.
    Metadata(Vec<String>),
    /// In a request header, lower case, that whatever stands in front of Envoy vouches for.
    Header(String),
}
