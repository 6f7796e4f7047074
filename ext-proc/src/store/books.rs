//! Accounts in the memory of one replica.
//!
//! It knows no clock: every call brings the time. Whatever it keeps is bounded, and at a bound it refuses rather than
//! forget what is in use.

mod settled;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

pub(super) use self::settled::Settled;
use super::{Account, Claim, Refused, Settlement, Standing, Unsettled, Window};

/// How long it is remembered that a reservation which nobody settled was charged, so that a late settlement puts the
/// real use in its place.
pub(super) const LATE_MS: u64 = 3_600_000;

/// How much is kept at most.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Accounts in use.
    pub accounts: usize,
    /// Requests that have something reserved.
    pub holds: usize,
    /// Requests whose reservation was charged because nobody settled it.
    pub charged: usize,
    /// Requests that are known to be settled, in each of two generations.
    pub settled: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            accounts: 200_000,
            holds: 262_144,
            charged: 65_536,
            settled: 262_144,
        }
    }
}

/// Accounts, what is reserved in them, and what was settled.
#[derive(Debug)]
pub struct Books {
    bounds: Bounds,
    accounts: HashMap<Arc<Account>, State>,
    holds: HashMap<Arc<str>, Hold>,
    expiries: BTreeSet<(u64, Arc<str>)>,
    charged: HashMap<Arc<str>, Vec<Part>>,
    charged_order: VecDeque<(u64, Arc<str>)>,
    settled: Settled,
    /// Accounts with a date of which more or less is used than was handed out last.
    changed: Vec<Arc<Account>>,
    /// Accounts are swept when there are so many.
    sweep_at: usize,
    swept_ms: u64,
}

/// An account's present window.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    window: u64,
    used: u64,
    held: u64,
    /// Who has it has all of it: a mark that something was done. It is done even before it is settled.
    is_mark: bool,
    /// It is among those that have changed.
    is_changed: bool,
}

/// What one request has reserved.
#[derive(Debug)]
struct Hold {
    expires_ms: u64,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    account: Arc<Account>,
    window: u64,
    amount: u64,
    unsettled: Unsettled,
}

/// Fewest accounts that are worth a sweep.
const FIRST_SWEEP: usize = 1_024;
/// Shortest time between two sweeps once the bound is reached.
const SWEEP_MS: u64 = 1_000;

impl Default for Books {
    fn default() -> Self {
        Self::new(Bounds::default())
    }
}

