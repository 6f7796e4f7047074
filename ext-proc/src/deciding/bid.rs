//! What one plan takes, as one list of claims.

use crate::{
    limits::Drawn,
    money::{BudgetClaim, Priced},
    plan::Planned,
    store::Claim,
};

/// What is asked of the store for one plan.
#[derive(Debug)]
pub(super) struct Bid {
    pub(super) planned: Planned,
    pub(super) priced: Vec<Priced>,
    pub(super) limits: Vec<Drawn>,
    pub(super) budgets: Vec<BudgetClaim>,
    pub(super) provider: Vec<Drawn>,
    pub(super) approval: Option<Claim>,
}

/// Which claim of a bid it was.
pub(super) enum Part<'a> {
    Limit(&'a Drawn),
    Budget(&'a BudgetClaim),
    Provider(&'a Drawn),
    Approval,
}

impl Bid {
    pub(super) fn claims(&self) -> Vec<Claim> {
        let limits = self.limits.iter().map(|drawn| &drawn.claim);
        let budgets = self.budgets.iter().map(|budget| &budget.claim);
        let provider = self.provider.iter().map(|drawn| &drawn.claim);
        let all = limits.chain(budgets).chain(provider).chain(&self.approval);
        all.cloned().collect()
    }

    /// In the order of [`claims`](Self::claims).
    pub(super) fn part(&self, index: usize) -> Part<'_> {
        let budgets = index.checked_sub(self.limits.len());
        let provider = budgets.and_then(|index| index.checked_sub(self.budgets.len()));
        if let Some(drawn) = self.limits.get(index) {
            Part::Limit(drawn)
        } else if let Some(budget) = budgets.and_then(|index| self.budgets.get(index)) {
            Part::Budget(budget)
        } else if let Some(drawn) = provider.and_then(|index| self.provider.get(index)) {
            Part::Provider(drawn)
        } else {
            Part::Approval
        }
    }
}
