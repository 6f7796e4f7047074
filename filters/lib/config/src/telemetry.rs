//! What operators are told while everything runs, and how.

pub mod metrics;

use serde::Serialize;
use serde_saphyr::Spanned;

pub use self::metrics::{Metrics, MetricsOtlp, Semconv};
use crate::{problem::Problems, raw};

/// What operators are told while everything runs, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Telemetry {
    /// Of metrics.
    pub metrics: Metrics,
}

impl Telemetry {
    pub(crate) fn parse(raw: Option<&Spanned<raw::Telemetry>>, problems: &mut Problems) -> Option<Self> {
        let Some(Spanned { value: raw, .. }) = raw else {
            return Some(Self::default());
        };
        let metrics = Metrics::parse(raw.metrics.as_ref(), problems);
        Some(Self { metrics: metrics? })
    }
}
