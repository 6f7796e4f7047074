//! `service` as it is written.

use std::fmt;

use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_saphyr::Spanned;

use super::{Flag, List, Number, Text, Tls};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DecisionService {
    pub(crate) listen: Text,
    pub(crate) admin: Text,
    pub(crate) urls: List<String>,
    pub(crate) tls: Option<Spanned<Tls>>,
    pub(crate) timeout: Text,
    pub(crate) failure_mode: Option<Spanned<FailureMode>>,
    pub(crate) redis: Option<Spanned<Redis>>,
    pub(crate) data: Text,
}

impl DecisionService {
    /// Whether a Redis is there for certain.
    pub(crate) fn shares_redis(&self) -> bool {
        self.redis.as_ref().is_some_and(|redis| !redis.value.is_optional())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Redis {
    pub(crate) url: Text,
    pub(crate) env: Text,
    pub(crate) optional: Flag,
    pub(crate) timeout: Text,
    pub(crate) replicas: Number,
}

impl Redis {
    /// Whether the service may go without it.
    pub(crate) fn is_optional(&self) -> bool {
        self.optional.as_ref().is_some_and(|flag| flag.value)
    }
}

/// One word for all routes, or one for each.
#[derive(Debug)]
pub(crate) enum FailureMode {
    All(String),
    Each(Box<Routes>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Routes {
    pub(crate) chat_completions: Text,
    pub(crate) messages: Text,
}

impl<'de> Deserialize<'de> for FailureMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FailureModeVisitor)
    }
}

struct FailureModeVisitor;

impl<'de> Visitor<'de> for FailureModeVisitor {
    type Value = FailureMode;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deny, static_plan, or one of them for each of chat-completions and messages")
    }

    fn visit_str<E>(self, word: &str) -> Result<FailureMode, E> {
        Ok(FailureMode::All(word.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FailureMode, A::Error> {
        Routes::deserialize(MapAccessDeserializer::new(map)).map(|routes| FailureMode::Each(Box::new(routes)))
    }
}
