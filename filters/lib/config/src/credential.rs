//! Where a provider's credential comes from. The secret itself is never here.

use std::path::PathBuf;

use serde::Serialize;

use crate::{problem::Problems, raw, spanned::Spanned};

const REMEDY: &str = "write one of { env: NAME }, { file: PATH } or { client: true }";

/// Where a provider's credential comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// The provider wants none.
    None,
    /// An environment variable of the Envoy process.
    Env(String),
    /// A file that holds the secret and nothing else, as written: relative to the configuration's directory.
    File(PathBuf),
    /// The caller's own credential goes through.
    Client,
}

impl Credential {
    pub(crate) fn parse(
        raw: Option<&Spanned<raw::Credential>>,
        field: &str,
        problems: &mut Problems,
    ) -> Option<Self> {
        let Some(raw) = raw else {
            return Some(Self::None);
        };
        let source = match &raw.value {
            raw::Credential::Source(source) => source,
            raw::Credential::Secret => {
                problems.at(
                    raw.referenced,
                    field,
                    format!("a secret must not stand in this file; {REMEDY}"),
                );
                return None;
            }
        };
        match (&source.env, &source.file, &source.client) {
            (Some(name), None, None) => {
                env(name, "OPENAI_API_KEY", &format!("{field}.env"), problems).map(Self::Env)
            }
            (None, Some(path), None) if !path.value.is_empty() => {
                Some(Self::File(PathBuf::from(&path.value)))
            }
            (None, None, Some(client)) if client.value => Some(Self::Client),
            (None, None, Some(client)) => {
                problems.at(
                    client.referenced,
                    format!("{field}.client"),
                    "can only be true; leave credential out for a provider that needs none",
                );
                None
            }
            _ => {
                problems.at(raw.referenced, field, format!("exactly one source; {REMEDY}"));
                None
            }
        }
    }
}

/// The name of an environment variable. What is none may be the secret itself, so it is not repeated in the message.
pub(crate) fn env(
    name: &Spanned<String>,
    example: &str,
    field: &str,
    problems: &mut Problems,
) -> Option<String> {
    let mut bytes = name.value.bytes();
    let valid = bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !valid {
        problems.at(
            name.referenced,
            field,
            format!(
                "not the name of an environment variable; write the name alone, such as {example}, never the secret"
            ),
        );
    }
    valid.then(|| name.value.clone())
}
