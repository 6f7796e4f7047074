//! Families of series whose number is bounded.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use prometheus_client::{
    encoding::EncodeMetric,
    metrics::{TypedMetric, family::Family},
    registry::{Registry, Unit},
};

use super::{Names, OTHER};
use crate::label::Label;

/// Most series of one metric that tells tenants apart.
pub(super) const MOST_SERIES: usize = 2_000;

/// Names and values.
pub(super) type Labels = Vec<(&'static str, Label)>;

/// The series of one metric.
#[derive(Debug)]
pub(super) struct Series<M> {
    family: Family<Labels, M, fn() -> M>,
    /// The labels of those that there are, which a family does not tell.
    known: Mutex<HashSet<Labels>>,
}

impl<M: Default> Default for Series<M> {
    fn default() -> Self {
        Self::new(M::default)
    }
}

impl<M> Series<M> {
    /// Each begins as `make` makes it.
    pub(super) fn new(make: fn() -> M) -> Self {
        Self {
            family: Family::new_with_constructor(make),
            known: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, HashSet<Labels>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Clone + EncodeMetric + TypedMetric + Send + Sync + std::fmt::Debug + 'static> Series<M> {
    pub(super) fn register(&self, registry: &mut Registry, name: &str, help: &str) {
        registry.register(name, help, self.family.clone());
    }

    pub(super) fn register_with_unit(&self, registry: &mut Registry, name: &str, help: &str, unit: Unit) {
        registry.register_with_unit(name, help, unit, self.family.clone());
    }

    /// The series with these labels, all of which are names of the configuration or words of ours.
    pub(super) fn of(&self, labels: Labels) -> M {
        let mut known = self.known();
        let metric = self.family.get_or_create_owned(&labels);
        known.insert(labels);
        metric
    }

    /// The series with these labels. Past [`MOST_SERIES`], a new one is that of all other tenants and teams.
    pub(super) fn of_tenant(&self, mut labels: Labels) -> M {
        {
            let known = self.known();
            if known.len() >= MOST_SERIES && !known.contains(&labels) {
                for (label, value) in &mut labels {
                    if matches!(*label, "tenant" | "team") {
                        *value = OTHER.into();
                    }
                }
            }
        }
        self.of(labels)
    }

    /// Drops the series of names that are not the configuration's any more.
    pub(super) fn forget(&self, names: &Names) {
        self.known().retain(|labels| {
            let stays = names.know(labels);
            if !stays {
                self.family.remove(labels);
            }
            stays
        });
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known().len()
    }
}
