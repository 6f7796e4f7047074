//! `GET /v1/penstock/cache`: what is kept, how often it is used, and how often that would be wrong.

use penstock_chat::{MicroUsd, Tokens};
use penstock_config::Cache as Config;
use serde::Serialize;

use super::Cache;

/// What is kept, and how it is used.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Answers that are kept, if that is known.
    pub entries: Option<u64>,
    /// What they take.
    pub bytes: Option<u64>,
    /// What makes vectors of requests.
    pub embedder: Option<String>,
    /// Those whose answers are kept.
    pub models: Vec<OfModel>,
}

/// How the cache does for one model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OfModel {
    /// The alias.
    pub model: String,
    /// Answers to the very same request.
    pub exact_hits: u64,
    /// Answers to one that means the same.
    pub semantic_hits: u64,
    /// Requests for which there was none.
    pub misses: u64,
    /// Requests for which it was not asked.
    pub bypasses: u64,
    /// Of the requests for which the cache was asked.
    pub hit_rate: Option<f64>,
    /// Whether requests are compared by meaning.
    pub semantic: bool,
    /// The cosine from which on they mean the same.
    pub threshold: f32,
    /// The part of the answers by meaning that is wrong, most likely.
    pub measured_error: Option<f64>,
    /// The same, at most.
    pub measured_error_upper: Option<f64>,
    /// How many answers that was measured on.
    pub comparisons: Option<f64>,
}

/// What no provider was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// Input tokens.
    pub input: Tokens,
    /// Output tokens.
    pub output: Tokens,
    /// What they would have cost.
    pub cost: MicroUsd,
}

impl Report {
    /// The body of the answer. Strings and numbers always serialise.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Cache {
    /// What there is to say of `models`.
    pub fn report<'a>(&self, config: &Config, models: impl Iterator<Item = &'a str>) -> Report {
        let stats = self.store.stats();
        let models = models
            .filter(|model| config.policy(model).enabled)
            .map(|model| self.of_model(config, model));
        Report {
            entries: stats.entries,
            bytes: stats.bytes,
            embedder: self.embedder().map(str::to_owned),
            models: models.collect(),
        }
    }

    /// What hits of a model have saved since the service started.
    pub fn saved_for(&self, model: &str) -> Saved {
        self.metrics.saved_for(model)
    }

    fn of_model(&self, config: &Config, model: &str) -> OfModel {
        let policy = config.policy(model);
        let (threshold, error) = self.measures.stands(model, policy);
        let count = |result| self.metrics.requests(model, result);
        let (exact_hits, semantic_hits) = (count("hit-exact"), count("hit-semantic"));
        let (misses, bypasses) = (count("miss"), count("bypass"));
        let hits = exact_hits.saturating_add(semantic_hits);
        let asked = hits.saturating_add(misses);
        #[expect(clippy::cast_precision_loss, reason = "a share of so many is exact enough")]
        let hit_rate = (asked > 0).then(|| hits as f64 / asked as f64);
        OfModel {
            model: model.to_owned(),
            exact_hits,
            semantic_hits,
            misses,
            bypasses,
            hit_rate,
            semantic: policy.semantic && self.embedder.is_some(),
            threshold,
            measured_error: error.map(|error| error.error),
            measured_error_upper: error.map(|error| error.upper),
            comparisons: error.map(|error| error.trials),
        }
    }
}
