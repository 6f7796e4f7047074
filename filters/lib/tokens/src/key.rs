//! A pair of neighbours that could be merged: the rank of what they would become and where the first begins, in one word.

use crate::table::{NONE, RANK_BITS};

/// As many positions a key can tell apart.
pub const POSITIONS: usize = 1 << POSITION_BITS;
const POSITION_BITS: u32 = u32::BITS - RANK_BITS;

/// Orders by rank, then from left to right: as merging goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(u32);

impl Key {
    /// There is no pair here.
    pub const NOTHING: Self = Self(u32::MAX);
    /// A pair whose rank has not been looked up yet. No token has this rank.
    pub const UNKNOWN: Self = Self((NONE - 1) << POSITION_BITS);

    #[inline(always)]
    pub fn new(rank: u32, position: usize) -> Self {
        Self(rank << POSITION_BITS | position as u32)
    }

    #[inline(always)]
    pub fn rank(self) -> u32 {
        self.0 >> POSITION_BITS
    }

    #[inline(always)]
    pub fn position(self) -> usize {
        self.0 as usize % POSITIONS
    }

    #[inline(always)]
    pub fn is_token(self) -> bool {
        self.rank() < NONE
    }
}
