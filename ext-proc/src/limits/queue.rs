//! Where requests wait for room at a provider: the highest priority first, and in the order in which they came.
//!
//! Only the first of a queue asks the store, every so often, however many wait. One that goes away (its client left)
//! leaves its place. Beyond its size the queue refuses at once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use penstock_config::Provider;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::label::Label;

/// How often the first of a queue asks.
const POLL: Duration = Duration::from_millis(50);
/// The highest priority of a key.
const HIGHEST: u8 = 9;

/// The highest priority first, then who came first.
type Rank = (Reverse<u8>, u64);
type Outcome = [(&'static str, String); 2];

/// Why a request waits no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Too many wait already.
    #[error("the queue of {size} is full")]
    Full {
        /// How many may wait.
        size: u32,
    },
    /// There was no room in time.
    #[error("no room in time; there may be in {retry_ms} ms")]
    Late {
        /// As the last attempt said.
        retry_ms: u64,
    },
}

/// One queue. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Queue {
    size: u32,
    deadline: Duration,
    state: Arc<Mutex<State>>,
    waiting: Gauge,
}

#[derive(Debug)]
struct State {
    waiters: BTreeMap<Rank, Arc<Notify>>,
    next: u64,
    /// When the first may ask.
    poll_at: Instant,
}

impl Queue {
    /// An empty one, in which `size` may wait, each until `deadline`.
    pub fn new(size: u32, deadline: Duration) -> Self {
        let state = State {
            waiters: BTreeMap::new(),
            next: 0,
            poll_at: Instant::now(),
        };
        Self {
            size,
            deadline,
            state: Arc::new(Mutex::new(state)),
            waiting: Gauge::default(),
        }
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        lock(&self.state).waiters.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Room may have become free: the first asks at once.
    pub fn nudge(&self) {
        let mut state = lock(&self.state);
        state.poll_at = Instant::now();
        state.wake_first();
    }

    /// Takes a place for a request that has just found no room. `retry_ms` is what it was told.
    ///
    /// # Errors
    /// When the queue is full.
    pub fn enter(&self, priority: u8, retry_ms: u64) -> Result<Place, Refused> {
        let mut state = lock(&self.state);
        if state.waiters.len() >= usize::try_from(self.size).unwrap_or(usize::MAX) {
            return Err(Refused::Full { size: self.size });
        }
        let now = Instant::now();
        if state.waiters.is_empty() {
            state.poll_at = now + POLL;
        }
        let rank = (Reverse(priority.min(HIGHEST)), state.next);
        state.next = state.next.wrapping_add(1);
        let woken = Arc::new(Notify::new());
        state.waiters.insert(rank, woken.clone());
        self.waiting.set(count(state.waiters.len()));
        Ok(Place {
            rank,
            woken,
            deadline: now + self.deadline,
            retry_ms,
            state: self.state.clone(),
            waiting: self.waiting.clone(),
        })
    }
}

/// A place in a queue, which is left when this is dropped.
#[derive(Debug)]
pub struct Place {
    rank: Rank,
    woken: Arc<Notify>,
    deadline: Instant,
    retry_ms: u64,
    state: Arc<Mutex<State>>,
    waiting: Gauge,
}

impl Place {
    /// Waits until it is this one's turn to look for room. It says [`Place::short`] then, or [`Place::done`].
    ///
    /// # Errors
    /// When its time is over.
    pub async fn turn(&mut self) -> Result<(), Refused> {
        loop {
            let now = Instant::now();
            let poll_at = self.poll_at();
            if now >= self.deadline {
                return Err(Refused::Late {
                    retry_ms: self.retry_ms,
                });
            }
            if poll_at.is_some_and(|at| at <= now) {
                return Ok(());
            }
            let until = poll_at.map_or(self.deadline, |at| at.min(self.deadline));
            tokio::select! {
                () = self.woken.notified() => {}
                () = sleep_until(until) => {}
            }
        }
    }

    /// How long it waits at most.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// There was no room, and may be none for so many milliseconds.
    pub fn short(&mut self, retry_ms: u64) {
        self.retry_ms = retry_ms;
        lock(&self.state).poll_at = Instant::now() + POLL;
    }

