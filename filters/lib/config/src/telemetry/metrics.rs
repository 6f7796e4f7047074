//! Metrics of the service: which names they have, and which collector is sent them.

use std::time::Duration;

use serde::Serialize;
use serde_saphyr::Spanned;

use crate::{ledger::Otlp, problem::Problems, raw, suggest, unit};

const SEMCONV: [(&str, Semconv); 3] = [
    ("v1.36", Semconv::V1_36),
    ("v1.37", Semconv::V1_37),
    ("gen_ai_latest_experimental", Semconv::Latest),
];
/// The default of OpenTelemetry's `OTEL_METRIC_EXPORT_INTERVAL`, read 2026-11-28.
const INTERVAL: Duration = Duration::from_secs(60);
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
const LONGEST_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Metrics of the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Metrics {
    /// Whose names the metrics of generative AI have.
    pub semconv: Semconv,
    /// The collector that is sent them.
    pub otlp: Option<MetricsOtlp>,
}

/// A version of OpenTelemetry's semantic conventions for generative AI.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Semconv {
    /// Up to 1.36: the provider is `gen_ai.system`.
    #[serde(rename = "v1.36")]
    V1_36,
    /// From 1.37 on, as long as they were part of the general conventions: the provider is `gen_ai.provider.name`.
    #[default]
    #[serde(rename = "v1.37")]
    V1_37,
    /// Those in a repository of their own, 0.1.0: tokens are counters and a histogram for each direction.
    #[serde(rename = "gen_ai_latest_experimental")]
    Latest,
}

/// A collector that is sent metrics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetricsOtlp {
    /// Where it is.
    pub collector: Otlp,
    /// How often.
    pub interval: Duration,
}

impl Metrics {
    pub(super) fn parse(raw: Option<&raw::Metrics>, problems: &mut Problems) -> Option<Self> {
        let Some(raw) = raw else {
            return Some(Self::default());
        };
        let semconv = match &raw.semconv {
            Some(text) => suggest::one_of(text, "telemetry.metrics.semconv", &SEMCONV, problems),
            None => Some(Semconv::default()),
        };
        let otlp = match &raw.otlp {
            Some(otlp) => MetricsOtlp::parse(otlp, problems).map(Some),
            None => Some(None),
        };
        Some(Self {
            semconv: semconv?,
            otlp: otlp?,
        })
    }
}

impl MetricsOtlp {
    fn parse(raw: &Spanned<raw::MetricsOtlp>, problems: &mut Problems) -> Option<Self> {
        const FIELD: &str = "telemetry.metrics.otlp";
        let here = raw.referenced;
        let raw = &raw.value;
        let parts = (&raw.url, raw.tls.as_ref(), raw.headers.as_ref());
        let collector = Otlp::parse(parts, here, FIELD, problems);
        let interval = match &raw.interval {
            Some(text) => {
                let field = format!("{FIELD}.interval");
                unit::duration_within(text, &field, SHORTEST_INTERVAL..=LONGEST_INTERVAL, problems)
            }
            None => Some(INTERVAL),
        };
        Some(Self {
            collector: collector?,
            interval: interval?,
        })
    }
}
