//! The end of reservations: what was used is charged, the rest comes back.

use crate::{Reservation, Shared, Table, account::Account, hold::Hold, shared::attempt};

impl Table {
    /// Ends a reservation: of each claim, in their order, `used` was used, or all of it where `used` says nothing.
    /// Nothing used is a refund.
    ///
    /// False if other workers kept it from being written everywhere: what was reserved there expires.
    pub fn settle(&self, shared: &impl Shared, reservation: Reservation, used: &[u64], now_ms: u64) -> bool {
        let mut settled = true;
        for (index, hold) in reservation.holds.iter().enumerate() {
            let used = used.get(index).copied().unwrap_or(hold.amount);
            settled &= self.settle_one(shared, hold, used, now_ms);
        }
        settled
    }

    /// Keeps a reservation from expiring.
    pub fn renew(&self, shared: &impl Shared, reservation: &mut Reservation, now_ms: u64) {
        for hold in &mut reservation.holds {
            if !hold.exceeded {
                self.renew_one(shared, hold, now_ms);
            }
        }
        reservation.renew_at_ms = self.renew_at_ms(now_ms);
    }

    pub(crate) fn settle_one(&self, shared: &impl Shared, hold: &Hold, used: u64, now_ms: u64) -> bool {
        if hold.exceeded {
            return true;
        }
        attempt(|| {
            let mut there = self.load(shared, hold.place);
            if let Some(account) = there.bucket.find(hold.cell, now_ms) {
                account.settle(hold, used, now_ms);
                return self.store(shared, &there, now_ms);
            }
            // Its window was idle when it lost its place: it owed nothing that could be given back.
            let charge = used.saturating_sub(hold.charged(hold.ends_ms));
            if charge == 0 || hold.span_ms == 0 {
                return Some(());
            }
            match there.bucket.account(hold.cell, hold.limit, hold.span_ms, now_ms) {
                Some(account) => {
                    account.charge(charge, now_ms);
                    self.store(shared, &there, now_ms)
                }
                None => self.charge_shared(shared, hold, charge, now_ms),
            }
        })
        .is_some()
    }

    /// Charges the shared window for a window that has lost its place since.
    fn charge_shared(&self, shared: &impl Shared, hold: &Hold, charge: u64, now_ms: u64) -> Option<()> {
        let (place, cell) = self.shared_place(hold.limit, hold.span_ms);
        let mut there = self.load(shared, place);
        match there.bucket.account(cell, hold.limit, hold.span_ms, now_ms) {
            Some(account) => {
                account.charge(charge, now_ms);
                self.store(shared, &there, now_ms)
            }
            None => Some(()),
        }
    }

    fn renew_one(&self, shared: &impl Shared, hold: &mut Hold, now_ms: u64) {
        let expires_ms = self.expires_ms(now_ms);
        if expires_ms <= hold.expires_ms {
            return;
        }
        let renewed = attempt(|| {
            let mut there = self.load(shared, hold.place);
            // A window that has lost its place was over; what is under way at once is held anew.
            let account = match hold.span_ms {
                0 => there.bucket.account(hold.cell, hold.limit, 0, now_ms),
                _ => there.bucket.find(hold.cell, now_ms),
            };
            let Some(account) = account else {
                return Some(*hold);
            };
            let mut renewed = *hold;
            let others = self.others(shared, account, now_ms);
            let remaining = |account: &Account| self.remaining(account, others, now_ms);
            account.renew(&mut renewed, remaining, expires_ms);
            self.store(shared, &there, now_ms)?;
            Some(renewed)
        });
        if let Some(renewed) = renewed {
            *hold = renewed;
        }
        if hold.cell != hold.own && hold.span_ms == 0 {
            attempt(|| {
                let mut home = self.load(shared, self.place(hold.own));
                home.bucket.mark(hold.span_ms, hold.counts_until_ms());
                if let Some(account) = home.bucket.find(hold.own, now_ms) {
                    account.beside_until_ms = account.beside_until_ms.max(hold.counts_until_ms());
                }
                self.store(shared, &home, now_ms)
            });
        }
    }
}
