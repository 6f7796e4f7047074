//! How every target is, for people.

use super::Health;
use crate::plan::{HealthView as _, Standing};

/// How one target is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetReport {
    /// The provider's name.
    pub provider: String,
    /// The model's name there.
    pub model: String,
    /// As plans see it.
    pub standing: Standing,
    /// What its attempts came to.
    pub attempts: Attempts,
}

/// Attempts at one target that this replica was told of, since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// It works.
    pub succeeded: u64,
    /// It does not.
    pub failed: u64,
    /// It refused for its limits.
    pub limited: u64,
    /// They say nothing of it.
    pub silent: u64,
}

impl Health {
    /// Every target, by provider and model.
    pub fn report(&self, now_ms: u64) -> Vec<TargetReport> {
        let models = self.targets.iter().flat_map(|(provider, models)| {
            let models = models.keys();
            models.map(move |model| (provider, model))
        });
        let mut all: Vec<TargetReport> = models
            .map(|(provider, model)| TargetReport {
                provider: provider.clone(),
                model: model.clone(),
                standing: self.standing(provider, model, now_ms),
                attempts: self.metrics.attempts(provider, model),
            })
            .collect();
        all.sort_by(|a, b| (&a.provider, &a.model).cmp(&(&b.provider, &b.model)));
        all
    }
}
