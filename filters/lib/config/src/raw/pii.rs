//! `pii` as it is written.

use std::fmt;

use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor},
};
use serde_saphyr::Spanned;

use super::{Credential, Flag, List, Text};

pub(crate) type Decimal = Option<Spanned<f64>>;

/// At the top level, and with fewer fields in a model.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Pii {
    pub(crate) key: Option<Spanned<Credential>>,
    pub(crate) patterns: List<Pattern>,
    pub(crate) deny_lists: List<DenyList>,
    pub(crate) allow: List<String>,
    pub(crate) action: Text,
    pub(crate) threshold: Decimal,
    pub(crate) entities: Entities,
    pub(crate) on_unscannable: Text,
    pub(crate) attachments: Text,
    pub(crate) restore: Flag,
    pub(crate) response: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Entity {
    pub(crate) action: Text,
    pub(crate) threshold: Decimal,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Pattern {
    pub(crate) name: Text,
    pub(crate) regex: Text,
    pub(crate) score: Decimal,
    pub(crate) context: List<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DenyList {
    pub(crate) name: Text,
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
