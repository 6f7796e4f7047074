//! The plan, and what each of its targets may cost.

use penstock_chat::Tokens;
use penstock_config::{Routing, routing::Route};

use super::Deciding;
use crate::{
    money::Priced,
    plan::{self, HealthView, Planned, Reason, needs},
};

impl Deciding {
    pub(super) fn plan(&self, routing: &Routing, health: &impl HealthView, claims_turn: bool) -> Planned {
        let cost = |index| self.priced(routing, index)?.estimate;
        let ask = plan::Ask {
            region: self.question.caller.region.as_deref(),
            pin: None,
            needs: &self.needs,
            input: self.input,
            output: self.output,
            caller: needs::identity(&self.question.caller),
            cost: &cost,
            barred: &self.barred,
            draw: self.draw,
            now_ms: self.now_ms,
        };
        if claims_turn {
            plan::claim(routing, health, &ask)
        } else {
            plan::plan(routing, health, &ask)
        }
    }

    /// Every target of the alias with what the request costs there at most.
    pub(super) fn all_priced(&self) -> Vec<Priced> {
        let Some(routing) = self.snapshot.routing(&self.alias) else {
            return Vec::new();
        };
        (0..routing.targets.len())
            .filter_map(|index| self.priced(routing, index))
            .collect()
    }

    pub(super) fn priced(&self, routing: &Routing, index: usize) -> Option<Priced> {
        let route = routing.targets.get(index)?;
        Some(Priced {
            provider: route.provider.clone(),
            model: route.model.clone(),
            estimate: self.snapshot.money.estimate(
                (&route.provider, &route.model),
                (self.input, self.most_output(route)),
                self.needs.images,
            ),
        })
    }

    /// The most output tokens that may have to be paid there. Who names no maximum may get all that the target gives.
    pub(super) fn most_output(&self, route: &Route) -> Tokens {
        match (self.needs.max_output, route.max_output_tokens) {
            (None, Some(most)) => {
                let all = most.0.saturating_mul(self.needs.choices.unwrap_or(1).max(1));
                self.output.max(Tokens(all))
            }
            _ => self.output,
        }
    }

    /// A budget that refuses cannot tell whether it is overdrawn by what has no price.
    pub(super) fn bar_unpriced(&mut self, routing: &Routing) {
        let caller = &self.question.caller;
        let barred: Vec<usize> = (0..routing.targets.len())
            .filter(|index| {
                self.priced(routing, *index).is_some_and(|priced| {
                    let money = &self.snapshot.money;
                    priced.estimate.is_none() && money.needs_price(caller, &self.alias, &priced.provider)
                })
            })
            .collect();
        for index in barred {
            self.bar(index, Reason::Unpriced);
        }
    }

    pub(super) fn bar(&mut self, index: usize, reason: Reason) {
        if !self.barred.iter().any(|(barred, _)| *barred == index) {
            self.barred.push((index, reason));
        }
    }
}
