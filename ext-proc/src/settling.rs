//! What a request has really taken of every account that it drew on.

use penstock_client::identity::ANONYMOUS;

use crate::{
    caller::Caller,
    limits,
    money::Spent,
    outcome::Outcome,
    receipt::{Held, Unit},
    snapshot::Snapshot,
    store::Settlement,
};

/// What a request has taken: of limits as it was reserved or used, of budgets what it cost, and of the limits of
/// providers that it came to by fallback what nobody had reserved.
pub fn settlements(snapshot: &Snapshot, outcome: &Outcome, spent: &Spent) -> Vec<Settlement> {
    let held = outcome.receipt.iter().flat_map(|receipt| &receipt.held);
    let mut entries: Vec<Settlement> = held
        .filter_map(|held| {
            Some(Settlement {
                account: held.account.clone(),
                held: held.amount,
                used: used(held, outcome, spent)?,
            })
        })
        .collect();
    entries.extend(snapshot.money.settlements(outcome, spent));
    for other in unreserved(snapshot, outcome, spent) {
        if !entries
            .iter()
            .any(|entry| entry.account.name == other.account.name)
        {
            entries.push(other);
        }
    }
    entries
}

/// None for money, which is settled by what it cost.
fn used(held: &Held, outcome: &Outcome, spent: &Spent) -> Option<u64> {
    let parts = spent
        .parts
        .iter()
        .filter(|part| is_of(held, &part.provider, &part.model));
    Some(match held.unit {
        Unit::Money => return None,
        Unit::Concurrent => 0,
        Unit::Tokens => parts
            .map(|part| part.usage.input.0.saturating_add(part.usage.output.0))
            .fold(0, u64::saturating_add),
        // It was let through, and stays one; at a provider, each time that it was asked.
        Unit::Requests if held.provider.is_none() => held.amount,
        Unit::Requests => {
            let stops = outcome.trail.0.iter();
            let asked = stops.filter(|stop| is_of(held, &stop.provider, &stop.model));
            u64::try_from(asked.count()).unwrap_or(u64::MAX)
        }
    })
}

fn is_of(held: &Held, provider: &str, model: &str) -> bool {
    let is = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == name);
    is(&held.provider, provider) && is(&held.model, model)
}

/// What was used of providers' limits without having been reserved.
fn unreserved(snapshot: &Snapshot, outcome: &Outcome, spent: &Spent) -> Vec<Settlement> {
    let nobody = Caller {
        tenant: ANONYMOUS.to_owned(),
        ..Caller::default()
    };
    let ask = limits::Ask {
        caller: outcome.caller.as_ref().unwrap_or(&nobody),
        alias: "",
        route: "",
        input_tokens: 0,
        output_tokens: 0,
    };
    let mut entries: Vec<Settlement> = Vec::new();
    for stop in &outcome.trail.0 {
        let Some(provider) = snapshot.provider(&stop.provider) else {
            continue;
        };
        for drawn in limits::provider(provider, &stop.model, &ask) {
            if entries.iter().any(|entry| entry.account == drawn.held.account) {
                continue;
            }
            entries.push(Settlement {
                account: drawn.held.account.clone(),
                held: 0,
                used: used(&drawn.held, outcome, spent).unwrap_or_default(),
            });
        }
    }
    entries
}

#[cfg(test)]
mod tests;
