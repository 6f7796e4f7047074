//! Dynamic metadata, which no client can write.

use std::collections::HashMap;

use envoy_types::pb::{
    envoy::config::core::v3,
    google::protobuf::{ListValue, Struct, Value, value::Kind},
};

/// Dynamic metadata of a request.
#[derive(Clone, Debug, Default)]
pub struct Metadata(HashMap<String, Struct>);

impl Metadata {
    /// What Envoy has sent along.
    pub fn new(metadata: Option<v3::Metadata>) -> Self {
        Self(
            metadata
                .map(|metadata| metadata.filter_metadata)
                .unwrap_or_default(),
        )
    }

    /// The text at a path: a namespace and the keys below it.
    pub fn text(&self, path: &[impl AsRef<str>]) -> Option<&str> {
        match self.at(path)? {
            Kind::StringValue(text) => Some(text),
            _ => None,
        }
    }

    /// The texts of the list at a path; a single text is a list of the words in it.
    pub fn texts(&self, path: &[impl AsRef<str>]) -> Option<Vec<String>> {
        match self.at(path)? {
            Kind::StringValue(text) => Some(words(text)),
            Kind::ListValue(ListValue { values }) => Some(
                values
                    .iter()
                    .filter_map(|value| match &value.kind {
                        Some(Kind::StringValue(text)) => Some(text.clone()),
                        _ => None,
                    })
                    .collect(),
            ),
            _ => None,
        }
    }

    fn at(&self, path: &[impl AsRef<str>]) -> Option<&Kind> {
        let (namespace, keys) = path.split_first()?;
        let (first, rest) = keys.split_first()?;
        let mut value = self.0.get(namespace.as_ref())?.fields.get(first.as_ref())?;
        for key in rest {
            let Some(Kind::StructValue(Struct { fields })) = &value.kind else {
                return None;
            };
            value = fields.get(key.as_ref())?;
        }
        value.kind.as_ref()
    }
}

/// The words of a list in one text, with commas or spaces between them.
pub fn words(text: &str) -> Vec<String> {
    text.split([',', ' '])
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Texts under their keys.
pub(crate) fn texts<K: Into<String>>(entries: impl IntoIterator<Item = (K, Kind)>) -> Struct {
    Struct {
        fields: entries
            .into_iter()
            .map(|(key, kind)| (key.into(), Value { kind: Some(kind) }))
            .collect(),
    }
}
