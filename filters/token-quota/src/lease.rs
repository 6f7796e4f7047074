//! Limits that several Envoys share: what the service is asked and told, and what becomes of its answers.
//!
//! All workers of one Envoy elect one, anew for every term. It goes through all windows every so often: what is in use
//! is reported and asked for, what is over is settled. The windows themselves are the outbox, so it is as bounded as they
//! are, outlives the worker, and whatever fails is said again the next time. All numbers are totals, so saying
//! something twice changes nothing.
//!
//! It refuses to have more than one batch of calls under way, to wait for an answer for ever, to read an answer larger
//! than any right one, and to apply a grant that it did not ask for. No request ever waits for it.

use std::collections::BTreeSet;

use penstock_config::slice::Leases;
use penstock_flow::{Level, LogLine, Step};
use penstock_quota::wire::{self, Closed, LeaseRequest, LeaseResponse, SettleRequest, SettleResponse};
use penstock_quota::{Key, Shared, Table, elect};
use prost::Message;

use crate::metrics;
use crate::pace::Pace;

/// The longest time between two looks of a worker at who is elected.
pub(crate) const LONGEST_TICK_MS: u64 = 1_000;

/// How long the elected worker stays without asking again: a few ticks, so that a busy one stays and a dead one is
/// soon replaced.
const TERM_MS: u64 = 5 * LONGEST_TICK_MS;

/// Windows in one message, about 40 KB of them.
const BATCH: usize = 256;

/// The largest answer that is read: several times what grants for a whole batch take.
const MOST_ANSWER_BYTES: usize = 64 << 10;

/// How much longer than its timeout a call is waited for, should Envoy never end it.
const GRACE_MS: u64 = 1_000;

/// gRPC's `OK` (gRPC core documents, "Status codes and their use", read 2026-11).
const OK: u32 = 0;

/// What is to be done after an event.
#[derive(Debug, Default)]
pub struct Turn {
    /// What to tell people.
    pub step: Step,
    /// What to call; each is [`Lessee::sent`] then.
    pub calls: Vec<Call>,
}

/// A call of the service.
#[derive(Debug)]
pub struct Call {
    /// The serialised request.
    pub message: Vec<u8>,
    errand: Errand,
}

/// What a call is about.
#[derive(Debug)]
enum Errand {
    /// Asks for leases of these windows: key and window.
    Lease(BTreeSet<(Vec<u8>, u64)>),
    /// Reports these windows.
    Settle(Vec<Closed>),
}

impl Call {
    /// Its method.
    pub fn method(&self) -> &'static str {
        match self.errand {
            Errand::Lease(_) => wire::LEASE,
            Errand::Settle(_) => wire::SETTLE,
        }
    }
}

/// Calls that are under way together.
#[derive(Debug)]
struct Batch {
    /// When what is not answered counts as failed.
    until_ms: u64,
    /// What has been sent and not answered.
    flights: Vec<(u32, Errand)>,
    /// What went wrong with it.
    failure: Option<Failure>,
}

/// Why a call came to nothing.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Failure {
    #[error("the call could not be made")]
    Unsent,
    #[error("gRPC status {0}")]
    Status(u32),
    #[error("an answer of {0} bytes exceeds the limit of {MOST_ANSWER_BYTES}")]
    TooLarge(usize),
    #[error("the answer could not be read")]
    Unreadable,
    #[error("no answer")]
    Silence,
}

/// What one worker does about leases.
#[derive(Debug)]
pub struct Lessee {
    proxy: String,
    holder: u64,
    timeout_ms: u64,
    pace: Pace,
    /// Where the next batch begins in the table; zero after its end.
    from: u32,
    under_way: Option<Batch>,
    lost: bool,
}

impl Lessee {
    /// `seed` is the same for all workers of one Envoy, `holder` different for each.
    pub fn new(config: &Leases, seed: u64, holder: u64) -> Self {
        Self {
            proxy: config.proxy.clone().unwrap_or_else(|| made_up(seed)),
            holder,
            timeout_ms: config.timeout_ms,
            pace: Pace::new(config.refresh_ms, Self::tick_ms(config)),
            from: 0,
            under_way: None,
            lost: false,
        }
    }

    /// How often it needs to be called.
    pub fn tick_ms(config: &Leases) -> u64 {
        config.refresh_ms.min(LONGEST_TICK_MS)
    }

    /// Time passes.
    pub fn tick(&mut self, table: &Table, shared: &impl Shared, now_ms: u64) -> Turn {
        if !elect(shared, self.holder, now_ms, TERM_MS) {
            self.under_way = None;
            return Turn::default();
        }
        let mut turn = Turn::default();
        let is_over = |batch: &mut Batch| batch.flights.is_empty() || batch.until_ms <= now_ms;
        if let Some(batch) = self.under_way.take_if(is_over) {
            for _ in &batch.flights {
                turn.step.count(metrics::LEASE_FAILURES);
            }
            self.conclude(Some(batch.failure.unwrap_or(Failure::Silence)), &mut turn.step);
        }
        if self.under_way.is_none() && self.pace.is_due(now_ms) {
            self.begin(table, shared, now_ms, &mut turn);
        }
        turn
    }

