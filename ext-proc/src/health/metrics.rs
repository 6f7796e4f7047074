//! What operators see of targets. Labels are the configuration's providers and models.

use penstock_client::trail::Stop;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::{Attempts, Effect};
use crate::label::Label;

/// Upper bounds in seconds: from a cached small model to one that reasons first.
const BUCKETS: [f64; 10] = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0];

/// What operators see of targets.
#[derive(Clone, Debug)]
pub struct Metrics {
    open: Family<TargetLabels, Gauge>,
    attempts: Family<AttemptLabels, Counter>,
    first_token: Family<TargetLabels, Histogram, fn() -> Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TargetLabels {
    provider: String,
    model: Label,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AttemptLabels {
    provider: String,
    model: Label,
    effect: String,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            open: Family::default(),
            attempts: Family::default(),
            first_token: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
        }
    }
}

impl Metrics {
    /// Adds them to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "penstock_circuit_open",
            "Whether a target's circuit is open or half open",
            self.open.clone(),
        );
        registry.register(
            "penstock_target_attempts",
            "Attempts by what they say of their target",
            self.attempts.clone(),
        );
        registry.register(
            "penstock_target_first_token_seconds",
            "Time from the start of an attempt to its first content",
            self.first_token.clone(),
        );
    }

    pub(super) fn circuit(&self, provider: &str, model: &str, open: bool) {
        let gauge = self.open.get_or_create(&labels(provider, model));
        gauge.set(i64::from(open));
    }

    pub(super) fn attempt(&self, stop: &Stop, effect: Effect) {
        let attempts = AttemptLabels {
            provider: stop.provider.clone(),
            model: stop.model.as_str().into(),
            effect: effect.word().to_owned(),
        };
        self.attempts.get_or_create(&attempts).inc();
        if let Some(first_token_ms) = stop.first_token_ms {
            self.first_token
                .get_or_create(&labels(&stop.provider, &stop.model))
                .observe(first_token_ms as f64 / 1_000.0);
        }
    }

    /// How attempts at a target went so far.
    pub(super) fn attempts(&self, provider: &str, model: &str) -> Attempts {
        let count = |effect: Effect| {
            let labels = AttemptLabels {
                provider: provider.to_owned(),
                model: model.into(),
                effect: effect.word().to_owned(),
            };
            // Looking makes no series.
            self.attempts.get(&labels).map_or(0, |counter| counter.get())
        };
        Attempts {
            succeeded: count(Effect::Success),
            failed: count(Effect::Failure),
            limited: count(Effect::Limited),
            silent: count(Effect::Nothing),
        }
    }

    pub(super) fn forget(&self, provider: &str, model: &str) {
        let labels = labels(provider, model);
        self.open.remove(&labels);
        self.first_token.remove(&labels);
        for effect in [Effect::Success, Effect::Failure, Effect::Limited, Effect::Nothing] {
            self.attempts.remove(&AttemptLabels {
                provider: provider.to_owned(),
                model: model.into(),
                effect: effect.word().to_owned(),
            });
        }
    }
}

fn labels(provider: &str, model: &str) -> TargetLabels {
    TargetLabels {
        provider: provider.to_owned(),
        model: model.into(),
    }
}
