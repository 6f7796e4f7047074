//! By what factor a provider counts more or less than the vocabulary that stands in for its own.
//!
//! A decayed mean of the ratio between the provider's count and ours, weighted by size, so that a short request can
//! hardly move it. It stays within [`LEAST`] and [`GREATEST`] and moves at most [`MAX_STEP`] at a time: a broken or
//! hostile report costs little, and the next ones mend it.

use penstock_chat::Tokens;

use crate::request::Counted;

/// One, in the unit of all factors here: a millionth.
const ONE: u64 = 1_000_000;

/// Least factor. No tokenizer in use needs less than half the tokens of `o200k_base`.
const LEAST: u64 = 500_000;

/// Greatest factor. Claude's newest, the highest that is known, needs about 1.7 for code; other scripts more.
const GREATEST: u64 = 3_000_000;

/// Farthest that one report moves the factor.
const MAX_STEP: u64 = 50_000;

/// How many tokens a request must have to weigh half.
const HALF_WEIGHT: u64 = 2_000;

/// Greatest weight of one request, in parts of `ONE`: a fourth.
const MAX_WEIGHT: u64 = 250_000;

/// Largest error of one request that goes into the mean: tenfold.
const MAX_ERROR: u64 = 10 * ONE;

/// Marks the form of the bytes, so that those of another are not taken for these.
const FORM: [u8; 4] = *b"cal1";

/// The factor of one model, and how far off the corrected counts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calibration {
    factor: u64,
    error: u64,
    observations: u32,
}

impl Calibration {
    /// How many bytes [`to_bytes`](Self::to_bytes) gives.
    pub const BYTES: usize = 16;

    /// Nothing observed yet; `initial_permille` is the factor to begin with.
    pub fn new(initial_permille: u32) -> Self {
        Self {
            factor: (u64::from(initial_permille) * 1_000).clamp(LEAST, GREATEST),
            error: 0,
            observations: 0,
        }
    }

    /// What the provider will count where we count `counted` tokens of text.
    pub fn corrected(&self, counted: Tokens) -> Tokens {
        Tokens(scaled(counted.0, self.factor))
    }

    /// What the provider will count for a request.
    pub fn request(&self, counted: &Counted) -> Tokens {
        let corrected = self.corrected(Tokens(counted.tokens.0.saturating_sub(counted.fixed.0)));
        Tokens(corrected.0.saturating_add(counted.fixed.0))
    }

    /// Takes in what the provider counted for a request; one that was not counted to its end says nothing.
    pub fn observe_request(&mut self, counted: &Counted, actual: Tokens) {
        let text = counted.tokens.0.saturating_sub(counted.fixed.0);
        // What images and documents are guessed to cost says nothing of the tokenizer.
        if counted.complete && counted.fixed.0.saturating_mul(10) <= text {
            self.observe(
                Tokens(counted.tokens.0.saturating_sub(counted.fixed.0)),
                Tokens(actual.0.saturating_sub(counted.fixed.0)),
            );
        }
    }

    /// Takes in what the provider counted for text that we counted. A ratio that no tokenizer has says nothing of the
    /// tokenizer (the provider has counted what it fetched itself), so it is an error that is noted and not learned from.
    pub fn observe(&mut self, counted: Tokens, actual: Tokens) {
        let Some(ratio) = ratio(actual.0, counted.0).filter(|_| actual.0 > 0) else {
            return;
        };
        let weight = ratio_of_weight(counted.0);
        let off = self.corrected(counted).0.abs_diff(actual.0);
        let error = scaled_ratio(off, actual.0).min(MAX_ERROR);
        self.error = toward(self.error, error, weight, MAX_ERROR);
        self.observations = self.observations.saturating_add(1);
        if (LEAST..=GREATEST).contains(&ratio) {
            self.factor = toward(self.factor, ratio, weight, MAX_STEP);
        }
    }

    /// The factor in thousandths.
    pub fn factor_permille(&self) -> u32 {
        u32::try_from(self.factor / 1_000).unwrap_or(u32::MAX)
    }

    /// How far the corrected counts have been off lately, either way, in thousandths of what the provider counted.
    pub fn error_permille(&self) -> u32 {
        u32::try_from(self.error / 1_000).unwrap_or(u32::MAX)
    }

    /// How many reports it rests on.
    pub fn observations(&self) -> u32 {
        self.observations
    }

    /// For keeping it.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let factor = u32::try_from(self.factor).unwrap_or(u32::MAX).to_le_bytes();
        let error = u32::try_from(self.error).unwrap_or(u32::MAX).to_le_bytes();
        let parts = FORM.into_iter().chain(factor).chain(error);
        let parts = parts.chain(self.observations.to_le_bytes());
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        bytes
    }

    /// What was kept; nothing observed yet if it was something else.
    pub fn from_bytes(bytes: &[u8], initial_permille: u32) -> Self {
        Self::kept(bytes).unwrap_or_else(|| Self::new(initial_permille))
    }

    fn kept(bytes: &[u8]) -> Option<Self> {
        let (words, rest) = bytes.as_chunks::<4>();
        let ([form, factor, error, observations], []) = (words, rest) else {
            return None;
        };
        let kept = Self {
            factor: u64::from(u32::from_le_bytes(*factor)),
            error: u64::from(u32::from_le_bytes(*error)),
            observations: u32::from_le_bytes(*observations),
        };
        let sound = *form == FORM && (LEAST..=GREATEST).contains(&kept.factor) && kept.error <= MAX_ERROR;
        sound.then_some(kept)
    }
}

/// `part / whole` in parts of `ONE`; `None` of nothing.
fn ratio(part: u64, whole: u64) -> Option<u64> {
    let ratio = (u128::from(part) * u128::from(ONE)).checked_div(u128::from(whole))?;
    Some(u64::try_from(ratio).unwrap_or(u64::MAX))
}

fn scaled_ratio(part: u64, whole: u64) -> u64 {
    ratio(part, whole).unwrap_or(u64::MAX)
}

/// How much a request of so many tokens weighs.
fn ratio_of_weight(tokens: u64) -> u64 {
    scaled_ratio(tokens, tokens.saturating_add(HALF_WEIGHT)).min(MAX_WEIGHT)
}

/// `tokens * factor`, rounded up.
fn scaled(tokens: u64, factor: u64) -> u64 {
    let product = (u128::from(tokens) * u128::from(factor)).div_ceil(u128::from(ONE));
    u64::try_from(product).unwrap_or(u64::MAX)
}

/// `from`, moved by a share of its distance to `to`, but not farther than `most`.
fn toward(from: u64, to: u64, share: u64, most: u64) -> u64 {
    let step = scaled(from.abs_diff(to), share).min(most);
    if to >= from {
        from.saturating_add(step)
    } else {
        from.saturating_sub(step)
    }
}

#[cfg(test)]
mod tests;
