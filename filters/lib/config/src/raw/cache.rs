//! `cache` as it is written.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Decimal, Flag, List, Number, Text};
use crate::spanned::Spanned;

/// At the top level, and with fewer fields in a model.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Cache {
    /// Where answers are: in the service, or in the Redis of `service.redis`. At the top level only. One of
    /// `embedded`, `redis`. Default `embedded`.
    pub(crate) store: Text,
    /// Most answers of the embedded store, up to 10,000,000. At the top level only. Default `100000`.
    pub(crate) entries: Number,
    /// What they may take. At the top level only. Default `256MiB`.
    pub(crate) memory: Text,
    /// What compares by meaning. Without it, the local model. At the top level only.
    pub(crate) embedder: Option<Spanned<Embedder>>,
    /// Anything is used again. Default `true`.
    pub(crate) enabled: Flag,
    /// Requests that mean the same, and not the same request only. Default `true`.
    pub(crate) semantic: Flag,
    /// The cosine from which on two texts mean the same, 0.5 to 1; where it starts, if there is a `max_error`.
    /// Default `0.95`.
    pub(crate) threshold: Decimal,
    /// The part of answers by meaning that may be wrong, 0.001 to 0.5; the threshold follows what is measured.
    pub(crate) max_error: Decimal,
    /// How long an answer is used, one second to 365 days. Default `1h`.
    pub(crate) ttl: Text,
    /// Request headers that must agree, at most 16.
    pub(crate) vary: List<String>,
    /// Who shares answers. With `all`, what one tenant asks may be told to another. One of `tenant`, `all`. Default
    /// `tenant`.
    pub(crate) share: Text,
    /// Answers that call tools are used again, too. Default `false`.
    pub(crate) tools: Flag,
    /// A larger answer is not kept; up to `4MiB`. Default `64KiB`.
    pub(crate) max_answer: Text,
    /// How long a request waits for the answer to the same one before it; up to `2m`. Default `30s`.
    pub(crate) wait: Text,
}

/// What makes vectors of texts: the local model, or a provider's with `provider` and `model`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Embedder {
    /// Directory of the local model's weights, relative to this file. Without it, the service's `PENSTOCK_MODEL_DIR`.
    pub(crate) path: Text,
    /// A provider with `api: openai`, asked through Envoy with its credential.
    pub(crate) provider: Text,
    /// Its model for embeddings, with `provider`.
    pub(crate) model: Text,
    /// Numbers in its vectors. Without it, as many as the first answer has.
    pub(crate) dimensions: Number,
    /// Where Envoy takes the service's requests for vectors. Default `127.0.0.1:9903`.
    pub(crate) listen: Text,
    /// Where the service finds that. Without it, `http://` and `listen`.
    pub(crate) url: Text,
    /// How long a request waits for a vector before it goes on as a miss. Without it, `100ms`, and `500ms` with
    /// `provider`.
    pub(crate) budget: Text,
}
