//! All that the service knows and does, for the shells around it: decides before a request, learns after it.

mod answers;
mod learning;

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, bail};
use arc_swap::ArcSwap;
use penstock_config::{Config, DecisionService, LoadError};
use penstock_translate::{
    error::{ApiError, ErrorKind},
    request::InvalidRequest,
};
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;

use crate::{
    access_log,
    counting::{Counted, Counting},
    deciding::{Deciding, Next, Room},
    fixed,
    keys::{self, KeyMetrics, Keyring},
    ledger::{self, Ledger},
    limits::queue::Place,
    metrics::Metrics,
    news::{self, News},
    quota::{Quota, Terms},
    secrets,
    session::{Purpose, Question},
    snapshot::{self, Snapshot},
    store::{self, Account, Refused, Store},
    verdict::Verdict,
};

/// Most accounts of budgets of which is remembered what was used, to tell thresholds.
const MOST_REMEMBERED: usize = 10_000;
/// Most outcomes that are settled at once, so that decisions do not wait behind a whole batch of them. Beyond them at
/// most one message of each Envoy waits here, the next wait in Envoy's buffers.
const MOST_SETTLING: usize = 8;
/// What the end waits for settlements.
const END: Duration = Duration::from_secs(2);
/// How often budgets are written down that live in memory.
const SAVE: Duration = Duration::from_millis(250);

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
    registry: Registry,
    metrics: Metrics,
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
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

/// What a drive of the machine has come to.
enum Driven {
    Done(Box<Verdict>),
    Tell,
    Wait(Room),
}

