//! What a window owes for those before it, as far as it may still turn out to be less.
//!
//! A window is over with all that it holds charged to it, used or not; what it cannot pay is a debt of the next one. A
//! hold that is settled only then, for less, gives back what it made of that debt, and no more: what a window has paid
//! out of what nobody else used is gone.

use crate::code;

/// How many windows back that is known. A hold that outlasts more of them, all in debt, stays charged in full.
const WINDOWS: usize = 4;

/// For windows that are over, the oldest first: when each opened, and what of the present debt it may give back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Debt(Vec<(u64, u64)>);

impl Debt {
    /// The window that opened at `opened_ms` is over and passes `carried` on; `held` if some of it may be given back.
    pub fn carry(&mut self, opened_ms: u64, carried: u64, held: bool) {
        for (_, left) in &mut self.0 {
            *left = carried.min(*left);
        }
        if held {
            self.0.push((opened_ms, carried));
        }
        self.0.retain(|(_, left)| *left > 0);
        let beyond = self.0.len().saturating_sub(WINDOWS);
        self.0.drain(..beyond);
    }

    /// Takes back `amount` of what was charged to the window that opened at `opened_ms`: so much less is owed.
    pub fn give_back(&mut self, opened_ms: u64, amount: u64) -> u64 {
        let Some((_, left)) = self.0.iter().find(|(at, _)| *at == opened_ms) else {
            return 0;
        };
        let (most, given) = (*left, amount.min(*left));
        // What came out of this window is in the debts that later ones passed on; earlier ones can give no more than
        // reached this one.
        let mut later = false;
        for (at, left) in &mut self.0 {
            later |= *at == opened_ms;
            *left = if later {
                left.saturating_sub(given)
            } else {
                most.saturating_sub(given).min(*left)
            };
        }
        self.0.retain(|(_, left)| *left > 0);
        given
    }

    pub fn encode(&self, to: &mut Vec<u8>) {
        code::put(to, self.0.len() as u64);
        for (opened_ms, left) in &self.0 {
            code::put(to, *opened_ms);
            code::put(to, *left);
        }
    }

    pub fn decode(from: &mut &[u8]) -> Option<Self> {
        let mut debt = Self::default();
        for _ in 0..code::take_count(from, WINDOWS)? {
            debt.0.push((code::take(from)?, code::take(from)?));
        }
        Some(debt)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    const LIMIT: u64 = 100;

    /// What is owed after windows in which so much was used, by the definition.
    fn owed(used: &[u64]) -> u64 {
        used.iter()
            .fold(0, |debt: u64, used| (debt + used).saturating_sub(LIMIT))
    }

    proptest! {
        #[test]
        fn what_was_not_used_leaves_the_debt_that_would_have_been_without_it(
            windows in vec((0_u64..250, vec((0_usize..WINDOWS, 1_u64..120), 0..3)), 1..12),
        ) {
            let (mut debt, mut carried) = (Debt::default(), 0);
            let mut all: Vec<u64> = Vec::new();
            for (used, unused) in windows {
                all.push(used);
                carried = (carried + used).saturating_sub(LIMIT);
                debt.carry(all.len() as u64, carried, true);
                for (back, amount) in unused {
                    let Some(at) = all.len().checked_sub(back + 1) else { continue };
                    let amount = amount.min(all[at]);
                    all[at] -= amount;
                    carried -= debt.give_back(at as u64 + 1, amount);
                    prop_assert_eq!(carried, owed(&all));
                }
            }
        }
    }

    #[test]
    fn a_window_that_held_nothing_gives_nothing_back() {
        let mut debt = Debt::default();
        debt.carry(1, 50, false);
        assert_eq!(debt.give_back(1, 20), 0);
    }

    #[test]
    fn it_remembers_no_more_windows_than_it_has_room_for() {
        let mut debt = Debt::default();
        for opened_ms in 1..=10 {
            debt.carry(opened_ms, 50, true);
        }
        assert_eq!((debt.give_back(6, 20), debt.give_back(7, 20)), (0, 20));
    }
}
