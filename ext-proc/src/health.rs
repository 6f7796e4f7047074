//! How every target is, learned from what attempts really did.
//!
//! Each replica learns from what it is told and from what others tell it, and each target for itself: a provider and one
//! of its models. The targets are
//! those of the configuration, so nothing grows with requests. Plans read a snapshot of each target without a lock;
//! whoever brings news of it takes the target's own, for moments.

mod average;
mod circuit;
mod effect;
mod limits;
mod metrics;
mod report;
mod target;

use std::{collections::HashMap, sync::Arc};

use penstock_client::trail::Stop;
use penstock_config::{Config, Health as Policy};

use self::target::{News, Target};
pub use self::{
    effect::Effect,
    metrics::Metrics,
    report::{Attempts, TargetReport},
};
use crate::{
    outcome::Outcome,
    plan::{HealthView, Standing, Turn},
};

/// How every target is.
#[derive(Debug)]
pub struct Health {
    policy: Policy,
    /// By provider and model.
    targets: HashMap<String, HashMap<String, Arc<Target>>>,
    metrics: Metrics,
}

impl Health {
    /// For the targets of `config`. Those whose provider is as it was keep what `previous` knows of them.
    pub fn new(config: &Config, metrics: Metrics, previous: Option<&Self>) -> Self {
        let mut targets: HashMap<String, HashMap<String, Arc<Target>>> = HashMap::new();
        for route in config.routing.iter().flat_map(|routing| &routing.targets) {
            let provider = config
                .providers
                .iter()
                .find(|provider| provider.name == route.provider);
            let Some(provider) = provider else { continue };
            let models = targets.entry(route.provider.clone()).or_default();
            models.entry(route.model.clone()).or_insert_with(|| {
                let known = previous.and_then(|previous| previous.target(&route.provider, &route.model));
                match known.filter(|target| target.provider() == provider) {
                    Some(target) => Arc::clone(target),
                    None => Arc::new(Target::new(provider.clone(), route.client_credential)),
                }
            });
        }
        let health = Self {
            policy: config.health.clone(),
            targets,
            metrics,
        };
        for (provider, models) in previous.iter().flat_map(|previous| &previous.targets) {
            for model in models
                .keys()
                .filter(|model| health.target(provider, model).is_none())
            {
                health.metrics.forget(provider, model);
            }
        }
        for (provider, models) in &health.targets {
            for (model, target) in models {
                health.metrics.circuit(provider, model, target.is_open());
            }
        }
        health
    }

    /// Learns how a request went, which ended just before `now_ms`.
    pub fn observe(&self, outcome: &Outcome, now_ms: u64) {
        for (stop, effect) in self.learn(outcome, now_ms) {
            self.metrics.attempt(stop, effect);
        }
    }

    /// The same, of a request that another replica has counted.
    pub fn hear(&self, outcome: &Outcome, now_ms: u64) {
        self.learn(outcome, now_ms);
    }

    /// What each attempt says of its target, if it is known.
    fn learn<'o>(&self, outcome: &'o Outcome, now_ms: u64) -> Vec<(&'o Stop, Effect)> {
        let mut effects = Vec::with_capacity(outcome.trail.0.len());
        // By this clock only: the proxy's may be wrong.
        let started_ms = now_ms.saturating_sub(outcome.duration_ms);
        let answered_ms = outcome.first_byte_ms.map_or(started_ms, |first_byte_ms| {
            started_ms.saturating_add(first_byte_ms).min(now_ms)
        });
        let last = outcome.trail.0.len().saturating_sub(1);
        for (index, stop) in outcome.trail.0.iter().enumerate() {
            let Some(target) = self.target(&stop.provider, &stop.model) else {
                continue;
            };
            let is_last = index == last;
            let effect = Effect::of(
                stop,
                is_last && outcome.is_cut(),
                target.takes_client_credential(),
            );
            let news = News {
                effect,
                stop,
                started_ms,
                heard_ms: if is_last { answered_ms } else { started_ms },
                now_ms,
            };
            let is_open = target.learn(&news, &self.policy);
            self.metrics.circuit(&stop.provider, &stop.model, is_open);
            effects.push((stop, effect));
        }
        effects
    }

    /// The targets whose circuits are open, as `provider/model`, in no order.
    pub fn open_circuits(&self) -> Vec<String> {
        self.targets
            .iter()
            .flat_map(|(provider, models)| {
                models
                    .iter()
                    .map(move |(model, target)| (provider, model, target))
            })
            .filter(|(_, _, target)| target.is_open())
            .map(|(provider, model, _)| format!("{provider}/{model}"))
            .collect()
    }

    fn target(&self, provider: &str, model: &str) -> Option<&Arc<Target>> {
        self.targets.get(provider)?.get(model)
    }
}

impl HealthView for Health {
    fn standing(&self, provider: &str, model: &str, now_ms: u64) -> Standing {
        self.target(provider, model)
            .map(|target| target.standing(now_ms))
            .unwrap_or_default()
    }

    fn claim(&self, provider: &str, model: &str, turn: Turn, now_ms: u64) -> bool {
        self.target(provider, model)
            .is_none_or(|target| target.claim(turn, now_ms, &self.policy))
    }
}

#[cfg(test)]
mod tests;
