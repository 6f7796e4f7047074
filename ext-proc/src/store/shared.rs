//! Accounts in Redis, which several replicas share.
//!
//! Each operation is one script, so it is atomic over all its accounts, and the clock is Redis's. All keys have the same
//! hash tag, so that a cluster keeps them in one place. While Redis is away each claim goes on by this replica's
//! own books or is refused, as it says, and settlements wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::Script;
use tokio::time::sleep;

use super::books::Books;
use super::lately::Lately;
use super::link::{Link, Missed};
use super::metrics::Metrics;
use super::waiting::{End, Late, Waiting};
use super::{Account, Claim, Fail, Refused, Settings, Settlement, Standing, Unsettled, Window, now_ms};

/// How long it is remembered that a request is settled.
const SETTLED_MS: u64 = 1_800_000;
/// A settlement that may have arrived so long ago is not sent again. Less than [`SETTLED_MS`].
const IN_DOUBT: Duration = Duration::from_millis(SETTLED_MS / 2);
/// The largest whole number that is kept: Lua counts in floating point.
const MOST: u64 = 1 << 52;
/// Dated accounts whose last standing is remembered for the time that Redis is away.
const REMEMBERED: usize = 20_000;
/// Requests of which this replica knows what they have reserved.
const LATELY: usize = 65_536;
/// Wait before a settlement that failed is sent again, at first and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// Between two looks, at the end, whether any settlement still waits.
const LOOK: Duration = Duration::from_millis(10);

/// Accounts in Redis.
pub(super) struct Shared {
    link: Arc<Link>,
    scripts: Arc<Scripts>,
    prefix: String,
    waiting: Arc<Waiting>,
    metrics: Metrics,
    /// What goes on while Redis is away.
    local: Mutex<Books>,
    replicas: u64,
    /// How dated accounts stood last.
    last: Mutex<HashMap<Account, u64>>,
    /// What would have to be given back.
    lately: Mutex<Lately>,
    task: tokio::task::AbortHandle,
}

struct Scripts {
    prefix: String,
    reserve: Script,
    settle: Script,
}

impl Shared {
    pub(super) async fn connect(settings: &Settings, metrics: Metrics) -> Result<Self, redis::RedisError> {
        let link = Arc::new(Link::new(
            penstock_keys::client::open(&settings.url)?,
            settings.timeout,
        ));
        let scripts = Arc::new(Scripts::new(&settings.prefix));
        let waiting = Arc::new(Waiting::new(settings.most_waiting));
        let up = link.connect().await;
        metrics.up.set(i64::from(up));
        let task = tokio::spawn(attend(
            link.clone(),
            scripts.clone(),
            waiting.clone(),
            metrics.clone(),
        ));
        Ok(Self {
            link,
            scripts,
            prefix: settings.prefix.clone(),
            waiting,
            metrics,
            local: Mutex::default(),
            replicas: u64::from(settings.replicas.max(1)),
            last: Mutex::default(),
            lately: Mutex::new(Lately::new(LATELY)),
            task: task.abort_handle(),
        })
    }

    pub(super) fn link(&self) -> (Arc<Link>, &str) {
        (self.link.clone(), &self.prefix)
    }

    pub(super) fn is_up(&self) -> bool {
        self.link.is_up()
    }

