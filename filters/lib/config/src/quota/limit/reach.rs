//! Limits that no request ever reaches, because another refuses first.

use crate::slice::{Kind, Limit, Overrun, Reserve};

/// Whether `b` is without effect because of `a`. Two that are equal hide each other, so the `earlier` is kept.
pub(super) fn hides(a: &Limit, b: &Limit, earlier: bool) -> bool {
    covers(a, b) && (earlier || !covers(b, a))
}

/// Whether `a` refuses whatever `b` would.
fn covers(a: &Limit, b: &Limit) -> bool {
    let as_strict = a.amount <= b.amount
        && (a.reserve == Reserve::Full || a.reserve == b.reserve)
        && (a.on_overrun == Overrun::Cut || a.on_overrun == b.on_overrun);
    // A limit in the shadow refuses nothing.
    if a.shadow || !as_strict {
        return false;
    }
    match (a.kind, b.kind) {
        (Kind::InputTokens, Kind::InputTokens) => applies_wherever(a, b),
        (Kind::ConcurrentRequests, Kind::ConcurrentRequests) => {
            applies_wherever(a, b) && a.per.iter().all(|scope| b.per.contains(scope))
        }
        // Windows open at different times unless the same requests open them.
        (long, short) => {
            let first = match (minutes(long), minutes(short)) {
                (Some(long), Some(short)) => long == short || (long > short && a.amount < b.amount),
                _ => long == short,
            };
            first && applies_wherever(a, b) && applies_wherever(b, a) && same_scopes(a, b)
        }
    }
}

/// Every request that `b` looks at is one that `a` looks at.
fn applies_wherever(a: &Limit, b: &Limit) -> bool {
    a.only.iter().all(|(scope, values)| {
        b.only
            .iter()
            .any(|(other, fewer)| other == scope && fewer.iter().all(|value| values.contains(value)))
    })
}

fn same_scopes(a: &Limit, b: &Limit) -> bool {
    a.per.len() == b.per.len() && a.per.iter().all(|scope| b.per.contains(scope))
}

/// Over which tokens are counted.
fn minutes(kind: Kind) -> Option<u32> {
    match kind {
        Kind::TokensPerMinute => Some(1),
        Kind::TokensPerHour => Some(60),
        Kind::TokensPerDay => Some(24 * 60),
        Kind::RequestsPerMinute | Kind::ConcurrentRequests | Kind::InputTokens => None,
    }
}
