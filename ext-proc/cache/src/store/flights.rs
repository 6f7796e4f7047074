//! Who fetches which answer, within this process.

use std::collections::HashMap;

use crate::Key;

/// Flights from which on those are looked for that nobody ended.
const MANY: usize = 1_024;

/// Answers that are being fetched.
#[derive(Debug)]
pub(super) struct Flights {
    flights: HashMap<Key, Flight>,
    /// How many there may be before the next look for those that nobody ended.
    look_at: usize,
}

#[derive(Debug)]
struct Flight {
    owner: String,
    until_ms: u64,
}

impl Default for Flights {
    fn default() -> Self {
        Self {
            flights: HashMap::new(),
            look_at: MANY,
        }
    }
}

impl Flights {
    /// Whether `owner` is the first, or asks again.
    pub(super) fn begin(&mut self, key: &Key, owner: &str, hold_ms: u64, now_ms: u64) -> bool {
        let flight = self.flights.get(key);
        if flight.is_some_and(|flight| flight.until_ms > now_ms && flight.owner != owner) {
            return false;
        }
        if self.flights.len() >= self.look_at {
            self.flights.retain(|_, flight| flight.until_ms > now_ms);
            self.look_at = MANY.max(self.flights.len() * 2);
        }
        let flight = Flight {
            owner: owner.to_owned(),
            until_ms: now_ms.saturating_add(hold_ms),
        };
        self.flights.insert(*key, flight);
        true
    }

    pub(super) fn end(&mut self, key: &Key, owner: &str) {
        if self.flights.get(key).is_some_and(|flight| flight.owner == owner) {
            self.flights.remove(key);
        }
    }

    pub(super) fn is_in_flight(&self, key: &Key, now_ms: u64) -> bool {
        self.flights
            .get(key)
            .is_some_and(|flight| flight.until_ms > now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flights_that_nobody_ends_are_forgotten() {
        let mut flights = Flights::default();
        for number in 0..100_000_u32 {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&number.to_le_bytes());
            assert!(flights.begin(&Key(key), "a", 10, u64::from(number)));
        }
        assert!(flights.flights.len() <= MANY, "{}", flights.flights.len());
    }
}
