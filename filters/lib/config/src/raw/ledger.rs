//! `ledger` as it is written.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Credential, Text, Tls};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Ledger {
    pub(crate) retention: Text,
    pub(crate) flush: Text,
    pub(crate) otlp: Option<Spanned<Otlp>>,
    pub(crate) audit: Option<Audit>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Otlp {
    pub(crate) url: Text,
    pub(crate) tls: Option<Spanned<Tls>>,
    pub(crate) headers: Option<Spanned<Credential>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Audit {
    pub(crate) bodies: Text,
}
