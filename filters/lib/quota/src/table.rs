//! All windows of one Envoy.

use std::cmp::Reverse;

use crate::{
    Claim, Key, Refused, Reservation, Shared, Standing, Version, account::Account, bucket::Bucket,
    hold::Hold, lease::Lease, shared::attempt,
};

/// Windows that a bucket is meant for. It has room for more, because keys never spread evenly.
const WINDOWS_PER_BUCKET: u32 = 8;

/// Buckets for the windows that claims without a place share, one window per limit and length.
const SHARED_BUCKETS: u32 = 8;

/// What a service is told such a window is called.
const SHARED_LABEL: &str = "shared";

/// Most buckets: what `windows` asks beyond is not kept apart.
const MOST_BUCKETS: u32 = 1 << 20;

/// How often a reservation over several limits is begun anew when another worker takes what it counted on.
const ROUNDS: usize = 64;

/// When to ask again where not even the shared window has a place.
const SOON_MS: u64 = 1_000;

/// Where the windows are in the shared data, and how long what nobody settles is held.
///
/// It holds no state itself: tables made alike, in whatever worker, are the same table.
#[derive(Clone, Debug)]
pub struct Table {
    buckets: u32,
    hold_ms: u64,
    seed: u64,
    /// Thousandths of a limit that are ours without a grant; none where limits are not leased.
    share: Option<u32>,
}

/// What became of one claim.
enum Taken {
    Held(Hold, Standing),
    Full(Standing, u64),
    Contended,
}

/// A bucket as it was read.
pub(crate) struct Loaded {
    place: u32,
    version: Option<Version>,
    pub bucket: Bucket,
}

impl Table {
    /// Keeps `windows` windows apart at once. A reservation that is not renewed lives `hold_ms` to one and a half
    /// times as long.
    pub fn new(windows: u32, hold_ms: u64) -> Self {
        Self {
            buckets: windows.div_ceil(WINDOWS_PER_BUCKET).clamp(1, MOST_BUCKETS),
            hold_ms: hold_ms.max(1),
            seed: 0,
            share: None,
        }
    }

    /// Spreads the keys by `seed`: all workers need the same one, and clients should not know it, lest they
    /// choose names that all fall into one bucket.
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Leases its limits from a service: without a valid grant, a window admits `share` thousandths of its limit. As
    /// long as the shares of all Envoys together are at most the whole, the limit holds without the service, too.
    pub fn leased(self, share: u32) -> Self {
        Self {
            share: Some(share),
            ..self
        }
    }

    /// Reserves what every claim asks for, or nothing.
    pub fn reserve(
        &self,
        shared: &impl Shared,
        claims: &[Claim],
        now_ms: u64,
    ) -> Result<Reservation, Refused> {
        for (index, claim) in claims.iter().enumerate() {
            if claim.amount > claim.limit && !claim.shadow {
                return Err(Refused::Never {
                    claim: index,
                    limit: claim.limit,
                    amount: claim.amount,
                });
            }
        }
        // The same order in every worker, so that two of them never wait for what the other has taken. A shadow
        // comes last: what may still be refused does not count for it.
        let mut order: Vec<(usize, &Claim)> = claims.iter().enumerate().collect();
        order.sort_by_key(|(_, claim)| (claim.shadow, claim.key));
        for round in 0..ROUNDS {
            // Nothing has to be given back of a single claim that does not fit, so it is looked at only to say why.
            if round > 0 || claims.len() > 1 {
                self.check(shared, claims, now_ms)?;
            }
            let mut taken = Vec::with_capacity(claims.len());
            let failed =
                order
                    .iter()
                    .find_map(|(index, claim)| match self.take(shared, claim, true, now_ms) {
                        Taken::Held(hold, standing) => {
                            taken.push((*index, hold, standing));
                            None
                        }
                        failed => Some(failed),
                    });
            if failed.is_none() {
                taken.sort_by_key(|(index, ..)| *index);
                let (holds, standings) = taken
                    .into_iter()
                    .map(|(_, hold, standing)| (hold, standing))
                    .unzip();
                return Ok(Reservation {
                    holds,
                    standings,
                    renew_at_ms: self.renew_at_ms(now_ms),
                });
            }
            for (_, hold, _) in &taken {
                self.settle_one(shared, hold, 0, now_ms);
            }
            if matches!(failed, Some(Taken::Contended)) {
                break;
            }
        }
        Err(Refused::Contended)
    }

    /// What nearly all requests of `key` used of late; none while too few are known.
    pub fn typical(&self, shared: &impl Shared, key: Key) -> Option<u64> {
        self.load(shared, self.place(key))
            .bucket
            .histogram(key)?
            .typical()
    }

    /// Notes what a request of `key` used.
    pub fn learn(&self, shared: &impl Shared, key: Key, used: u64, now_ms: u64) {
        attempt(|| {
            let mut home = self.load(shared, self.place(key));
            home.bucket.learn(key, used, now_ms);
            self.store(shared, &home, now_ms)
        });
    }

