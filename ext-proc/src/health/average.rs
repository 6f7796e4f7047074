//! The moving average of a target's time to its first token.

/// How much one attempt counts.
const SHARE: f64 = 0.2;
/// What nobody has seen for so long is not known any more, so that a target that was slow once is tried again.
const FRESH_MS: u64 = 60_000;
/// How long one request is waited for that finds out, before the next one may. Its outcome is known at its end.
const TRIAL_MS: u64 = 30_000;

/// The moving average of a target's time to its first token.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Average {
    ms: f64,
    /// When it was last seen.
    seen_ms: Option<u64>,
    trial_until_ms: u64,
}

impl Average {
    pub(super) fn add(&mut self, first_token_ms: u64, now_ms: u64) {
        let ms = first_token_ms as f64;
        self.ms = match self.at(now_ms) {
            Some(_) => self.ms + SHARE * (ms - self.ms),
            None => ms,
        };
        self.seen_ms = Some(now_ms);
        self.trial_until_ms = 0;
    }

    /// In milliseconds, if it is known and fresh.
    pub(super) fn at(&self, now_ms: u64) -> Option<u64> {
        let age_ms = now_ms.saturating_sub(self.seen_ms?);
        (age_ms < FRESH_MS).then_some(self.ms.round() as u64)
    }

    /// Whether a request may find out.
    pub(super) fn may_try(&self, now_ms: u64) -> bool {
        self.at(now_ms).is_none() && self.trial_until_ms <= now_ms
    }

    pub(super) fn claim(&mut self, now_ms: u64) -> bool {
        let may = self.may_try(now_ms);
        if may {
            self.trial_until_ms = now_ms.saturating_add(TRIAL_MS);
        }
        may
    }
}
