//! What a provider's own limits leave, as its answers say.

use penstock_chat::Tokens;
use penstock_client::trail::{Remaining, Stop};

use super::Effect;
use crate::plan::Room;

/// How long a refusal without a time holds.
const REFUSED_MS: u64 = 5_000;
/// No provider makes one wait longer; what is longer is a mistake, or not worth believing.
const LONGEST_MS: u64 = 600_000;
/// How long a number holds that comes without a time.
const KNOWN_MS: u64 = 10_000;

/// What a provider's own limits leave.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    remaining: Remaining,
    heard_ms: u64,
    refused_at_ms: u64,
    refused_until_ms: u64,
}

impl Limits {
    /// Learns from one attempt, whose answer began at `heard_ms`.
    pub(super) fn learn(&mut self, effect: Effect, stop: &Stop, heard_ms: u64, now_ms: u64) {
        if stop.remaining != Remaining::default() && heard_ms >= self.heard_ms {
            self.remaining = stop.remaining;
            self.heard_ms = heard_ms;
        }
        let wait_ms = match (effect, stop.retry_after_ms) {
            (Effect::Limited, None) => Some(stop.remaining.reset_ms.unwrap_or(REFUSED_MS)),
            (Effect::Limited | Effect::Failure, Some(retry_after_ms)) => Some(retry_after_ms),
            _ => None,
        };
        match wait_ms {
            Some(wait_ms) => {
                let until_ms = now_ms.saturating_add(wait_ms.min(LONGEST_MS));
                self.refused_until_ms = self.refused_until_ms.max(until_ms);
                self.refused_at_ms = now_ms;
            }
            None if effect == Effect::Success && heard_ms > self.refused_at_ms => self.refused_until_ms = 0,
            None => {}
        }
    }

    /// For how long it is still to be spared.
    pub(super) fn limited_ms(&self, now_ms: u64) -> Option<u64> {
        Some(self.refused_until_ms.saturating_sub(now_ms)).filter(|ms| *ms > 0)
    }

    /// What is left by now. Tokens come back evenly, where it is known how many and by when.
    pub(super) fn room(&self, now_ms: u64) -> Room {
        let age_ms = now_ms.saturating_sub(self.heard_ms);
        let whole_ms = self.remaining.reset_ms.unwrap_or(KNOWN_MS);
        if age_ms >= whole_ms {
            return Room::default();
        }
        let tokens = self.remaining.tokens.map(|left| {
            let limit = match (self.remaining.token_limit, self.remaining.reset_ms) {
                (Some(limit), Some(_)) => limit.0,
                _ => left.0,
            };
            let gone = u128::from(limit.saturating_sub(left.0));
            let back = gone * u128::from(age_ms) / u128::from(whole_ms.max(1));
            Tokens(left.0.saturating_add(u64::try_from(back).unwrap_or(u64::MAX)))
        });
        Room {
            requests: self.remaining.requests,
            tokens,
            token_limit: self.remaining.token_limit,
        }
    }
}
