//! `identity` as it is written.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{List, Text};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Identity {
    pub(crate) tenant: Option<Spanned<Source>>,
    pub(crate) key: Option<Spanned<Source>>,
    pub(crate) agent: Option<Spanned<Source>>,
    pub(crate) team: Option<Spanned<Source>>,
    pub(crate) region: Option<Spanned<Source>>,
    pub(crate) models: Option<Spanned<Source>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Source {
    pub(crate) metadata: List<String>,
    pub(crate) header: Text,
}
