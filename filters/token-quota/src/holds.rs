//! What the requests of one worker have reserved and not settled yet.

use std::cell::RefCell;
use std::collections::BTreeMap;

use penstock_quota::{Claim, Reservation, Shared, Table};

/// One reservation of a request. A stream that outgrows its first has several.
#[derive(Debug)]
pub struct Held {
    /// The limits that it counts against, by their place in the configuration.
    pub(crate) limits: Vec<usize>,
    /// What it claims of each.
    pub(crate) claims: Vec<Claim>,
    /// What was given.
    pub(crate) reservation: Reservation,
}

/// The reservations of all requests under way, by the request's id. It holds no more than there are requests.
#[derive(Debug, Default)]
pub struct Holds(RefCell<BTreeMap<u32, Vec<Held>>>);

impl Holds {
    /// Adds a reservation of the request `id`.
    pub(crate) fn add(&self, id: u32, held: Held) {
        self.0.borrow_mut().entry(id).or_default().push(held);
    }

    /// No request under way has reserved anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// What the request `id` claimed first of `limit`.
    pub(crate) fn claim(&self, id: u32, limit: usize) -> Option<Claim> {
        let holds = self.0.borrow();
        let held = holds.get(&id)?.first()?;
        let mut claims = held.limits.iter().zip(&held.claims);
        claims
            .find(|(index, _)| **index == limit)
            .map(|(_, claim)| claim.clone())
    }

    /// Takes what the request `id` has reserved, to be settled.
    pub(crate) fn take(&self, id: u32) -> Vec<Held> {
        self.0.borrow_mut().remove(&id).unwrap_or_default()
    }

    /// What is reserved in each limit, by its place in the configuration of `limits` limits.
    pub(crate) fn reserved(&self, limits: usize) -> Vec<u64> {
        let mut sums = vec![0_u64; limits];
        for held in self.0.borrow().values().flatten() {
            for (limit, amount) in held.limits.iter().zip(held.reservation.amounts()) {
                if let Some(sum) = sums.get_mut(*limit) {
                    *sum = sum.saturating_add(amount);
                }
            }
        }
        sums
    }

    /// Renews what would expire soon, as of `now_ms`: the requests are still under way.
    pub(crate) fn renew(&self, table: &Table, shared: &impl Shared, now_ms: u64) {
        for held in self.0.borrow_mut().values_mut().flatten() {
            if held.reservation.renew_at_ms() <= now_ms {
                table.renew(shared, &mut held.reservation, now_ms);
            }
        }
    }
}

/// Settles `holds`, of which each limit was used as `used` says. Every reservation takes its share up to what it is;
/// the last one of a limit takes the rest, which may be more.
pub(crate) fn settle(
    table: &Table,
    shared: &impl Shared,
    holds: Vec<Held>,
    used: impl Fn(usize) -> u64,
    now_ms: u64,
) {
    let mut left: BTreeMap<usize, u64> = BTreeMap::new();
    let mut pending: BTreeMap<usize, usize> = BTreeMap::new();
    for limit in holds.iter().flat_map(|held| &held.limits) {
        left.entry(*limit).or_insert_with(|| used(*limit));
        *pending.entry(*limit).or_default() += 1;
    }
    for held in holds {
        let mut shares = Vec::with_capacity(held.limits.len());
        for (limit, claim) in held.limits.iter().zip(&held.claims) {
            let left = left.entry(*limit).or_default();
            let pending = pending.entry(*limit).or_default();
            *pending = pending.saturating_sub(1);
            let share = if *pending == 0 {
                *left
            } else {
                claim.amount.min(*left)
            };
            *left = left.saturating_sub(share);
            shares.push(share);
        }
        table.settle(shared, held.reservation, &shares, now_ms);
    }
}
