//! One window: what it has used and what it holds.

use crate::{
    code,
    debt::Debt,
    hold::{Hold, Holds},
    lease::Lease,
};

/// Most windows that a debt can take from those to come: enough that whatever limits let through at once is paid.
const DEBT_WINDOWS: u64 = 60;

/// And the longest time that it can take, unless one window is longer: an absurd report of a provider shall not lock
/// anybody out for good.
const DEBT_MS: u64 = 24 * 60 * 60 * 1_000;

/// When to ask again where only what is under way stands in the way, which may end at any moment.
const SOON_MS: u64 = 1_000;

/// The state of one window, or of a limit on what is under way at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    /// Most that it admits, as it was last claimed.
    pub limit: u64,
    /// Length of the window; zero for a limit on what is under way at once.
    pub span_ms: u64,
    /// When the window opened; zero while none is open.
    pub opened_ms: u64,
    /// When it is over; zero while none is open.
    pub ends_ms: u64,
    /// What was settled in it, and what those before it could not pay. What exceeds the limit is a debt.
    pub used: u64,
    /// How much of it is owed for windows that are over.
    pub debt: Debt,
    /// Until when the shared window counts here as well, since its own claims may have gone there before.
    pub beside_until_ms: u64,
    pub holds: Holds,
    /// What a service grants of it; none where the limit is this Envoy's alone.
    pub lease: Option<Lease>,
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
    /// What it still holds then is charged to it like what was used, since it was promised to somebody, and every window
    /// that has passed pays up to the limit. A clock a little behind another worker's counts as the time at which the
    /// window opened.
    pub fn advance(&mut self, now_ms: u64) {
        if self.span_ms == 0 || self.opened_ms == 0 {
            self.holds.expire(now_ms);
            return;
        }
        if self.opened_ms > now_ms.saturating_add(self.span_ms) {
            // The clock was set back by more than a window, which would otherwise last until it catches up.
            *self = Self {
                beside_until_ms: self.beside_until_ms,
                lease: self.lease.as_ref().map(|lease| Lease::new(&lease.label)),
                ..Self::new(self.limit, self.span_ms)
            };
            return;
        }
        if now_ms < self.ends_ms {
            self.holds.expire(now_ms);
            return;
        }
        self.holds.expire(self.ends_ms.saturating_sub(1));
        let charged = self.load();
        let held = self.holds.total() > 0;
        self.holds = Holds::default();
        let more = now_ms.saturating_sub(self.ends_ms) / self.span_ms;
        self.used = match self.limit {
            0 => 0,
            limit => charged.saturating_sub(more.saturating_add(1).saturating_mul(limit)),
        };
        self.debt.carry(self.opened_ms, self.used, held);
        if let Some(lease) = &mut self.lease {
            lease.close((self.opened_ms, self.ends_ms), charged, self.used);
        }
        if self.used == 0 {
            self.opened_ms = 0;
            self.ends_ms = 0;
        } else {
            self.opened_ms = self.ends_ms.saturating_add(more.saturating_mul(self.span_ms));
            self.ends_ms = self.opened_ms.saturating_add(self.span_ms);
        }
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

    /// Most that it admits: its limit, or what a service has granted of it, and without a valid grant `share`
    /// thousandths.
    pub fn cap(&self, share: Option<u32>, now_ms: u64) -> u64 {
        match (&self.lease, share) {
            (Some(lease), Some(_)) if lease.until_ms > now_ms => {
                lease.granted.saturating_add(lease.carried).min(self.limit)
            }
            (Some(lease), Some(share)) => {
                let share = lease.share.unwrap_or(share);
                let part = u128::from(self.limit) * u128::from(share) / 1_000;
                u64::try_from(part).unwrap_or(u64::MAX).min(self.limit)
            }
            _ => self.limit,
        }
    }

    /// When the window is over that is open, or would be opened now.
    fn end_ms(&self, now_ms: u64) -> u64 {
        match self.opened_ms {
            0 => now_ms.saturating_add(self.span_ms),
            _ => self.ends_ms,
        }
    }

    /// Milliseconds until the window is over; zero if none is open.
    pub fn reset_ms(&self, now_ms: u64) -> u64 {
        self.ends_ms.saturating_sub(now_ms)
    }

    /// Notes that `amount` did not fit beside `others`, only for want of a grant. Whether that is new.
    pub fn want(&mut self, amount: u64, others: u64, now_ms: u64) -> bool {
        let total = self.load().saturating_add(others).saturating_add(amount);
        let fits = total <= self.limit;
        let new = fits && self.lease.as_ref().is_some_and(|lease| lease.wanted < total);
        if new {
            self.open(now_ms);
            if let Some(lease) = &mut self.lease {
                lease.wanted = total;
            }
        }
        new
    }

    /// Lets `granted` be used in all until `until_ms`, of a window that is over at `ends_ms`.
    pub fn grant(&mut self, granted: u64, until_ms: u64, ends_ms: Option<u64>, now_ms: u64) -> bool {
        let Some(lease) = &mut self.lease else {
            return false;
        };
        lease.granted = granted;
        lease.until_ms = until_ms;
        lease.wanted = 0;
        if let Some(ends_ms) = ends_ms
            && self.opened_ms != 0
        {
            let latest_ms = now_ms.saturating_add(self.span_ms);
            self.ends_ms = ends_ms.min(latest_ms).max(self.opened_ms.saturating_add(1));
        }
        true
    }

    /// Milliseconds until `amount`, which does not fit now, can fit.
    pub fn wait_ms(&self, amount: u64, now_ms: u64) -> u64 {
        let settled = self.used.saturating_add(amount);
        if self.span_ms == 0 || settled <= self.limit {
            let ends_ms = self.end_ms(now_ms).saturating_sub(now_ms);
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
        self.end_ms(now_ms)
            .saturating_add(self.span_ms.saturating_mul(windows.saturating_sub(1)))
            .saturating_sub(now_ms)
            .max(1)
    }

    /// Holds `amount` until about `expires_ms`, opening a window if none is open, and says until when exactly.
    pub fn hold(&mut self, amount: u64, expires_ms: u64, now_ms: u64) -> u64 {
        self.open(now_ms);
        self.holds.add(amount, expires_ms)
    }

    /// Ends `hold`, of which `used` was used.
    pub fn settle(&mut self, hold: &Hold, used: u64, now_ms: u64) {
        if self.span_ms == 0 {
            self.holds.release(hold.amount, hold.expires_ms);
        } else if self.opened_ms == hold.opened_ms {
            self.holds.release(hold.amount, hold.expires_ms);
            self.charge(used, now_ms);
        } else {
            self.settle_late(hold, used, now_ms);
        }
    }

    /// Ends a hold whose window is over. What was used beyond it is charged to the present window, what was not used
    /// comes off the debt.
    fn settle_late(&mut self, hold: &Hold, used: u64, now_ms: u64) {
        let ended = self.lease.as_ref().map(|lease| lease.ended);
        let ended_ms = match ended {
            Some((opened_ms, ended_ms)) if opened_ms == hold.opened_ms => ended_ms,
            _ => hold.ends_ms,
        };
        let charged = hold.charged(ended_ms);
        self.charge(used.saturating_sub(charged), now_ms);
        let given = self.debt.give_back(hold.opened_ms, charged.saturating_sub(used));
        self.used = self.used.saturating_sub(given);
        if let Some(lease) = &mut self.lease {
            lease.carried = lease.carried.saturating_sub(given);
        }
    }

    /// Moves `hold` to a later time. If it has expired it is held again, but only if it fits.
    pub fn renew(&mut self, hold: &mut Hold, remaining: impl FnOnce(&Self) -> u64, expires_ms: u64) {
        if self.opened_ms != hold.opened_ms {
            return;
        }
        let kept = self.holds.release(hold.amount, hold.expires_ms);
        if kept || hold.amount <= remaining(self) {
            hold.expires_ms = self.holds.add(hold.amount, expires_ms);
        }
    }

    /// Counts what was used without a hold.
    pub fn charge(&mut self, used: u64, now_ms: u64) {
        if used == 0 || self.span_ms == 0 {
            return;
        }
        self.open(now_ms);
        let windows = (DEBT_MS / self.span_ms).clamp(1, DEBT_WINDOWS);
        let most = self.limit.saturating_mul(windows.saturating_add(1));
        self.used = self.used.saturating_add(used).min(most);
    }

    fn open(&mut self, now_ms: u64) {
        if self.span_ms != 0 && self.opened_ms == 0 {
            self.opened_ms = now_ms.max(1);
            self.ends_ms = self.opened_ms.saturating_add(self.span_ms);
        }
    }

    pub fn encode(&self, to: &mut Vec<u8>) {
        for number in [
            self.limit,
            self.span_ms,
            self.opened_ms,
            self.ends_ms,
            self.used,
            self.beside_until_ms,
        ] {
            code::put(to, number);
        }
        self.debt.encode(to);
        self.holds.encode(to);
        match &self.lease {
            None => to.push(0),
            Some(lease) => {
                to.push(1);
                lease.encode(to);
            }
        }
    }

    pub fn decode(from: &mut &[u8]) -> Option<Self> {
        let mut account = Self {
            limit: code::take(from)?,
            span_ms: code::take(from)?,
            opened_ms: code::take(from)?,
            ends_ms: code::take(from)?,
            used: code::take(from)?,
            beside_until_ms: code::take(from)?,
            debt: Debt::decode(from)?,
            holds: Holds::decode(from)?,
            lease: None,
        };
        if code::take_count(from, 1)? == 1 {
            account.lease = Some(Lease::decode(from)?);
        }
        Some(account)
    }
}
