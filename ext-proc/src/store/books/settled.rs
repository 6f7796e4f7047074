//! Which requests are settled, in bounded memory.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// Ids of settled requests: the last ones, in two generations. A 64-bit hash stands for an id.
#[derive(Debug)]
pub(in crate::store) struct Settled {
    hasher: RandomState,
    most: usize,
    young: HashSet<u64>,
    old: HashSet<u64>,
}

impl Settled {
    /// At least the last `most` are known.
    pub(in crate::store) fn new(most: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            most,
            young: HashSet::new(),
            old: HashSet::new(),
        }
    }

    /// Notes `id`; false if it is known already.
    pub(in crate::store) fn note(&mut self, id: &str) -> bool {
        let hash = self.hasher.hash_one(id);
        if self.old.contains(&hash) || !self.young.insert(hash) {
            return false;
        }
        if self.young.len() >= self.most {
            self.old = std::mem::take(&mut self.young);
        }
        true
    }

    /// Whether `id` was noted.
    pub(in crate::store) fn knows(&self, id: &str) -> bool {
        if self.young.is_empty() && self.old.is_empty() {
            return false;
        }
        let hash = self.hasher.hash_one(id);
        self.young.contains(&hash) || self.old.contains(&hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_known_and_no_more_than_twice_as_many_are_kept() {
        let mut settled = Settled::new(10);
        for number in 0..1_000 {
            assert!(settled.note(&format!("r{number}")));
            assert!(!settled.note(&format!("r{}", number.max(9) - 9)));
            assert!(settled.knows(&format!("r{number}")) && !settled.knows("r"));
            assert!(settled.young.len() + settled.old.len() <= 20);
        }
        assert!(settled.note("r0"));
    }
}
