//! All that the service knows and does, for the shells around it: decides before a request, learns after it.

mod answers;
mod caching;
mod learning;
mod showing;
mod standing;
mod start;

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use arc_swap::ArcSwap;
use penstock_config::DecisionService;
use penstock_translate::{
    error::{ApiError, ErrorKind},
    request::InvalidRequest,
};
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;

use crate::{
    access_log,
    cache::{Cache, Inquiry, Quick},
    console::{Door, Recent, Spending},
    counting::{Counted, Counting},
    deciding::{Deciding, Next, Room},
    keys::{self, KeyMetrics, Keyring},
    ledger::Ledger,
    limits::queue::Place,
    metrics::Metrics,
    news::News,
    quota::Quota,
    session::{Purpose, Question},
    snapshot::{self, Snapshot},
    store::{Account, Refused, Store},
    telemetry::{self, Telemetry},
    verdict::Verdict,
};

/// Most accounts of budgets of which is remembered what was used, to tell thresholds.
const MOST_REMEMBERED: usize = 10_000;
/// Most outcomes that are settled at once, so that decisions do not wait behind a whole batch of them. Beyond them at
/// most one message of each Envoy waits here, the next wait in Envoy's buffers.
const MOST_SETTLING: usize = 8;
/// What the end waits for settlements.
const END: Duration = Duration::from_secs(2);
/// Longest body in bytes that is counted within the time that Envoy waits anyway.
const QUICKLY_COUNTED: usize = 32 << 10;

/// A decision that is to come.
pub type Waiting = Pin<Box<dyn Future<Output = Verdict> + Send>>;

/// What is known of a question.
pub enum Decided {
    /// The answer.
    Now(Box<Verdict>),
    /// The answer comes later, and Envoy is to be told.
    Later {
        /// The longest that it takes.
        at_most: Duration,
        /// The answer.
        waiting: Waiting,
    },
}

/// All that the service knows.
pub struct Service {
    snapshot: ArcSwap<Snapshot>,
    /// Who may ask.
    pub keyring: Arc<Keyring>,
    /// What is counted of keys.
    pub key_metrics: KeyMetrics,
    keys_in_redis: Option<Arc<keys::Standing>>,
    /// What requests draw on.
    pub store: Store,
    /// Leases of limits that proxies hold themselves.
    pub quota: Arc<Quota>,
    ledger: Ledger,
    cache: Option<Arc<Cache>>,
    registry: Registry,
    metrics: Metrics,
    telemetry: Telemetry,
    /// Set once the service is there whose metrics are told.
    told: OnceLock<telemetry::otlp::Exporter>,
    parts: snapshot::Metrics,
    access_log: access_log::Metrics,
    news: Option<News>,
    settings: DecisionService,
    settling: Arc<Semaphore>,
    /// Long bodies that are counted at once.
    counting: Semaphore,
    /// What was used of budgets when last heard.
    spent: Mutex<HashMap<Account, u64>>,
    draining: AtomicBool,
    refused: ArcSwap<Option<String>>,
    /// The latest requests, for the console.
    recent: Recent,
    /// What was used lately, summed up for the console.
    spending: Spending,
    /// Who is signed in to the console.
    pub door: Door,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

/// What a drive of the machine has come to.
enum Driven {
    Done(Box<Verdict>),
    Search(Box<Inquiry>),
    Tell,
    Wait(Room),
}

impl Service {
    /// What is in force.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// What is counted of Envoy's access log.
    pub fn access_log_metrics(&self) -> access_log::Metrics {
        self.access_log.clone()
    }

    /// The statistics, in the OpenMetrics text format.
    pub fn metrics_text(&self) -> String {
        if let Some(cache) = &self.cache {
            cache.refresh();
        }
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }

    /// No more requests are to be sent here.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Settles and writes down what is not yet, each within two seconds, and says how much was lost.
    pub async fn finish(&self) {
        let end = tokio::time::Instant::now() + END;
        // Every permit means that nothing is being settled any more.
        let settled = self
            .settling
            .acquire_many(u32::try_from(MOST_SETTLING).unwrap_or(u32::MAX));
        let store = async {
            // What takes longer waits for a store that is away.
            let _ = tokio::time::timeout_at(end, settled).await;
            let left = end.saturating_duration_since(tokio::time::Instant::now());
            self.store.finish(left).await
        };
        if let Some(cache) = &self.cache {
            cache.close().await;
        }
        let told = async {
            if let Some(told) = self.told.get() {
                told.close(END).await;
            }
        };
        let (settlements, records, ()) = tokio::join!(store, self.ledger.close_collector(), told);
        self.ledger.save_accounts(self.store.changes());
        let rows = tokio::task::block_in_place(|| self.ledger.close());
        if settlements > 0 || records > 0 || rows > 0 {
            eprintln!(
                "penstock-ext-proc: lost at the end: {settlements} settlements that Redis did not take, {rows} rows of the ledger, {records} records for the collector"
            );
        }
    }

