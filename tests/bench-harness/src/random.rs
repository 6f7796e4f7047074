//! The same numbers in every run.

/// SplitMix64 (Steele, Lea and Flood: "Fast splittable pseudorandom number generators", 2014).
pub struct Random {
    state: u64,
}

impl Random {
    /// Each seed gives a sequence of its own.
    pub fn seeded(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % (end as u64).max(1)) as usize
    }

    /// True `percent` times of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, all alike.
    pub fn pick<T: Copy + Default>(&mut self, items: &[T]) -> T {
        let index = self.below(items.len());
        items.get(index).copied().unwrap_or_default()
    }

    /// One of `items` as words occur in a language: the first as often as the next two together, or the four after those.
    pub fn pick_ranked<T: Copy + Default>(&mut self, items: &[T]) -> T {
        let octaves = usize::BITS - items.len().leading_zeros();
        let low = (1 << self.below(octaves as usize)) - 1;
        let high = (low * 2 + 1).min(items.len());
        let index = low + self.below(high.saturating_sub(low));
        items.get(index).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_picked_and_the_first_most_often() {
        let items: Vec<usize> = (0..11).collect();
        let mut random = Random::seeded(1);
        let mut seen = [0; 11];
        for _ in 0..20_000 {
            seen[random.pick_ranked(&items)] += 1;
        }
        assert!(seen.iter().all(|times| *times > 0), "{seen:?}");
        assert!(seen[0] > 3 * seen[8], "{seen:?}");
    }
}
