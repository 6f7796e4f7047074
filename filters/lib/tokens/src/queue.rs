//! A radix heap (Ahuja, Mehlhorn, Orlin and Tarjan 1990): a priority queue for keys that never go below what was taken
//! last. A key is filed by the highest bit in which its rank differs from that; each time it is touched it moves to a
//! lower bit, so a key costs at most as many steps as a rank has bits. Keys of one rank stay in order.

use crate::key::Key;
use crate::table::RANK_BITS;

/// Keys to come, by rank. Buckets keep their memory.
#[derive(Debug, Default)]
pub struct Queue {
    last: u32,
    buckets: [Vec<Key>; RANK_BITS as usize + 1],
}

impl Queue {
    /// Forgets all keys.
    pub fn clear(&mut self) {
        self.last = 0;
        for bucket in &mut self.buckets {
            bucket.clear();
        }
    }

    /// Files a key whose rank is above that of the last batch.
    #[inline(always)]
    pub fn push(&mut self, key: Key) {
        file(&mut self.buckets, self.last, key);
    }

    /// Moves all keys of the lowest rank into `batch`, which is cleared first, and forgets those that are not `valid`
    /// any more. False if none are left.
    pub fn take(&mut self, batch: &mut Vec<Key>, valid: impl Fn(Key) -> bool) -> bool {
        batch.clear();
        while let Some(lowest) = self.buckets.iter().position(|bucket| !bucket.is_empty()) {
            let Some((bucket, lower)) = self.buckets.get_mut(..=lowest).and_then(<[_]>::split_last_mut)
            else {
                return false;
            };
            bucket.retain(|key| valid(*key));
            let (Some(least), Some(most)) = (bucket.iter().copied().min(), bucket.iter().copied().max())
            else {
                continue;
            };
            self.last = least.rank();
            if most.rank() == self.last {
                std::mem::swap(bucket, batch);
                return true;
            }
            for key in bucket.drain(..) {
                if key.rank() == self.last {
                    batch.push(key);
                } else {
                    file(lower, self.last, key);
                }
            }
            return true;
        }
        false
    }
}

#[inline(always)]
fn file(buckets: &mut [Vec<Key>], last: u32, key: Key) {
    let bits = u32::BITS - (key.rank() ^ last).leading_zeros();
    if let Some(bucket) = buckets.get_mut(bits as usize) {
        bucket.push(key);
    }
}
