//! A stream that outgrows what was set aside for it.

use penstock_config::slice::Overrun;
use penstock_quota::{Claim, Refused, Shared};

use crate::holds::Held;
use crate::policy::{Unit, unit};
use crate::worker::Worker;

/// The least that is reserved more at a time, in tokens: a word at a time would be as many changes of shared data.
const LEAST: u64 = 256;

/// What becomes of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outgrown {
    /// It goes on, and so many tokens more are set aside.
    Extended(u64),
    /// It goes on, and what it takes more is a debt of the limit at this place in the configuration.
    Finish(usize),
    /// It ends here, because of the limit at this place.
    Cut(usize),
}

/// Reserves more for the request `id`, for whose answer `reserved` tokens were set aside.
pub(crate) fn extend<S: Shared>(worker: &Worker<S>, id: u32, reserved: u64, now_ms: u64) -> Option<Outgrown> {
    let limits = &worker.policy.config.limits;
    let mut claims: Vec<(usize, Claim)> = worker.holds.first_claims(id);
    claims.retain(|(index, _)| {
        limits
            .get(*index)
            .is_some_and(|limit| unit(limit) == Unit::Tokens)
    });
    // Doubling keeps the number of reservations of one request small.
    let mut amount = reserved.max(LEAST);
    let mut in_debt = None;
    while !claims.is_empty() {
        for (_, claim) in &mut claims {
            claim.amount = amount.min(claim.limit);
        }
        let (indices, asked): (Vec<usize>, Vec<Claim>) = claims.iter().cloned().unzip();
        match worker.table.reserve(&worker.shared, &asked, now_ms) {
            Ok(reservation) => {
                worker.holds.add(
                    id,
                    Held {
                        limits: indices,
                        claims: asked,
                        reservation,
                    },
                );
                return Some(Outgrown::Extended(amount));
            }
            Err(Refused::Later { claim, standings, .. }) => {
                let left = standings.get(claim).map_or(0, |standing| standing.remaining);
                if left > 0 && left < amount {
                    amount = left;
                    continue;
                }
                let (index, _) = claims.remove(claim.min(claims.len().saturating_sub(1)));
                match limits.get(index).map(|limit| limit.on_overrun) {
                    Some(Overrun::Cut) => return Some(Outgrown::Cut(index)),
                    _ => in_debt = Some(index),
                }
            }
            Err(Refused::Never { .. } | Refused::Contended) => break,
        }
    }
    in_debt.map(Outgrown::Finish)
}
