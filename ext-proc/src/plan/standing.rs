//! What a plan is told of a target's health.

use penstock_chat::Tokens;

use super::Turn;

/// A target with less than one part in so many of its tokens left is spared.
const SCARCE: u64 = 20;
/// So is one with fewer requests left than this: others are under way.
const FEW_REQUESTS: u64 = 2;

/// Where a plan looks up how targets are.
pub trait HealthView {
    /// How a target is now. One that is not known is well.
    fn standing(&self, provider: &str, model: &str, now_ms: u64) -> Standing;

    /// Takes the turn that [`standing`](Self::standing) has offered; false if another request was faster.
    fn claim(&self, provider: &str, model: &str, turn: Turn, now_ms: u64) -> bool;
}

/// How a target is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether it is left alone.
    pub circuit: Circuit,
    /// The provider has refused for its limits, and this long it is to be spared.
    pub limited_ms: Option<u64>,
    /// What its limits leave.
    pub room: Room,
    /// The moving average of the time to its first token, while that is fresh.
    pub first_token_ms: Option<u64>,
    /// The time to its first token is not known, and no request is under way to find out.
    pub may_try: bool,
}

/// Whether a target is left alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Circuit {
    /// It gets requests.
    #[default]
    Closed,
    /// It gets one request, to see how it is.
    Due,
    /// It gets none.
    Open {
        /// Until then.
        retry_after_ms: u64,
    },
}

/// What a provider's limits leave, as it said itself; what it did not say is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Requests.
    pub requests: Option<u64>,
    /// Tokens.
    pub tokens: Option<Tokens>,
    /// The most tokens of a window.
    pub token_limit: Option<Tokens>,
}

/// How much a target is to be spared; the less, the earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strain {
    None,
    /// Its limits are nearly reached.
    Scarce,
    /// It refuses.
    Limited,
}

impl Standing {
    /// For a request that takes so many tokens in all.
    pub(super) fn strain(&self, tokens: Tokens) -> Strain {
        let Room {
            requests,
            tokens: left,
            token_limit,
        } = self.room;
        let few_tokens = left.is_some_and(|left| {
            left < tokens || token_limit.is_some_and(|limit| left.0.saturating_mul(SCARCE) < limit.0)
        });
        match self.limited_ms {
            Some(_) => Strain::Limited,
            None if few_tokens || requests.is_some_and(|left| left < FEW_REQUESTS) => Strain::Scarce,
            None => Strain::None,
        }
    }
}
