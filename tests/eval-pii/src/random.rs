//! The same choices in every run.

use std::ops::RangeInclusive;

/// Digits.
pub const DIGITS: &str = "0123456789";
/// Capitals.
pub const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Capitals and digits.
pub const CODE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/// Letters of both cases and digits.
pub const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Hexadecimal digits, small.
pub const HEX: &str = "0123456789abcdef";
/// Base64.
pub const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Base64 for URLs.
pub const BASE64URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Chooses.
pub struct Random(fastrand::Rng);

impl Random {
    /// Each seed gives choices of its own.
    pub fn seeded(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A number of a range.
    pub fn number(&mut self, range: RangeInclusive<u32>) -> u32 {
        self.0.u32(range)
    }

    /// Whether something happens that does so `percent` times of a hundred.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.0.u32(0..100) < percent
    }

    /// One of `items`, all alike; the default of an empty list.
    pub fn pick<T: Copy + Default>(&mut self, items: &[T]) -> T {
        match items {
            [] => T::default(),
            items => items
                .get(self.0.usize(0..items.len()))
                .copied()
                .unwrap_or_default(),
        }
    }

    /// So many characters of an alphabet of ASCII.
    pub fn text(&mut self, alphabet: &str, len: usize) -> String {
        let bytes = alphabet.as_bytes();
        (0..len).map(|_| char::from(self.pick(bytes))).collect()
    }

    /// So many digits, the first not zero.
    pub fn digits(&mut self, len: usize) -> String {
        let first = self.text("123456789", 1.min(len));
        first + &self.text(DIGITS, len.saturating_sub(1))
    }

    /// So many bytes.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.0.u8(..)).collect()
    }
}
