//! A few bytes of a text, how they are hashed and where the hash leads. `build.rs` lays the tables out with this same file.

/// 2^64 divided by the golden ratio: its multiples spread evenly.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
/// The multiplier of MMIX (Knuth, "The Art of Computer Programming" 2, 3.3.4): unrelated to the one above.
const MIX: u64 = 0x5851_f42d_4c95_7f2d;
/// Bytes that are read at once.
pub const WORD: usize = 8;

/// `length` bytes of `text`, from `at` on. It reads whole words of the text: eight bytes are as quick as one.
#[derive(Clone, Copy)]
pub struct Span<'t> {
    pub text: &'t [u8],
    pub at: usize,
    pub length: usize,
}

impl Span<'_> {
    /// Spans of one length whose bytes differ have different hashes, if both are tokens: `build.rs` checks it.
    #[inline(always)]
    pub fn hash(self) -> u64 {
        if self.length <= WORD {
            return self.only_word().wrapping_mul(SPREAD);
        }
        let mut hash = word(self.text, self.at).wrapping_mul(SPREAD);
        let mut offset = WORD;
        while offset + WORD < self.length {
            hash = absorb(hash, word(self.text, self.at + offset));
            offset += WORD;
        }
        absorb(hash, self.last_word())
    }

    /// A span of at most eight bytes.
    #[inline(always)]
    pub fn only_word(self) -> u64 {
        let unused = (WORD - self.length.clamp(1, WORD)) * 8;
        (word(self.text, self.at) << unused) >> unused
    }

    /// The last eight bytes of a longer one.
    #[inline(always)]
    pub fn last_word(self) -> u64 {
        word(self.text, self.at + self.length - WORD)
    }
}

/// Which of so many buckets a hash falls into.
#[inline(always)]
pub fn bucket(hash: u64, buckets: u32) -> usize {
    scale(hash, buckets)
}

/// Which of so many slots a hash is given by the seed of its bucket.
#[inline(always)]
pub fn slot(hash: u64, seed: u16, slots: u32) -> usize {
    let seed = u64::from(seed).wrapping_mul(SPREAD);
    scale((hash ^ seed).wrapping_mul(MIX), slots)
}

#[inline(always)]
fn absorb(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(27) ^ word).wrapping_mul(SPREAD)
}

/// The upper half of `hash`, scaled to `0..bound` without a division.
#[inline(always)]
fn scale(hash: u64, bound: u32) -> usize {
    (((hash >> 32) * u64::from(bound)) >> 32) as usize
}

/// Eight bytes, little-endian; zeros past the end.
#[inline(always)]
pub fn word(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..).and_then(<[u8]>::first_chunk) {
        Some(word) => u64::from_le_bytes(*word),
        None => tail(bytes, at),
    }
}

#[cold]
fn tail(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; WORD];
    for (to, from) in word.iter_mut().zip(bytes.get(at..).unwrap_or_default()) {
        *to = *from;
    }
    u64::from_le_bytes(word)
}
