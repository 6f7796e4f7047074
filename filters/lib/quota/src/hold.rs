//! What is reserved and not yet settled.

use crate::{Key, Standing};

/// Slices of time in which what a window holds may expire: a hold lives one and a half of its terms at most, a
/// slice half a term, so four are in use at once; the fifth is for workers whose clocks differ.
const SLICES: usize = 5;

/// What one request has reserved over several limits. Settle it, or it comes back by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "what is not settled stays reserved until it expires"]
pub struct Reservation {
    pub(crate) holds: Vec<Hold>,
    pub(crate) standings: Vec<Standing>,
    pub(crate) renew_at_ms: u64,
}

impl Reservation {
    /// How each limit stands, in the order of the claims.
    pub fn standings(&self) -> &[Standing] {
        &self.standings
    }

    /// What is reserved of each limit, in the order of the claims; zero of a shadow limit that it exceeds.
    pub fn amounts(&self) -> impl Iterator<Item = u64> {
        self.holds.iter().map(|hold| hold.amount)
    }

    /// When to renew it, in milliseconds since the Unix epoch.
    pub fn renew_at_ms(&self) -> u64 {
        self.renew_at_ms
    }
}

/// A part of a reservation, in one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    /// Which bucket it is in.
    pub place: u32,
    /// Name of its window there: the claim's own, or that of the window which claims without a place share.
    pub cell: Key,
    /// Name of the claim's own window.
    pub own: Key,
    pub limit: u64,
    pub span_ms: u64,
    pub amount: u64,
    /// When the window opened.
    pub opened_ms: u64,
    /// When the window is over, as far as was known; zero where the limit has none.
    pub ends_ms: u64,
    /// The slice of time at whose end it expires.
    pub expires_ms: u64,
    /// Nothing was reserved: the limit is a shadow, and exceeded.
    pub exceeded: bool,
}

impl Hold {
    /// When it counts no longer, wherever it is.
    pub fn counts_until_ms(&self) -> u64 {
        match self.span_ms {
            0 => self.expires_ms,
            _ => self.ends_ms,
        }
    }

    /// What is still to be charged when the window it was in is over and `used` was used.
    ///
    /// That window was charged with the whole amount if the hold lasted until its end, and otherwise nothing.
    pub fn late_charge(&self, used: u64) -> u64 {
        if self.span_ms == 0 {
            return 0;
        }
        if self.expires_ms < self.ends_ms {
            used
        } else {
            used.saturating_sub(self.amount)
        }
    }
}

/// What a window holds for reservations under way, by the time at which it expires.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holds(pub Vec<(u64, u64)>);

impl Holds {
    pub const MOST: usize = SLICES;

    /// Everything that is held.
    pub fn total(&self) -> u64 {
        self.0
            .iter()
            .fold(0, |total: u64, (_, amount)| total.saturating_add(*amount))
    }

    /// Lets go what has expired.
    pub fn expire(&mut self, now_ms: u64) {
        self.0
            .retain(|(expires_ms, amount)| *expires_ms > now_ms && *amount > 0);
    }

    /// Holds `amount` until about `expires_ms` and says until when exactly.
    pub fn add(&mut self, amount: u64, expires_ms: u64) -> u64 {
        let found = self.0.iter().position(|(at, _)| *at == expires_ms);
        let index = match found {
            Some(index) => index,
            None if self.0.len() < SLICES => {
                self.0.push((expires_ms, 0));
                self.0.len().saturating_sub(1)
            }
            // No slice is free, so somebody's clock is far off: the nearest will do.
            None => {
                let distance = |(_, (at, _)): &(usize, &(u64, u64))| at.abs_diff(expires_ms);
                self.0
                    .iter()
                    .enumerate()
                    .min_by_key(distance)
                    .map_or(0, |(index, _)| index)
            }
        };
        self.0.get_mut(index).map_or(expires_ms, |(at, held)| {
            *held = held.saturating_add(amount);
            *at
        })
    }

    /// Gives `amount` back to the slice that ends at `expires_ms`. False: it has expired.
    pub fn release(&mut self, amount: u64, expires_ms: u64) -> bool {
        let Some((_, held)) = self.0.iter_mut().find(|(at, _)| *at == expires_ms) else {
            return false;
        };
        *held = held.saturating_sub(amount);
        self.0.retain(|(_, held)| *held > 0);
        true
    }
}
