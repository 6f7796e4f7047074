//! `telemetry` as it is written.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Decimal, List, Text, Tls};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Telemetry {
    pub(crate) traces: Option<Spanned<Traces>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Traces {
    pub(crate) otlp: Text,
    pub(crate) tls: Option<Spanned<Tls>>,
    pub(crate) sample: Decimal,
    pub(crate) propagate: List<String>,
}
