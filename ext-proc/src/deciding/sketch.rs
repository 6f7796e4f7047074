//! What an estimate is made of: a plan for which nothing is reserved.

use std::sync::Arc;

use penstock_chat::Tokens;

use super::Deciding;
use crate::{
    limits::Drawn,
    money::{BudgetClaim, Money, Priced},
    plan::HealthView,
};

impl Deciding {
    /// Everything an estimate says: targets in order, budgets that apply, and what stands in the way.
    pub fn sketch(&mut self, health: &impl HealthView) -> Sketch {
        let snapshot = Arc::clone(&self.snapshot);
        let money: &Money = &snapshot.money;
        let Some(routing) = snapshot.routing(&self.alias) else {
            return Sketch::default();
        };
        self.bar_unpriced(routing);
        let planned = self.plan(routing, health, false);
        let priced: Vec<Priced> = planned
            .targets
            .iter()
            .filter_map(|index| self.priced(routing, *index))
            .collect();
        let excluded = planned.excluded.iter().filter_map(|(index, reason)| {
            let route = routing.targets.get(*index)?;
            Some(format!("{}/{}: {reason}", route.provider, route.model))
        });
        Sketch {
            limits: self.limits(&self.ask()),
            budgets: money.claims(&self.question.caller, &self.alias, &priced, self.now_ms),
            excluded: excluded.collect(),
            asked: self.needs.model.clone().unwrap_or_default(),
            served: self.alias.clone(),
            input: self.input,
            output: self.output,
            images: self.needs.images,
            priced,
        }
    }
}

/// What an estimate is made of.
#[derive(Debug, Default)]
pub struct Sketch {
    /// The alias that was asked for.
    pub asked: String,
    /// The alias that it would get.
    pub served: String,
    /// Input tokens.
    pub input: Tokens,
    /// The most output tokens.
    pub output: Tokens,
    /// Images.
    pub images: u64,
    /// Targets in order.
    pub priced: Vec<Priced>,
    /// Limits that hold for it, apart from those of providers.
    pub limits: Vec<Drawn>,
    /// Budgets that would pay.
    pub budgets: Vec<BudgetClaim>,
    /// Targets that are out, and why.
    pub excluded: Vec<String>,
}
