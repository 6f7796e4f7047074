//! A stream that outgrows what was set aside for it.

use penstock_config::slice::Overrun;
use penstock_quota::{Refused, Shared};

use crate::holds::Held;
use crate::worker::Worker;

/// The least that is reserved more at a time, in tokens: a word at a time would be as many changes of shared data.
const LEAST: u64 = 256;

/// What one limit has set aside for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SetAside {
    /// The limit, by its place in the configuration.
    pub(crate) limit: usize,
    /// Output tokens.
    pub(crate) output: u64,
    /// Nothing was left, and what the answer takes more is a debt.
    pub(crate) in_debt: bool,
}

impl SetAside {
    /// Whether an answer of so many tokens is more than was set aside.
    pub(crate) fn is_outgrown(&self, output: u64) -> bool {
        !self.in_debt && output > self.output
    }
}

/// Sets more aside for the request `id`, whose answer has `output` tokens so far, in every limit that it has outgrown. Says
/// which limits, by their place, have nothing left since now, and whether one of them puts an end to the answer.
pub(crate) fn extend<S: Shared>(
    worker: &Worker<S>,
    id: u32,
    set_aside: &mut [SetAside],
    output: u64,
    now_ms: u64,
) -> (Vec<usize>, bool) {
    let (mut exhausted, mut ends) = (Vec::new(), false);
    for aside in set_aside.iter_mut().filter(|aside| aside.is_outgrown(output)) {
        if more(worker, id, aside, now_ms) {
            continue;
        }
        let limit = worker.policy.config.limits.get(aside.limit);
        ends |= limit.is_some_and(|limit| limit.on_overrun == Overrun::Cut);
        aside.in_debt = true;
        exhausted.push(aside.limit);
    }
    (exhausted, ends)
}

/// Reserves more in one limit: as much again as there is, so that one request has few reservations, or else what is left.
/// False if nothing is.
fn more<S: Shared>(worker: &Worker<S>, id: u32, aside: &mut SetAside, now_ms: u64) -> bool {
    let Some(mut claim) = worker.holds.claim(id, aside.limit) else {
        return false;
    };
    claim.amount = aside.output.max(LEAST).min(claim.limit);
    for _ in 0..2 {
        match worker
            .table
            .reserve(&worker.shared, std::slice::from_ref(&claim), now_ms)
        {
            Ok(reservation) => {
                aside.output = aside.output.saturating_add(claim.amount);
                let held = Held {
                    limits: vec![aside.limit],
                    claims: vec![claim],
                    reservation,
                };
                worker.holds.add(id, held);
                return true;
            }
            Err(Refused::Later { standings, .. }) => {
                let left = standings.first().map_or(0, |standing| standing.remaining);
                if left == 0 {
                    return false;
                }
                claim.amount = left.min(claim.amount);
            }
            // The next piece asks again.
            Err(Refused::Contended) => return true,
            Err(Refused::Never { .. }) => return false,
        }
    }
    false
}