    /// Refuses what does not fit at present, without reserving anything.
    pub fn check(&self, shared: &impl Shared, claims: &[Claim], now_ms: u64) -> Result<(), Refused> {
        let mut standings = Vec::with_capacity(claims.len());
        let mut longest = None;
        for (index, claim) in claims.iter().enumerate() {
            match self.take(shared, claim, false, now_ms) {
                Taken::Held(hold, standing) => standings.push(Standing {
                    remaining: standing.remaining.saturating_add(hold.amount),
                    ..standing
                }),
                Taken::Full(standing, wait_ms) => {
                    standings.push(standing);
                    longest = longest.max(Some((wait_ms, Reverse(index))));
                }
                Taken::Contended => return Err(Refused::Contended),
            }
        }
        match longest {
            None => Ok(()),
            Some((retry_after_ms, Reverse(claim))) => Err(Refused::Later {
                claim,
                retry_after_ms,
                standings,
            }),
        }
    }

    /// Holds what `claim` asks for if it fits, or, unless `keep`, says whether it would.
    fn take(&self, shared: &impl Shared, claim: &Claim, keep: bool, now_ms: u64) -> Taken {
        attempt(|| {
            let mut home = self.load(shared, self.place(claim.key));
            let span_ms = claim.span.millis();
            let Some(account) = home.bucket.account(claim.key, claim.limit, span_ms, now_ms) else {
                let taken = self.take_shared(shared, claim, keep, now_ms);
                return match &taken {
                    Taken::Held(hold, _) if keep && !hold.exceeded => match self.seal(shared, hold, now_ms) {
                        Some(true) => Some(taken),
                        Some(false) => None,
                        None => Some(Taken::Contended),
                    },
                    _ => Some(taken),
                };
            };
            let others = self.others(shared, account, now_ms);
            let (taken, changed) = self.fill(account, claim, (home.place, claim.key), others, now_ms);
            self.keep(shared, &home, taken, changed, keep, now_ms)
        })
        .unwrap_or(Taken::Contended)
    }

    /// The same in the window that claims without a place share.
    fn take_shared(&self, shared: &impl Shared, claim: &Claim, keep: bool, now_ms: u64) -> Taken {
        let span_ms = claim.span.millis();
        let (place, cell) = self.shared_place(claim.limit, span_ms);
        attempt(|| {
            let mut there = self.load(shared, place);
            let Some(account) = there.bucket.account(cell, claim.limit, span_ms, now_ms) else {
                let standing = Standing {
                    limit: claim.limit,
                    remaining: 0,
                    ungranted: 0,
                    reset_ms: 0,
                    exceeded: false,
                };
                return Some(full(claim, (place, cell), standing, SOON_MS));
            };
            if self.share.is_some() && account.lease.is_none() {
                account.lease = Some(Lease::new(SHARED_LABEL));
            }
            let (taken, changed) = self.fill(account, claim, (place, cell), 0, now_ms);
            self.keep(shared, &there, taken, changed, keep, now_ms)
        })
        .unwrap_or(Taken::Contended)
    }

    /// Writes down what was `taken`, unless it is only a look. None: another worker was first.
    fn keep(
        &self,
        shared: &impl Shared,
        loaded: &Loaded,
        taken: Taken,
        changed: bool,
        keep: bool,
        now_ms: u64,
    ) -> Option<Taken> {
        let refused = match &taken {
            Taken::Held(hold, _) => hold.exceeded,
            Taken::Full(..) | Taken::Contended => true,
        };
        // A look leaves nothing behind but the wish for a larger grant.
        if changed && (keep || refused) {
            self.store(shared, loaded, now_ms)?;
        }
        Some(taken)
    }

    /// Leaves a mark in the home of a claim that is counted in the shared window, so that its own window, once it
    /// has a place, counts the shared one as well for as long as this may be in there. Otherwise the hold is given
    /// back: false if its own window has found a place just now, none if other workers were always first.
    ///
    /// The home is written last, so that whoever places the window there either is seen here or sees the hold.
    fn seal(&self, shared: &impl Shared, hold: &Hold, now_ms: u64) -> Option<bool> {
        let sealed = attempt(|| {
            let mut home = self.load(shared, self.place(hold.own));
            if home.bucket.holds(hold.own) {
                return Some(false);
            }
            home.bucket.mark(hold.span_ms, hold.counts_until_ms());
            self.store(shared, &home, now_ms).map(|()| true)
        });
        if sealed != Some(true) {
            self.settle_one(shared, hold, 0, now_ms);
        }
        sealed
    }

    /// What counts in `account` beside its own: the shared window, as long as its claims may be in there.
    pub(crate) fn others(&self, shared: &impl Shared, account: &Account, now_ms: u64) -> u64 {
        if account.beside_until_ms <= now_ms {
            return 0;
        }
        let (place, cell) = self.shared_place(account.limit, account.span_ms);
        let mut there = self.load(shared, place);
        there
            .bucket
            .find(cell, now_ms)
            .map_or(0, |account| account.load())
    }

