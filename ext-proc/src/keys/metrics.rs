//! Statistics of keys. No label holds an id: there are too many keys, and an operator finds them in the ledger.

use std::fmt;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::Denied;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// Statistics of keys.
#[derive(Clone)]
pub struct KeyMetrics {
    authorizations: Family<Outcome, Counter>,
    reloads: Family<Outcome, Counter>,
    // Of the family above, so that a request takes no lock.
    with_key: Counter,
    anonymous: Counter,
    unguarded: Counter,
    denied: [Counter; Denied::ALL.len()],
    /// Keys that are known from Redis.
    pub(super) in_redis: Gauge,
    /// Entries in Redis that are no keys.
    pub(super) unreadable: Gauge,
    /// Whether Redis answered when it was last asked for keys.
    pub(super) redis_up: Gauge,
}

/// How an attempt to read the keys of Redis ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reload {
    Done,
    Failed,
    TooMany,
}

impl Default for KeyMetrics {
    fn default() -> Self {
        let authorizations = Family::<Outcome, Counter>::default();
        let of = |outcome| authorizations.get_or_create(&Outcome { outcome }).clone();
        Self {
            with_key: of("key"),
            anonymous: of("anonymous"),
            unguarded: of("unguarded"),
            denied: Denied::ALL.map(|why| of(why.as_str())),
            authorizations,
            reloads: Family::default(),
            in_redis: Gauge::default(),
            unreadable: Gauge::default(),
            redis_up: Gauge::default(),
        }
    }
}

impl KeyMetrics {
    /// Offers them to whoever asks for statistics.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "penstock_authorizations",
            "Requests by what became of their key: key, anonymous and unguarded were admitted",
            self.authorizations.clone(),
        );
        registry.register(
            "penstock_key_reloads",
            "Attempts to read the keys of Redis, by how they ended",
            self.reloads.clone(),
        );
        registry.register(
            "penstock_keys_in_redis",
            "Keys that are known from Redis",
            self.in_redis.clone(),
        );
        registry.register(
            "penstock_keys_unreadable",
            "Entries among the keys of Redis that are no keys",
            self.unreadable.clone(),
        );
        registry.register(
            "penstock_keys_redis_up",
            "1 if Redis answered when it was last asked for keys",
            self.redis_up.clone(),
        );
    }

    /// Somebody with a key, or without one, is admitted.
    pub fn admitted(&self, with_key: bool) {
        if with_key { &self.with_key } else { &self.anonymous }.inc();
    }

    /// Nobody was asked for a key.
    pub fn unguarded(&self) {
        self.unguarded.inc();
    }

    /// Somebody is not admitted.
    pub fn denied(&self, why: Denied) {
        let counters = Denied::ALL.iter().zip(&self.denied);
        for (_, counter) in counters.filter(|(other, _)| **other == why) {
            counter.inc();
        }
    }

    pub(super) fn reloaded(&self, how: Reload) {
        let outcome = match how {
            Reload::Done => "done",
            Reload::Failed => "failed",
            Reload::TooMany => "too_many",
        };
        self.reloads.get_or_create(&Outcome { outcome }).inc();
    }
}

impl fmt::Debug for KeyMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyMetrics")
    }
}