impl Service {
    /// Starts on a configuration.
    ///
    /// # Errors
    /// When what it names is not to be had.
    pub async fn start(config: Config) -> anyhow::Result<Arc<Self>> {
        let Some(settings) = config.service.clone() else {
            bail!("the configuration has no section `service`");
        };
        let mut registry = Registry::default();
        let parts = snapshot::Metrics::default();
        let ledger_metrics = ledger::Metrics::default();
        let access_log = access_log::Metrics::default();
        let key_metrics = KeyMetrics::default();
        let metrics = Metrics::default();
        let url = secrets::redis_url(&settings)?;
        let store = match &url {
            Some(url) => {
                let mut shared = store::Settings::new(url.as_str());
                if let Some(redis) = &settings.redis {
                    (shared.timeout, shared.replicas) = (redis.timeout, redis.replicas);
                }
                let store = Store::redis(&shared).await;
                store.context("the URL of Redis (service.redis) is none")?
            }
            None => Store::memory(),
        };
        let quota = Arc::new(Quota::new(&store, Terms::default()));
        quota.register(&mut registry);
        let ledger = open_ledger(&config, &settings, ledger_metrics.clone())?;
        store.restore(ledger.load_accounts());
        let keyring = Arc::new(Keyring::new(&config));
        let approve_key = secrets::approve_key(&config)?;
        let snapshot = Snapshot::new(config, approve_key.as_deref(), &parts, None)?;

        parts.health.register(&mut registry);
        parts.queues.register(&mut registry);
        parts.money.register(&mut registry);
        ledger_metrics.register(&mut registry);
        access_log.register(&mut registry);
        key_metrics.register(&mut registry);
        store.register(&mut registry);
        metrics.register(&mut registry);
        metrics.in_force(snapshot.policy_version());

        let keys_in_redis = match &url {
            Some(url) => {
                let shelf = penstock_keys::shelf::Shelf::at(url)
                    .context("the URL of Redis (service.redis) is none")?;
                let standing = Arc::new(keys::Standing::default());
                tokio::spawn(keys::watch(
                    shelf,
                    Arc::clone(&keyring),
                    Arc::clone(&standing),
                    key_metrics.clone(),
                ));
                Some(standing)
            }
            None => None,
        };
        let news_metrics = news::Metrics::default();
        news_metrics.register(&mut registry);
        let (news, channel) = match &url {
            Some(url) => News::new(url, store::PREFIX, news_metrics)
                .context("the URL of Redis (service.redis) is none")
                .map(|(news, channel)| (Some(news), Some(channel)))?,
            None => (None, None),
        };
        let service = Arc::new(Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            keyring,
            key_metrics,
            keys_in_redis,
            store,
            quota,
            ledger,
            registry,
            metrics,
            parts,
            access_log,
            news,
            settings,
            settling: Arc::new(Semaphore::new(MOST_SETTLING)),
            counting: Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)),
            spent: Mutex::default(),
            draining: AtomicBool::new(false),
            refused: ArcSwap::from_pointee(None),
        });
        tokio::spawn(save_accounts(Arc::downgrade(&service)));
        if let Some(channel) = channel {
            let service = Arc::downgrade(&service);
            channel.open(move |outcome| {
                let service = service.upgrade();
                service
                    .map(|service| service.snapshot().health.hear(outcome, now_ms()))
                    .is_some()
            });
        }
        Ok(service)
    }

    /// What is in force.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// What is counted of Envoy's access log.
    pub fn access_log_metrics(&self) -> access_log::Metrics {
        self.access_log.clone()
    }

    /// Puts a configuration in force that has been read anew, or says why not and keeps the old one.
    pub fn take_up(&self, read: Result<Config, LoadError>) {
        match read
            .map_err(anyhow::Error::from)
            .and_then(|config| self.make_ready(config))
        {
            Ok(new) => {
                let old = self.snapshot();
                if *old.policy_version() != *new.policy_version() {
                    eprintln!("penstock-ext-proc: policy {} is in force", new.policy_version());
                }
                self.metrics.in_force(new.policy_version());
                self.keyring.take_config(&new.config);
                self.snapshot.store(Arc::new(new));
                self.refused.store(Arc::new(None));
                self.metrics.reload(true);
            }
            Err(error) => {
                let reason = format!("{error:#}");
                eprintln!(
                    "penstock-ext-proc: the changed configuration is not taken up, the old one stays: {reason}"
                );
                self.refused.store(Arc::new(Some(reason)));
                self.metrics.reload(false);
            }
        }
    }

    fn make_ready(&self, config: Config) -> anyhow::Result<Snapshot> {
        if config.service.is_none() {
            bail!("it has no section `service` any more");
        }
        let before = self.snapshot();
        let changed = fixed::changed(&config, &before.config);
        if !changed.is_empty() {
            bail!(
                "{} cannot change while the service runs; restart it, and Envoy too",
                changed.join(", ")
            );
        }
        let approve_key = secrets::approve_key(&config)?;
        Ok(Snapshot::new(
            config,
            approve_key.as_deref(),
            &self.parts,
            Some(&before),
        )?)
    }

    /// Whether it may be sent requests, and what there is to say about it, in lines.
    pub fn readiness(&self) -> (bool, String) {
        let draining = self.draining.load(Ordering::Relaxed);
        let unread = self.keyring.uses_shelf()
            && self
                .keys_in_redis
                .as_ref()
                .is_some_and(|standing| !standing.is_ready());
        let ready = !draining && !unread;
        let mut lines = vec![
            match (ready, draining) {
                (true, _) => "ready".to_owned(),
                (false, true) => "draining".to_owned(),
                (false, false) => "not ready".to_owned(),
            },
            format!("policy {}", self.snapshot().policy_version()),
        ];
        if let Some(standing) = self.keys_in_redis.as_ref().filter(|_| self.keyring.uses_shelf()) {
            lines.push(standing.describe().to_owned());
        }
        if !self.store.is_up() {
            lines.push("Redis is away; limits go by their `fail`".to_owned());
        }
        if !self.ledger.is_healthy() {
            lines.push("the ledger cannot be written".to_owned());
        }
        if let Some(reason) = self.refused.load().as_ref() {
            lines.push(format!("the changed configuration is not taken up: {reason}"));
        }
        lines.push(String::new());
        (ready, lines.join("\n"))
    }

    /// The statistics, in the OpenMetrics text format.
    pub fn metrics_text(&self) -> String {
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
        let (settlements, records) = tokio::join!(store, self.ledger.close_collector());
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
        let is_long = question.purpose == Purpose::Estimate
            || (question.input.is_none() || question.output.is_none())
                && question.body.len() > QUICKLY_COUNTED;
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
        let queues = self.snapshot().queues.longest_wait();
        DecisionService::LONGEST_WORK + queues + self.settings.timeout
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
                Driven::Tell => return internal(deciding),
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
            Verdict::Go { receipt, .. } => {
                receipt.decided_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                receipt.reason.as_deref().unwrap_or("admitted").to_owned()
            }
            Verdict::Reply { reply, .. } => reply.details.to_owned(),
        };
        if let (Verdict::Go { .. }, Some(budget)) = (&verdict, deciding.downgraded_by()) {
            snapshot.money_metrics.downgraded(&snapshot.money, budget);
        }
        self.metrics.decision(&reason, took);
        if matches!(verdict, Verdict::Go { .. }) && snapshot.config.keeps_bodies() {
            let question = deciding.question();
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

/// Budgets in memory outlive the process in the ledger's file.
async fn save_accounts(service: std::sync::Weak<Service>) {
    loop {
        tokio::time::sleep(SAVE).await;
        let Some(service) = service.upgrade() else { return };
        service.ledger.save_accounts(service.store.changes());
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn open_ledger(
    config: &Config,
    settings: &DecisionService,
    metrics: ledger::Metrics,
) -> anyhow::Result<Ledger> {
    let options = ledger::Options {
        directory: config.resolve(&settings.data),
        retention: config.ledger.retention,
        flush: config.ledger.flush,
        clock: Arc::new(now_ms),
    };
    let ledger = Ledger::open(options, metrics.clone())?;
    let Some(otlp) = &config.ledger.otlp else {
        return Ok(ledger);
    };
    let ca = match &otlp.tls.ca_file {
        Some(path) => {
            let path = config.resolve(path);
            Some(std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?)
        }
        None => None,
    };
    let collector = ledger::otlp::Exporter::start(
        ledger::otlp::Settings {
            url: format!(
                "{}://{}",
                otlp.endpoint.scheme.as_str(),
                otlp.endpoint.authority()
            ),
            headers: secrets::collector_headers(otlp.headers_env.as_deref())?,
            ca,
            server_name: otlp.tls.server_name.clone(),
            instance: settings.listen.to_string(),
        },
        metrics,
    )?;
    Ok(ledger.with_collector(collector))
}
