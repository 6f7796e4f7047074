//! The tokens of both vocabularies, laid out by `build.rs` as they are read: nothing is built, nothing is unpacked.
//!
//! Tokens of one length stand together, each where a perfect hash puts it, bytes beside ranks: a look-up reads one seed and
//! one record. The bytes are compared, so what is found is what was asked for.

use crate::Vocabulary;
use crate::span::{self, Span, WORD, word};

/// The rank of what is no token. Ranks have 18 bits.
pub const NONE: u32 = (1 << RANK_BITS) - 1;
/// How many bits a rank has.
pub const RANK_BITS: u32 = 18;
/// Bytes of a record before those of the token.
const RANKS: usize = 5;

static RECORDS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/records.bin"));
static SEEDS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/seeds.bin"));
include!(concat!(env!("OUT_DIR"), "/lengths.rs"));

/// Where the tokens of one length are.
struct Length {
    /// Byte of the first record.
    records: u32,
    slots: u32,
    /// Byte of the first seed.
    seeds: u32,
    buckets: u32,
}

impl Vocabulary {
    /// The rank of a token with these bytes, or [`NONE`].
    #[inline(always)]
    pub(crate) fn rank(self, span: Span<'_>) -> u32 {
        self.find(span).unwrap_or(NONE)
    }

    #[inline(always)]
    fn find(self, span: Span<'_>) -> Option<u32> {
        let length = LENGTHS.get(span.length).filter(|length| length.slots > 0)?;
        let hash = span.hash();
        let seed = length.seeds as usize + span::bucket(hash, length.buckets) * 2;
        let seed = u16::from_le_bytes(*SEEDS.get(seed..)?.first_chunk()?);
        let slot = span::slot(hash, seed, length.slots);
        let record = length.records as usize + slot * (RANKS + span.length);
        let token = Span {
            text: RECORDS,
            at: record + RANKS,
            length: span.length,
        };
        if !same(span, token) {
            return None;
        }
        let shift = match self {
            Self::O200kBase => 0,
            Self::Cl100kBase => RANK_BITS,
        };
        Some((word(RECORDS, record) >> shift) as u32 & NONE)
    }
}

/// Whether two spans of one length have the same bytes.
#[inline(always)]
fn same(left: Span<'_>, right: Span<'_>) -> bool {
    if left.length <= WORD {
        return left.only_word() == right.only_word();
    }
    let mut offset = 0;
    while offset + WORD < left.length {
        if word(left.text, left.at + offset) != word(right.text, right.at + offset) {
            return false;
        }
        offset += WORD;
    }
    left.last_word() == right.last_word()
}

/// Every token of either vocabulary.
#[cfg(test)]
pub(crate) fn tokens() -> impl Iterator<Item = Span<'static>> {
    LENGTHS.iter().enumerate().flat_map(|(length, place)| {
        let token = move |slot| Span {
            text: RECORDS,
            at: place.records as usize + slot as usize * (RANKS + length) + RANKS,
            length,
        };
        (0..place.slots).map(token)
    })
}
