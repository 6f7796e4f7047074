//! Accounts that requests draw on: reserved before, settled after, all or none.
//!
//! An account is a cap over a window. One replica keeps them in memory; several share them in Redis. Amounts are
//! whole numbers of whatever the account counts. Times are milliseconds; the clock is the store's own.

pub mod books;
mod lately;
mod link;
mod metrics;
mod shared;
mod waiting;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::registry::Registry;
use serde::{Deserialize, Serialize};

use self::books::{Books, Settled};
pub(crate) use self::link::Link;
use self::metrics::Metrics;
use self::shared::Shared;

/// Where accounts are kept. Clones are the same store.
#[derive(Clone)]
pub struct Store {
    place: Arc<Place>,
    /// Requests that were given up, of which a reservation may still be on its way.
    gone: Arc<Mutex<Settled>>,
    metrics: Metrics,
}

/// Requests that are known to be given up, in each of two generations.
const GONE: usize = 32_768;

enum Place {
    Memory(Box<Mutex<Books>>),
    Redis(Box<Shared>),
}

/// What the names of all keys of the service begin with.
pub(crate) const PREFIX: &str = "penstock";

/// How a store in Redis is reached, and what happens while it is not.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `redis://[user:password@]host:port/[database]`, or `rediss://` with TLS.
    pub url: String,
    /// What the names of all keys begin with.
    pub prefix: String,
    /// How long one call may take.
    pub timeout: Duration,
    /// How many replicas share it: each admits its part of a cap while Redis is away. Zero counts as one.
    pub replicas: u32,
    /// The most settlements that wait for Redis; beyond that the oldest is lost.
    pub most_waiting: usize,
}

impl Settings {
    /// What is right for most, for a Redis at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            prefix: PREFIX.to_owned(),
            timeout: Duration::from_millis(100),
            replicas: 2,
            most_waiting: 50_000,
        }
    }
}

impl Store {
    /// In memory, for one replica alone.
    pub fn memory() -> Self {
        let metrics = Metrics::default();
        metrics.up.set(1);
        Self {
            place: Arc::new(Place::Memory(Box::default())),
            gone: gone(),
            metrics,
        }
    }

    /// In Redis, for all replicas. It need not be there yet. Must be called in a Tokio runtime.
    ///
    /// # Errors
    /// When the URL is none.
    pub async fn redis(settings: &Settings) -> Result<Self, redis::RedisError> {
        let metrics = Metrics::default();
        let shared = Shared::connect(settings, metrics.clone()).await?;
        Ok(Self {
            place: Arc::new(Place::Redis(Box::new(shared))),
            gone: gone(),
            metrics,
        })
    }

    /// The way to Redis, and what all keys begin with.
    pub(crate) fn link(&self) -> Option<(Arc<Link>, &str)> {
        match &*self.place {
            Place::Memory(_) => None,
            Place::Redis(shared) => Some(shared.link()),
        }
    }

    /// Makes its metrics known.
    pub fn register(&self, registry: &mut Registry) {
        self.metrics.register(registry);
    }

    /// Whether it answers at present.
    pub fn is_up(&self) -> bool {
        match &*self.place {
            Place::Memory(_) => true,
            Place::Redis(shared) => shared.is_up(),
        }
    }

