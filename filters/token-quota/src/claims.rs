//! Which limits a request falls under, and what it claims of each.

use penstock_chat::Tokens;
use penstock_config::slice::{Limit, Reserve};
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
    let values: Vec<&str> = limit
        .per
        .iter()
        .map(|scope| caller.value(*scope, model))
        .collect();
    let kind = metrics::kind(limit.kind);
    let mut label = format!("{}/{kind}", limit.name);
    for value in &values {
        label.push('/');
        label.push_str(value);
    }
    label.truncate(label.floor_char_boundary(LABEL));
    Some(Claim {
        key: Key::of(&format!("{}/{kind}", limit.name), &values),
        limit: limit.amount,
        amount,
        span: span(limit)?,
        shadow: limit.shadow,
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

/// What `limit` sets aside for an answer of at most `most` tokens, where answers of this caller and model have taken
/// `typical` so far.
pub(crate) fn reserved_output(limit: &Limit, most: Tokens, typical: Option<Tokens>) -> Tokens {
    match (limit.reserve, typical) {
        (Reserve::Learned, Some(typical)) => typical.min(most),
        _ => most,
    }
}

/// Where it is learned what answers of `model` take when `caller`'s key asks for them.
pub(crate) fn learned(caller: &Caller, model: &str) -> Key {
    Key::of(LEARNED, &[model, caller.tenant(), caller.key()])
}