    /// There was room; the next one looks at once whether there is more.
    pub fn done(self) {
        lock(&self.state).poll_at = Instant::now();
    }

    /// When it may look, if it is the first.
    fn poll_at(&self) -> Option<Instant> {
        let state = lock(&self.state);
        let (first, _) = state.waiters.first_key_value()?;
        (*first == self.rank).then_some(state.poll_at)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        state.waiters.remove(&self.rank);
        self.waiting.set(count(state.waiters.len()));
        state.wake_first();
    }
}

impl State {
    fn wake_first(&self) {
        if let Some((_, turn)) = self.waiters.first_key_value() {
            turn.notify_one();
        }
    }
}

fn count(waiters: usize) -> i64 {
    i64::try_from(waiters).unwrap_or(i64::MAX)
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The queues of all providers' limits.
#[derive(Clone, Debug, Default)]
pub struct Queues {
    queues: HashMap<(String, Option<String>), Queue>,
    metrics: Metrics,
}

/// What people see of queues. Providers are those of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    waiting: Family<[(&'static str, Label); 2], Gauge>,
    ended: Family<Outcome, Counter>,
}

impl Metrics {
    /// Makes them known.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "penstock_queue_waiting",
            "Requests that wait for room at a provider",
            self.waiting.clone(),
        );
        registry.register(
            "penstock_queue_requests",
            "Requests that have waited for room at a provider, by how that ended",
            self.ended.clone(),
        );
    }
}

impl Queues {
    /// One for each limit of `providers`. Those of `before` go on, if their settings are the same.
    pub fn new(providers: &[Provider], before: Option<&Self>, metrics: Metrics) -> Self {
        let mut queues = HashMap::new();
        for provider in providers {
            for capacity in &provider.limits {
                let name = (provider.name.clone(), capacity.model.clone());
                let (size, deadline) = (capacity.queue.size, capacity.queue.deadline);
                let known = before.and_then(|before| before.queues.get(&name));
                let queue = match known.filter(|queue| queue.size == size && queue.deadline == deadline) {
                    Some(queue) => queue.clone(),
                    None => {
                        let model = capacity.model.clone().unwrap_or_default();
                        let labels = [
                            ("provider", provider.name.as_str().into()),
                            ("model", Label(model)),
                        ];
                        Queue {
                            waiting: metrics.waiting.get_or_create(&labels).clone(),
                            ..Queue::new(size, deadline)
                        }
                    }
                };
                queues.insert(name, queue);
            }
        }
        Self { queues, metrics }
    }

    /// The queue of the limit of `provider` on `model`, or on all its models.
    pub fn get(&self, provider: &str, model: Option<&str>) -> Option<&Queue> {
        self.queues.get(&(provider.to_owned(), model.map(str::to_owned)))
    }

    /// Whether requests wait there already, so that a newcomer takes its place among them.
    pub fn is_crowded(&self, provider: &str, model: Option<&str>) -> bool {
        self.get(provider, model).is_some_and(|queue| !queue.is_empty())
    }

    /// The longest that anybody waits in any of them.
    pub fn longest_wait(&self) -> Duration {
        let deadlines = self.queues.values().map(|queue| queue.deadline);
        deadlines.max().unwrap_or_default()
    }

    /// Something was settled: the first of each queue of `provider` asks at once.
    pub fn nudge(&self, provider: &str) {
        let queues = self.queues.iter().filter(|((name, _), _)| name == provider);
        for (_, queue) in queues {
            queue.nudge();
        }
    }

    /// Counts how a wait for `provider` ended.
    pub fn ended<T>(&self, provider: &str, result: &Result<T, Refused>) {
        let outcome = match result {
            Ok(_) => "admitted",
            Err(Refused::Full { .. }) => "full",
            Err(Refused::Late { .. }) => "late",
        };
        let labels = [("provider", provider.to_owned()), ("outcome", outcome.to_owned())];
        self.metrics.ended.get_or_create(&labels).inc();
    }
}

#[cfg(test)]
mod tests;
