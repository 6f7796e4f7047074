//! What is told of requests to whoever watches.

use serde::Serialize;

use crate::{problem::Problems, raw};

mod traces;

pub use traces::Traces;

/// What is told of requests to whoever watches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Telemetry {
    /// The spans of each request; `None` if nobody collects them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traces: Option<Traces>,
}

impl Telemetry {
    pub(crate) fn parse(raw: &raw::File, problems: &mut Problems) -> Option<Self> {
        let Some(section) = &raw.telemetry else {
            return Some(Self::default());
        };
        let traces = match &section.value.traces {
            Some(traces) => Traces::parse(traces, raw, problems).map(Some),
            None => Some(None),
        };
        Some(Self { traces: traces? })
    }
}
