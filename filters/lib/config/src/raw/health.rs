//! `health` as it is written.

use serde::Deserialize;

use super::{Number, Text};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Health {
    pub(crate) consecutive_failures: Number,
    pub(crate) error_rate: Number,
    pub(crate) min_requests: Number,
    pub(crate) window: Text,
    pub(crate) open: Text,
    pub(crate) open_at_most: Text,
    pub(crate) probe: Text,
}
