//! Limits that several Envoys share: each uses what a service has granted it.
//!
//! One worker, elected anew for every term, reports what is used and writes down what is granted. No request ever
//! waits for the service: until a grant comes, and when none comes any more, a window admits a configured share of its
//! limit.

use crate::{
    Key, Shared, Table,
    account::Account,
    code,
    shared::attempt,
    update,
    wire::{Closed, Grant, Window},
};

/// Most bytes of a window's label that are kept.
pub const MOST_LABEL: usize = 96;

/// Longest time that a grant counts, whatever the service says of it.
const LONGEST_GRANT_MS: u64 = 600_000;

/// Which worker asks for leases.
const REFRESHER: &str = "penstock.quota.refresher";

/// What a window knows of the service's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lease {
    pub label: String,
    /// What may be used and held of the window in all.
    pub granted: u64,
    /// Until when that is valid.
    pub until_ms: u64,
    /// The largest total that was refused for want of a grant.
    pub wanted: u64,
    /// A debt of the window before, which the service knows already.
    pub carried: u64,
    /// When the last window opened that is over, and what was used of it; zeros once the service knows.
    pub closed: (u64, u64),
    /// When the last window opened, and when it was really over, which nobody knew who held something of it.
    pub ended: (u64, u64),
    /// The part of the limit that is admitted without a valid grant, where it is not the table's.
    pub share: Option<u32>,
}

impl Lease {
    pub fn new(label: &str) -> Self {
        let label = label
            .get(..label.floor_char_boundary(MOST_LABEL))
            .unwrap_or_default();
        Self {
            label: label.to_owned(),
            ..Self::default()
        }
    }

    /// Starts a new window, of which `carried` is used from the start. `ended` says when the one before opened and was
    /// over.
    pub fn close(&mut self, ended: (u64, u64), used: u64, carried: u64) {
        let used = used.saturating_sub(self.carried);
        *self = Self {
            label: std::mem::take(&mut self.label),
            // A window of which nothing was used is not worth forgetting one that was.
            closed: if used > 0 { (ended.0, used) } else { self.closed },
            carried,
            ended,
            share: self.share,
            ..Self::default()
        };
    }

    pub fn encode(&self, to: &mut Vec<u8>) {
        code::put(to, self.label.len() as u64);
        to.extend_from_slice(self.label.as_bytes());
        let (closed_ms, closed_used) = self.closed;
        let (ended_opened_ms, ended_ms) = self.ended;
        for number in [
            self.granted,
            self.until_ms,
            self.wanted,
            self.carried,
            closed_ms,
            closed_used,
            ended_opened_ms,
            ended_ms,
            self.share.map_or(0, |share| u64::from(share).saturating_add(1)),
        ] {
            code::put(to, number);
        }
    }

    pub fn decode(from: &mut &[u8]) -> Option<Self> {
        let length = code::take_count(from, MOST_LABEL)?;
        let (label, rest) = from.split_at_checked(length)?;
        let label = std::str::from_utf8(label).ok()?.to_owned();
        *from = rest;
        Some(Self {
            label,
            granted: code::take(from)?,
            until_ms: code::take(from)?,
            wanted: code::take(from)?,
            carried: code::take(from)?,
            closed: (code::take(from)?, code::take(from)?),
            ended: (code::take(from)?, code::take(from)?),
            share: code::take(from)?
                .checked_sub(1)
                .map(|share| u32::try_from(share).unwrap_or(u32::MAX)),
        })
    }
}

/// What the service is to be told of a part of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Windows that are in use.
    pub windows: Vec<Window>,
    /// Windows that are over, each until it is [`Table::noted`].
    pub closed: Vec<Closed>,
    /// Where to go on; zero at the end of the table.
    pub next: u32,
}

impl Table {
    /// What is used, from the place `from` on, until there are `most` windows or a few more.
    pub fn report(&self, shared: &impl Shared, from: u32, most: usize, now_ms: u64) -> Report {
        let mut report = Report::default();
        for place in from..self.places() {
            if report.windows.len().saturating_add(report.closed.len()) >= most {
                report.next = place;
                break;
            }
            let mut there = self.load(shared, place);
            for (key, account) in there.bucket.accounts(now_ms) {
                report.add(key, account, now_ms);
            }
        }
        report
    }

