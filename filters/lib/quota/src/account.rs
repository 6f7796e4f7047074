//! One window: what it has used and what it holds.

use crate::{
    code,
    hold::{Hold, Holds},
};

/// Most windows that a debt can take from those to come: enough that overruns are paid, few enough that one
/// wild answer does not lock anybody out for long.
const DEBT_WINDOWS: u64 = 4;

/// When to ask again where only what is under way stands in the way, which may end at any moment.
const SOON_MS: u64 = 1_000;

/// Most bytes of a window's label that are kept.
pub const MOST_LABEL: usize = 96;

/// The state of one window, or of a limit on what is under way at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    /// Most that it admits, as it was last claimed.
    pub limit: u64,
    /// Length of the window; zero for a limit on what is under way at once.
    pub span_ms: u64,
    /// When the window opened; zero while none is open.
    pub opened_ms: u64,
    /// What was settled in it. What exceeds the limit is a debt.
    pub used: u64,
    /// Until when the shared window counts here as well, since its own claims may have gone there before.
    pub beside_until_ms: u64,
    pub holds: Holds,
}

impl Account {
    pub fn new(limit: u64, span_ms: u64) -> Self {
        Self {
            limit,
            span_ms,
            ..Self::default()
        }
    }

    /// Brings it to the present: what has expired comes back, and a window that is over is closed.
    ///
    /// Every window that has passed pays up to the limit of what was used. A clock a little behind another
    /// worker's counts as the time at which the window opened.
    pub fn advance(&mut self, now_ms: u64) {
        self.holds.expire(now_ms);
        if self.span_ms == 0 || self.opened_ms == 0 {
            return;
        }
        if self.opened_ms > now_ms.saturating_add(self.span_ms) {
            // The clock was set back by more than a window, which would otherwise last until it catches up.
            self.opened_ms = 0;
            self.used = 0;
            self.holds = Holds::default();
            return;
        }
        let passed = now_ms.saturating_sub(self.opened_ms) / self.span_ms;
        if passed == 0 {
            return;
        }
        self.holds = Holds::default();
        self.used = match self.limit {
            0 => 0,
            limit => self.used.saturating_sub(passed.saturating_mul(limit)),
        };
        self.opened_ms = match self.used {
            0 => 0,
            _ => self.opened_ms.saturating_add(passed.saturating_mul(self.span_ms)),
        };
    }

    /// Whether nobody loses anything with it.
    pub fn is_idle(&self, now_ms: u64) -> bool {
        let mut later = self.clone();
        later.advance(now_ms);
        later.load() == 0
    }

    /// What is used and held.
    pub fn load(&self) -> u64 {
        self.used.saturating_add(self.holds.total())
    }

    /// What it still admits beside `others`.
    pub fn remaining(&self, others: u64) -> u64 {
        self.limit.saturating_sub(self.load().saturating_add(others))
    }

    /// When the window is over that is open, or would be opened now.
    pub fn ends_ms(&self, now_ms: u64) -> u64 {
        match self.opened_ms {
            0 => now_ms.saturating_add(self.span_ms),
            opened_ms => opened_ms.saturating_add(self.span_ms),
        }
    }

    /// Milliseconds until `amount`, which does not fit now, can fit.
    pub fn wait_ms(&self, amount: u64, now_ms: u64) -> u64 {
        let settled = self.used.saturating_add(amount);
        if self.span_ms == 0 || settled <= self.limit {
            let ends_ms = self.ends_ms(now_ms).saturating_sub(now_ms);
            return if self.span_ms == 0 {
                SOON_MS
            } else {
                SOON_MS.min(ends_ms)
            };
        }
        let windows = settled
            .saturating_sub(self.limit)
            .div_ceil(self.limit.max(1))
            .max(1);
        self.ends_ms(now_ms)
            .saturating_add(self.span_ms.saturating_mul(windows.saturating_sub(1)))
            .saturating_sub(now_ms)
            .max(1)
    }

    /// Holds `amount` until about `expires_ms`, opening a window if none is open. Returns when the window opened
    /// and until when it is held.
    pub fn hold(&mut self, amount: u64, expires_ms: u64, now_ms: u64) -> (u64, u64) {
        self.open(now_ms);
        (self.opened_ms, self.holds.add(amount, expires_ms))
    }

    /// Ends `hold`, of which `used` was used.
    pub fn settle(&mut self, hold: &Hold, used: u64, now_ms: u64) {
        if self.span_ms == 0 {
            self.holds.release(hold.amount, hold.expires_ms);
        } else if self.opened_ms == hold.opened_ms {
            self.holds.release(hold.amount, hold.expires_ms);
            self.charge(used, now_ms);
        } else {
            self.charge(hold.late_charge(used), now_ms);
        }
    }

    /// Moves `hold` to a later time. If it has expired it is held again, but only if it fits.
    pub fn renew(&mut self, hold: &mut Hold, others: u64, expires_ms: u64) {
        if self.opened_ms != hold.opened_ms {
            return;
        }
        let kept = self.holds.release(hold.amount, hold.expires_ms);
        if kept || hold.amount <= self.remaining(others) {
            hold.expires_ms = self.holds.add(hold.amount, expires_ms);
        }
    }

    /// Counts what was used without a hold.
    pub fn charge(&mut self, used: u64, now_ms: u64) {
        if used == 0 || self.span_ms == 0 {
            return;
        }
        self.open(now_ms);
        let most = self.limit.saturating_mul(DEBT_WINDOWS.saturating_add(1));
        self.used = self.used.saturating_add(used).min(most);
    }

    fn open(&mut self, now_ms: u64) {
        if self.span_ms != 0 && self.opened_ms == 0 {
            self.opened_ms = now_ms.max(1);
        }
    }

    pub fn encode(&self, to: &mut Vec<u8>) {
        for number in [
            self.limit,
            self.span_ms,
            self.opened_ms,
            self.used,
            self.beside_until_ms,
        ] {
            code::put(to, number);
        }
        code::put(to, self.holds.0.len() as u64);
        for (expires_ms, amount) in &self.holds.0 {
            code::put(to, *expires_ms);
            code::put(to, *amount);
        }
    }

    pub fn decode(from: &mut &[u8]) -> Option<Self> {
        let mut account = Self {
            limit: code::take(from)?,
            span_ms: code::take(from)?,
            opened_ms: code::take(from)?,
            used: code::take(from)?,
            beside_until_ms: code::take(from)?,
            holds: Holds::default(),
        };
        for _ in 0..code::take_count(from, Holds::MOST)? {
            account.holds.0.push((code::take(from)?, code::take(from)?));
        }
        Some(account)
    }
}
