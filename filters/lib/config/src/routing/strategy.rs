//! What decides between two targets.

use serde::Serialize;

use crate::{problem::Problems, spanned::Spanned, suggest};

const STRATEGIES: [(&str, Strategy); 6] = [
    ("priority", Strategy::Priority),
    ("weight", Strategy::Weight),
    ("canary", Strategy::Canary),
    ("least_cost", Strategy::LeastCost),
    ("least_latency", Strategy::LeastLatency),
    ("sticky", Strategy::Sticky),
];

/// What decides between two targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The lower number first.
    Priority,
    /// By chance, in proportion to weights.
    Weight,
    /// A share of the callers, always the same ones, gets the canary first; for all others it is last.
    Canary,
    /// What costs least for this request first.
    LeastCost,
    /// What begins its answers soonest first.
    LeastLatency,
    /// The same target for all turns of a conversation, in proportion to weights.
    Sticky,
}

impl Strategy {
    /// Whether it leaves no two targets equal, so that what comes after it has nothing to say.
    fn is_final(self) -> bool {
        matches!(self, Self::Weight | Self::Sticky)
    }

    fn word(self) -> &'static str {
        STRATEGIES
            .iter()
            .find(|(_, strategy)| *strategy == self)
            .map_or("", |(word, _)| word)
    }
}

/// In the order of the file; by default, by priority only.
pub(super) fn parse(
    list: Option<&Spanned<Vec<Spanned<String>>>>,
    path: &str,
    problems: &mut Problems,
) -> Option<Vec<Strategy>> {
    let Some(list) = list else {
        return Some(vec![Strategy::Priority]);
    };
    let field = format!("{path}.strategy");
    if list.value.is_empty() {
        problems.at(
            list.referenced,
            field,
            "empty; leave it out for the order of the file",
        );
        return None;
    }
    let mut all = Vec::new();
    let mut right = true;
    for (index, text) in list.value.iter().enumerate() {
        let field = format!("{field}[{index}]");
        let Some(strategy) = suggest::one_of(text, &field, &STRATEGIES, problems) else {
            right = false;
            continue;
        };
        let message = if all.contains(&strategy) {
            Some(format!("{:?} is listed already; keep one", text.value))
        } else {
            all.iter()
                .find(|earlier: &&Strategy| earlier.is_final())
                .map(|earlier| {
                    format!(
                        "never used: {} leaves no two targets equal; write {} before it",
                        earlier.word(),
                        strategy.word()
                    )
                })
        };
        match message {
            Some(message) => {
                problems.at(text.referenced, field, message);
                right = false;
            }
            None => all.push(strategy),
        }
    }
    right.then_some(all)
}
