//! What one request claims of the limits that the service holds: of its key's own, of strict ones, and of what a
//! provider takes.
//!
//! It builds claims and says what a caller over its limit is told. It asks no store and knows no clock.

pub mod queue;

use std::fmt::Write;

use penstock_client::excess::{self, Excess};
use penstock_client::{Client, identity::ANONYMOUS, time};
use penstock_config::slice::{Kind, Limit, Scope};
use penstock_config::{Capacity, Provider, StrictLimit};
use penstock_flow::LocalReply;
use penstock_quota::Key;

use crate::caller::Caller;
use crate::receipt::{Held, Unit};
use crate::store::{Account, Claim, Fail, Standing, Unsettled, Window};

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;
/// When to ask again where only reservations of running requests stand in the way.
const SOON_MS: u64 = 1_000;
/// What refusals call the limits that a key brings along.
const OWN: &str = "key";

/// One request, as limits see it.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The alias that it asks for.
    pub alias: &'a str,
    /// The name of Envoy's route.
    pub route: &'a str,
    /// Input tokens, as counted before.
    pub input_tokens: u64,
    /// The most output tokens that it can take, of all choices.
    pub output_tokens: u64,
}

/// A claim on a limit, what the receipt keeps of it, and what the caller is told if it does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// For the receipt.
    pub held: Held,
    /// For the store.
    pub claim: Claim,
    /// What people call the limit.
    pub name: String,
    /// What it counts.
    pub kind: Kind,
}

/// Claims on the limits that the caller's key brings along. While the shared store is away, a part of them is admitted.
pub fn own(ask: &Ask<'_>) -> Vec<Drawn> {
    let limits = &ask.caller.limits;
    let amounts = [
        (Kind::RequestsPerMinute, limits.requests_per_minute),
        (Kind::TokensPerMinute, limits.tokens_per_minute),
        (Kind::TokensPerDay, limits.tokens_per_day),
    ];
    let values = [
        ask.caller.tenant.as_str(),
        ask.caller.key.as_deref().unwrap_or_default(),
    ];
    let given = amounts
        .into_iter()
        .filter_map(|(kind, amount)| Some((kind, amount?)));
    given
        .filter_map(|(kind, cap)| drawn(ask, "own", OWN, &values, (kind, cap), Fail::Open))
        .collect()
}

/// Claims on those of `limits` that hold for the request.
pub fn strict(limits: &[StrictLimit], ask: &Ask<'_>) -> Vec<Drawn> {
    let apply = limits.iter().filter(|strict| applies(&strict.limit, ask));
    apply
        .filter_map(|strict| {
            let limit = &strict.limit;
            let mut values = vec![limit.name.as_str()];
            for scope in &limit.per {
                values.extend([word(*scope), value(*scope, ask)]);
            }
            drawn(
                ask,
                "strict",
                &limit.name,
                &values,
                (limit.kind, limit.amount),
                strict.fail.into(),
            )
        })
        .collect()
}

/// Claims on what `provider` takes of all callers together, of `model` and of all its models.
pub fn provider(provider: &Provider, model: &str, ask: &Ask<'_>) -> Vec<Drawn> {
    let mut all = Vec::new();
    for capacity in capacities(provider, model) {
        let amounts = [
            (Kind::RequestsPerMinute, capacity.requests_per_minute),
            (Kind::TokensPerMinute, capacity.tokens_per_minute),
        ];
        let mut values = vec![provider.name.as_str()];
        values.extend(capacity.model.as_deref());
        for (kind, amount) in amounts {
            let Some(cap) = amount else { continue };
            let fail = capacity.fail.into();
            let drawn = drawn(ask, "provider", &provider.name, &values, (kind, cap), fail);
            all.extend(drawn.map(|mut drawn| {
                drawn.held.provider = Some(provider.name.clone());
                drawn.held.model.clone_from(&capacity.model);
                drawn
            }));
        }
    }
    all
}

/// The limits of `provider` that hold for `model`.
fn capacities<'a>(provider: &'a Provider, model: &str) -> impl Iterator<Item = &'a Capacity> {
    provider.limits.iter().filter(move |capacity| {
        let own = capacity.model.as_deref();
        own.is_none_or(|own| own == model)
    })
}

