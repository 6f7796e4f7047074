//! `service` as it is written.

use std::fmt;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{Flag, List, Number, Text, Tls};
use crate::spanned::Spanned;

/// The service that decides. `{}` is enough for one on this machine.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DecisionService {
    /// IP address and port for Envoys. It asks nobody who they are: keep it private. Default `127.0.0.1:50051`.
    pub(crate) listen: Text,
    /// IP address and port of `/healthz`, `/readyz` and `/metrics`. Default `127.0.0.1:9902`.
    pub(crate) admin: Text,
    /// Where Envoy finds the replicas: 1 to 64 of `http://` or `https://`, all alike, host and port, no path. Without
    /// it, where `listen` is.
    pub(crate) urls: List<String>,
    /// Trust in their certificate, with `https://`.
    pub(crate) tls: Option<Spanned<Tls>>,
    /// How long Envoy waits for an answer about a key, and again for a decision; `10ms` to `30s`. Default `500ms`.
    pub(crate) timeout: Text,
    /// What becomes of requests without a decision.
    pub(crate) failure_mode: Option<Spanned<FailureMode>>,
    /// What several replicas share.
    pub(crate) redis: Option<Spanned<Redis>>,
    /// Directory of the ledger, and without Redis of the budgets. Default `penstock-data`.
    pub(crate) data: Text,
}

impl DecisionService {
    /// Whether a Redis is there for certain.
    pub(crate) fn shares_redis(&self) -> bool {
        self.redis
            .as_ref()
            .is_some_and(|redis| !redis.value.is_optional())
    }
}

/// A Redis or Valkey.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Redis {
    /// `redis://HOST:PORT`, or `rediss://` with TLS, without a password.
    pub(crate) url: Text,
    /// An environment variable of the service that holds such a URL, with a password.
    pub(crate) env: Text,
    /// Whether the service starts and serves without it: limits and budgets are then this replica's own.
    pub(crate) optional: Flag,
    /// How long one call may take; at most `30s`. Default `100ms`.
    pub(crate) timeout: Text,
    /// How many replicas there are, 1 to 1000. Without it, `2`, or as many as `urls` names.
    pub(crate) replicas: Number,
}

impl Redis {
    /// Whether the service may go without it.
    pub(crate) fn is_optional(&self) -> bool {
        self.optional.as_ref().is_some_and(|flag| flag.value)
    }
}

/// One word for all endpoints, or one for each: 503, or the model's targets in the order of the file.
#[derive(Debug)]
#[cfg_attr(feature = "schema", derive(JsonSchema), schemars(untagged))]
pub(crate) enum FailureMode {
    /// One of `deny`, `static_plan`.
    All(String),
    Each(Box<Routes>),
}

/// One word for each endpoint.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Routes {
    /// Of OpenAI clients. One of `deny`, `static_plan`. Default `deny`.
    pub(crate) chat_completions: Text,
    /// Of Anthropic clients. One of `deny`, `static_plan`. Default `deny`.
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