    /// Lets a window use what the service grants it. False: that window is over, or the key is none of ours.
    pub fn grant(&self, shared: &impl Shared, grant: &Grant, now_ms: u64) -> bool {
        let reset_ms = (grant.reset_ms > 0).then(|| now_ms.saturating_add(grant.reset_ms));
        self.amend(shared, &grant.key, now_ms, |account| {
            if account.opened_ms != grant.window {
                return false;
            }
            account.grant(
                grant.granted,
                now_ms.saturating_add(grant.valid_ms.min(LONGEST_GRANT_MS)),
                reset_ms,
                now_ms,
            )
        })
    }

    /// Forgets a window that is over, now that the service has noted what was used of it.
    pub fn noted(&self, shared: &impl Shared, closed: &Closed, now_ms: u64) -> bool {
        self.amend(shared, &closed.key, now_ms, |account| match &mut account.lease {
            Some(lease) if lease.closed.0 == closed.window => {
                lease.closed = (0, 0);
                true
            }
            _ => false,
        })
    }

    /// Changes the account of `key`, wherever it is. False: `change` did not, or there is none.
    fn amend(
        &self,
        shared: &impl Shared,
        key: &[u8],
        now_ms: u64,
        mut change: impl FnMut(&mut Account) -> bool,
    ) -> bool {
        let Ok(key) = key.try_into().map(Key::from_bytes) else {
            return false;
        };
        self.places_of(key).into_iter().any(|place| {
            let changed = attempt(|| {
                let mut there = self.load(shared, place);
                let changed = there.bucket.find(key, now_ms).is_some_and(&mut change);
                if changed {
                    self.store(shared, &there, now_ms)?;
                }
                Some(changed)
            });
            changed == Some(true)
        })
    }
}

impl Report {
    fn add(&mut self, key: Key, account: &Account, now_ms: u64) {
        let Some(lease) = &account.lease else {
            return;
        };
        if lease.closed.0 != 0 {
            self.closed.push(Closed {
                key: key.as_bytes().to_vec(),
                label: lease.label.clone(),
                span_ms: account.span_ms,
                window: lease.closed.0,
                used: lease.closed.1,
            });
        }
        if account.load() == 0 && lease.wanted == 0 {
            return;
        }
        self.windows.push(Window {
            key: key.as_bytes().to_vec(),
            label: lease.label.clone(),
            span_ms: account.span_ms,
            limit: account.limit,
            window: account.opened_ms,
            age_ms: match account.opened_ms {
                0 => 0,
                opened_ms => now_ms.saturating_sub(opened_ms),
            },
            used: account.used.saturating_sub(lease.carried),
            held: account.holds.total(),
            wanted: lease.wanted.saturating_sub(lease.carried),
        });
    }
}

/// Whether `holder` is the one worker that talks to the service, for `term_ms` from now. Whoever is asks again before
/// its term is over and stays; when it no longer asks, another takes over.
pub fn elect(shared: &impl Shared, holder: u64, now_ms: u64, term_ms: u64) -> bool {
    let mut elected = false;
    let written = update(shared, REFRESHER, |old| {
        let reign = old.and_then(reign);
        // An end beyond the longest term is from a clock that was wrong.
        let latest_ms = now_ms.saturating_add(term_ms.saturating_mul(2));
        elected = match reign {
            Some((other, until_ms)) if other != holder => until_ms <= now_ms || until_ms > latest_ms,
            _ => true,
        };
        elected.then(|| {
            let mut value = Vec::new();
            code::put(&mut value, holder);
            code::put(&mut value, now_ms.saturating_add(term_ms));
            value
        })
    });
    written && elected
}

fn reign(mut value: &[u8]) -> Option<(u64, u64)> {
    let from = &mut value;
    let found = (code::take(from)?, code::take(from)?);
    from.is_empty().then_some(found)
}
