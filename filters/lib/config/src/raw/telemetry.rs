//! `telemetry` as it is written.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Credential, Decimal, List, Text, Tls};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Telemetry {
    pub(crate) metrics: Option<Metrics>,
    pub(crate) traces: Option<Spanned<Traces>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Metrics {
    pub(crate) semconv: Text,
    pub(crate) otlp: Option<Spanned<MetricsOtlp>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MetricsOtlp {
    pub(crate) url: Text,
    pub(crate) tls: Option<Spanned<Tls>>,
    pub(crate) headers: Option<Spanned<Credential>>,
    pub(crate) interval: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Traces {
    pub(crate) otlp: Text,
    pub(crate) tls: Option<Spanned<Tls>>,
    pub(crate) sample: Decimal,
    pub(crate) propagate: List<String>,
}
