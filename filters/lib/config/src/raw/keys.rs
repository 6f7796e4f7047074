//! `keys` as it is written.

use std::collections::BTreeMap;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, de::IgnoredAny};

use super::{Flag, List, Number, Text};
use crate::spanned::Spanned;

/// Who is admitted.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Keys {
    /// Who a caller without a key is. Without it, everybody needs a key.
    pub(crate) anonymous: Option<Spanned<Key>>,
    /// Keys are in the service's Redis too. Default `false`.
    pub(crate) redis: Flag,
    /// Keys, at most 10000; `penstock keys new` prints an entry.
    pub(crate) list: List<Key>,
}

/// A key, or without the fields that only a key has, who is admitted without one.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Key {
    /// Letters, digits, `-` and `_`, at most 64; unique. Its name in limits, budgets, ledger and revocations. A key
    /// needs it.
    pub(crate) id: Text,
    /// `sha256:` and the 64 hexadecimal digits of the key's SHA-256. A key needs it.
    pub(crate) hash: Text,
    /// Nobody should write it; who does is told what to write instead, and it is not kept.
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub(crate) key: Option<Spanned<IgnoredAny>>,
    /// Whose contract it is; 1 to 256 bytes. Required.
    pub(crate) tenant: Text,
    /// Which team of the tenant; 1 to 256 bytes.
    pub(crate) team: Text,
    /// Which program; 1 to 256 bytes.
    pub(crate) agent: Text,
    /// Models that may be asked for, 1 to 256. Without it, all.
    pub(crate) models: List<String>,
    /// Where its requests must stay. Without it, anywhere.
    pub(crate) region: Text,
    /// Names and values for the ledger, at most 16.
    pub(crate) tags: Option<Spanned<BTreeMap<String, Spanned<String>>>>,
    /// A time with its zone. Without it, never.
    pub(crate) expires: Text,
    /// It is refused, and its id stays taken. Default `false`.
    pub(crate) revoked: Flag,
    /// Its place in a queue for a provider, 0 to 9, the highest first. Default `0`.
    pub(crate) priority: Number,
    /// May ask what all tenants have used. Default `false`.
    pub(crate) admin: Flag,
    /// What this key alone may use, held strictly.
    pub(crate) limits: Option<Spanned<KeyLimits>>,
}

/// What one key may use, each 1 to 10¹².
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct KeyLimits {
    /// Requests that were admitted.
    pub(crate) requests_per_minute: Number,
    /// Input and output tokens.
    pub(crate) tokens_per_minute: Number,
    /// Input and output tokens.
    pub(crate) tokens_per_day: Number,
}
