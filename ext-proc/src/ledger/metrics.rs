//! What the ledger counts.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// Seconds; a flush is a commit to a local file.
const FLUSHES: [f64; 10] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0];

/// What the ledger counts.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub(super) rows: Counter,
    pub(super) repeated: Counter,
    pub(super) exported: Counter,
    /// Rows of nobody's that were too many.
    pub(super) passed_over: Counter,
    pub(super) flush: Histogram,
    pub(super) queue: Gauge,
    lost: Family<LostLabel, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LostLabel {
    reason: &'static str,
}

/// Why something is not in the ledger, or was not told the collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// More at once than the disk takes.
    QueueFull,
    /// The disk took nothing for a while.
    Disk,
    /// SQLite would never take it.
    BadRow,
    /// It came after the end.
    Closed,
    /// More than the collector takes, or it is away.
    CollectorQueueFull,
    /// The collector would not have it.
    CollectorRefused,
    /// The collector did not take it before the end.
    CollectorClosed,
}

impl Lost {
    const ALL: [Self; 7] = [
        Self::QueueFull,
        Self::Disk,
        Self::BadRow,
        Self::Closed,
        Self::CollectorQueueFull,
        Self::CollectorRefused,
        Self::CollectorClosed,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Disk => "disk",
            Self::BadRow => "bad_row",
            Self::Closed => "closed",
            Self::CollectorQueueFull => "collector_queue_full",
            Self::CollectorRefused => "collector_refused",
            Self::CollectorClosed => "collector_closed",
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            rows: Counter::default(),
            repeated: Counter::default(),
            exported: Counter::default(),
            passed_over: Counter::default(),
            flush: Histogram::new(FLUSHES),
            queue: Gauge::default(),
            lost: Family::default(),
        };
        // An alert needs a zero to rise from.
        for reason in Lost::ALL {
            metrics.lose(reason, 0);
        }
        metrics
    }
}

impl Metrics {
    /// Adds them to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("penstock_ledger_rows", "Rows written", self.rows.clone());
        registry.register(
            "penstock_ledger_repeated",
            "Outcomes that arrived again",
            self.repeated.clone(),
        );
        registry.register(
            "penstock_ledger_exported",
            "Log records that the collector has taken",
            self.exported.clone(),
        );
        registry.register(
            "penstock_ledger_passed_over",
            "Requests that nobody known has made and no provider was asked for, beyond those that are written",
            self.passed_over.clone(),
        );
        registry.register(
            "penstock_ledger_flush_seconds",
            "How long a batch took to be written",
            self.flush.clone(),
        );
        registry.register(
            "penstock_ledger_queue",
            "What waits to be written",
            self.queue.clone(),
        );
        registry.register(
            "penstock_ledger_lost",
            "What was not written or not exported, by reason",
            self.lost.clone(),
        );
    }

    pub(super) fn lose(&self, reason: Lost, count: u64) {
        let label = LostLabel {
            reason: reason.as_str(),
        };
        self.lost.get_or_create(&label).inc_by(count);
    }

    #[cfg(test)]
    pub(super) fn lost(&self, reason: Lost) -> u64 {
        let label = LostLabel {
            reason: reason.as_str(),
        };
        self.lost.get_or_create(&label).get()
    }

    pub(super) fn flushed(&self, took: Duration) {
        self.flush.observe(took.as_secs_f64());
    }
}
