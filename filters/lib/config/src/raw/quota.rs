//! `quota` as it is written.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Flag, List, Number, Text, Tls};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Quota {
    pub(crate) enabled: Flag,
    pub(crate) windows: Number,
    pub(crate) hold: Text,
    pub(crate) default_output_tokens: Number,
    pub(crate) charge_cached: Flag,
    pub(crate) tenants: List<String>,
    pub(crate) limits: List<Limit>,
    pub(crate) service: Option<Spanned<Service>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limit {
    pub(crate) name: Text,
    pub(crate) per: List<String>,
    #[serde(rename = "match")]
    pub(crate) only: Option<Match>,
    pub(crate) tokens_per_minute: Number,
    pub(crate) tokens_per_hour: Number,
    pub(crate) tokens_per_day: Number,
    pub(crate) requests_per_minute: Number,
    pub(crate) concurrent_requests: Number,
    pub(crate) input_tokens: Number,
    pub(crate) reserve: Text,
    pub(crate) on_overrun: Text,
    pub(crate) shadow: Flag,
    pub(crate) strict: Flag,
    pub(crate) fail: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Match {
    pub(crate) tenant: List<String>,
    pub(crate) key: List<String>,
    pub(crate) agent: List<String>,
    pub(crate) model: List<String>,
    pub(crate) route: List<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Service {
    pub(crate) url: Text,
    pub(crate) tls: Option<Spanned<Tls>>,
    pub(crate) proxy: Text,
    pub(crate) refresh: Text,
    pub(crate) timeout: Text,
    pub(crate) initial_share: Number,
}
