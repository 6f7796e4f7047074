//! All that is known of one target.

use std::sync::{Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use penstock_client::trail::Stop;
use penstock_config::{Health as Policy, Provider};

use super::{Effect, average::Average, circuit::Circuit, limits::Limits};
use crate::plan::{Standing, Turn};

/// All that is known of one target.
#[derive(Debug)]
pub(super) struct Target {
    provider: Provider,
    client_credential: bool,
    /// Changed under its lock, and published at once.
    state: Mutex<State>,
    seen: ArcSwap<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    circuit: Circuit,
    limits: Limits,
    first_token: Average,
}

/// What is heard of one attempt.
pub(super) struct News<'a> {
    pub(super) effect: Effect,
    pub(super) stop: &'a Stop,
    /// When its request arrived.
    pub(super) started_ms: u64,
    /// When its answer began.
    pub(super) heard_ms: u64,
    pub(super) now_ms: u64,
}

impl Target {
    pub(super) fn new(provider: Provider, client_credential: bool) -> Self {
        Self {
            provider,
            client_credential,
            state: Mutex::default(),
            seen: ArcSwap::default(),
        }
    }

    pub(super) fn provider(&self) -> &Provider {
        &self.provider
    }

    pub(super) fn takes_client_credential(&self) -> bool {
        self.client_credential
    }

    pub(super) fn is_open(&self) -> bool {
        self.seen.load().circuit.is_open()
    }

    pub(super) fn standing(&self, now_ms: u64) -> Standing {
        let state = self.seen.load();
        Standing {
            circuit: state.circuit.at(now_ms),
            limited_ms: state.limits.limited_ms(now_ms),
            room: state.limits.room(now_ms),
            first_token_ms: state.first_token.at(now_ms),
            may_try: state.first_token.may_try(now_ms),
        }
    }

    pub(super) fn claim(&self, turn: Turn, now_ms: u64, policy: &Policy) -> bool {
        let mut state = self.lock();
        let claimed = match turn {
            Turn::Probe => state.circuit.claim(now_ms, policy),
            Turn::Trial => state.first_token.claim(now_ms),
        };
        self.publish(&state);
        claimed
    }

    /// Learns of an attempt; whether its circuit is open now.
    pub(super) fn learn(&self, news: &News<'_>, policy: &Policy) -> bool {
        let mut state = self.lock();
        state
            .circuit
            .learn(news.effect, news.started_ms, news.now_ms, policy);
        // A client's own limits are not everyone's.
        if !self.client_credential {
            state
                .limits
                .learn(news.effect, news.stop, news.heard_ms, news.now_ms);
        }
        if let Some(first_token_ms) = news.stop.first_token_ms {
            state.first_token.add(first_token_ms, news.now_ms);
        }
        self.publish(&state);
        state.circuit.is_open()
    }

    /// Nothing panics while it is held; if it did, what is known would still be the best there is.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, state: &State) {
        self.seen.store(std::sync::Arc::new(state.clone()));
    }
}
