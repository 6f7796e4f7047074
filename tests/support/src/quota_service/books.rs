//! Who has been granted what, and who has used what.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use penstock_quota::wire::{Closed, Grant, Window};

use super::Terms;

/// What a proxy was granted of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leased {
    /// Who.
    pub proxy: String,
    /// The window.
    pub label: String,
    /// What it may use in all.
    pub granted: u64,
    /// What it had used when it asked last.
    pub used: u64,
}

/// What a proxy has used of a window that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Who.
    pub proxy: String,
    /// The window.
    pub label: String,
    /// Which of its successive windows.
    pub window: u64,
    /// The largest total that was told.
    pub used: u64,
    /// How often it was told.
    pub times: u32,
}

/// A limit's present window, which all proxies share.
#[derive(Debug)]
struct Pool {
    ends: Option<Instant>,
    shares: BTreeMap<String, (u64, Leased)>,
}

/// All that is known.
#[derive(Debug)]
pub struct Books {
    terms: Terms,
    pools: BTreeMap<Vec<u8>, Pool>,
    /// Windows of proxies that are over: proxy, key, window.
    over: BTreeSet<(String, Vec<u8>, u64)>,
    settled: BTreeMap<(String, Vec<u8>, u64), Settled>,
}

impl Books {
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            pools: BTreeMap::new(),
            over: BTreeSet::new(),
            settled: BTreeMap::new(),
        }
    }

    /// What `proxy` may use of `window`: what it needs and a little more, as far as others have left it.
    pub fn lease(&mut self, proxy: &str, window: &Window, now: Instant) -> Grant {
        self.close(&window.key, now);
        let mut grant = Grant {
            key: window.key.clone(),
            window: window.window,
            granted: 0,
            reset_ms: 1,
            valid_ms: millis(self.terms.valid),
        };
        if self
            .over
            .contains(&(proxy.to_owned(), window.key.clone(), window.window))
        {
            return grant;
        }
        let span = self.terms.span.unwrap_or(Duration::from_millis(window.span_ms));
        let pool = self.pools.entry(window.key.clone()).or_insert_with(|| Pool {
            ends: (window.span_ms > 0).then(|| now + span),
            shares: BTreeMap::new(),
        });
        let others = pool.shares.iter().filter(|(name, _)| *name != proxy);
        let others: u64 = others.map(|(_, (_, share))| share.granted).sum();
        let (number, share) = pool.shares.entry(proxy.to_owned()).or_insert_with(|| {
            let nothing = Leased {
                proxy: proxy.to_owned(),
                label: window.label.clone(),
                granted: 0,
                used: 0,
            };
            (window.window, nothing)
        });
        *number = window.window;
        let need = (window.used + window.held).max(window.wanted) + self.terms.headroom;
        let free = window.limit.saturating_sub(others);
        share.granted = need.min(free).max(share.granted);
        share.used = window.used;
        grant.granted = share.granted;
        grant.reset_ms = pool
            .ends
            .map_or(0, |ends| millis(ends.duration_since(now)).max(1));
        grant
    }

    /// Ends the pool of `key` if its time is over.
    fn close(&mut self, key: &[u8], now: Instant) {
        let is_over = |pool: &Pool| pool.ends.is_some_and(|ends| ends <= now);
        if self.pools.get(key).is_some_and(is_over)
            && let Some(pool) = self.pools.remove(key)
        {
            let ended = pool.shares.into_iter();
            self.over
                .extend(ended.map(|(proxy, (window, _))| (proxy, key.to_vec(), window)));
        }
    }

    /// Notes what `proxy` has used of a window that is over.
    pub fn settle(&mut self, proxy: &str, closed: &Closed) {
        let name = (proxy.to_owned(), closed.key.clone(), closed.window);
        let entry = self.settled.entry(name).or_insert_with(|| Settled {
            proxy: proxy.to_owned(),
            label: closed.label.clone(),
            window: closed.window,
            used: 0,
            times: 0,
        });
        entry.used = entry.used.max(closed.used);
        entry.times += 1;
    }

    pub fn leased(&self, label: &str) -> Vec<Leased> {
        let shares = self.pools.values().flat_map(|pool| pool.shares.values());
        let shares = shares.map(|(_, share)| share);
        shares
            .filter(|share| share.label.contains(label))
            .cloned()
            .collect()
    }

    pub fn settled(&self, label: &str) -> Vec<Settled> {
        let entries = self.settled.values();
        entries
            .filter(|entry| entry.label.contains(label))
            .cloned()
            .collect()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
