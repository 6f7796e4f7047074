//! Settlements that wait for the shared store to come back.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::{Settlement, metrics::Metrics};

/// A settlement that has not arrived yet, or of which that is not known.
#[derive(Clone, Debug)]
pub(super) struct Late {
    pub(super) id: String,
    pub(super) end: End,
    pub(super) entries: Vec<Settlement>,
    /// When it may have arrived for the first time.
    pub(super) in_doubt: Option<Instant>,
}

/// Why a request gives back what it has reserved. Each happens once, in either order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It has used some of it.
    Settled,
    /// It has never gone.
    Released,
}

/// They wait in the order in which they came, and beyond a bound the oldest is lost.
#[derive(Debug)]
pub(super) struct Waiting {
    most: usize,
    queue: Mutex<VecDeque<Late>>,
    /// One has come.
    pub(super) came: Notify,
}

impl Waiting {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            queue: Mutex::default(),
            came: Notify::new(),
        }
    }

    pub(super) fn push(&self, late: Late, metrics: &Metrics) {
        {
            let mut queue = self.lock();
            if queue.len() >= self.most {
                queue.pop_front();
                metrics.lost.inc();
            }
            queue.push_back(late);
            metrics
                .waiting
                .set(i64::try_from(queue.len()).unwrap_or(i64::MAX));
        }
        self.came.notify_one();
    }

    /// The oldest, which stays until it is [`Waiting::done`].
    pub(super) fn first(&self) -> Option<Late> {
        self.lock().front().cloned()
    }

    /// The oldest may have arrived.
    pub(super) fn doubt(&self, id: &str) {
        if let Some(late) = self.lock().front_mut().filter(|late| late.id == id) {
            late.in_doubt.get_or_insert_with(Instant::now);
        }
    }

    /// It has arrived. `id` may have been pushed out meanwhile.
    pub(super) fn done(&self, id: &str, metrics: &Metrics) {
        let mut queue = self.lock();
        if queue.front().is_some_and(|late| late.id == id) {
            queue.pop_front();
        }
        metrics
            .waiting
            .set(i64::try_from(queue.len()).unwrap_or(i64::MAX));
    }

    /// Gives up all that wait: how many there were.
    pub(super) fn give_up(&self, metrics: &Metrics) -> usize {
        let lost = std::mem::take(&mut *self.lock()).len();
        metrics.lost.inc_by(u64::try_from(lost).unwrap_or(u64::MAX));
        metrics.waiting.set(0);
        lost
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Late>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Late {
    /// Whether the store may have forgotten that it has settled this, if it has.
    pub(super) fn may_count_twice(&self, remembered: Duration) -> bool {
        self.in_doubt.is_some_and(|since| since.elapsed() >= remembered)
    }
}