impl Books {
    /// Empty ones.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            accounts: HashMap::new(),
            holds: HashMap::new(),
            expiries: BTreeSet::new(),
            charged: HashMap::new(),
            charged_order: VecDeque::new(),
            settled: Settled::new(bounds.settled),
            changed: Vec::new(),
            sweep_at: FIRST_SWEEP,
            swept_ms: 0,
        }
    }

    /// Reserves all of `claims`, or nothing; `Refused::Away` where a bound is reached.
    ///
    /// # Errors
    /// When a claim does not fit.
    pub fn reserve(
        &mut self,
        id: &str,
        claims: &[Claim],
        hold_ms: u64,
        now_ms: u64,
    ) -> Result<Vec<Standing>, Refused> {
        self.expire(now_ms);
        let before: Vec<Standing> = claims
            .iter()
            .map(|claim| self.standing(&claim.account, now_ms))
            .collect();
        let mut after = before.clone();
        for (index, (claim, standing)) in claims.iter().zip(&mut after).enumerate() {
            let earlier = claims
                .iter()
                .take(index)
                .filter(|other| other.account == claim.account);
            let earlier = earlier.fold(0_u64, |sum, other| sum.saturating_add(other.amount));
            standing.held = standing.held.saturating_add(earlier).saturating_add(claim.amount);
            if claim.amount > 0 && standing.used.saturating_add(standing.held) > claim.cap {
                return Err(Refused::Short {
                    claim: index,
                    standings: before,
                });
            }
        }
        self.make_room(id, claims, now_ms)?;
        let expires_ms = now_ms.saturating_add(hold_ms);
        let mut parts = Vec::with_capacity(claims.len());
        for claim in claims.iter().filter(|claim| claim.amount > 0) {
            let (account, state) = self.open(&claim.account, now_ms);
            state.held = state.held.saturating_add(claim.amount);
            state.is_mark |= claim.cap == 1;
            let (window, is_mark) = (state.window, state.is_mark);
            if is_mark {
                self.note_change(account.clone());
            }
            parts.push(Part {
                window,
                account,
                amount: claim.amount,
                unsettled: match claim.account.window {
                    Window::Concurrent => Unsettled::Returned,
                    Window::Every(_) | Window::Until { .. } => claim.unsettled,
                },
            });
        }
        if !parts.is_empty() {
            self.hold(id, parts, expires_ms);
        }
        Ok(after)
    }

    /// Puts what was used in the place of what `id` has reserved, once. Accounts that `entries` leave out keep their
    /// reservation until it expires.
    pub fn settle(&mut self, id: &str, entries: &[Settlement], now_ms: u64) {
        if self.settled.note(id) {
            self.end(id, entries, now_ms);
        }
    }

    /// Gives back all that `id` has reserved. What is settled under it later still counts.
    pub fn release(&mut self, id: &str, now_ms: u64) {
        let holds = self.holds.get(id).map(|hold| &hold.parts);
        let parts = holds.into_iter().chain(self.charged.get(id)).flatten();
        let entries: Vec<Settlement> = parts
            .map(|part| Settlement {
                account: Account::clone(&part.account),
                held: part.amount,
                used: 0,
            })
            .collect();
        self.end(id, &entries, now_ms);
    }

    fn end(&mut self, id: &str, entries: &[Settlement], now_ms: u64) {
        let (mut held, expires_ms) = self.take_hold(id);
        let mut charged = self.charged.remove(id).unwrap_or_default();
        for entry in entries {
            let (account, state) = self.open(&entry.account, now_ms);
            let mut due = i128::from(entry.used);
            for part in take(&mut held, &entry.account) {
                if part.window == state.window {
                    state.held = state.held.saturating_sub(part.amount);
                } else {
                    // Its window counted the whole of it as used when it ended.
                    due = (due - i128::from(part.amount)).max(0);
                }
            }
            for part in take(&mut charged, &entry.account) {
                due -= i128::from(part.amount);
                if part.window != state.window {
                    due = due.max(0);
                }
            }
            if entry.account.window != Window::Concurrent {
                let used = (i128::from(state.used) + due).clamp(0, i128::from(u64::MAX));
                state.used = u64::try_from(used).unwrap_or(u64::MAX);
                self.note_change(account);
            }
        }
        if !held.is_empty() {
            self.hold(id, held, expires_ms);
        }
    }

    /// Whether `id` has something reserved here.
    pub fn holds(&self, id: &str) -> bool {
        self.holds.contains_key(id) || self.charged.contains_key(id)
    }

    /// How accounts stand.
    pub fn standings<'a>(
        &mut self,
        accounts: impl IntoIterator<Item = &'a Account>,
        now_ms: u64,
    ) -> Vec<Standing> {
        self.expire(now_ms);
        accounts
            .into_iter()
            .map(|account| self.standing(account, now_ms))
            .collect()
    }

    /// What is used of each account that ends at a date and has changed since it was asked last.
    pub fn changes(&mut self) -> Vec<(Arc<Account>, u64)> {
        let changed = std::mem::take(&mut self.changed);
        let changes = changed.into_iter().map(|account| {
            let used = self.accounts.get_mut(&account).map_or(0, |state| {
                state.is_changed = false;
                let marked = if state.is_mark { state.held } else { 0 };
                state.used.saturating_add(marked)
            });
            (account, used)
        });
        changes.collect()
    }

    fn note_change(&mut self, account: Arc<Account>) {
        if let (Window::Until { .. }, Some(state)) = (account.window, self.accounts.get_mut(&account))
            && !std::mem::replace(&mut state.is_changed, true)
        {
            self.changed.push(account);
        }
    }

    /// Takes up what another run has exported.
    pub fn restore(&mut self, used: impl IntoIterator<Item = (Account, u64)>, now_ms: u64) {
        for (account, used) in used {
            if !is_over(&account, now_ms) {
                let (_, state) = self.open(&account, now_ms);
                state.used = state.used.max(used);
            }
        }
    }

    /// Accounts that are kept.
    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    fn standing(&self, account: &Account, now_ms: u64) -> Standing {
        let window = number(account, now_ms);
        let state = self.accounts.get(account).filter(|state| state.window == window);
        let state = state.copied().unwrap_or_default();
        Standing {
            used: state.used,
            held: state.held,
            reset_ms: reset_ms(account, now_ms),
        }
    }

    /// The account's state, begun anew if its window is over.
    fn open(&mut self, account: &Account, now_ms: u64) -> (Arc<Account>, &mut State) {
        let name = match self.accounts.get_key_value(account) {
            Some((name, _)) => name.clone(),
            None => Arc::new(account.clone()),
        };
        let state = self.accounts.entry(name.clone()).or_default();
        let window = number(account, now_ms);
        if state.window != window {
            *state = State {
                window,
                ..State::default()
            };
        }
        (name, state)
    }

    fn make_room(&mut self, id: &str, claims: &[Claim], now_ms: u64) -> Result<(), Refused> {
        if self.holds.len() >= self.bounds.holds && !self.holds.contains_key(id) {
            return Err(Refused::Away { claim: 0 });
        }
        let is_new =
            |books: &Self, claim: &Claim| claim.amount > 0 && !books.accounts.contains_key(&claim.account);
        let mut new = claims.iter().filter(|claim| is_new(self, claim)).count();
        let full = self.accounts.len().saturating_add(new) > self.bounds.accounts;
        let swept = now_ms.abs_diff(self.swept_ms) >= SWEEP_MS;
        if self.accounts.len().saturating_add(new) > self.sweep_at || (full && swept) {
            self.sweep(now_ms);
            new = claims.iter().filter(|claim| is_new(self, claim)).count();
        }
        if new > 0 && self.accounts.len().saturating_add(new) > self.bounds.accounts {
            let claim = claims.iter().position(|claim| is_new(self, claim));
            return Err(Refused::Away {
                claim: claim.unwrap_or_default(),
            });
        }
        Ok(())
    }

    /// Forgets accounts that say nothing.
    fn sweep(&mut self, now_ms: u64) {
        self.accounts.retain(|account, state| {
            let idle = state.used == 0 && state.held == 0;
            !idle && state.window == number(account, now_ms) && !is_over(account, now_ms)
        });
        self.accounts.shrink_to(self.accounts.len().saturating_mul(2));
        let twice = self.accounts.len().saturating_mul(2);
        self.sweep_at = twice.clamp(FIRST_SWEEP, self.bounds.accounts.max(FIRST_SWEEP));
        if self.accounts.len() >= self.bounds.accounts {
            self.sweep_at = usize::MAX;
        }
        self.swept_ms = now_ms;
    }

    fn hold(&mut self, id: &str, parts: Vec<Part>, expires_ms: u64) {
        let id: Arc<str> = id.into();
        let (mut all, earlier_ms) = self.take_hold(&id);
        all.extend(parts);
        let expires_ms = expires_ms.max(earlier_ms);
        self.expiries.insert((expires_ms, id.clone()));
        self.holds.insert(
            id,
            Hold {
                expires_ms,
                parts: all,
            },
        );
    }

    /// What `id` has reserved, and until when.
    fn take_hold(&mut self, id: &str) -> (Vec<Part>, u64) {
        let Some((id, hold)) = self.holds.remove_entry(id) else {
            return (Vec::new(), 0);
        };
        self.expiries.remove(&(hold.expires_ms, id));
        (hold.parts, hold.expires_ms)
    }

    /// Ends what has been reserved for too long.
    fn expire(&mut self, now_ms: u64) {
        while let Some((expires_ms, id)) = self.expiries.pop_first() {
            if expires_ms > now_ms {
                self.expiries.insert((expires_ms, id));
                break;
            }
            let Some(hold) = self.holds.remove(&id) else {
                continue;
            };
            let mut charged = Vec::new();
            for part in hold.parts {
                let (account, state) = self.open(&part.account, now_ms);
                let present = part.window == state.window;
                if present {
                    state.held = state.held.saturating_sub(part.amount);
                }
                if part.unsettled == Unsettled::Charged {
                    if present {
                        state.used = state.used.saturating_add(part.amount);
                        self.note_change(account);
                    }
                    charged.push(part);
                }
            }
            if !charged.is_empty() {
                self.charged_order
                    .push_back((now_ms.saturating_add(LATE_MS), id.clone()));
                self.charged.entry(id).or_default().extend(charged);
            }
        }
        while let Some((until_ms, id)) = self.charged_order.front()
            && (*until_ms <= now_ms || self.charged_order.len() > self.bounds.charged)
        {
            self.charged.remove(id);
            self.charged_order.pop_front();
        }
    }
}

fn take(parts: &mut Vec<Part>, account: &Account) -> Vec<Part> {
    let (taken, left) = std::mem::take(parts)
        .into_iter()
        .partition(|part| *part.account == *account);
    *parts = left;
    taken
}

/// Which of its successive windows an account is in.
fn number(account: &Account, now_ms: u64) -> u64 {
    match account.window {
        Window::Every(ms) => now_ms / ms.max(1),
        Window::Until { .. } | Window::Concurrent => 0,
    }
}

fn reset_ms(account: &Account, now_ms: u64) -> u64 {
    match account.window {
        Window::Every(ms) => ms.max(1) - now_ms % ms.max(1),
        Window::Until { end_ms, .. } => end_ms.saturating_sub(now_ms),
        Window::Concurrent => 0,
    }
}

/// Whether nobody will ask for it any more.
fn is_over(account: &Account, now_ms: u64) -> bool {
    matches!(account.window, Window::Until { end_ms, .. } if end_ms.saturating_add(LATE_MS) <= now_ms)
}

#[cfg(test)]
mod tests;
