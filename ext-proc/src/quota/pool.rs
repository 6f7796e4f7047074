//! One limit's present window, shared out among the proxies that ask.
//!
//! What a proxy may still use of earlier grants counts until those grants have surely expired, so all grants together
//! never exceed the limit, whichever answers were lost. It knows no clock: time is an argument.

use std::collections::BTreeMap;

use penstock_quota::wire::{Closed, Grant, Window};
use serde::{Deserialize, Serialize};

/// How grants are given.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How long a grant is valid that is not renewed.
    pub valid_ms: u64,
    /// How much longer it may be in use: the proxy's clock for it starts when the answer arrives.
    pub grace_ms: u64,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            valid_ms: 10_000,
            grace_ms: 2_000,
        }
    }
}

/// Proxies that one window is shared among at most.
pub(super) const MOST_PROXIES: usize = 1_024;

/// A proxy that uses little of a window is given this part of the limit on top of what it needs.
const IDLE_PART: u64 = 32;
/// One that uses much is given this many times what it took since it asked last.
const AHEAD: u64 = 4;

/// One limit's present window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Pool {
    /// When it is over; zero if the limit has no window.
    ends_ms: u64,
    /// What each proxy has of it.
    shares: BTreeMap<String, Share>,
    /// Windows of proxies that were over with the one before, and what was used of them.
    before: BTreeMap<String, (u64, u64)>,
    /// When it was last asked for.
    asked_ms: u64,
}

/// What one proxy has of a window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Share {
    /// The proxy's own number of the window.
    window: u64,
    /// What it has used under other numbers.
    base: u64,
    used: u64,
    held: u64,
    /// What it may use and hold under this number, and until when it surely no longer does.
    granted: u64,
    until_ms: u64,
    /// A larger grant that it may still act on, and until when.
    higher: u64,
    higher_until_ms: u64,
}

/// Why a window is not shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crowded;

impl Share {
    /// The most that the proxy may have used, for all that is known.
    fn counted(&self, is_window: bool, now_ms: u64) -> u64 {
        let granted = if now_ms < self.until_ms { self.granted } else { 0 };
        let higher = if now_ms < self.higher_until_ms {
            self.higher
        } else {
            0
        };
        let known = match self.is_alive(now_ms) || is_window {
            true => self.used.saturating_add(self.held),
            // Whatever was under way there is over, or nobody knows of it.
            false => 0,
        };
        let most = granted.max(higher).max(known);
        self.base.saturating_add(most)
    }

    fn is_alive(&self, now_ms: u64) -> bool {
        now_ms < self.until_ms.max(self.higher_until_ms)
    }

    /// The proxy has begun anew, under another number.
    fn renumber(&mut self, window: u64, is_window: bool) {
        let used = self.used.saturating_add(self.held);
        *self = Self {
            window,
            base: if is_window {
                self.base.saturating_add(used)
            } else {
                0
            },
            ..Self::default()
        };
    }

    /// Gives `amount`, of `free`. What was given before counts as long as the proxy may act on it.
    fn grant(&mut self, amount: u64, free: u64, terms: Terms, now_ms: u64) {
        let until_ms = now_ms
            .saturating_add(terms.valid_ms)
            .saturating_add(terms.grace_ms);
        if amount < self.granted && now_ms < self.until_ms {
            let is_lowered = now_ms < self.higher_until_ms;
            // One lowering at a time, or the larger grant would never be over; unless others have used what was theirs
            // all along.
            if is_lowered && self.granted <= free {
                self.until_ms = until_ms;
                return;
            }
            self.higher = if is_lowered {
                self.higher.max(self.granted)
            } else {
                self.granted
            };
            self.higher_until_ms = self.until_ms;
        }
        self.granted = amount;
        self.until_ms = until_ms;
    }
}

