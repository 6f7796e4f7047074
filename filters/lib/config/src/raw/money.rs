//! `money` as it is written. Amounts are taken as text, so that no digit of them is rounded.

use std::fmt;

use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor},
};
use serde_saphyr::Spanned;

use super::{Credential, List, Number, Text};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Money {
    pub(crate) prices: List<Price>,
    pub(crate) budgets: List<Budget>,
    pub(crate) downgrades: Downgrades,
    pub(crate) approve_above: Text,
    pub(crate) approve_key: Option<Spanned<Credential>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Price {
    pub(crate) provider: Text,
    pub(crate) model: Text,
    pub(crate) input: Text,
    pub(crate) cached_input: Text,
    pub(crate) cache_write: Text,
    pub(crate) output: Text,
    pub(crate) reasoning: Text,
    pub(crate) image: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Budget {
    pub(crate) name: Text,
    pub(crate) per: List<String>,
    #[serde(rename = "match")]
    pub(crate) only: Option<BudgetMatch>,
    pub(crate) amount: Text,
    pub(crate) period: Text,
    pub(crate) timezone: Text,
    pub(crate) thresholds: List<u64>,
    pub(crate) downgrade_at: Number,
    pub(crate) on_exceeded: Text,
    pub(crate) fail: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BudgetMatch {
    pub(crate) tenant: List<String>,
    pub(crate) key: List<String>,
    pub(crate) team: List<String>,
    pub(crate) provider: List<String>,
    pub(crate) model: List<String>,
}

/// Aliases and the cheaper ones in their place, in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct Downgrades(pub(crate) Vec<(Spanned<String>, Spanned<String>)>);

impl<'de> Deserialize<'de> for Downgrades {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(DowngradesVisitor)
    }
}

struct DowngradesVisitor;

impl<'de> Visitor<'de> for DowngradesVisitor {
    type Value = Downgrades;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping (model: cheaper model)")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Downgrades, A::Error> {
        let mut downgrades = Vec::new();
        while let Some(entry) = map.next_entry()? {
            downgrades.push(entry);
        }
        Ok(Downgrades(downgrades))
    }
}
