//! What is counted of money. Labels are names of the configuration, so nobody else can make a series.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::{BudgetClaim, Event, Money};
use crate::{
    label::Label,
    store::{Account, Standing},
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfBudget {
    budget: Label,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfThreshold {
    budget: Label,
    threshold: u64,
}

/// What is counted of money.
#[derive(Clone, Debug, Default)]
pub struct MoneyMetrics {
    thresholds: Family<OfThreshold, Counter>,
    refusals: Family<OfBudget, Counter>,
    downgrades: Family<OfBudget, Counter>,
    used: Family<OfBudget, Gauge<f64, AtomicU64>>,
    unpriced: Counter,
}

impl MoneyMetrics {
    /// Makes them known to whoever prints them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "penstock_budget_threshold",
            "Budgets that have come to a threshold, in percent",
            self.thresholds.clone(),
        );
        registry.register(
            "penstock_budget_refusals",
            "Requests that a budget had not enough left for",
            self.refusals.clone(),
        );
        registry.register(
            "penstock_budget_downgrades",
            "Requests that got a cheaper model as a budget ran low",
            self.downgrades.clone(),
        );
        registry.register(
            "penstock_budget_used_ratio",
            "Part of a budget that is used, of budgets that all share",
            self.used.clone(),
        );
        registry.register(
            "penstock_unpriced_requests",
            "Requests that were served by a model without a price",
            self.unpriced.clone(),
        );
    }

    /// A threshold was crossed.
    pub fn crossed(&self, event: &Event) {
        let labels = OfThreshold {
            budget: event.budget.as_str().into(),
            threshold: u64::from(event.threshold),
        };
        self.thresholds.get_or_create(&labels).inc();
    }

    /// A claim did not fit.
    pub fn refused(&self, money: &Money, claim: &BudgetClaim) {
        self.count(&self.refusals, money, claim.budget);
    }

    /// A budget (by its index) led to a cheaper model.
    pub fn downgraded(&self, money: &Money, budget: usize) {
        self.count(&self.downgrades, money, budget);
    }

    /// Nobody knows what a request has cost.
    pub fn unpriced(&self) {
        self.unpriced.inc();
    }

    /// How an account stands; nothing is kept of budgets that each tenant, key, team or provider has for itself.
    pub fn stands(&self, money: &Money, account: &Account, standing: Standing) {
        if let Some((_, budget)) = money.budget_of(account)
            && budget.config.per.is_empty()
        {
            let labels = OfBudget {
                budget: budget.config.name.as_str().into(),
            };
            let ratio = standing.used as f64 / budget.config.amount.0 as f64;
            self.used.get_or_create(&labels).set(ratio);
        }
    }

    fn count(&self, family: &Family<OfBudget, Counter>, money: &Money, budget: usize) {
        if let Some(budget) = money.budgets.get(budget) {
            let labels = OfBudget {
                budget: budget.config.name.as_str().into(),
            };
            family.get_or_create(&labels).inc();
        }
    }
}