/// What a caller is told whose request does not fit; `standing` is that of the claim's account.
pub fn refusal(client: &Client, drawn: &Drawn, standing: Standing, details: &'static str) -> LocalReply {
    let (cap, requested) = (drawn.claim.cap, drawn.claim.amount);
    let excess = if requested > cap {
        Excess::Never {
            requested,
            at_least: false,
        }
    } else {
        Excess::Later {
            requested,
            remaining: cap.saturating_sub(standing.used).saturating_sub(standing.held),
            retry_after_ms: wait_ms(&drawn.claim, standing),
        }
    };
    let mut reply = client.refuse(&excess::error(&drawn.name, cap, drawn.kind, excess), details);
    if let Excess::Later { retry_after_ms, .. } = excess {
        reply
            .headers
            .push(("retry-after", time::seconds(retry_after_ms).to_string()));
    }
    reply
}

/// What a caller is told while the shared store is away and a limit admits nothing without it.
pub fn unavailable(client: &Client, details: &'static str) -> LocalReply {
    let mut reply = client.refuse(&excess::unavailable(), details);
    reply
        .headers
        .push(("retry-after", time::seconds(SOON_MS).to_string()));
    reply
}

/// Milliseconds until a claim that does not fit now may fit.
pub fn wait_ms(claim: &Claim, standing: Standing) -> u64 {
    if standing.reset_ms == 0 || standing.used.saturating_add(claim.amount) <= claim.cap {
        SOON_MS
    } else {
        standing.reset_ms
    }
}

fn applies(limit: &Limit, ask: &Ask<'_>) -> bool {
    limit.only.iter().all(|(scope, values)| {
        let value = value(*scope, ask);
        values.iter().any(|allowed| allowed == value)
    })
}

/// The values that `limit` is kept apart by: what people call each scope, and the request's value.
pub fn values<'a>(limit: &Limit, ask: &Ask<'a>) -> Vec<(&'static str, &'a str)> {
    let scopes = limit.per.iter();
    scopes.map(|scope| (word(*scope), value(*scope, ask))).collect()
}

fn value<'a>(scope: Scope, ask: &Ask<'a>) -> &'a str {
    let named = |name: &'a str| if name.is_empty() { ANONYMOUS } else { name };
    match scope {
        Scope::Tenant => named(&ask.caller.tenant),
        Scope::Key => named(ask.caller.key.as_deref().unwrap_or_default()),
        Scope::Agent => named(ask.caller.agent.as_deref().unwrap_or_default()),
        Scope::Model => ask.alias,
        Scope::Route => ask.route,
    }
}

fn word(scope: Scope) -> &'static str {
    match scope {
        Scope::Tenant => "tenant",
        Scope::Key => "key",
        Scope::Agent => "agent",
        Scope::Model => "model",
        Scope::Route => "route",
    }
}

/// None if a limit of this kind looks at each request alone.
fn drawn(
    ask: &Ask<'_>,
    class: &str,
    name: &str,
    values: &[&str],
    (kind, cap): (Kind, u64),
    fail: Fail,
) -> Option<Drawn> {
    let tokens = ask.input_tokens.saturating_add(ask.output_tokens);
    // A request stays one however it ends, and tokens that nobody reported were as a rule not used.
    let (word, window, amount, unit, unsettled) = match kind {
        Kind::TokensPerMinute => (
            "tpm",
            Window::Every(MINUTE_MS),
            tokens,
            Unit::Tokens,
            Unsettled::Returned,
        ),
        Kind::TokensPerHour => (
            "tph",
            Window::Every(HOUR_MS),
            tokens,
            Unit::Tokens,
            Unsettled::Returned,
        ),
        Kind::TokensPerDay => (
            "tpd",
            Window::Every(DAY_MS),
            tokens,
            Unit::Tokens,
            Unsettled::Returned,
        ),
        Kind::RequestsPerMinute => (
            "rpm",
            Window::Every(MINUTE_MS),
            1,
            Unit::Requests,
            Unsettled::Charged,
        ),
        Kind::ConcurrentRequests => (
            "now",
            Window::Concurrent,
            1,
            Unit::Concurrent,
            Unsettled::Returned,
        ),
        Kind::InputTokens => return None,
    };
    let mut account = format!("{class}:{word}:");
    for byte in Key::of(class, values).as_bytes() {
        // Writing to a string cannot fail.
        let _ = write!(account, "{byte:02x}");
    }
    let account = Account {
        name: account,
        window,
    };
    Some(Drawn {
        held: Held {
            account: account.clone(),
            amount,
            unit,
            provider: None,
            model: None,
        },
        claim: Claim {
            account,
            cap,
            amount,
            unsettled,
            fail,
        },
        name: name.to_owned(),
        kind,
    })
}

impl From<penstock_config::Fail> for Fail {
    fn from(fail: penstock_config::Fail) -> Self {
        match fail {
            penstock_config::Fail::Open => Self::Open,
            penstock_config::Fail::Closed => Self::Closed,
        }
    }
}

#[cfg(test)]
mod tests;
