//! Which limits a request falls under, and what it claims of each.

use penstock_chat::Tokens;
use penstock_config::slice::{Limit, Reserve, Scope};
use penstock_quota::{Claim, Key};

use crate::caller::Caller;
use crate::metrics;
use crate::policy::{Unit, span, unit};

/// Histograms of what answers took are kept under this name, which no limit can have.
const LEARNED: &str = "/learned";
/// The most text of a claim that people are shown, in bytes.
const LABEL: usize = 96;

/// Whether `caller` falls under `limit` when it asks for `model`.
pub(crate) fn applies(limit: &Limit, caller: &Caller, model: &str) -> bool {
    limit.only.iter().all(|(scope, values)| {
        let value = caller.value(*scope, model);
        values.iter().any(|allowed| allowed == value)
    })
}

/// What a request for `model` by `caller` claims of `limit`; none if the limit looks at each request alone.
pub(crate) fn claim(limit: &Limit, caller: &Caller, model: &str, amount: u64) -> Option<Claim> {
    named(limit, "", caller, model, amount)
}

/// What is claimed of `limit` to have tokens counted without a request: windows of their own, of the same size.
pub(crate) fn counting(limit: &Limit, caller: &Caller, model: &str) -> Option<Claim> {
    named(limit, "/count_tokens", caller, model, 1)
}

fn named(limit: &Limit, suffix: &str, caller: &Caller, model: &str, amount: u64) -> Option<Claim> {
    let name = format!("{}/{}{suffix}", limit.name, metrics::kind(limit.kind));
    let mut label = name.clone();
    let mut scopes = Vec::new();
    for scope in &limit.per {
        let value = caller.value(*scope, model);
        label.push('/');
        label.push_str(value);
        scopes.extend([scope_name(*scope), value]);
    }
    label.truncate(label.floor_char_boundary(LABEL));
    Some(Claim {
        key: Key::of(&name, &scopes),
        limit: limit.amount,
        amount,
        span: span(limit)?,
        shadow: limit.shadow,
        share: limit.initial_permille,
        label,
    })
}

/// What `limit` reserves of a request with this input and this much set aside for the answer.
pub(crate) fn amount(limit: &Limit, input: Tokens, output: Tokens) -> u64 {
    match unit(limit) {
        Unit::Tokens => input.0.saturating_add(output.0),
        Unit::Requests | Unit::Concurrency => 1,
        Unit::Input => input.0,
    }
}

/// What `limit` sets aside for the answer to `input`.
pub(crate) fn output(limit: &Limit, input: Tokens, expected: &Expected) -> Tokens {
    match limit.reserve {
        Reserve::Full => expected.most,
        // However little is known, it never asks for more than the whole limit: nothing would ever be learned.
        Reserve::Learned => {
            let guess = expected.typical.unwrap_or(expected.default);
            let room = Tokens(limit.amount.saturating_sub(input.0));
            guess.min(expected.most).min(room)
        }
    }
}

/// What is known of an answer before it is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    /// The most that it can take.
    pub(crate) most: Tokens,
    /// What it is taken to need where nothing is known.
    pub(crate) default: Tokens,
    /// What nearly all like it have taken so far, where that was asked for and is known.
    pub(crate) typical: Option<Tokens>,
}

/// Where it is learned what answers of `model` take when `caller`'s key asks for at most `most` tokens, or about as
/// many: a caller that teaches with small answers learns nothing about large ones.
pub(crate) fn learned(caller: &Caller, model: &str, most: Tokens) -> Key {
    let magnitude = most.0.checked_ilog2().unwrap_or(0).to_string();
    Key::of(LEARNED, &[model, caller.tenant(), caller.key(), &magnitude])
}

fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Tenant => "tenant",
        Scope::Key => "key",
        Scope::Agent => "agent",
        Scope::Model => "model",
        Scope::Route => "route",
    }
}
