//! What operators see of requests: OpenTelemetry's metrics of generative AI, and counters of ours.
//!
//! All of it is told by the outcome of each request, once it is over; nothing is on the way of one. No caller can make a
//! time series: a label holds a name of the configuration, a word of a fixed list, or the tenant and team of a key, of
//! which there are so many and no more. What has none of these is [`OTHER`].

mod counters;
mod ending;
mod genai;
mod names;
pub mod otlp;
mod series;

use penstock_client::Endpoint;
use penstock_config::telemetry::Semconv;
use prometheus_client::registry::Registry;

pub use self::names::{Names, OTHER};
use self::{counters::Counters, ending::Ending, genai::GenAi};
use crate::{money::Spent, outcome::Outcome, snapshot::Snapshot};

/// What operators see of requests.
#[derive(Debug)]
pub struct Telemetry {
    gen_ai: GenAi,
    counters: Counters,
}

impl Telemetry {
    /// With the names of a version of the conventions.
    pub fn new(semconv: Semconv) -> Self {
        Self {
            gen_ai: GenAi::new(semconv),
            counters: Counters::default(),
        }
    }

    /// Makes them known.
    pub fn register(&self, registry: &mut Registry) {
        self.gen_ai.register(registry);
        self.counters.register(registry);
    }

    /// Counts a request for a model that is over, and has cost `spent`.
    pub fn observe(&self, snapshot: &Snapshot, outcome: &Outcome, spent: &Spent) {
        let names = &snapshot.names;
        let asked = outcome
            .receipt
            .as_ref()
            .map_or("", |receipt| receipt.asked.as_str());
        let request = Request {
            names,
            outcome,
            spent,
            ending: Ending::of(outcome),
            alias: names.alias(asked),
            holds_answer: names.holds_answer(outcome),
        };
        self.counters.pii(&request);
        if matches!(Endpoint::of(&outcome.path, false).0, Endpoint::Chat) {
            self.gen_ai.observe(&request);
            self.counters.observe(&request);
        } else if let Some(reason) = ending::refusal(outcome) {
            self.counters.refusal(reason, request.alias);
        }
    }

    /// Drops the series of names that a changed configuration does not know.
    pub fn forget(&self, names: &Names) {
        self.gen_ai.forget(names);
        self.counters.forget(names);
    }
}

/// A request that is over, in words that may be labels.
struct Request<'a> {
    names: &'a Names,
    outcome: &'a Outcome,
    spent: &'a Spent,
    ending: Ending,
    /// What it asked for.
    alias: &'a str,
    /// Its answer was held until it was whole.
    holds_answer: bool,
}

#[cfg(test)]
mod tests;
