//! `cache` as it is written.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Decimal, Flag, List, Number, Text};

/// At the top level, and with fewer fields in a model.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Cache {
    pub(crate) store: Text,
    pub(crate) entries: Number,
    pub(crate) memory: Text,
    pub(crate) embedder: Option<Spanned<Embedder>>,
    pub(crate) enabled: Flag,
    pub(crate) semantic: Flag,
    pub(crate) threshold: Decimal,
    pub(crate) max_error: Decimal,
    pub(crate) ttl: Text,
    pub(crate) vary: List<String>,
    pub(crate) share: Text,
    pub(crate) tools: Flag,
    pub(crate) max_answer: Text,
    pub(crate) wait: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Embedder {
    pub(crate) path: Text,
    pub(crate) provider: Text,
    pub(crate) model: Text,
    pub(crate) dimensions: Number,
    pub(crate) listen: Text,
    pub(crate) url: Text,
    pub(crate) budget: Text,
}
