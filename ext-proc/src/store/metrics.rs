//! What people see of the store.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

type Call = [(&'static str, &'static str); 2];

/// Upper ends of the buckets of latencies, in seconds.
const BUCKETS: [f64; 12] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5,
];

/// What people see of the store.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub(super) up: Gauge,
    calls: Family<Call, Counter>,
    latency: Histogram,
    pub(super) waiting: Gauge,
    pub(super) lost: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            up: Gauge::default(),
            calls: Family::default(),
            latency: Histogram::new(BUCKETS),
            waiting: Gauge::default(),
            lost: Counter::default(),
        }
    }
}

impl Metrics {
    /// Makes them known.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "penstock_store_up",
            "Whether the store of limits and budgets answers",
            self.up.clone(),
        );
        registry.register(
            "penstock_store_calls",
            "Calls of the store by operation and outcome",
            self.calls.clone(),
        );
        registry.register_with_unit(
            "penstock_store_latency",
            "How long the store takes to answer",
            Unit::Seconds,
            self.latency.clone(),
        );
        registry.register(
            "penstock_settlements_waiting",
            "Settlements that wait for the store to come back",
            self.waiting.clone(),
        );
        registry.register(
            "penstock_settlements_lost",
            "Settlements that were given up: too many waited, Redis would not take them, or they might have counted twice",
            self.lost.clone(),
        );
    }

    pub(super) fn call(&self, operation: &'static str, outcome: &'static str, took: Option<Duration>) {
        self.calls
            .get_or_create(&[("operation", operation), ("outcome", outcome)])
            .inc();
        if let Some(took) = took {
            self.latency.observe(took.as_secs_f64());
        }
    }
}
