//! `providers[].limits` as it is written.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Number, Text};
use crate::spanned::Spanned;

/// What a provider takes of all callers together, in a minute.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Capacity {
    /// The provider's model that it holds for. Without it, all its models together.
    pub(crate) model: Text,
    /// Requests, 1 to 10¹². This or `tokens_per_minute` is needed.
    pub(crate) requests_per_minute: Number,
    /// Input and output tokens, 1 to 10¹².
    pub(crate) tokens_per_minute: Number,
    /// While the shared store is away, each replica admits its part of the limit, or nothing. One of `open`,
    /// `closed`. Default `open`.
    pub(crate) fail: Text,
    /// Who waits when the limit is reached and no other target is left.
    pub(crate) queue: Option<Spanned<Queue>>,
}

/// Requests that wait for room.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Queue {
    /// How many wait at most, in each replica; beyond that they are refused at once; at most 100000. Default `100`.
    pub(crate) size: Number,
    /// How long each waits at most; together with `service.timeout` below `60s`. Default `5s`.
    pub(crate) deadline: Text,
}
