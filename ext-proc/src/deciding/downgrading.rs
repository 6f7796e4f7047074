//! A cheaper alias in the place of the one that is asked for, where a budget wants it.

use std::sync::Arc;

use super::{Deciding, Next, Stage, story::Step};
use crate::{money::Served, plan::HealthView, store::Standing};

impl Deciding {
    /// Asks how the budgets stand that may want a cheaper alias.
    pub(super) fn look(&mut self, health: &impl HealthView) -> Next {
        let money = &self.snapshot.money;
        if money.may_downgrade(&self.alias) && self.looked < self.snapshot.config.models.len() {
            let claims = money.claims(
                &self.question.caller,
                &self.alias,
                &self.all_priced(),
                self.now_ms,
            );
            if !claims.is_empty() {
                let accounts = claims.iter().map(|claim| claim.claim.account.clone()).collect();
                self.stage = Stage::Looking(claims);
                return Next::Look(accounts);
            }
        }
        self.bid(health)
    }

    /// How the accounts stand that were asked for; none while the store is away, and then nothing is downgraded.
    pub fn looked(&mut self, standings: Option<&[Standing]>, health: &impl HealthView) -> Next {
        let Stage::Looking(claims) = std::mem::replace(&mut self.stage, Stage::Over) else {
            return self.confused();
        };
        self.looked = self.looked.saturating_add(1);
        let snapshot = Arc::clone(&self.snapshot);
        let money = &snapshot.money;
        let due = standings.and_then(|standings| money.due(&claims, standings));
        let mut asked = false;
        let served = money.served(&self.alias, |_| {
            // One step at a time: the cheaper alias may have budgets of its own.
            let first = !std::mem::replace(&mut asked, true);
            due.filter(|_| first)
        });
        let Served {
            alias,
            because_of: Some(budget),
        } = served
        else {
            return self.bid(health);
        };
        let alias = alias.to_owned();
        let dearer = std::mem::replace(&mut self.alias, alias);
        if !self.is_served(health) {
            let cheaper = std::mem::replace(&mut self.alias, dearer);
            self.note(Step::NotDowngraded { to: cheaper });
            return self.bid(health);
        }
        self.note(Step::Downgraded {
            budget: money
                .budget(budget)
                .map(|budget| budget.name.clone())
                .unwrap_or_default(),
            from: dearer,
            to: self.alias.clone(),
        });
        self.downgraded_by = Some(budget);
        self.look(health)
    }

    /// Whether any target of the alias can take the request.
    pub(super) fn is_served(&mut self, health: &impl HealthView) -> bool {
        let snapshot = Arc::clone(&self.snapshot);
        let Some(routing) = snapshot.routing(&self.alias) else {
            return false;
        };
        self.bar_unpriced(routing);
        let planned = self.plan(routing, health, false);
        // Those are targets of this alias, and it may not be the last.
        self.barred.clear();
        !planned.targets.is_empty()
    }

    /// The budget that made the alias a cheaper one.
    pub fn downgraded_by(&self) -> Option<usize> {
        self.downgraded_by
    }
}
