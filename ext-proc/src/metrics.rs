//! What is counted of decisions and of configurations. Labels are words of ours, never a client's.

use std::{sync::Mutex, time::Duration};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// Seconds: most decisions take less than a millisecond, one that waits in a queue takes seconds.
const SECONDS: [f64; 12] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfDecision {
    reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfReload {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPolicy {
    version: String,
}

/// What is counted of decisions and of configurations.
#[derive(Debug)]
pub struct Metrics {
    decisions: Family<OfDecision, Counter>,
    seconds: Histogram,
    reloads: Family<OfReload, Counter>,
    current: Gauge,
    policy: Family<OfPolicy, Gauge>,
    in_force: Mutex<Option<OfPolicy>>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            decisions: Family::default(),
            seconds: Histogram::new(SECONDS),
            reloads: Family::default(),
            current: Gauge::default(),
            policy: Family::default(),
            in_force: Mutex::default(),
        }
    }
}

impl Metrics {
    /// Makes them known.
    pub fn register(&self, registry: &mut Registry) {
        self.current.set(1);
        registry.register(
            "penstock_decisions",
            "Requests that were decided, by why it went as it did",
            self.decisions.clone(),
        );
        registry.register(
            "penstock_decision_seconds",
            "Time that a decision took, a wait for room at a provider included",
            self.seconds.clone(),
        );
        registry.register(
            "penstock_config_reloads",
            "Changed configurations, by whether they were taken up",
            self.reloads.clone(),
        );
        registry.register(
            "penstock_config_current",
            "Whether the configuration in the file is the one in force",
            self.current.clone(),
        );
        registry.register(
            "penstock_policy",
            "The policy version in force",
            self.policy.clone(),
        );
    }

    /// A request was decided.
    pub fn decision(&self, reason: &str, took: Duration) {
        let labels = OfDecision {
            reason: reason.to_owned(),
        };
        self.decisions.get_or_create(&labels).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// A changed configuration was taken up, or was not.
    pub fn reload(&self, taken: bool) {
        let outcome = if taken { "taken" } else { "refused" };
        self.reloads.get_or_create(&OfReload { outcome }).inc();
        self.current.set(taken.into());
    }

    /// This policy is in force, and the one before is not.
    pub fn in_force(&self, version: &str) {
        let labels = OfPolicy {
            version: version.to_owned(),
        };
        let mut in_force = self
            .in_force
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(before) = in_force.replace(labels.clone()) {
            self.policy.remove(&before);
        }
        self.policy.get_or_create(&labels).set(1);
    }
}
