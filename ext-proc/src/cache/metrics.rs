//! What is counted of the cache. Labels are words of ours and aliases of the configuration, never a client's.

use std::time::Duration;

use penstock_chat::{MicroUsd, Tokens, Usage};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use std::sync::atomic::AtomicU64;

use super::report::Saved;
use crate::label::Label;

/// Cosines: what lies far below any threshold is of no interest.
const COSINES: [f64; 12] = [
    0.7, 0.75, 0.8, 0.82, 0.84, 0.86, 0.88, 0.9, 0.92, 0.94, 0.96, 0.98,
];
/// Seconds: the same request is found within a millisecond, a vector takes some.
const SECONDS: [f64; 12] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.02, 0.05, 0.25, 1.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    model: Label,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfModel {
    model: Label,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTokens {
    model: Label,
    direction: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTier {
    tier: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfReason {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfComparison {
    model: Label,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfFault {
    part: &'static str,
    kind: &'static str,
}

type Number = Gauge<f64, AtomicU64>;

/// What is counted of the cache.
#[derive(Clone, Debug)]
pub struct Metrics {
    requests: Family<OfRequest, Counter>,
    bypassed: Family<OfReason, Counter>,
    similarity: Family<OfModel, Histogram>,
    seconds: Family<OfTier, Histogram>,
    saved_tokens: Family<OfTokens, Counter>,
    saved_money: Family<OfModel, Counter>,
    trapped: Family<OfReason, Counter>,
    fills: Family<OfReason, Counter>,
    comparisons: Family<OfComparison, Counter>,
    threshold: Family<OfModel, Number>,
    error: Family<OfModel, Number>,
    error_at_most: Family<OfModel, Number>,
    faults: Family<OfFault, Counter>,
    waits: Family<OfReason, Counter>,
    pub(super) entries: Gauge,
    pub(super) bytes: Gauge,
    pub(super) evictions: Gauge,
    pub(super) bad_entries: Gauge,
    pub(super) lost_writes: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            bypassed: Family::default(),
            similarity: Family::new_with_constructor(|| Histogram::new(COSINES)),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            saved_tokens: Family::default(),
            saved_money: Family::default(),
            trapped: Family::default(),
            fills: Family::default(),
            comparisons: Family::default(),
            threshold: Family::default(),
            error: Family::default(),
            error_at_most: Family::default(),
            faults: Family::default(),
            waits: Family::default(),
            entries: Gauge::default(),
            bytes: Gauge::default(),
            evictions: Gauge::default(),
            bad_entries: Gauge::default(),
            lost_writes: Gauge::default(),
        }
    }
}

impl Metrics {
    /// Makes them known.
    pub fn register(&self, registry: &mut Registry) {
        let cache = registry.sub_registry_with_prefix("penstock_cache");
        cache.register(
            "requests",
            "Requests, by what the cache had for them",
            self.requests.clone(),
        );
        cache.register(
            "bypassed",
            "Requests that the cache was not asked for, by why",
            self.bypassed.clone(),
        );
        cache.register(
            "similarity",
            "Cosine to the nearest kept request that no trap set apart",
            self.similarity.clone(),
        );
        cache.register_with_unit(
            "lookup",
            "Time of a look into the cache, by how far it had to go",
            Unit::Seconds,
            self.seconds.clone(),
        );
        cache.register(
            "saved_tokens",
            "Tokens that no provider was asked for",
            self.saved_tokens.clone(),
        );
        cache.register(
            "saved_micro_usd",
            "What these would have cost, in micro-dollars",
            self.saved_money.clone(),
        );
        cache.register(
            "trapped",
            "Near requests that were found to ask for something else, by what gave it away",
            self.trapped.clone(),
        );
        cache.register(
            "fills",
            "Answers that were to be kept, by what became of it",
            self.fills.clone(),
        );
        cache.register(
            "comparisons",
            "Kept answers that were compared with the provider's own",
            self.comparisons.clone(),
        );
        cache.register(
            "threshold",
            "Cosine from which on a request means the same",
            self.threshold.clone(),
        );
        cache.register(
            "measured_error",
            "Part of the answers by meaning that is wrong, most likely",
            self.error.clone(),
        );
        cache.register(
            "measured_error_upper",
            "Part of the answers by meaning that is wrong, at most",
            self.error_at_most.clone(),
        );
        cache.register(
            "faults",
            "Looks and fills that failed; requests go on as misses",
            self.faults.clone(),
        );
        cache.register(
            "waits",
            "Requests that waited for the answer to the same one before them, by what they got",
            self.waits.clone(),
        );
        cache.register("entries", "Answers that are kept", self.entries.clone());
        cache.register_with_unit("memory", "What they take", Unit::Bytes, self.bytes.clone());
        cache.register(
            "evictions",
            "Answers that made room for others",
            self.evictions.clone(),
        );
        cache.register(
            "bad_entries",
            "Answers that were not as they had been stored, and were not used",
            self.bad_entries.clone(),
        );
        cache.register(
            "lost_writes",
            "Answers that did not get to the disk",
            self.lost_writes.clone(),
        );
    }

    pub(super) fn request(&self, model: &str, result: &'static str) {
        let model = model.into();
        self.requests.get_or_create(&OfRequest { model, result }).inc();
    }

    /// How many so far.
    pub(super) fn requests(&self, model: &str, result: &'static str) -> u64 {
        let model = model.into();
        self.requests.get_or_create(&OfRequest { model, result }).get()
    }

    pub(super) fn bypassed(&self, reason: &'static str) {
        self.bypassed.get_or_create(&OfReason { reason }).inc();
    }

    pub(super) fn nearest(&self, model: &str, cosine: f32) {
        let model = model.into();
        self.similarity
            .get_or_create(&OfModel { model })
            .observe(f64::from(cosine));
    }

    pub(super) fn took(&self, tier: &'static str, time: Duration) {
        self.seconds
            .get_or_create(&OfTier { tier })
            .observe(time.as_secs_f64());
    }

    pub(super) fn saved(&self, model: &str, usage: &Usage, cost: Option<MicroUsd>) {
        for (direction, tokens) in [("input", usage.input), ("output", usage.output)] {
            let labels = OfTokens {
                model: model.into(),
                direction,
            };
            self.saved_tokens.get_or_create(&labels).inc_by(tokens.0);
        }
        let model = model.into();
        self.saved_money
            .get_or_create(&OfModel { model })
            .inc_by(cost.unwrap_or_default().0);
    }

    /// What was saved so far. Looking makes no series.
    pub(super) fn saved_for(&self, model: &str) -> Saved {
        let tokens = |direction| {
            let model = model.into();
            let counter = self.saved_tokens.get(&OfTokens { model, direction });
            Tokens(counter.map_or(0, |counter| counter.get()))
        };
        let labels = OfModel { model: model.into() };
        Saved {
            input: tokens("input"),
            output: tokens("output"),
            cost: MicroUsd(self.saved_money.get(&labels).map_or(0, |counter| counter.get())),
        }
    }

    pub(super) fn trapped(&self, trap: &'static str) {
        self.trapped.get_or_create(&OfReason { reason: trap }).inc();
    }

    pub(super) fn filled(&self, result: &'static str) {
        self.fills.get_or_create(&OfReason { reason: result }).inc();
    }

    pub(super) fn waited(&self, result: &'static str) {
        self.waits.get_or_create(&OfReason { reason: result }).inc();
    }

    pub(super) fn compared(&self, model: &str, same: bool) {
        let labels = OfComparison {
            model: model.into(),
            result: if same { "same" } else { "different" },
        };
        self.comparisons.get_or_create(&labels).inc();
    }

    /// How a model's measure stands.
    pub(super) fn stands(&self, model: &str, threshold: f32, error: Option<(f64, f64)>) {
        let labels = OfModel { model: model.into() };
        self.threshold.get_or_create(&labels).set(f64::from(threshold));
        if let Some((likely, at_most)) = error {
            self.error.get_or_create(&labels).set(likely);
            self.error_at_most.get_or_create(&labels).set(at_most);
        }
    }

    pub(super) fn fault(&self, part: &'static str, kind: &'static str) {
        self.faults.get_or_create(&OfFault { part, kind }).inc();
    }
}
