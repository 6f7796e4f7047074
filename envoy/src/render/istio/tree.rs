//! Taking apart what the plain rendering has made.

use super::super::node::{Node, map};

impl Node {
    /// What stands under `key`.
    pub(super) fn take(self, key: &str) -> Option<Self> {
        let Self::Map(entries) = self else { return None };
        entries
            .into_iter()
            .find_map(|(name, value)| (name == key).then_some(value))
    }

    /// The first of a list.
    pub(super) fn first(self) -> Option<Self> {
        self.items().into_iter().next()
    }

    /// All of a list.
    pub(super) fn items(self) -> Vec<Self> {
        match self {
            Self::List(nodes) => nodes,
            _ => Vec::new(),
        }
    }

    /// This mapping without some of its entries.
    pub(super) fn without(self, keys: &[&str]) -> Self {
        match self {
            Self::Map(entries) => {
                let keep = |(key, _): &(String, Self)| !keys.contains(&key.as_str());
                Self::Map(entries.into_iter().filter(keep).collect())
            }
            other => other,
        }
    }

    /// This mapping with some of its entries only.
    pub(super) fn only(self, keys: &[&str]) -> Self {
        match self {
            Self::Map(entries) => {
                let keep = |(key, _): &(String, Self)| keys.contains(&key.as_str());
                Self::Map(entries.into_iter().filter(keep).collect())
            }
            other => other,
        }
    }

    /// The text under `key`.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        let Self::Map(entries) = self else { return None };
        entries.iter().find_map(|(name, value)| match value {
            Self::Text(text) if name == key => Some(text.as_str()),
            _ => None,
        })
    }

    /// This tree, each entry of each mapping as `change` has it.
    pub(super) fn mapped(self, change: &impl Fn(&str, Self) -> Self) -> Self {
        match self {
            Self::List(nodes) => Self::List(nodes.into_iter().map(|node| node.mapped(change)).collect()),
            Self::Map(entries) => {
                let mapped = |(key, value): (String, Self)| {
                    let value = change(&key, value.mapped(change));
                    (key, value)
                };
                Self::Map(entries.into_iter().map(mapped).collect())
            }
            leaf => leaf,
        }
    }
}

/// A message under its type's name, told from its content: istiod passes on what it does not know the type of.
pub(super) fn opaque(typed_config: Node) -> Node {
    let Some(message) = typed_config.text("@type").map(str::to_owned) else {
        return typed_config;
    };
    map! {
        "@type" => "type.googleapis.com/xds.type.v3.TypedStruct",
        "type_url" => message,
        "value" => typed_config.without(&["@type"]),
    }
}