    /// Reserves all of `claims` for `id`, or nothing. What nobody settles within `hold_ms` comes back or is charged, as
    /// the claim says. `id` must be a new one for each request, which no client chooses.
    ///
    /// # Errors
    /// When a claim does not fit.
    pub async fn reserve(&self, id: &str, claims: &[Claim], hold_ms: u64) -> Result<Vec<Standing>, Refused> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let result = match &*self.place {
            Place::Memory(books) => {
                let result = lock(books).reserve(id, claims, hold_ms, now_ms());
                let outcome = match &result {
                    Ok(_) => "ok",
                    Err(Refused::Short { .. }) => "short",
                    Err(Refused::Away { .. }) => "full",
                };
                self.metrics.call("reserve", outcome, None);
                result
            }
            Place::Redis(shared) => shared.reserve(id, claims, hold_ms).await,
        };
        if result.is_ok() && lock(&self.gone).knows(id) {
            self.release(id);
        }
        result
    }

    /// Puts what was used in the place of what `id` has reserved, once however often it is told. All accounts of the
    /// request are told at once. While the store is away it waits. Gives how the accounts stand now, if that is known.
    pub async fn settle(&self, id: &str, entries: &[Settlement]) -> Vec<(Account, Standing)> {
        let entries = merged(entries);
        if entries.is_empty() {
            return Vec::new();
        }
        let accounts = || entries.iter().map(|entry| entry.account.clone());
        match &*self.place {
            Place::Memory(books) => {
                let standings = {
                    let mut books = lock(books);
                    let now_ms = now_ms();
                    books.settle(id, &entries, now_ms);
                    books.standings(entries.iter().map(|entry| &entry.account), now_ms)
                };
                self.metrics.call("settle", "ok", None);
                accounts().zip(standings).collect()
            }
            Place::Redis(shared) => {
                let standings = shared.settle(id, &entries).await;
                accounts().zip(standings.unwrap_or_default()).collect()
            }
        }
    }

    /// Gives back what `id` has reserved through this replica, or is about to: it will not go. What is settled under it
    /// later still counts. What other replicas have reserved for it expires. Never waits.
    pub fn release(&self, id: &str) {
        lock(&self.gone).note(id);
        match &*self.place {
            Place::Memory(books) => lock(books).release(id, now_ms()),
            Place::Redis(shared) => shared.release(id),
        }
    }

    /// Waits until all settlements have arrived, for at most `limit`: how many were lost.
    pub async fn finish(&self, limit: Duration) -> usize {
        match &*self.place {
            Place::Memory(_) => 0,
            Place::Redis(shared) => shared.finish(limit).await,
        }
    }

    /// How accounts stand; none while the store is away.
    pub async fn standings(&self, accounts: &[Account]) -> Option<Vec<Standing>> {
        if accounts.is_empty() {
            return Some(Vec::new());
        }
        match &*self.place {
            Place::Memory(books) => Some(lock(books).standings(accounts, now_ms())),
            Place::Redis(shared) => shared.standings(accounts).await,
        }
    }

    /// What is used of each account that ends at a date and has changed since this was asked last, to outlive a restart.
    /// Redis does that of its own.
    pub fn changes(&self) -> Vec<(Account, u64)> {
        let changes = match &*self.place {
            Place::Memory(books) => lock(books).changes(),
            Place::Redis(_) => Vec::new(),
        };
        // Names are copied while nobody waits for the books.
        let changes = changes.into_iter();
        changes
            .map(|(account, used)| (Account::clone(&account), used))
            .collect()
    }

    /// Takes up what an earlier run has exported.
    pub fn restore(&self, used: impl IntoIterator<Item = (Account, u64)>) {
        if let Place::Memory(books) = &*self.place {
            lock(books).restore(used, now_ms());
        }
    }
}

/// One entry for each account.
fn merged(entries: &[Settlement]) -> Vec<Settlement> {
    let mut merged: Vec<Settlement> = Vec::with_capacity(entries.len());
    for entry in entries {
        match merged.iter_mut().find(|other| other.account == entry.account) {
            Some(other) => {
                other.held = other.held.saturating_add(entry.held);
                other.used = other.used.saturating_add(entry.used);
            }
            None => merged.push(entry.clone()),
        }
    }
    merged
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn gone() -> Arc<Mutex<Settled>> {
    Arc::new(Mutex::new(Settled::new(GONE)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is drawn on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Account {
    /// Unique among all accounts: what it limits, and the values it is kept for. At most [`LONGEST_NAME`] bytes; who
    /// has more takes a hash.
    pub name: String,
    /// The window it is counted in.
    pub window: Window,
}

/// Most bytes of an account's name.
pub const LONGEST_NAME: usize = 200;

/// When an account begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// After so many milliseconds, counted from the Unix epoch by the store's clock.
    Every(u64),
    /// At `end_ms`; `start_ms` tells it from the one before. For days, weeks and months of a time zone.
    Until {
        /// Its beginning.
        start_ms: u64,
        /// Its end.
        end_ms: u64,
    },
    /// Never: it counts what is under way.
    Concurrent,
}

/// What one request takes of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Where from.
    pub account: Account,
    /// The most that all may use in a window.
    pub cap: u64,
    /// How much.
    pub amount: u64,
    /// What becomes of it if nobody settles it in time.
    pub unsettled: Unsettled,
    /// What happens while the shared store is away.
    pub fail: Fail,
}

impl Claim {
    /// Whether it fits an account that stands so.
    pub fn fits(&self, standing: Standing) -> bool {
        let taken = standing.used.saturating_add(standing.held);
        taken.saturating_add(self.amount) <= self.cap
    }
}

/// What becomes of a reservation that nobody settles in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsettled {
    /// It comes back.
    Returned,
    /// It counts as used: money may have been spent.
    Charged,
}

/// What happens while the shared store is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fail {
    /// This replica goes on by its own count, up to its local share of the cap.
    #[default]
    Open,
    /// Nothing is admitted.
    Closed,
}

/// How an account stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What is used in this window.
    pub used: u64,
    /// What is reserved on top of it.
    pub held: u64,
    /// Milliseconds until the window ends; zero if it has no end.
    pub reset_ms: u64,
}

/// Why nothing was reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The account of this claim has not enough left.
    Short {
        /// Index of the first claim that does not fit.
        claim: usize,
        /// How every claim's account stands.
        standings: Vec<Standing>,
    },
    /// The shared store is away, and this claim says that nothing goes on without it.
    Away {
        /// Index of the claim.
        claim: usize,
    },
}

/// What a request really took of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Where from.
    pub account: Account,
    /// What it had reserved; zero if nothing.
    pub held: u64,
    /// What it used.
    pub used: u64,
}