    /// The call went out with this token, or not at all.
    pub fn sent(&mut self, call: Call, token: Option<u32>) -> Step {
        let mut step = Step::go_on();
        step.count(metrics::LEASE_CALLS);
        let Some(batch) = &mut self.under_way else {
            return step;
        };
        match token {
            Some(token) => batch.flights.push((token, call.errand)),
            None => {
                step.count(metrics::LEASE_FAILURES);
                batch.failure = Some(Failure::Unsent);
            }
        }
        step
    }

    /// The call with this token has ended, with an answer of `size` bytes that `read` gives if it ended well.
    pub fn answered(
        &mut self,
        table: &Table,
        shared: &impl Shared,
        token: u32,
        (status, size): (u32, usize),
        read: impl FnOnce() -> Option<Vec<u8>>,
        now_ms: u64,
    ) -> Turn {
        let mut turn = Turn::default();
        let Some(batch) = &mut self.under_way else {
            return turn;
        };
        let Some(index) = batch.flights.iter().position(|(sent, _)| *sent == token) else {
            return turn;
        };
        let (_, errand) = batch.flights.swap_remove(index);
        let answer = match (status, size) {
            (OK, ..=MOST_ANSWER_BYTES) => read().ok_or(Failure::Unreadable),
            (OK, _) => Err(Failure::TooLarge(size)),
            _ => Err(Failure::Status(status)),
        };
        if let Err(failure) = answer.and_then(|message| errand.apply(&message, table, shared, now_ms)) {
            turn.step.count(metrics::LEASE_FAILURES);
            batch.failure = Some(failure);
        }
        if batch.flights.is_empty() {
            let failure = batch.failure;
            self.under_way = None;
            self.conclude(failure, &mut turn.step);
            if failure.is_none() && self.from > 0 {
                self.begin(table, shared, now_ms, &mut turn);
            }
        }
        turn
    }

    /// Makes the calls of the next part of the table.
    fn begin(&mut self, table: &Table, shared: &impl Shared, now_ms: u64, turn: &mut Turn) {
        let report = table.report(shared, self.from, BATCH, now_ms);
        // After a failure the rest of the table has its turn, so that no part keeps another waiting.
        self.from = report.next;
        if !report.windows.is_empty() {
            let asked = report
                .windows
                .iter()
                .map(|window| (window.key.clone(), window.window));
            turn.calls.push(Call {
                errand: Errand::Lease(asked.collect()),
                message: LeaseRequest {
                    proxy: self.proxy.clone(),
                    windows: report.windows,
                }
                .encode_to_vec(),
            });
        }
        if !report.closed.is_empty() {
            turn.calls.push(Call {
                message: SettleRequest {
                    proxy: self.proxy.clone(),
                    windows: report.closed.clone(),
                }
                .encode_to_vec(),
                errand: Errand::Settle(report.closed),
            });
        }
        if !turn.calls.is_empty() {
            self.under_way = Some(Batch {
                until_ms: now_ms.saturating_add(self.timeout_ms).saturating_add(GRACE_MS),
                flights: Vec::new(),
                failure: None,
            });
        }
    }

    /// Tells people once when the service is lost, and once when it is back.
    fn conclude(&mut self, failure: Option<Failure>, step: &mut Step) {
        let text = match failure {
            Some(failure) if !self.lost => format!(
                "token-quota: lost the quota service ({failure}); limits fall back to their initial share as grants end"
            ),
            None if self.lost => "token-quota: the quota service is back".to_owned(),
            _ => return,
        };
        self.lost = failure.is_some();
        step.log.push(LogLine {
            level: Level::Warn,
            text,
        });
    }
}

impl Errand {
    /// Takes what the service says to it.
    fn apply(
        mut self,
        message: &[u8],
        table: &Table,
        shared: &impl Shared,
        now_ms: u64,
    ) -> Result<(), Failure> {
        match &mut self {
            Self::Lease(asked) => {
                let answer = LeaseResponse::decode(message).map_err(|_| Failure::Unreadable)?;
                for grant in answer.grants {
                    if asked.remove(&(grant.key.clone(), grant.window)) {
                        table.grant(shared, &grant, now_ms);
                    }
                }
            }
            Self::Settle(told) => {
                SettleResponse::decode(message).map_err(|_| Failure::Unreadable)?;
                for closed in told {
                    table.noted(shared, closed, now_ms);
                }
            }
        }
        Ok(())
    }
}

/// A name that no other Envoy has, and that does not give the seed away.
fn made_up(seed: u64) -> String {
    let hash = Key::of("penstock.quota.proxy", &[&seed.to_string()]);
    let digits = hash.as_bytes().iter().map(|byte| format!("{byte:02x}"));
    format!("envoy-{}", digits.collect::<String>())
}

#[cfg(test)]
mod tests;
