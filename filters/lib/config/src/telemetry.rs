//! What operators are told while everything runs, and how.

pub mod metrics;
mod traces;

use serde::Serialize;

pub use self::{
    metrics::{Metrics, MetricsOtlp, Semconv},
    traces::Traces,
};
use crate::{problem::Problems, raw};

/// What operators are told while everything runs, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Telemetry {
    /// Of metrics.
    pub metrics: Metrics,
    /// The spans of each request; `None` if nobody collects them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traces: Option<Traces>,
}

impl Telemetry {
    pub(crate) fn parse(raw: &raw::File, problems: &mut Problems) -> Option<Self> {
        let Some(section) = &raw.telemetry else {
            return Some(Self::default());
        };
        let metrics = Metrics::parse(section.value.metrics.as_ref(), problems);
        let traces = match &section.value.traces {
            Some(traces) => Traces::parse(traces, raw, problems).map(Some),
            None => Some(None),
        };
        Some(Self {
            metrics: metrics?,
            traces: traces?,
        })
    }
}