impl Pool {
    /// What `proxy` may use of its `window`: what it needs and some more, as far as others leave it.
    pub(super) fn lease(
        &mut self,
        proxy: &str,
        window: &Window,
        terms: Terms,
        now_ms: u64,
    ) -> Result<Grant, Crowded> {
        let is_window = window.span_ms > 0;
        self.roll(now_ms);
        self.asked_ms = now_ms;
        let mut grant = Grant {
            key: window.key.clone(),
            window: window.window,
            granted: 0,
            reset_ms: 0,
            valid_ms: terms.valid_ms,
        };
        if is_window
            && self
                .before
                .get(proxy)
                .is_some_and(|(number, _)| *number == window.window)
        {
            // The shared window is over, and so is the proxy's.
            grant.reset_ms = 1;
            return Ok(grant);
        }
        if is_window && self.ends_ms == 0 {
            let age_ms = window.age_ms.min(window.span_ms.saturating_sub(1));
            self.ends_ms = now_ms.saturating_add(window.span_ms).saturating_sub(age_ms);
        }
        // A span that has become shorter holds at once.
        self.ends_ms = self.ends_ms.min(now_ms.saturating_add(window.span_ms));
        if !self.shares.contains_key(proxy) && self.shares.len() >= MOST_PROXIES {
            self.shares.retain(|_, share| is_window || share.is_alive(now_ms));
            if self.shares.len() >= MOST_PROXIES {
                return Err(Crowded);
            }
        }
        let mut alive = 1;
        let mut others: u64 = 0;
        for (_, share) in self.shares.iter().filter(|(name, _)| *name != proxy) {
            alive += u64::from(share.is_alive(now_ms));
            others = others.saturating_add(share.counted(is_window, now_ms));
        }
        let share = self.shares.entry(proxy.to_owned()).or_insert_with(|| Share {
            window: window.window,
            ..Share::default()
        });
        if share.window != window.window {
            share.renumber(window.window, is_window);
        }
        let taken = window.used.saturating_add(window.held);
        let since = taken.saturating_sub(share.used.saturating_add(share.held));
        share.used = if is_window {
            share.used.max(window.used)
        } else {
            window.used
        };
        share.held = window.held;
        let free = window.limit.saturating_sub(others).saturating_sub(share.base);
        let need = taken.max(window.wanted).min(free);
        // Each is given only a part of what is left, less and less towards the end, so that others find some too.
        let fair = (free - need) / (alive + 1);
        let ahead = since.saturating_mul(AHEAD).max(window.limit / IDLE_PART).max(1);
        share.grant(need.saturating_add(fair.min(ahead)), free, terms, now_ms);
        grant.granted = share.granted;
        if is_window {
            grant.reset_ms = self.ends_ms.saturating_sub(now_ms).max(1);
        }
        Ok(grant)
    }

    /// Notes what `proxy` has used in all of a window of its own that is over. Gives how much of that is news.
    pub(super) fn settle(&mut self, proxy: &str, closed: &Closed, now_ms: u64) -> u64 {
        self.roll(now_ms);
        if let Some((number, used)) = self.before.get_mut(proxy)
            && *number == closed.window
        {
            let news = closed.used.saturating_sub(*used);
            *used = (*used).max(closed.used);
            return news;
        }
        let Some(share) = self
            .shares
            .get_mut(proxy)
            .filter(|share| share.window == closed.window)
        else {
            return 0;
        };
        // It ended there before it did here; nothing more is taken of it.
        let news = closed.used.saturating_sub(share.used);
        share.used = share.used.max(closed.used);
        share.held = 0;
        (share.granted, share.until_ms) = (0, 0);
        (share.higher, share.higher_until_ms) = (0, 0);
        news
    }

    /// Whether nothing would be lost without it.
    pub(super) fn is_over(&self, terms: Terms, now_ms: u64) -> bool {
        let idle_ms = terms.valid_ms.saturating_add(terms.grace_ms);
        self.ends_ms.max(self.asked_ms).saturating_add(idle_ms) <= now_ms
    }

    /// How long it is worth keeping.
    pub(super) fn keep_ms(&self, terms: Terms, now_ms: u64) -> u64 {
        let idle_ms = terms.valid_ms.saturating_add(terms.grace_ms);
        self.ends_ms.max(now_ms).saturating_add(idle_ms) - now_ms
    }

    /// Begins the next window if this one is over.
    fn roll(&mut self, now_ms: u64) {
        if self.ends_ms > 0 && self.ends_ms <= now_ms {
            let over = std::mem::take(&mut self.shares).into_iter();
            self.before = over
                .map(|(proxy, share)| (proxy, (share.window, share.used)))
                .collect();
            self.ends_ms = 0;
        }
    }
}

#[cfg(test)]
mod tests;
