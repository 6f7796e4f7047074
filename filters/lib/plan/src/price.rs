use penstock_chat::{MicroUsd, Tokens, Usage};
use serde::{Deserialize, Serialize};

/// Tokens that a price is for.
const PER: u128 = 1_000_000;

/// What a request costs: micro-dollars for a million tokens of each kind, which is dollars for a million tokens times a million,
/// and for its images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Price {
    /// Input that was neither read from the provider's prompt cache nor written to it.
    pub input: MicroUsd,
    /// Input read from the provider's prompt cache.
    pub cached_input: MicroUsd,
    /// Input written to the provider's prompt cache.
    pub cache_write: MicroUsd,
    /// Output, but for reasoning.
    pub output: MicroUsd,
    /// Output spent on reasoning.
    pub reasoning: MicroUsd,
    /// The request's images, all together, on top of their tokens.
    #[serde(default)]
    pub images: MicroUsd,
}

impl Price {
    /// What `usage` costs, rounded up to a whole micro-dollar.
    pub fn of(&self, usage: &Usage) -> MicroUsd {
        let cached = usage.cache_read.0.min(usage.input.0);
        let written = usage.cache_write.0.min(usage.input.0.saturating_sub(cached));
        let plain = usage.input.0.saturating_sub(cached).saturating_sub(written);
        let reasoning = usage.reasoning.0.min(usage.output.0);
        let parts = [
            (plain, self.input),
            (cached, self.cached_input),
            (written, self.cache_write),
            (usage.output.0.saturating_sub(reasoning), self.output),
            (reasoning, self.reasoning),
        ];
        let total = parts
            .iter()
            .map(|(tokens, rate)| u128::from(*tokens).saturating_mul(u128::from(rate.0)))
            .fold(0_u128, u128::saturating_add);
        MicroUsd(u64::try_from(total.div_ceil(PER)).unwrap_or(u64::MAX)).saturating_add(self.images)
    }

    /// The most that so many tokens can cost, whatever kinds they turn out to be.
    pub fn at_most(&self, input: Tokens, output: Tokens) -> MicroUsd {
        let dearest = |rates: &[MicroUsd]| rates.iter().copied().max().unwrap_or_default();
        let most = Self {
            input: dearest(&[self.input, self.cached_input, self.cache_write]),
            output: dearest(&[self.output, self.reasoning]),
            images: self.images,
            ..Self::default()
        };
        most.of(&Usage {
            input,
            output,
            ..Usage::default()
        })
    }
}
