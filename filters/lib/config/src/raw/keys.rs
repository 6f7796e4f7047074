//! `keys` as it is written.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};
use serde_saphyr::Spanned;

use super::{Flag, List, Number, Text};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Keys {
    pub(crate) anonymous: Option<Spanned<Key>>,
    pub(crate) redis: Flag,
    pub(crate) list: List<Key>,
}

/// A key, or without the fields that only a key has, who is admitted without one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Key {
    pub(crate) id: Text,
    pub(crate) hash: Text,
    /// Nobody should write it; who does is told what to write instead, and it is not kept.
    pub(crate) key: Option<Spanned<IgnoredAny>>,
    pub(crate) tenant: Text,
    pub(crate) team: Text,
    pub(crate) agent: Text,
    pub(crate) models: List<String>,
    pub(crate) region: Text,
    pub(crate) tags: Option<Spanned<BTreeMap<String, Spanned<String>>>>,
    pub(crate) expires: Text,
    pub(crate) revoked: Flag,
    pub(crate) priority: Number,
    pub(crate) admin: Flag,
    pub(crate) limits: Option<Spanned<KeyLimits>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct KeyLimits {
    pub(crate) requests_per_minute: Number,
    pub(crate) tokens_per_minute: Number,
    pub(crate) tokens_per_day: Number,
}
