//! Names of windows.

use sha2::{Digest, Sha256};

/// The name of one window: a limit and the values it is counted for.
///
/// The first half of a SHA-256, so that nobody can choose a name whose window is another's. Every proxy makes
/// the same key of the same values: a service that grants leases knows windows by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 16]);

impl Key {
    /// The key of `limit` for `values`. Different lists have different keys, wherever their parts are cut.
    pub fn of(limit: &str, values: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in std::iter::once(&limit).chain(values) {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let mut key = [0; 16];
        for (to, from) in key.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        Self(key)
    }

    /// The key with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes, the same in every proxy.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// One of `places`, evenly spread, by an order that only those who know `seed` can foresee.
    pub(crate) fn place(&self, seed: u64, places: u32) -> u32 {
        let [high, low] = self.halves();
        let mut mixed = low ^ seed;
        for word in [high, seed.rotate_left(32)] {
            // The finalizer of MurmurHash3: each bit of the input changes each bit of the output half the time.
            mixed ^= mixed >> 33;
            mixed = mixed.wrapping_mul(0xff51_afd7_ed55_8ccd);
            mixed ^= mixed >> 33;
            mixed = mixed.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
            mixed ^= mixed >> 33;
            mixed ^= word;
        }
        let place = (u128::from(mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15)) * u128::from(places)) >> 64;
        u32::try_from(place).unwrap_or(0)
    }

    fn halves(&self) -> [u64; 2] {
        let number = u128::from_be_bytes(self.0);
        [number >> 64, number & u128::from(u64::MAX)].map(|half| u64::try_from(half).unwrap_or(0))
    }
}
