//! A cheaper model for when a budget runs low.

use super::{BudgetClaim, Money};
use crate::store::Standing;

/// The reason that receipts give for it.
pub const DOWNGRADED: &str = "downgraded";

/// Which alias a request gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served<'a> {
    /// The alias.
    pub alias: &'a str,
    /// Index of the budget that asked for a cheaper one, if any did.
    pub because_of: Option<usize>,
}

impl Money {
    /// Whether a budget may make a request for `alias` get a cheaper one.
    pub fn may_downgrade(&self, alias: &str) -> bool {
        let asks = |budget: &super::Budget| budget.config.downgrade_at.is_some();
        self.downgrades.contains_key(alias) && self.budgets.iter().any(asks)
    }

    /// The alias that a request gets: the one that was asked for, or a cheaper one for as long as `due` names a budget that
    /// asks for it, of the alias that it is given. Each alias at most once.
    pub fn served<'a>(&'a self, asked: &'a str, mut due: impl FnMut(&str) -> Option<usize>) -> Served<'a> {
        let mut served = Served {
            alias: asked,
            because_of: None,
        };
        for _ in 0..self.downgrades.len() {
            let Some(cheaper) = self.downgrades.get(served.alias) else {
                break;
            };
            let Some(budget) = due(served.alias) else { break };
            served = Served {
                alias: cheaper,
                because_of: Some(budget),
            };
        }
        served
    }

    /// The first budget that would stand at its `downgrade_at` with this request; `standings` are those of `claims`.
    pub fn due(&self, claims: &[BudgetClaim], standings: &[Standing]) -> Option<usize> {
        let due = claims.iter().zip(standings).find(|(claim, standing)| {
            let Some(budget) = self.budgets.get(claim.budget) else {
                return false;
            };
            budget.config.downgrade_at.is_some_and(|percent| {
                let parts = [standing.used, standing.held, claim.claim.amount];
                let sum: u128 = parts.into_iter().map(u128::from).sum();
                sum.saturating_mul(100) >= u128::from(percent) * u128::from(budget.config.amount.0)
            })
        });
        due.map(|(claim, _)| claim.budget)
    }
}