    /// Decides where a request goes, or what it would cost.
    pub async fn decide(self: &Arc<Self>, question: Box<Question>) -> Decided {
        let is_counted = question.input.is_some() && question.output.is_some();
        let is_read = self.cache.is_some() || !is_counted;
        let is_long =
            question.purpose == Purpose::Estimate || is_read && question.body.len() > QUICKLY_COUNTED;
        if !is_long {
            return self.decide_at_once(question).await;
        }
        let service = Arc::clone(self);
        Decided::Later {
            at_most: self.longest(),
            waiting: Box::pin(async move {
                match service.decide_at_once(question).await {
                    Decided::Now(verdict) => *verdict,
                    Decided::Later { waiting, .. } => waiting.await,
                }
            }),
        }
    }

    /// The longest that Envoy is told to wait, which it can be told once.
    fn longest(&self) -> Duration {
        let snapshot = self.snapshot();
        let cache = snapshot.config.cache.as_ref();
        DecisionService::LONGEST_WORK
            + snapshot.queues.longest_wait()
            + cache
                .map(|cache| cache.longest_wait() + cache.embedder.budget())
                .unwrap_or_default()
            + self.settings.timeout
    }

    async fn decide_at_once(self: &Arc<Self>, question: Box<Question>) -> Decided {
        let began = Instant::now();
        let snapshot = self.snapshot();
        let (mut deciding, next) = Deciding::start(
            Arc::clone(&snapshot),
            question,
            &snapshot.health,
            fastrand::u64(..),
            now_ms(),
        );
        let crowded = |provider: &str, model: Option<&str>| snapshot.queues.is_crowded(provider, model);
        match self.drive(&snapshot, &mut deciding, next, &crowded).await {
            Driven::Done(verdict) => {
                Decided::Now(Box::new(self.decided(*verdict, &snapshot, &deciding, began)))
            }
            Driven::Tell => {
                let reply = self.estimate(&snapshot, &mut deciding).await;
                Decided::Now(Box::new(Verdict::Reply { reply, receipt: None }))
            }
            Driven::Wait(room) => self.queue(snapshot, deciding, room, began),
            Driven::Search(inquiry) => {
                let service = Arc::clone(self);
                Decided::Later {
                    at_most: self.longest(),
                    waiting: Box::pin(async move {
                        service
                            .decide_after_search(snapshot, deciding, &inquiry, began)
                            .await
                    }),
                }
            }
        }
    }

    async fn decide_after_search(
        self: &Arc<Self>,
        snapshot: Arc<Snapshot>,
        mut deciding: Deciding,
        inquiry: &Inquiry,
        began: Instant,
    ) -> Verdict {
        let recalled = self.search(&snapshot, &deciding, inquiry).await;
        let next = deciding.recalled(recalled, &snapshot.health);
        let crowded = |provider: &str, model: Option<&str>| snapshot.queues.is_crowded(provider, model);
        let decided = match self.drive(&snapshot, &mut deciding, next, &crowded).await {
            Driven::Done(verdict) => return self.decided(*verdict, &snapshot, &deciding, began),
            Driven::Wait(room) => self.queue(Arc::clone(&snapshot), deciding, room, began),
            Driven::Tell | Driven::Search(_) => return internal(&deciding),
        };
        match decided {
            Decided::Now(verdict) => *verdict,
            Decided::Later { waiting, .. } => waiting.await,
        }
    }

    /// Runs the machine until it has decided or must wait. `is_crowded` says where it is not its turn.
    async fn drive(
        &self,
        snapshot: &Snapshot,
        deciding: &mut Deciding,
        mut next: Next,
        is_crowded: &(impl Fn(&str, Option<&str>) -> bool + Sync),
    ) -> Driven {
        loop {
            next = match next {
                Next::Done(verdict) => return Driven::Done(verdict),
                Next::Wait(room) => return Driven::Wait(room),
                Next::Tell => return Driven::Tell,
                Next::Recall => match self.recall(snapshot, deciding).await {
                    Quick::Recalled(recalled) => deciding.recalled(recalled, &snapshot.health),
                    Quick::Search(inquiry) => return Driven::Search(inquiry),
                },
                Next::Count(counting) => {
                    let counted = self.count(counting, deciding.question()).await;
                    deciding.counted(counted, &snapshot.health)
                }
                Next::Look(accounts) => {
                    let standings = self.store.standings(&accounts).await;
                    deciding.looked(standings.as_deref(), &snapshot.health)
                }
                Next::Reserve(claims) => {
                    if let Some(claim) = deciding.crowded(is_crowded) {
                        let standings = Vec::new();
                        let short = Refused::Short { claim, standings };
                        next = deciding.reserved(Err(&short), &snapshot.health);
                        continue;
                    }
                    let id = deciding.question().client.request_id.clone();
                    let result = self.store.reserve(&id, &claims, deciding.hold_ms()).await;
                    deciding.reserved(result.as_deref(), &snapshot.health)
                }
            };
        }
    }