    pub(super) async fn reserve(
        &self,
        id: &str,
        claims: &[Claim],
        hold_ms: u64,
    ) -> Result<Vec<Standing>, Refused> {
        let began = Instant::now();
        let mut cancelled = Cancelled {
            of: self,
            id,
            claims,
            is_answered: false,
        };
        let answer = self.scripts.reserve(&self.link, id, claims, hold_ms).await;
        cancelled.is_answered = true;
        let result = match &answer {
            Ok(answer) => read(answer, claims.len()),
            Err(_) => None,
        };
        let Some((short, standings)) = result else {
            self.metrics
                .call("reserve", "away", answer.is_ok().then(|| began.elapsed()));
            let result = self.reserve_here(id, claims, hold_ms);
            if matches!(answer, Err(Missed::InDoubt)) {
                // It may be there as well, for a request that goes by this replica's share or not at all.
                match &result {
                    Ok(_) => self.note(id, claims, hold_ms),
                    Err(_) => self.give_back(id, claims.iter().map(|claim| claim.account.clone())),
                }
            }
            return result;
        };
        self.remember(claims, &standings);
        match short {
            Some(claim) => {
                self.metrics.call("reserve", "short", Some(began.elapsed()));
                Err(Refused::Short { claim, standings })
            }
            None => {
                self.metrics.call("reserve", "ok", Some(began.elapsed()));
                self.note(id, claims, hold_ms);
                Ok(standings)
            }
        }
    }

    /// Goes on without Redis, as far as the claims allow.
    fn reserve_here(&self, id: &str, claims: &[Claim], hold_ms: u64) -> Result<Vec<Standing>, Refused> {
        if let Some(claim) = claims.iter().position(|claim| claim.fail == Fail::Closed) {
            return Err(Refused::Away { claim });
        }
        let claims: Vec<Claim> = {
            let last = lock(&self.last);
            let share = |claim: &Claim| {
                let used = last.get(&claim.account).copied().unwrap_or(0);
                Claim {
                    cap: claim.cap.saturating_sub(used) / self.replicas,
                    ..claim.clone()
                }
            };
            claims.iter().map(share).collect()
        };
        lock(&self.local).reserve(id, &claims, hold_ms, now_ms())
    }

    /// Gives back what `id` has reserved here. What it has in Redis goes with the settlements that wait.
    pub(super) fn release(&self, id: &str) {
        {
            let mut local = lock(&self.local);
            if local.holds(id) {
                local.release(id, now_ms());
            }
        }
        let accounts = lock(&self.lately).take(id);
        if !accounts.is_empty() {
            self.give_back(id, accounts);
        }
    }

    /// Remembers what would have to be given back.
    fn note(&self, id: &str, claims: &[Claim], hold_ms: u64) {
        let now_ms = now_ms();
        let accounts = claims.iter().filter(|claim| claim.amount > 0);
        let accounts = accounts.map(|claim| claim.account.clone()).collect();
        lock(&self.lately).note(id, accounts, now_ms.saturating_add(hold_ms), now_ms);
    }

    fn give_back(&self, id: &str, accounts: impl IntoIterator<Item = Account>) {
        let entries = accounts.into_iter().map(|account| Settlement {
            account,
            held: 0,
            used: 0,
        });
        let late = Late {
            id: id.to_owned(),
            end: End::Released,
            entries: super::merged(&entries.collect::<Vec<_>>()),
            in_doubt: None,
        };
        self.waiting.push(late, &self.metrics);
    }

    /// How the accounts stand after it; none if it is not known.
    pub(super) async fn settle(&self, id: &str, entries: &[Settlement]) -> Option<Vec<Standing>> {
        lock(&self.lately).take(id);
        {
            let mut local = lock(&self.local);
            if local.holds(id) {
                local.settle(id, entries, now_ms());
            }
        }
        let began = Instant::now();
        let missed = match self.scripts.settle(&self.link, id, End::Settled, entries).await {
            Ok(standings) => {
                let outcome = if standings.is_some() { "ok" } else { "repeated" };
                self.metrics.call("settle", outcome, Some(began.elapsed()));
                return standings;
            }
            Err(Missed::Refused) => {
                self.metrics.call("settle", "refused", Some(began.elapsed()));
                self.metrics.lost.inc();
                return None;
            }
            Err(missed) => missed,
        };
        self.metrics.call("settle", "away", None);
        let late = Late {
            id: id.to_owned(),
            end: End::Settled,
            entries: entries.to_vec(),
            in_doubt: (missed == Missed::InDoubt).then_some(began),
        };
        self.waiting.push(late, &self.metrics);
        None
    }

