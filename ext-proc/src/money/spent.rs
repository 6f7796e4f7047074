//! What a request has cost, and who pays for it.
//!
//! Where the provider has stated nothing, its input counts as it was counted before, and its output as a token for
//! [`BYTES_PER_TOKEN`] bytes of what was streamed.

use penstock_chat::{MicroUsd, Tokens, Usage};
use penstock_client::{
    trail::{Stop, Trail},
    usage::{EarlierUsage, UsageRecord},
};
use penstock_count::BYTES_PER_TOKEN;

use super::{Money, table};
use crate::{
    outcome::Outcome,
    receipt::{Held, Unit},
    store::Settlement,
};

/// An attempt that its provider bills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The provider's name in the configuration.
    pub provider: String,
    /// The model's name there, as in the configuration where that can be told.
    pub model: String,
    /// What it has used, stated or estimated.
    pub usage: Usage,
    /// What it costs, if there is a price.
    pub cost: Option<MicroUsd>,
}

/// What a request has cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Each attempt that is billed, in order.
    pub parts: Vec<Part>,
}

impl Spent {
    /// The sum; `None` if a part of it is not known.
    pub fn total(&self) -> Option<MicroUsd> {
        sum(self.parts.iter())
    }
}

fn sum<'p>(parts: impl Iterator<Item = &'p Part>) -> Option<MicroUsd> {
    parts
        .map(|part| part.cost)
        .try_fold(MicroUsd(0), |sum, cost| Some(sum.saturating_add(cost?)))
}

impl Money {
    /// What a request has cost.
    pub fn spent(&self, outcome: &Outcome) -> Spent {
        let counted = Tokens(outcome.receipt.as_ref().map_or(0, |receipt| receipt.input_tokens));
        let mut parts = Vec::new();
        if let Some(record) = &outcome.usage {
            for earlier in &record.earlier {
                let usage = of_earlier(earlier, counted);
                parts.push(self.part(&earlier.provider, &earlier.model, usage, outcome));
            }
        }
        match &outcome.usage {
            Some(record) if record.answered => {
                let usage = of_answer(record, counted);
                parts.push(self.part(&record.provider, &record.model, usage, outcome));
            }
            _ => {
                let last = outcome.trail.0.last();
                if let Some(stop) = last.filter(|stop| at_work(stop, outcome)) {
                    let usage = Usage {
                        input: counted,
                        ..Usage::default()
                    };
                    parts.push(self.part(&stop.provider, &stop.model, usage, outcome));
                }
            }
        }
        Spent { parts }
    }

    fn part(&self, provider: &str, reported: &str, usage: Usage, outcome: &Outcome) -> Part {
        let model = configured(provider, reported, &outcome.trail).unwrap_or(reported);
        let images = outcome.receipt.as_ref().map_or(0, |receipt| receipt.images);
        let price = self
            .price(provider, model, usage.input, images)
            .or_else(|| self.price(provider, reported, usage.input, images));
        Part {
            provider: provider.to_owned(),
            model: model.to_owned(),
            usage,
            cost: price.map(|price| price.of(&usage)),
        }
    }

    /// What each budget really pays of a request: those that had something reserved, and those that nothing was reserved in
    /// because the service was not asked. What has no price costs what was reserved for it.
    pub fn settlements(&self, outcome: &Outcome, spent: &Spent) -> Vec<Settlement> {
        let held: Vec<&Held> = outcome
            .receipt
            .iter()
            .flat_map(|receipt| &receipt.held)
            .filter(|held| held.unit == Unit::Money)
            .collect();
        let mut settlements: Vec<Settlement> = held
            .iter()
            .map(|held| Settlement {
                account: held.account.clone(),
                held: held.amount,
                used: self.used(held, spent),
            })
            .collect();
        let Some(caller) = &outcome.caller else {
            return settlements;
        };
        let alias = outcome
            .receipt
            .as_ref()
            .map_or("", |receipt| receipt.served.as_str());
        for budget in self
            .budgets
            .iter()
            .filter(|budget| budget.holds_for(caller, alias))
        {
            for part in spent.parts.iter().filter(|part| budget.pays(&part.provider)) {
                let account = budget.account(caller, Some(&part.provider), outcome.started_ms);
                // By name: the window may have changed between arrival and decision.
                if held.iter().any(|held| held.account.name == account.name) {
                    continue;
                }
                let used = part.cost.unwrap_or_default();
                match settlements.iter_mut().find(|known| known.account == account) {
                    Some(known) => known.used = known.used.saturating_add(used.0),
                    None => settlements.push(Settlement {
                        account,
                        held: 0,
                        used: used.0,
                    }),
                }
            }
        }
        settlements
    }

    fn used(&self, held: &Held, spent: &Spent) -> u64 {
        let budget = self.budget_of(&held.account).map(|(_, budget)| budget);
        let parts = || {
            spent.parts.iter().filter(move |part| {
                let own = held
                    .provider
                    .as_ref()
                    .is_none_or(|provider| *provider == part.provider);
                own && budget.is_none_or(|budget| budget.pays(&part.provider))
            })
        };
        match sum(parts()) {
            Some(cost) => cost.0,
            None => {
                let known = parts().filter_map(|part| part.cost);
                let known = known.fold(MicroUsd(0), MicroUsd::saturating_add);
                known.0.max(held.amount)
            }
        }
    }
}

/// Whether a provider is, or was, at work unheard, and so may bill the input.
fn at_work(stop: &Stop, outcome: &Outcome) -> bool {
    match stop.outcome.as_deref() {
        Some("timeout") => true,
        Some("no-answer") | None => outcome.client_left(),
        Some(_) => false,
    }
}

/// What the configuration calls a model that the provider reports as `reported`: the target of that very name, or of
/// that name without its date, or the only one that was tried there.
fn configured<'t>(provider: &str, reported: &str, trail: &'t Trail) -> Option<&'t str> {
    let tried = || {
        let stops = trail.0.iter().filter(|stop| stop.provider == provider);
        stops.map(|stop| stop.model.as_str())
    };
    let undated = table::undated(reported).unwrap_or(reported);
    tried()
        .find(|model| *model == reported)
        .or_else(|| tried().find(|model| *model == undated))
        .or_else(|| {
            let first = tried().next()?;
            tried().all(|model| model == first).then_some(first)
        })
}

fn of_earlier(earlier: &EarlierUsage, counted: Tokens) -> Usage {
    Usage {
        input: stated(earlier.input_tokens).unwrap_or(counted),
        output: streamed(earlier.output_bytes).max(earlier.output_tokens.unwrap_or_default()),
        ..Usage::default()
    }
}

fn of_answer(record: &UsageRecord, counted: Tokens) -> Usage {
    let input = stated(record.input_tokens).unwrap_or(counted);
    let output = match stated(record.output_tokens) {
        // Whole: the provider has said its last word.
        Some(tokens) if record.finish_reason.is_some() => tokens,
        tokens => streamed(record.output_bytes).max(tokens.unwrap_or_default()),
    };
    Usage {
        input,
        output,
        cache_read: record.cache_read_tokens.unwrap_or_default(),
        cache_write: record.cache_write_tokens.unwrap_or_default(),
        reasoning: record.reasoning_tokens.unwrap_or_default(),
    }
}

/// A usage of zero says nothing.
fn stated(tokens: Option<Tokens>) -> Option<Tokens> {
    tokens.filter(|tokens| tokens.0 > 0)
}

fn streamed(bytes: u64) -> Tokens {
    Tokens(bytes.div_ceil(BYTES_PER_TOKEN))
}
