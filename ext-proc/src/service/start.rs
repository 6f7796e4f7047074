//! Starts the service on a configuration.

use std::{
    path::Path,
    sync::{Arc, Mutex, OnceLock, Weak, atomic::AtomicBool},
    time::Duration,
};

use anyhow::{Context as _, bail};
use arc_swap::ArcSwap;
use penstock_config::{Config, DecisionService, Embedder, Otlp};
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;

use super::{MOST_SETTLING, Service, now_ms};
use crate::{
    access_log,
    cache::{self, Cache, Places},
    collector,
    console::{Door, Recent, Spending},
    keys::{self, KeyMetrics, Keyring},
    ledger::{self, Ledger},
    metrics::Metrics,
    news::{self, News},
    quota::{Quota, Terms},
    secrets,
    snapshot::{self, Snapshot},
    store::{self, Store},
    telemetry::{self, Telemetry},
};

/// How often budgets are written down that live in memory.
const SAVE: Duration = Duration::from_millis(250);
/// How often that is done before what the cache has measured is written down, too.
const SAVES: u32 = 40;

impl Service {
    /// Starts on a configuration. `model` is the directory of the local embedder's weights, where the configuration names none.
    ///
    /// # Errors
    /// When what it names is not to be had.
    pub async fn start(config: Config, model: Option<&Path>) -> anyhow::Result<Arc<Self>> {
        let Some(settings) = config.service.clone() else {
            bail!("the configuration has no section `service`");
        };
        let mut registry = Registry::default();
        let parts = snapshot::Metrics::default();
        let ledger_metrics = ledger::Metrics::default();
        let access_log = access_log::Metrics::default();
        let key_metrics = KeyMetrics::default();
        let metrics = Metrics::default();
        let telemetry = Telemetry::new(config.telemetry.metrics.semconv);
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
        let cache = open_cache(&config, &settings, url.as_deref(), model, &mut registry)?;
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
        telemetry.register(&mut registry);
        let exports = telemetry::otlp::Metrics::default();
        exports.register(&mut registry);
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
        let door = Door::default();
        door.register(&mut registry);
        let service = Arc::new(Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            keyring,
            key_metrics,
            keys_in_redis,
            store,
            quota,
            ledger,
            cache,
            registry,
            metrics,
            telemetry,
            told: OnceLock::new(),
            parts,
            access_log,
            news,
            settings,
            settling: Arc::new(Semaphore::new(MOST_SETTLING)),
            counting: Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)),
            spent: Mutex::default(),
            draining: AtomicBool::new(false),
            refused: ArcSwap::from_pointee(None),
            recent: Recent::default(),
            spending: Spending::default(),
            door,
        });
        tokio::spawn(save_accounts(Arc::downgrade(&service)));
        service.tell_collector(exports)?;
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

    /// Starts to tell a collector of metrics, if one is named.
    fn tell_collector(self: &Arc<Self>, exports: telemetry::otlp::Metrics) -> anyhow::Result<()> {
        const FIELD: &str = "telemetry.metrics.otlp";
        let snapshot = self.snapshot();
        let config = &snapshot.config;
        let Some(otlp) = &config.telemetry.metrics.otlp else {
            return Ok(());
        };
        let settings = collector_settings(config, &otlp.collector, &self.settings, FIELD)?;
        let service = Arc::downgrade(self);
        let read = move || service.upgrade().map(|service| service.metrics_text());
        let told = telemetry::otlp::Exporter::start(settings, otlp.interval, exports, Box::new(read));
        // This is called once.
        let _ = self.told.set(told.context(FIELD)?);
        Ok(())
    }
}

/// Budgets in memory outlive the process in the ledger's file.
async fn save_accounts(service: Weak<Service>) {
    loop {
        for _ in 0..SAVES {
            tokio::time::sleep(SAVE).await;
            let Some(service) = service.upgrade() else { return };
            service.ledger.save_accounts(service.store.changes());
        }
        if let Some(cache) = service.upgrade().and_then(|service| service.cache.clone()) {
            cache.save();
        }
    }
}

fn open_cache(
    config: &Config,
    settings: &DecisionService,
    redis: Option<&str>,
    model: Option<&Path>,
    registry: &mut Registry,
) -> anyhow::Result<Option<Arc<Cache>>> {
    let Some(section) = &config.cache else {
        return Ok(None);
    };
    let metrics = cache::Metrics::default();
    metrics.register(registry);
    let own = match &section.embedder {
        Embedder::Local { path, .. } => path.as_ref().map(|path| config.resolve(path)),
        Embedder::Endpoint(_) => None,
    };
    let data = config.resolve(&settings.data);
    let places = Places {
        data: &data,
        redis: redis.zip(
            settings
                .redis
                .as_ref()
                // Envoy waits for the first look.
                .map(|redis| redis.timeout.min(settings.timeout / 4)),
        ),
        model: own.as_deref().or(model),
    };
    Ok(Some(Arc::new(Cache::open(section, places, metrics, now_ms())?)))
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
    let collector = ledger::otlp::Exporter::start(
        collector_settings(config, otlp, settings, "ledger.otlp")?,
        metrics,
    )?;
    Ok(ledger.with_collector(collector))
}

/// How the collector at `field` of the configuration is told.
fn collector_settings(
    config: &Config,
    otlp: &Otlp,
    settings: &DecisionService,
    field: &str,
) -> anyhow::Result<collector::Settings> {
    let ca = match &otlp.tls.ca_file {
        Some(path) => {
            let path = config.resolve(path);
            Some(std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?)
        }
        None => None,
    };
    Ok(collector::Settings {
        url: format!(
            "{}://{}",
            otlp.endpoint.scheme.as_str(),
            otlp.endpoint.authority()
        ),
        headers: secrets::collector_headers(otlp.headers_env.as_deref(), field)?,
        ca,
        server_name: otlp.tls.server_name.clone(),
        instance: settings.listen.to_string(),
    })
}
