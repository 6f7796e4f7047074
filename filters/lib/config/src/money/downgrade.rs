//! Cheaper models for when a budget runs low.

use serde::Serialize;

use super::Known;
use crate::{problem::Problems, spanned::Spanned, suggest};

/// One model and the cheaper one in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Downgrade {
    /// The alias that is asked for.
    pub from: String,
    /// The alias that is served.
    pub to: String,
}

pub(super) fn parse(
    entries: &[(Spanned<String>, Spanned<String>)],
    known: &Known<'_>,
    problems: &mut Problems,
) -> Option<Vec<Downgrade>> {
    let mut right = true;
    for (from, to) in entries {
        for name in [from, to] {
            if !known.models.contains(&name.value.as_str()) {
                let remedy = suggest::remedy(&name.value, known.models.iter().copied());
                problems.at(
                    name.referenced,
                    format!("money.downgrades.{}", from.value),
                    format!("no model is named {:?}; {remedy}", name.value),
                );
                right = false;
            }
        }
    }
    let mut reported: Vec<&str> = Vec::new();
    for (from, _) in entries {
        let Some(cycle) = cycle(&from.value, entries) else {
            continue;
        };
        if !reported.contains(&from.value.as_str()) {
            problems.at(
                from.referenced,
                format!("money.downgrades.{}", from.value),
                format!("leads back to itself: {}; remove one step", cycle.join(" -> ")),
            );
        }
        reported.extend(cycle);
        right = false;
    }
    right.then(|| {
        let downgrades = entries.iter().map(|(from, to)| Downgrade {
            from: from.value.clone(),
            to: to.value.clone(),
        });
        downgrades.collect()
    })
}

/// The way from `start` back to it, if there is one; each name at most once but for `start`.
fn cycle<'a>(start: &'a str, entries: &'a [(Spanned<String>, Spanned<String>)]) -> Option<Vec<&'a str>> {
    let mut way = vec![start];
    let mut at = start;
    for _ in entries {
        let (_, next) = entries.iter().find(|(from, _)| from.value == at)?;
        at = &next.value;
        way.push(at);
        if at == start {
            return Some(way);
        }
    }
    None
}
