//! `health` as it is written.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Number, Text};

/// When a target is left alone, learned from what attempts really did.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Health {
    /// So many in a row open the circuit: the target gets no requests. Default `5`.
    pub(crate) consecutive_failures: Number,
    /// So does this percentage of the attempts within `window`. Default `50`.
    pub(crate) error_rate: Number,
    /// With fewer attempts in the window, the rate says nothing. Default `20`.
    pub(crate) min_requests: Number,
    /// How far back the rate looks. Default `30s`.
    pub(crate) window: Text,
    /// After this time one request goes there as a probe; each failed probe doubles it. Default `2s`.
    pub(crate) open: Text,
    /// The longest such time. Default `30s`.
    pub(crate) open_at_most: Text,
    /// A probe whose outcome is not known by then is followed by the next. Default `10s`.
    pub(crate) probe: Text,
}
