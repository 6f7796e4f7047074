//! `identity` as it is written.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Deserialize;

use super::{List, Text};
use crate::spanned::Spanned;

/// Where the names of callers are, for limits and placeholders, and without keys for budgets and plans.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Identity {
    /// Whose contract it is. Without it, metadata of Penstock.
    pub(crate) tenant: Option<Spanned<Source>>,
    /// Which of the tenant's callers. Without it, metadata of Penstock.
    pub(crate) key: Option<Spanned<Source>>,
    /// Which program. Without it, metadata of Penstock.
    pub(crate) agent: Option<Spanned<Source>>,
    /// Which team of the tenant; with a service.
    pub(crate) team: Option<Spanned<Source>>,
    /// Where its requests must stay; with a service.
    pub(crate) region: Option<Spanned<Source>>,
    /// Models that it may ask for: a list, or words with commas or spaces between them; with a service.
    pub(crate) models: Option<Spanned<Source>>,
}

/// Where a name is: exactly one of these.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Source {
    /// Dynamic metadata that a filter in front has written: its namespace, then keys. No client can forge it.
    pub(crate) metadata: List<String>,
    /// A request header. It is believed: whatever stands in front of Envoy must set or remove it.
    pub(crate) header: Text,
}