    /// Waits until no settlement waits any more, for at most `limit`: how many were lost.
    pub(super) async fn finish(&self, limit: Duration) -> usize {
        let sent = async {
            while !self.waiting.is_empty() {
                sleep(LOOK).await;
            }
        };
        // What then waits is counted.
        let _ = tokio::time::timeout(limit, sent).await;
        self.waiting.give_up(&self.metrics)
    }

    pub(super) async fn standings(&self, accounts: &[Account]) -> Option<Vec<Standing>> {
        let began = Instant::now();
        let looks: Vec<Claim> = accounts.iter().map(look).collect();
        let answer = self.scripts.reserve(&self.link, "", &looks, 0).await;
        let standings = answer.ok().and_then(|answer| read(&answer, looks.len()));
        let outcome = if standings.is_some() { "ok" } else { "away" };
        self.metrics
            .call("standings", outcome, standings.as_ref().map(|_| began.elapsed()));
        standings.map(|(_, standings)| standings)
    }

    /// Budgets run for long: what was used before Redis went away must not be given out once more.
    fn remember(&self, claims: &[Claim], standings: &[Standing]) {
        let dated = |(claim, _): &(&Claim, &Standing)| matches!(claim.account.window, Window::Until { .. });
        let mut dated = claims.iter().zip(standings).filter(dated).peekable();
        if dated.peek().is_none() {
            return;
        }
        let mut last = lock(&self.last);
        for (claim, standing) in dated {
            let used = standing.used.saturating_add(standing.held);
            if let Some(known) = last.get_mut(&claim.account) {
                *known = used;
                continue;
            }
            if last.len() >= REMEMBERED {
                last.clear();
            }
            last.insert(claim.account.clone(), used);
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A reservation that nobody waits for any more, as when the client has left: it is given back once it may have
/// arrived.
struct Cancelled<'a> {
    of: &'a Shared,
    id: &'a str,
    claims: &'a [Claim],
    is_answered: bool,
}

impl Drop for Cancelled<'_> {
    fn drop(&mut self) {
        if self.is_answered {
            return;
        }
        let accounts = self.claims.iter().map(|claim| claim.account.clone());
        self.of.give_back(self.id, accounts);
    }
}

/// Keeps the connection, and sends what waits.
async fn attend(link: Arc<Link>, scripts: Arc<Scripts>, waiting: Arc<Waiting>, metrics: Metrics) {
    let mut back_off = BACK_OFF.0;
    loop {
        link.restore().await;
        metrics.up.set(1);
        tokio::select! {
            () = link.lost() => {
                metrics.up.set(0);
                continue;
            }
            () = some(&waiting) => {}
        }
        let Some(late) = waiting.first() else { continue };
        if late.may_count_twice(IN_DOUBT) {
            waiting.done(&late.id, &metrics);
            metrics.lost.inc();
            continue;
        }
        match scripts.settle(&link, &late.id, late.end, &late.entries).await {
            Ok(standings) => {
                let outcome = if standings.is_some() { "late" } else { "repeated" };
                metrics.call("settle", outcome, None);
                waiting.done(&late.id, &metrics);
                back_off = BACK_OFF.0;
            }
            // What is never taken must not stand in the way of what comes after it.
            Err(Missed::Refused) => {
                metrics.call("settle", "refused", None);
                metrics.lost.inc();
                waiting.done(&late.id, &metrics);
            }
            Err(missed) => {
                if missed == Missed::InDoubt {
                    waiting.doubt(&late.id);
                }
                metrics.up.set(i64::from(link.is_up()));
                sleep(back_off).await;
                back_off = back_off.saturating_mul(2).min(BACK_OFF.1);
            }
        }
    }
}

async fn some(waiting: &Waiting) {
    while waiting.is_empty() {
        waiting.came.notified().await;
    }
}

impl Scripts {
    fn new(prefix: &str) -> Self {
        const RESERVE: &str = concat!(include_str!("account.lua"), include_str!("reserve.lua"));
        const SETTLE: &str = concat!(include_str!("account.lua"), include_str!("settle.lua"));
        Self {
            prefix: format!("{{{prefix}}}"),
            reserve: Script::new(RESERVE),
            settle: Script::new(SETTLE),
        }
    }

