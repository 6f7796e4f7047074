//! Who of the targets that can take a request is first.

use std::cmp::Ordering;

use penstock_chat::Tokens;
use penstock_config::routing::{Route, Routing, Strategy};

use super::{Ask, Standing, chance};

/// Places for a rank of each strategy, and one before them for strain.
const RANKS: usize = 7;
/// Averages that differ by less than this factor are equal, so that what comes next in the strategy has its say.
const SAME_LATENCY: f64 = 1.25;
const PERCENT: u64 = 100;

/// One target's ranks; the lower come first, and the first that differs decides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranks([f64; RANKS]);

impl Ranks {
    /// Of the target at `index`.
    pub(super) fn of(routing: &Routing, index: usize, standing: &Standing, ask: &Ask<'_>) -> Self {
        let mut ranks = [0.0; RANKS];
        let Some(route) = routing.targets.get(index) else {
            return Self(ranks);
        };
        let tokens = Tokens(ask.input.0.saturating_add(ask.output.0));
        let strain = f64::from(standing.strain(tokens) as u8);
        let by_strategy = routing
            .strategy
            .iter()
            .map(|strategy| rank(*strategy, routing, index, route, standing, ask));
        for (place, rank) in ranks.iter_mut().zip(std::iter::once(strain).chain(by_strategy)) {
            *place = rank;
        }
        Self(ranks)
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(&other.0);
        pairs.fold(Ordering::Equal, |so_far, (a, b)| so_far.then(a.total_cmp(b)))
    }
}

fn rank(
    strategy: Strategy,
    routing: &Routing,
    index: usize,
    route: &Route,
    standing: &Standing,
    ask: &Ask<'_>,
) -> f64 {
    match strategy {
        Strategy::Priority => f64::from(route.priority),
        Strategy::Weight => {
            let number = chance::of_two(ask.draw, u64::try_from(index).unwrap_or(u64::MAX));
            chance::lot(number, route.weight)
        }
        Strategy::Sticky => {
            // Names and not places: a target that comes or goes moves only its own conversations.
            let name = chance::of_words(&[&route.provider, &route.model]);
            chance::lot(chance::of_two(ask.needs.conversation, name), route.weight)
        }
        Strategy::Canary => canary(routing, index, route, ask),
        // What has no price cannot be said to cost least.
        Strategy::LeastCost => (ask.cost)(index).map_or(f64::INFINITY, |cost| cost.0 as f64),
        Strategy::LeastLatency => match standing.first_token_ms {
            Some(ms) => (ms.max(1) as f64).log(SAME_LATENCY).floor(),
            // One request finds out; the others do not wait for what may be slow.
            None if standing.may_try => f64::NEG_INFINITY,
            None => f64::INFINITY,
        },
    }
}

/// First for its own share of the callers, last for all others. Shares of several canaries do not overlap.
fn canary(routing: &Routing, index: usize, route: &Route, ask: &Ask<'_>) -> f64 {
    let Some(share) = route.canary.map(u64::from) else {
        return 1.0;
    };
    let before: u64 = routing
        .targets
        .iter()
        .take(index)
        .filter_map(|target| target.canary.map(u64::from))
        .sum();
    let drawn = chance::of_two(ask.caller, chance::of_words(&[&routing.alias])) % PERCENT;
    if (before..before.saturating_add(share)).contains(&drawn) {
        0.0
    } else {
        2.0
    }
}