    /// Puts what `claim` asks for into `account`, if it fits beside `others`, and says whether that changed anything.
    fn fill(
        &self,
        account: &mut Account,
        claim: &Claim,
        at: (u32, Key),
        others: u64,
        now_ms: u64,
    ) -> (Taken, bool) {
        if self.share.is_some() && account.lease.is_none() {
            account.lease = Some(Lease::new(&claim.label));
        }
        if let Some(lease) = &mut account.lease {
            lease.share = claim.share;
        }
        let standing = self.standing(account, others, now_ms);
        if claim.amount > standing.remaining {
            let wait_ms = account.wait_ms(claim.amount.saturating_add(others), now_ms);
            let taken = full(claim, at, standing, wait_ms);
            return (taken, account.want(claim.amount, others, now_ms));
        }
        let expires_ms = account.hold(claim.amount, self.expires_ms(now_ms), now_ms);
        let hold = Hold {
            amount: claim.amount,
            opened_ms: account.opened_ms,
            ends_ms: account.ends_ms,
            expires_ms,
            ..hold_of(claim, at)
        };
        let standing = self.standing(account, others, now_ms);
        (Taken::Held(hold, standing), true)
    }

    /// How `account` stands beside `others`.
    fn standing(&self, account: &Account, others: u64, now_ms: u64) -> Standing {
        let load = account.load().saturating_add(others);
        let remaining = self.remaining(account, others, now_ms);
        Standing {
            limit: account.limit,
            remaining,
            ungranted: account.limit.saturating_sub(load).saturating_sub(remaining),
            reset_ms: account.reset_ms(now_ms),
            exceeded: false,
        }
    }

    /// What `account` still admits beside `others`.
    pub(crate) fn remaining(&self, account: &Account, others: u64, now_ms: u64) -> u64 {
        account
            .cap(self.share, now_ms)
            .saturating_sub(account.load().saturating_add(others))
    }

    pub(crate) fn load(&self, shared: &impl Shared, place: u32) -> Loaded {
        let (value, version) = shared.read(&self.name(place)).unzip();
        Loaded {
            place,
            version,
            bucket: value.map_or_else(Bucket::default, |value| Bucket::decode(&value)),
        }
    }

    /// None: another worker was first.
    pub(crate) fn store(&self, shared: &impl Shared, loaded: &Loaded, now_ms: u64) -> Option<()> {
        let value = loaded.bucket.encode(now_ms);
        shared
            .write(&self.name(loaded.place), &value, loaded.version)
            .then_some(())
    }

    fn name(&self, place: u32) -> String {
        format!("penstock.quota.{}.{place}", self.buckets)
    }

    pub(crate) fn place(&self, key: Key) -> u32 {
        key.place(self.seed, self.buckets)
    }

    /// How many places there are.
    pub(crate) fn places(&self) -> u32 {
        self.buckets.saturating_add(SHARED_BUCKETS)
    }

    /// Where `key` is, if it is a claim's own, and if it is one that claims share.
    pub(crate) fn places_of(&self, key: Key) -> [u32; 2] {
        let shared = key.place(self.seed, SHARED_BUCKETS);
        [self.place(key), self.buckets.saturating_add(shared)]
    }

    /// Where claims of one limit that find no place are counted together.
    pub(crate) fn shared_place(&self, limit: u64, span_ms: u64) -> (u32, Key) {
        let cell = Key::of("shared", &[&limit.to_string(), &span_ms.to_string()]);
        let [_, place] = self.places_of(cell);
        (place, cell)
    }

    /// The end of the slice of time in which a hold that is taken or renewed now expires.
    pub(crate) fn expires_ms(&self, now_ms: u64) -> u64 {
        let slice_ms = self.hold_ms.div_ceil(2);
        let slices = now_ms.saturating_add(self.hold_ms) / slice_ms;
        slices.saturating_add(1).saturating_mul(slice_ms)
    }

    pub(crate) fn renew_at_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_add(self.hold_ms / 2)
    }
}

/// A claim that does not fit: what refuses it, or, of a shadow limit, a hold on nothing.
fn full(claim: &Claim, at: (u32, Key), standing: Standing, wait_ms: u64) -> Taken {
    let standing = Standing {
        exceeded: true,
        ..standing
    };
    if claim.shadow {
        let hold = Hold {
            exceeded: true,
            ..hold_of(claim, at)
        };
        Taken::Held(hold, standing)
    } else {
        Taken::Full(standing, wait_ms)
    }
}

fn hold_of(claim: &Claim, (place, cell): (u32, Key)) -> Hold {
    Hold {
        place,
        cell,
        own: claim.key,
        limit: claim.limit,
        span_ms: claim.span.millis(),
        amount: 0,
        opened_ms: 0,
        ends_ms: 0,
        expires_ms: 0,
        exceeded: false,
    }
}