    async fn reserve(
        &self,
        link: &Link,
        id: &str,
        claims: &[Claim],
        hold_ms: u64,
    ) -> Result<Vec<i64>, Missed> {
        let mut call = self.reserve.prepare_invoke();
        call.arg(id).arg(hold_ms.min(MOST));
        for claim in claims {
            let (hash, holds) = self.keys(&claim.account);
            let (kind, at) = window(&claim.account);
            let charged = claim.unsettled == Unsettled::Charged && claim.account.window != Window::Concurrent;
            call.key(hash)
                .key(holds)
                .arg(kind)
                .arg(at)
                .arg(claim.cap.min(MOST))
                .arg(claim.amount.min(MOST))
                .arg(if charged { "c" } else { "r" });
        }
        link.run(&call).await
    }

    /// How the accounts stand after it; none if it was settled before.
    async fn settle(
        &self,
        link: &Link,
        id: &str,
        end: End,
        entries: &[Settlement],
    ) -> Result<Option<Vec<Standing>>, Missed> {
        let mark = match end {
            End::Settled => "settled",
            End::Released => "released",
        };
        let mut call = self.settle.prepare_invoke();
        call.key(format!("{}:{mark}:{id}", self.prefix))
            .arg(id)
            .arg(SETTLED_MS);
        for entry in entries {
            let (hash, holds) = self.keys(&entry.account);
            let (kind, at) = window(&entry.account);
            call.key(hash)
                .key(holds)
                .arg(kind)
                .arg(at)
                .arg(entry.used.min(MOST));
        }
        let answer: Vec<i64> = link.run(&call).await?;
        let is_first = answer.first().is_some_and(|first| *first == 1);
        let standings = read(&answer, entries.len()).map(|(_, standings)| standings);
        Ok(is_first.then(|| standings.unwrap_or_default()))
    }

    fn keys(&self, account: &Account) -> (String, String) {
        let (prefix, name) = (&self.prefix, &account.name);
        let hash = match account.window {
            Window::Every(ms) => format!("{prefix}:account:{ms}:{name}"),
            Window::Until { start_ms, end_ms } => format!("{prefix}:account:{start_ms}-{end_ms}:{name}"),
            Window::Concurrent => format!("{prefix}:account:now:{name}"),
        };
        let holds = format!("{prefix}:holds{}", hash.get(prefix.len()..).unwrap_or_default());
        (hash, holds)
    }
}

fn window(account: &Account) -> (&'static str, u64) {
    match account.window {
        Window::Every(ms) => ("e", ms.clamp(1, MOST)),
        Window::Until { end_ms, .. } => ("u", end_ms.min(MOST)),
        Window::Concurrent => ("c", 0),
    }
}

/// A claim that takes nothing.
fn look(account: &Account) -> Claim {
    Claim {
        account: account.clone(),
        cap: 0,
        amount: 0,
        unsettled: Unsettled::Returned,
        fail: Fail::Open,
    }
}

/// The claim that does not fit, and how all accounts stand.
fn read(answer: &[i64], count: usize) -> Option<(Option<usize>, Vec<Standing>)> {
    let (short, rest) = answer.split_first()?;
    let mut standings = Vec::with_capacity(count);
    for numbers in rest.chunks_exact(3) {
        let &[used, held, reset_ms] = numbers else {
            return None;
        };
        standings.push(Standing {
            used: used.try_into().ok()?,
            held: held.try_into().ok()?,
            reset_ms: reset_ms.try_into().ok()?,
        });
    }
    let short = usize::try_from(*short).ok()?.checked_sub(1);
    (standings.len() == count).then_some((short, standings))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
