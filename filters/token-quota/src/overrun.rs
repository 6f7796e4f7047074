//! A stream that outgrows what was set aside for it.

use penstock_chat::Tokens;
use penstock_config::slice::Overrun;
use penstock_count::Calibration;
use penstock_quota::{Refused, Shared};

use crate::holds::Held;
use crate::worker::Worker;

/// The least that is reserved more at a time, in tokens: a word at a time would be as many changes of shared data.
const LEAST: u64 = 256;

/// How many of our tokens, at the most, what a provider counts as one can be: no tokenizer in use needs less than half the
/// tokens of ours (as in `penstock_count`'s calibration).
const MOST_OF_ONE: u64 = 2;

/// The maximum of output tokens that a client asked for, which the provider is told and keeps an answer within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Maximum {
    tokens: u64,
    /// A count of ours that is beyond any doubt about how the provider counts: it takes no notice of the maximum.
    broken_beyond: u64,
}

impl Maximum {
    /// So many `tokens`, as the provider counts; ours are corrected by `calibration`.
    pub(crate) fn new(tokens: u64, calibration: &Calibration) -> Self {
        let counted = tokens.saturating_mul(MOST_OF_ONE);
        Self {
            tokens,
            broken_beyond: calibration.corrected(Tokens(counted)).0.max(counted),
        }
    }
}

/// What one limit has set aside for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SetAside {
    /// The limit, by its place in the configuration.
    pub(crate) limit: usize,
    /// Output tokens.
    pub(crate) output: u64,
    /// What the provider keeps the answer within, if it was told.
    maximum: Option<Maximum>,
    /// Nothing was left, and what the answer takes more is a debt.
    in_debt: bool,
    /// There may be more from then on: what is left of the limit was not granted when it was asked for last.
    ask_again_ms: u64,
}

/// What came of asking a limit for more.
enum Asked {
    Reserved,
    /// There is more, but not now.
    Later {
        ms: u64,
    },
    NothingLeft,
}

impl SetAside {
    /// So much `output` in `limit` to begin with, of an answer that has this `maximum`.
    pub(crate) fn new(limit: usize, output: u64, maximum: Option<Maximum>) -> Self {
        Self {
            limit,
            output,
            maximum,
            in_debt: false,
            ask_again_ms: 0,
        }
    }

    /// Whether an answer of so many tokens is more than was set aside, and it is worth asking for more.
    pub(crate) fn is_outgrown(&self, output: u64, now_ms: u64) -> bool {
        !self.in_debt && output > self.suffices_for() && now_ms >= self.ask_again_ms
    }

    /// How many tokens an answer may have by our count, which is an estimate, without being more than was set aside. Where
    /// that is all that the provider was told, its word counts more than ours.
    fn suffices_for(&self) -> u64 {
        match self.maximum {
            Some(maximum) if self.output >= maximum.tokens => self.output.max(maximum.broken_beyond),
            _ => self.output,
        }
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
    for aside in set_aside
        .iter_mut()
        .filter(|aside| aside.is_outgrown(output, now_ms))
    {
        match more(worker, id, aside, now_ms) {
            Asked::Reserved => {}
            Asked::Later { ms } => aside.ask_again_ms = now_ms.saturating_add(ms),
            Asked::NothingLeft => {
                let limit = worker.policy.config.limits.get(aside.limit);
                ends |= limit.is_some_and(|limit| limit.on_overrun == Overrun::Cut);
                aside.in_debt = true;
                exhausted.push(aside.limit);
            }
        }
    }
    (exhausted, ends)
}

/// Reserves more in one limit: as much again as there is, so that one request has few reservations, or else what is left.
fn more<S: Shared>(worker: &Worker<S>, id: u32, aside: &mut SetAside, now_ms: u64) -> Asked {
    let Some(mut claim) = worker.holds.claim(id, aside.limit) else {
        return Asked::NothingLeft;
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
                return Asked::Reserved;
            }
            Err(Refused::Later { standings, .. }) => match standings.first() {
                Some(standing) if standing.remaining > 0 => {
                    claim.amount = standing.remaining.min(claim.amount);
                }
                // The table has noted that more is wanted; the service hears of it with the next report.
                Some(standing) if standing.ungranted > 0 => {
                    let leases = worker.policy.config.leases.as_ref();
                    return Asked::Later {
                        ms: leases.map_or(0, |leases| leases.refresh_ms),
                    };
                }
                _ => return Asked::NothingLeft,
            },
            Err(Refused::Contended) => break,
            Err(Refused::Never { .. }) => return Asked::NothingLeft,
        }
    }
    // Others were first. The next piece asks again.
    Asked::Later { ms: 0 }
}
