//! What the access log's server counts.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

use super::entry::Reading;

/// Counts entries, and what could not be read of them.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    entries: Counter,
    unreadable: Family<PartLabel, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PartLabel {
    part: &'static str,
}

impl Metrics {
    /// Adds them to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "penstock_access_log_entries",
            "Entries of Envoy's access log",
            self.entries.clone(),
        );
        registry.register(
            "penstock_access_log_unreadable",
            "Parts of entries that made no sense, by part",
            self.unreadable.clone(),
        );
    }

    pub(super) fn count(&self, reading: &Reading) {
        self.entries.inc();
        for part in &reading.unreadable {
            self.unreadable
                .get_or_create(&PartLabel { part: part.as_str() })
                .inc();
        }
    }
}
