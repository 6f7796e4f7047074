//! Limits that the service holds for each request, instead of by leases.

use serde::Serialize;
use serde_saphyr::Location;

use crate::{
    fail::{FAILS, Fail, is_open},
    problem::Problems,
    raw,
    slice::Limit,
    spanned::Spanned,
    suggest,
};

/// A limit of which each request reserves in the service before it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StrictLimit {
    /// Whom it holds for, and how much.
    pub limit: Limit,
    /// What happens while the service's shared store is away.
    #[serde(skip_serializing_if = "is_open")]
    pub fail: Fail,
}

/// Who holds a limit that is no ordinary one of each Envoy's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keeping {
    pub(super) strict: bool,
    pub(super) fail: Fail,
}

/// Who holds the limit at `path`; `is_leased` if limits are leased from a service.
pub(super) fn keeping(
    raw: &raw::Limit,
    path: &str,
    is_leased: bool,
    problems: &mut Problems,
) -> Option<Keeping> {
    let strict = raw.strict.as_ref().is_some_and(|flag| flag.value);
    let mut right = true;
    if strict {
        for (field, place) in meaningless(raw) {
            problems.at(
                place,
                format!("{path}.{field}"),
                "means nothing with strict: true; leave it out",
            );
            right = false;
        }
    }
    let fail = match &raw.fail {
        None => Some(Fail::Open),
        Some(text) if !strict && !is_leased => {
            problems.at(
                text.referenced,
                format!("{path}.fail"),
                "never used: each Envoy holds this limit alone; write strict: true, name a quota.service, or leave it out",
            );
            None
        }
        Some(text) => suggest::one_of(text, &format!("{path}.fail"), &FAILS, problems),
    };
    right.then_some(Keeping { strict, fail: fail? })
}

/// What is written and has no meaning for a strict limit, which reserves the most that a request can take.
fn meaningless(raw: &raw::Limit) -> impl Iterator<Item = (&'static str, Location)> {
    fn place<T>(value: &Option<Spanned<T>>) -> Option<Location> {
        value.as_ref().map(|value| value.referenced)
    }
    let fields = [
        ("reserve", place(&raw.reserve)),
        ("on_overrun", place(&raw.on_overrun)),
        ("shadow", place(&raw.shadow)),
        ("input_tokens", place(&raw.input_tokens)),
    ];
    fields
        .into_iter()
        .filter_map(|(field, place)| Some((field, place?)))
}
