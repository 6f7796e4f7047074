//! `money` as it is written. Amounts are taken as text, so that no digit of them is rounded.

use std::fmt;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor},
};

use super::{Credential, List, Number, Text};
use crate::spanned::Spanned;

/// Prices, budgets, downgrades and approvals. Amounts are US dollars with at most six places.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Money {
    /// What models cost, before the list that is shipped; each target once.
    pub(crate) prices: List<Price>,
    /// Who may spend how much; at most 256.
    pub(crate) budgets: List<Budget>,
    /// From a model to the cheaper one that takes its place; no cycles.
    #[cfg_attr(
        feature = "schema",
        schemars(with = "std::collections::BTreeMap<String, String>")
    )]
    pub(crate) downgrades: Downgrades,
    /// Requests that may cost more need the token of an estimate.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Dollars>"))]
    pub(crate) approve_above: Text,
    /// What approvals are signed with, at least 16 bytes: `{ env: NAME }` or `{ file: PATH }`, of the service.
    /// Required with `approve_above`; all replicas need the same one.
    pub(crate) approve_key: Option<Spanned<Credential>>,
}

/// Dollars for a million tokens.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Price {
    /// The `name` of a provider. Required.
    pub(crate) provider: Text,
    /// The model of a target. Required.
    pub(crate) model: Text,
    /// Input tokens. Required.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Dollars>"))]
    pub(crate) input: Text,
    /// Input read from the provider's prompt cache. Without it, `input`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Dollars>"))]
    pub(crate) cached_input: Text,
    /// Input written to it. Without it, `input`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Dollars>"))]
    pub(crate) cache_write: Text,
    /// Output tokens. Required.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Dollars>"))]
    pub(crate) output: Text,
    /// Output tokens of reasoning. Without it, `output`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Dollars>"))]
    pub(crate) reasoning: Text,
    /// Dollars for each image of a request, on top.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Dollars>"))]
    pub(crate) image: Text,
}

/// What may be spent in a day, a week or a month.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Budget {
    /// Letters, digits, `-` and `_`, at most 64; unique. Refusals and metrics name it. Required.
    pub(crate) name: Text,
    /// Each combination of these has the amount for itself; without any, it is one amount for all. Each one of
    /// `tenant`, `key`, `team`, `provider`.
    pub(crate) per: List<String>,
    /// Whose requests it pays. Without it, everybody's.
    #[serde(rename = "match")]
    pub(crate) only: Option<BudgetMatch>,
    /// Dollars, at most 10⁹. Required.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Dollars>"))]
    pub(crate) amount: Text,
    /// How long it lasts; a week begins on Monday. One of `day`, `week`, `month`. Required.
    pub(crate) period: Text,
    /// Whose calendar it follows, such as `Europe/Berlin`. Default `UTC`.
    pub(crate) timezone: Text,
    /// Percentages, ascending, at which an event is told.
    pub(crate) thresholds: List<u64>,
    /// Percentage from which on `downgrades` apply.
    pub(crate) downgrade_at: Number,
    /// What becomes of requests that it has nothing left for. One of `refuse`, `notify`. Default `refuse`.
    pub(crate) on_exceeded: Text,
    /// While Redis is away, each replica spends its part of what was left, or nothing. One of `open`, `closed`.
    /// Default `open`.
    pub(crate) fail: Text,
}

/// Whose requests: those that have one of the values in every list.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BudgetMatch {
    /// Tenants.
    pub(crate) tenant: List<String>,
    /// Ids of keys.
    pub(crate) key: List<String>,
    /// Teams.
    pub(crate) team: List<String>,
    /// Providers.
    pub(crate) provider: List<String>,
    /// Models, as they are served.
    pub(crate) model: List<String>,
}

/// An amount: digits that YAML takes for a number, or the same as text.
#[cfg(feature = "schema")]
struct Dollars;

#[cfg(feature = "schema")]
impl JsonSchema for Dollars {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Dollars".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["number", "string"] })
    }
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
