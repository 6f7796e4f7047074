//! Numbers that look drawn and are the same each time: for shares of callers, and for lots with weights.

/// The reference values of 64-bit FNV-1a (draft-eastlake-fnv-17, read 2026-11).
const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// Bits of a number between 0 and 1 that an `f64` can tell apart.
const PRECISION: u32 = 53;

/// A number for a list of words; where one ends and the next begins matters.
pub fn of_words(words: &[&str]) -> u64 {
    let hash = words.iter().fold(FNV_BASIS, |hash, word| {
        let bytes = word.bytes().chain(std::iter::once(0xff));
        bytes.fold(hash, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
        })
    });
    mixed(hash)
}

/// A number of two, in which each bit depends on all of both.
pub fn of_two(a: u64, b: u64) -> u64 {
    mixed(a ^ mixed(b))
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// More than 0 and at most 1.
pub fn fraction(number: u64) -> f64 {
    let top = number >> (u64::BITS - PRECISION);
    (top as f64 + 1.0) / (1_u64 << PRECISION) as f64
}

/// A lot for something of this weight, made of `number`. Whoever has the lowest lot is first, and each is first in
/// proportion to its weight (exponential keys: Efraimidis and Spirakis 2006; with a hash for `number` it is weighted
/// rendezvous hashing). Without any weight, it comes after all others.
pub fn lot(number: u64, weight: u32) -> f64 {
    if weight == 0 {
        return f64::INFINITY;
    }
    -fraction(number).ln() / f64::from(weight)
}
