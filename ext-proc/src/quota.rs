//! The quota API: proxies lease what they may use of limits that they share.
//!
//! No request waits for it. A proxy says every so often what it has used, and is told what it may use in all; what it
//! does not use comes back when its grant expires, and so does what a dead proxy had. Without an answer proxies fall
//! back to the initial share of each limit.

mod check;
mod pool;
mod rpc;
mod shared;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use penstock_quota::wire::{LeaseRequest, LeaseResponse, SettleRequest, SettleResponse};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use tonic::Status;

use self::pool::Pool;
pub use self::pool::Terms;
pub use self::rpc::QuotaServer;
use self::shared::Shared;
use crate::store::{Store, now_ms};

/// Most windows that are kept in memory; beyond that, proxies are not answered about new ones and go on with their
/// initial share.
const MOST_POOLS: usize = 100_000;

/// What proxies may use of the limits that they share.
pub struct Quota {
    place: Place,
    terms: Terms,
    metrics: Metrics,
}

enum Place {
    Memory(Mutex<Pools>),
    Redis(Shared),
}

#[derive(Debug, Default)]
struct Pools {
    pools: HashMap<Vec<u8>, Pool>,
    swept_ms: u64,
}

/// What people see of it.
#[derive(Clone, Debug, Default)]
struct Metrics {
    calls: Family<[(&'static str, &'static str); 2], Counter>,
    settled: Counter,
}

impl Quota {
    /// Windows are kept where `store` keeps its accounts.
    pub fn new(store: &Store, terms: Terms) -> Self {
        let place = match store.link() {
            Some((link, prefix)) => Place::Redis(Shared::new(link, prefix)),
            None => Place::Memory(Mutex::default()),
        };
        Self {
            place,
            terms,
            metrics: Metrics::default(),
        }
    }

    /// Makes its metrics known.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "penstock_quota_calls",
            "Calls of the quota API by method and outcome",
            self.metrics.calls.clone(),
        );
        registry.register(
            "penstock_quota_settled_windows",
            "Windows of proxies that are over and whose use was noted",
            self.metrics.settled.clone(),
        );
    }

    /// What a proxy may use of its windows.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for what no right proxy sends, `UNAVAILABLE` while Redis is away.
    pub async fn lease(&self, request: &LeaseRequest) -> Result<LeaseResponse, Status> {
        let result = self.leased(request).await;
        self.count("lease", result.as_ref().err());
        result
    }

    /// Notes what a proxy has used of windows that are over.
    ///
    /// # Errors
    /// As [`Quota::lease`], and `UNAVAILABLE` for a window that could not be noted.
    pub async fn settle(&self, request: &SettleRequest) -> Result<SettleResponse, Status> {
        let result = self.settled(request).await;
        self.count("settle", result.as_ref().err());
        result
    }

    async fn leased(&self, request: &LeaseRequest) -> Result<LeaseResponse, Status> {
        check::lease(request).map_err(|junk| Status::invalid_argument(junk.to_string()))?;
        let lease = |index: usize, pool: &mut Pool, now_ms: u64| {
            let window = request.windows.get(index)?;
            pool.lease(&request.proxy, window, self.terms, now_ms).ok()
        };
        let keys = request.windows.iter().map(|window| window.key.as_slice());
        let grants = self.update(&keys.collect::<Vec<_>>(), lease).await?;
        Ok(LeaseResponse {
            grants: grants.into_iter().flatten().flatten().collect(),
        })
    }

    async fn settled(&self, request: &SettleRequest) -> Result<SettleResponse, Status> {
        check::settle(request).map_err(|junk| Status::invalid_argument(junk.to_string()))?;
        // One window at a time where a proxy settles several of one key: each is its own entry.
        for closed in &request.windows {
            let settle = |_: usize, pool: &mut Pool, now_ms: u64| pool.settle(&request.proxy, closed, now_ms);
            let news = self.update(&[closed.key.as_slice()], settle).await?;
            // Others were quicker each time: the proxy tells it again, and what was noted counts once. A window for which
            // there is no room in memory is not known here, and nothing is to be noted.
            if matches!(self.place, Place::Redis(_)) && news.iter().any(Option::is_none) {
                return Err(Status::unavailable("others change this window all the time"));
            }
            if news.into_iter().flatten().any(|news| news > 0) {
                self.metrics.settled.inc();
            }
        }
        Ok(SettleResponse {})
    }

    async fn update<T>(
        &self,
        keys: &[&[u8]],
        mut change: impl FnMut(usize, &mut Pool, u64) -> T,
    ) -> Result<Vec<Option<T>>, Status> {
        match &self.place {
            Place::Redis(shared) => {
                let updated = shared.update(keys, self.terms, change).await;
                updated.map_err(|_| Status::unavailable("the shared store is away"))
            }
            Place::Memory(pools) => {
                let now_ms = now_ms();
                let mut pools = lock(pools);
                let entries = keys.iter().enumerate();
                let results = entries.map(|(index, key)| {
                    let pool = pools.pool(key, self.terms, now_ms)?;
                    Some(change(index, pool, now_ms))
                });
                Ok(results.collect())
            }
        }
    }

    fn count(&self, method: &'static str, error: Option<&Status>) {
        let outcome = match error.map(Status::code) {
            None => "ok",
            Some(tonic::Code::Unavailable) => "away",
            Some(_) => "refused",
        };
        self.metrics
            .calls
            .get_or_create(&[("method", method), ("outcome", outcome)])
            .inc();
    }
}

impl Pools {
    /// The window of `key`, if there is room for it.
    fn pool(&mut self, key: &[u8], terms: Terms, now_ms: u64) -> Option<&mut Pool> {
        const SWEEP_MS: u64 = 1_000;
        if self.pools.len() >= MOST_POOLS
            && !self.pools.contains_key(key)
            && now_ms.abs_diff(self.swept_ms) >= SWEEP_MS
        {
            self.swept_ms = now_ms;
            self.pools.retain(|_, pool| !pool.is_over(terms, now_ms));
        }
        if self.pools.len() >= MOST_POOLS && !self.pools.contains_key(key) {
            return None;
        }
        Some(self.pools.entry(key.to_vec()).or_default())
    }
}

fn lock(pools: &Mutex<Pools>) -> MutexGuard<'_, Pools> {
    pools.lock().unwrap_or_else(PoisonError::into_inner)
}
