//! What requests of one kind really used.

use crate::code;

/// Fewest samples that say anything: one in twenty lies above the quantile.
const FEWEST: u64 = 20;

/// Samples at which all counts are halved, so that the past fades.
const MOST: u64 = 512;

/// The quantile that is typical, in hundredths.
const QUANTILE: u64 = 95;

/// Each power of two has this many bins, so that an answer is at most a quarter too high.
const BINS_PER_OCTAVE: u64 = 4;

/// Bins up to 2^40, far beyond any answer.
const BINS: usize = 160;

/// Counts of samples in bins whose width grows with their value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Histogram {
    /// When it was last added to.
    pub seen_ms: u64,
    /// Bin and count, by bin; no count is zero.
    bins: Vec<(u64, u64)>,
}

impl Histogram {
    pub fn add(&mut self, value: u64, now_ms: u64) {
        self.seen_ms = self.seen_ms.max(now_ms);
        let bin = bin(value);
        match self.bins.binary_search_by_key(&bin, |(bin, _)| *bin) {
            Ok(index) => {
                if let Some((_, count)) = self.bins.get_mut(index) {
                    *count = count.saturating_add(1);
                }
            }
            Err(index) => self.bins.insert(index, (bin, 1)),
        }
        if self.total() > MOST {
            for (_, count) in &mut self.bins {
                *count /= 2;
            }
            self.bins.retain(|(_, count)| *count > 0);
        }
    }

    /// A value that nearly all samples are below; none while there are too few.
    pub fn typical(&self) -> Option<u64> {
        let total = self.total();
        if total < FEWEST {
            return None;
        }
        let mut left = total.saturating_mul(QUANTILE).div_ceil(100);
        for (bin, count) in &self.bins {
            left = left.saturating_sub(*count);
            if left == 0 {
                return Some(highest(*bin));
            }
        }
        None
    }

    fn total(&self) -> u64 {
        self.bins
            .iter()
            .fold(0, |total: u64, (_, count)| total.saturating_add(*count))
    }

    pub fn encode(&self, to: &mut Vec<u8>) {
        code::put(to, self.seen_ms);
        code::put(to, self.bins.len() as u64);
        for (bin, count) in &self.bins {
            code::put(to, *bin);
            code::put(to, *count);
        }
    }

    pub fn decode(from: &mut &[u8]) -> Option<Self> {
        let mut histogram = Self {
            seen_ms: code::take(from)?,
            bins: Vec::new(),
        };
        let mut least = 0;
        for _ in 0..code::take_count(from, BINS)? {
            let (bin, count) = (code::take(from)?, code::take(from)?);
            if bin < least || bin >= BINS as u64 || count == 0 {
                return None;
            }
            least = bin.saturating_add(1);
            histogram.bins.push((bin, count));
        }
        Some(histogram)
    }
}

/// The bin of `value`: its two bits below the highest, and the place of the highest.
fn bin(value: u64) -> u64 {
    if value < BINS_PER_OCTAVE {
        return value;
    }
    let shift = u64::from(value.ilog2()).saturating_sub(2);
    let bin = shift
        .saturating_mul(BINS_PER_OCTAVE)
        .saturating_add(value >> shift);
    bin.min(BINS as u64 - 1)
}

/// The highest value of a bin.
fn highest(bin: u64) -> u64 {
    if bin < BINS_PER_OCTAVE.saturating_mul(2) {
        return bin;
    }
    let shift = (bin / BINS_PER_OCTAVE).saturating_sub(1);
    let lowest = BINS_PER_OCTAVE.saturating_add(bin % BINS_PER_OCTAVE) << shift;
    lowest.saturating_add((1 << shift) - 1)
}
