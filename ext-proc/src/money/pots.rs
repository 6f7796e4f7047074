//! Which accounts budgets have, for people who look at them.

use std::collections::HashSet;

use penstock_config::{self as config, Payer};

use super::{Money, budget::Budget};
use crate::{caller::Caller, store::Account};

/// One account of a budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pot {
    /// Index of the budget in the configuration.
    pub budget: usize,
    /// Whose it is, in the order of the budget's `per`; empty if all share it.
    pub owner: Vec<String>,
    /// Where the store keeps it.
    pub account: Account,
}

impl Money {
    /// A budget of the configuration.
    pub fn budget(&self, index: usize) -> Option<&config::Budget> {
        self.budgets.get(index).map(|budget| &budget.config)
    }

    /// The accounts that `callers` and `providers` draw on: `most` at most, each budget's first ones first.
    pub fn pots(&self, callers: &[Caller], providers: &[&str], now_ms: u64, most: usize) -> Vec<Pot> {
        let each = (most / self.budgets.len().max(1)).max(1);
        let all = self.budgets.iter().enumerate().flat_map(|(index, budget)| {
            let mut seen = HashSet::new();
            let mut pots = Vec::new();
            let nobody = [Caller::default()];
            let callers = if budget.is_shared() { &nobody[..] } else { callers };
            for caller in callers
                .iter()
                .filter(|caller| budget.is_shared() || budget.is_of(caller))
            {
                let paid = providers.iter().copied().filter(|provider| budget.pays(provider));
                let paid: Vec<Option<&str>> = if budget.is_per_provider() {
                    paid.map(Some).collect()
                } else {
                    vec![None]
                };
                for provider in paid {
                    let account = budget.account(caller, provider, now_ms);
                    if pots.len() < each && seen.insert(account.clone()) {
                        let owner = owner(budget, caller, provider);
                        pots.push(Pot {
                            budget: index,
                            owner,
                            account,
                        });
                    }
                }
            }
            pots
        });
        all.collect()
    }
}

fn owner(budget: &Budget, caller: &Caller, provider: Option<&str>) -> Vec<String> {
    let name = |name: Option<&str>| name.unwrap_or("none").to_owned();
    let values = budget.config.per.iter().map(|payer| match payer {
        Payer::Tenant => caller.tenant.clone(),
        Payer::Key => name(caller.key.as_deref()),
        Payer::Team => format!("{} / {}", caller.tenant, name(caller.team.as_deref())),
        Payer::Provider => name(provider),
    });
    values.collect()
}
