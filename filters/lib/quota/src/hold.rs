//! What is reserved and not yet settled.

use crate::{Key, Standing, code};

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

    /// What the window it was in was charged with for it when that was over, at `ended_ms`: the whole amount if it lasted
    /// until then, and otherwise nothing.
    pub fn charged(&self, ended_ms: u64) -> u64 {
        if self.expires_ms < ended_ms {
            0
        } else {
            self.amount
        }
    }
}

/// What a window holds for reservations under way: until when, and how much. A slice that holds nothing is free.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holds([(u64, u64); SLICES]);

impl Holds {
    /// Everything that is held.
    pub fn total(&self) -> u64 {
        self.slices()
            .fold(0, |total: u64, (_, amount)| total.saturating_add(amount))
    }

    /// Lets go what has expired.
    pub fn expire(&mut self, now_ms: u64) {
        for slice in &mut self.0 {
            if slice.0 <= now_ms {
                *slice = (0, 0);
            }
        }
    }

    /// Holds `amount` until about `expires_ms` and says until when exactly.
    pub fn add(&mut self, amount: u64, expires_ms: u64) -> u64 {
        // Where no slice is free somebody's clock is far off: the nearest will do.
        let distance = |(at, held): &&mut (u64, u64)| match (*held, at.abs_diff(expires_ms)) {
            (1.., 0) => (0, 0),
            (0, _) => (1, 0),
            (_, distance) => (2, distance),
        };
        let Some((at, held)) = self.0.iter_mut().min_by_key(distance) else {
            return expires_ms;
        };
        if *held == 0 {
            *at = expires_ms;
        }
        *held = held.saturating_add(amount);
        *at
    }

    /// Gives `amount` back to the slice that ends at `expires_ms`. False: it has expired.
    pub fn release(&mut self, amount: u64, expires_ms: u64) -> bool {
        let found = self
            .0
            .iter_mut()
            .find(|(at, held)| *at == expires_ms && *held > 0);
        match found {
            Some((_, held)) => {
                *held = held.saturating_sub(amount);
                true
            }
            None => false,
        }
    }

    pub fn encode(&self, to: &mut Vec<u8>) {
        code::put(to, self.slices().count() as u64);
        for (expires_ms, amount) in self.slices() {
            code::put(to, expires_ms);
            code::put(to, amount);
        }
    }

    pub fn decode(from: &mut &[u8]) -> Option<Self> {
        let mut holds = Self::default();
        let count = code::take_count(from, SLICES)?;
        for slice in holds.0.iter_mut().take(count) {
            *slice = (code::take(from)?, code::take(from)?);
        }
        Some(holds)
    }

    fn slices(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().copied().filter(|(_, amount)| *amount > 0)
    }
}
