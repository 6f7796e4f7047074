//! The cache, as the service uses it: asked before a request goes to a provider, filled from what the client was given.
//!
//! Every failure here is a miss: the request goes on, one line says what is wrong, and a statistic counts it.

mod control;
mod embedder;
mod fill;
mod inquiry;
mod measure;
mod metrics;
mod observed;
mod open;
mod part;
mod recall;
mod remove;
mod report;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use penstock_cache::{Key, judge::Judge, store::Store};
use penstock_embed::Embedder;

pub use self::{
    control::Control,
    fill::{WANTED, Wanted},
    inquiry::{Bypass, Inquiry},
    metrics::Metrics,
    observed::{Filled, Observed, Seen},
    open::Places,
    recall::{Hit, Quick, Recalled},
    remove::Removal,
    report::{OfModel, Report, Saved},
};
use self::{measure::Measures, part::Part};

/// Answers that are fetched at once, beyond which those are forgotten of which nobody tells the end.
const MOST_FLIGHTS: usize = 100_000;

/// The cache, as the service uses it.
pub struct Cache {
    store: Arc<dyn Store>,
    embedder: Option<Arc<dyn Embedder>>,
    /// What its vectors can be compared with.
    embedder_name: Option<String>,
    judge: Option<Arc<dyn Judge>>,
    measures: Measures,
    /// What was begun here and has not ended, by request.
    flights: Mutex<HashMap<String, Key>>,
    storing: Part,
    searching: Part,
    keeping: Part,
    embedding: Part,
    metrics: Metrics,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

impl Cache {
    /// The name of the embedder: what its vectors can be compared with.
    pub fn embedder(&self) -> Option<&str> {
        self.embedder_name.as_deref()
    }

    /// Brings its gauges up to date.
    pub fn refresh(&self) {
        let stats = self.store.stats();
        let gauges = [
            (&self.metrics.entries, stats.entries),
            (&self.metrics.bytes, stats.bytes),
            (&self.metrics.evictions, Some(stats.evictions)),
            (&self.metrics.bad_entries, Some(stats.bad_entries)),
            (&self.metrics.lost_writes, Some(stats.lost_writes)),
        ];
        for (gauge, number) in gauges {
            if let Some(number) = number {
                gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
            }
        }
    }

    /// Nobody will bring the answer that this request was to fetch: others need not wait for it.
    pub async fn give_up(&self, request: &str) {
        let key = self.flights().remove(request);
        if let Some(key) = key {
            self.land(&key, request).await;
        }
    }

    /// As [`Cache::give_up`], where another replica may have begun it.
    pub async fn land(&self, key: &Key, request: &str) {
        self.flights().remove(request);
        self.storing
            .heard(self.store.end_flight(key, request).await, &self.metrics);
    }

    /// Whether this request is to fetch an answer, as far as this replica knows.
    pub fn fetches(&self, request: &str) -> bool {
        self.flights().contains_key(request)
    }

    fn took_off(&self, key: Key, request: &str) {
        let mut flights = self.flights();
        // What is left over is of requests whose end nobody tells, as when Envoy dies; each ends by itself.
        if flights.len() >= MOST_FLIGHTS {
            flights.clear();
        }
        flights.insert(request.to_owned(), key);
    }

    fn flights(&self) -> std::sync::MutexGuard<'_, HashMap<String, Key>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what was measured.
    pub fn save(&self) {
        self.measures.save();
    }

    /// Writes down what is not yet.
    pub async fn close(&self) {
        self.measures.save();
        self.store.close().await;
    }
}

#[cfg(test)]
mod tests;
