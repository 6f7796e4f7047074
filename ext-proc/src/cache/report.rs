//! `GET /v1/penstock/cache`: what is kept, how often it is used, and how often that would be wrong.

use penstock_config::Cache as Config;
use serde::Serialize;

use super::Cache;

#[derive(Serialize)]
struct Report<'a> {
    entries: Option<u64>,
    bytes: Option<u64>,
    embedder: Option<&'a str>,
    models: Vec<OfModel<'a>>,
}

#[derive(Serialize)]
struct OfModel<'a> {
    model: &'a str,
    exact_hits: u64,
    semantic_hits: u64,
    misses: u64,
    bypasses: u64,
    /// Of the requests for which the cache was asked.
    hit_rate: Option<f64>,
    semantic: bool,
    threshold: f32,
    measured_error: Option<f64>,
    measured_error_upper: Option<f64>,
    comparisons: Option<f64>,
}

impl Cache {
    /// What there is to say of `models`, as JSON.
    pub fn report<'a>(&self, config: &Config, models: impl Iterator<Item = &'a str>) -> Vec<u8> {
        let stats = self.store.stats();
        let models = models
            .filter(|model| config.policy(model).enabled)
            .map(|model| self.of_model(config, model));
        let report = Report {
            entries: stats.entries,
            bytes: stats.bytes,
            embedder: self.embedder(),
            models: models.collect(),
        };
        // Strings and numbers always serialise.
        serde_json::to_vec(&report).unwrap_or_default()
    }

    fn of_model<'a>(&self, config: &Config, model: &'a str) -> OfModel<'a> {
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
            model,
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
