//! `telemetry` as it is written.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Credential, Decimal, List, Text, Tls};
use crate::spanned::Spanned;

/// What operators are told while everything runs.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Telemetry {
    /// Metrics of the service.
    pub(crate) metrics: Option<Metrics>,
    /// A span of each request, from Envoy. Without it there are none.
    pub(crate) traces: Option<Spanned<Traces>>,
}

/// Metrics of the service.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Metrics {
    /// Whose names the metrics of generative AI have. One of `v1.36`, `v1.37`, `gen_ai_latest_experimental`. Default
    /// `v1.37`.
    pub(crate) semconv: Text,
    /// A collector that is sent them, besides `/metrics`.
    pub(crate) otlp: Option<Spanned<MetricsOtlp>>,
}

/// A collector that takes metrics as OTLP over gRPC.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MetricsOtlp {
    /// `http://` or `https://`, host and port. Required.
    pub(crate) url: Text,
    /// Trust in its certificate.
    pub(crate) tls: Option<Spanned<Tls>>,
    /// `{ env: NAME }`: an environment variable of the service with `name=value,name=value`.
    pub(crate) headers: Option<Spanned<Credential>>,
    /// How often; `1s` to `1h`. Default `60s`.
    pub(crate) interval: Text,
}

/// Where spans go, and of how many requests.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Traces {
    /// The collector. Required.
    pub(crate) otlp: Option<Spanned<TracesOtlp>>,
    /// The share of requests that begin a trace; 0 to 1. Whether one that belongs to a trace is sampled has been decided
    /// already. Default `1.0`.
    pub(crate) sample: Decimal,
    /// Providers that are told the trace (`traceparent`). Default none.
    pub(crate) propagate: List<String>,
}

/// A collector that takes spans as OTLP over gRPC.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TracesOtlp {
    /// `http://` or `https://`, host and port. Required.
    pub(crate) url: Text,
    /// Trust in its certificate.
    pub(crate) tls: Option<Spanned<Tls>>,
}