    /// Counts what a request takes, a long one beside the threads that others wait for.
    async fn count(&self, counting: Arc<Counting>, question: &Question) -> Result<Counted, InvalidRequest> {
        let dialect = question.client.dialect;
        if question.body.len() <= QUICKLY_COUNTED {
            return counting.count(dialect, &question.body);
        }
        let _permit = self.counting.acquire().await;
        let body = question.body.clone();
        let counted = tokio::task::spawn_blocking(move || counting.count(dialect, &body)).await;
        counted.unwrap_or_else(|_| {
            Err(InvalidRequest {
                field: None,
                message: "it cannot be counted".to_owned(),
                code: None,
            })
        })
    }

    /// Lets a request wait for room at a provider.
    fn queue(
        self: &Arc<Self>,
        snapshot: Arc<Snapshot>,
        mut deciding: Deciding,
        room: Room,
        began: Instant,
    ) -> Decided {
        let entered = snapshot
            .queues
            .get(&room.provider, room.model.as_deref())
            .ok_or(crate::limits::queue::Refused::Full { size: 0 })
            .and_then(|queue| queue.enter(deciding.question().caller.priority, room.retry_ms));
        match entered {
            Err(why) => {
                snapshot.queues.ended::<()>(&room.provider, &Err(why));
                let verdict = match deciding.gave_up(&why) {
                    Next::Done(verdict) => *verdict,
                    _ => internal(&deciding),
                };
                Decided::Now(Box::new(self.decided(verdict, &snapshot, &deciding, began)))
            }
            Ok(place) => {
                let service = Arc::clone(self);
                let at_most = place.remaining() + self.settings.timeout;
                let waiting = async move {
                    let verdict = service
                        .wait(&snapshot, &mut deciding, place, &room.provider)
                        .await;
                    service.decided(verdict, &snapshot, &deciding, began)
                };
                Decided::Later {
                    at_most,
                    waiting: Box::pin(waiting),
                }
            }
        }
    }

    async fn wait(
        &self,
        snapshot: &Snapshot,
        deciding: &mut Deciding,
        mut place: Place,
        provider: &str,
    ) -> Verdict {
        loop {
            if let Err(why) = place.turn().await {
                snapshot.queues.ended::<()>(provider, &Err(why));
                return match deciding.gave_up(&why) {
                    Next::Done(verdict) => *verdict,
                    _ => internal(deciding),
                };
            }
            let next = deciding.waited(&snapshot.health, now_ms());
            match self.drive(snapshot, deciding, next, &|_, _| false).await {
                Driven::Done(verdict) => {
                    place.done();
                    snapshot.queues.ended(provider, &Ok(()));
                    return *verdict;
                }
                Driven::Wait(room) => place.short(room.retry_ms),
                Driven::Tell | Driven::Search(_) => return internal(deciding),
            }
        }
    }

    /// Notes what was decided.
    fn decided(
        &self,
        mut verdict: Verdict,
        snapshot: &Snapshot,
        deciding: &Deciding,
        began: Instant,
    ) -> Verdict {
        let took = began.elapsed();
        let reason = match &mut verdict {
            Verdict::Go { receipt, wanted, .. } => {
                if wanted.is_none() && deciding.was_recalled() {
                    self.gives_up(&deciding.question().client.request_id);
                }
                receipt.decided_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                receipt.reason.as_deref().unwrap_or("admitted").to_owned()
            }
            Verdict::Reply { reply, receipt } => {
                self.gives_up(&deciding.question().client.request_id);
                if let Some(receipt) = receipt {
                    receipt.decided_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                }
                reply.details.to_owned()
            }
        };
        let question = deciding.question();
        if question.purpose == Purpose::Chat {
            self.recent
                .decided(&question.client.request_id, deciding.story(&verdict));
        }
        if let (Verdict::Go { .. }, Some(budget)) = (&verdict, deciding.downgraded_by()) {
            snapshot.money_metrics.downgraded(&snapshot.money, budget);
        }
        self.metrics.decision(&reason, took);
        if matches!(verdict, Verdict::Go { .. }) && snapshot.config.keeps_bodies() {
            self.ledger
                .record_body(&question.client.request_id, &question.body);
        }
        verdict
    }
}

fn internal(deciding: &Deciding) -> Verdict {
    let error = ApiError::new(ErrorKind::Internal, "the gateway failed");
    Verdict::Reply {
        reply: deciding.question().client.refuse(&error, "internal"),
        receipt: None,
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
