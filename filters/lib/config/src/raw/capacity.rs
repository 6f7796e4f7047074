//! `providers[].limits` as it is written.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Number, Text};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Capacity {
    pub(crate) model: Text,
    pub(crate) requests_per_minute: Number,
    pub(crate) tokens_per_minute: Number,
    pub(crate) fail: Text,
    pub(crate) queue: Option<Spanned<Queue>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Queue {
    pub(crate) size: Number,
    pub(crate) deadline: Text,
}
