//! `pii` as it is written.

use std::fmt;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor},
};

use super::{Credential, Flag, List, Text};
use crate::spanned::Spanned;

pub(crate) type Decimal = Option<Spanned<f64>>;

/// At the top level, and with fewer fields in a model.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Pii {
    /// `{ env: NAME }`: the environment variable of Envoy with the key of placeholders and hashes, at least 16 bytes.
    /// Required at the top level, and only there.
    pub(crate) key: Option<Spanned<Credential>>,
    /// Kinds of data that regular expressions describe. At the top level only.
    pub(crate) patterns: List<Pattern>,
    /// Kinds of data that are lists of words. At the top level only.
    pub(crate) deny_lists: List<DenyList>,
    /// Values that are never personal; ASCII case makes no difference. At the top level only.
    pub(crate) allow: List<String>,
    /// What becomes of every kind that `entities` does not name. One of `mask`, `hash`, `redact`, `deny`, `flag`,
    /// `ignore`. Default `mask`.
    pub(crate) action: Text,
    /// How sure a finding has to be, 0 to 1; two decimals count. Default `0.5`.
    pub(crate) threshold: Decimal,
    /// Kinds that are treated otherwise: built-in ones, or those of `patterns` and `deny_lists`.
    #[cfg_attr(
        feature = "schema",
        schemars(with = "std::collections::BTreeMap<String, Entity>")
    )]
    pub(crate) entities: Entities,
    /// What becomes of a request that cannot be looked into. One of `deny`, `pass`. Default `deny`.
    pub(crate) on_unscannable: Text,
    /// What becomes of images, audio and files, which cannot be looked into. One of `pass`, `deny`. Default `pass`.
    pub(crate) attachments: Text,
    /// Whether the client gets its own values back where the answer has their placeholders. Default `true`.
    pub(crate) restore: Flag,
    /// What becomes of personal data that the model adds. One of `pass`, `mask`. Default `pass`.
    pub(crate) response: Text,
}

/// How one kind of data is treated.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Entity {
    /// What becomes of it. One of `mask`, `hash`, `redact`, `deny`, `flag`, `ignore`.
    pub(crate) action: Text,
    /// How sure a finding has to be, 0 to 1.
    pub(crate) threshold: Decimal,
}

/// A kind of data that a regular expression describes.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Pattern {
    /// Capitals, digits and `_` after a capital, at most 32; none that is built in. Required.
    pub(crate) name: Text,
    /// In the syntax of Rust's `regex`: no look-around and no back-references. Required.
    pub(crate) regex: Text,
    /// How sure a match is by itself, 0 to 1. Default `0.7`.
    pub(crate) score: Decimal,
    /// Words nearby that make it surer.
    pub(crate) context: List<String>,
}

/// A kind of data that is a list of words.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DenyList {
    /// As of a pattern. Required.
    pub(crate) name: Text,
    /// Words and phrases, found where they stand alone; ASCII case makes no difference. Required.
    pub(crate) words: List<String>,
}

/// Names and what is said of them, in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct Entities(pub(crate) Vec<(Spanned<String>, Entity)>);

impl<'de> Deserialize<'de> for Entities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntitiesVisitor)
    }
}

struct EntitiesVisitor;

impl<'de> Visitor<'de> for EntitiesVisitor {
    type Value = Entities;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping (name: value)")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entities, A::Error> {
        let mut entities = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entities.push(entry);
        }
        Ok(Entities(entities))
    }
}
