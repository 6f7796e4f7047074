//! Opens the cache that the configuration describes.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use penstock_cache::{
    guard::{self, Reading},
    judge::{ByMeaning, Judge},
    store::{Limits, Memory, Redis, Settings, Store},
};
use penstock_config::{Cache as Config, CacheStore};

use super::{Cache, Metrics, embedder, measure::Measures, part::Part};

/// Where things are, beside what the configuration says.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The directory of what one replica keeps.
    pub data: &'a Path,
    /// Redis, if replicas share one, and how long one call may take.
    pub redis: Option<(&'a str, Duration)>,
    /// The directory of the local model's weights.
    pub model: Option<&'a Path>,
}

impl Cache {
    /// Opens it.
    ///
    /// # Errors
    /// When what the configuration names is not to be had.
    pub fn open(config: &Config, places: Places<'_>, metrics: Metrics, now_ms: u64) -> anyhow::Result<Self> {
        let embedder = match config.compares() {
            true => Some(embedder::open(&config.embedder, places.model)?),
            false => None,
        };
        let name = embedder
            .as_ref()
            .map(|embedder| embedder::name(&config.embedder, embedder.name()));
        let judge = embedder.clone().map(|embedder| {
            let judge: Arc<dyn Judge> = Arc::new(ByMeaning::new(embedder, alike));
            judge
        });
        Ok(Self {
            store: store(config, places, now_ms)?,
            embedder,
            measures: Measures::open(places.data, name.as_deref().unwrap_or_default(), metrics.clone()),
            embedder_name: name,
            judge,
            flights: std::sync::Mutex::default(),
            storing: Part::new("store"),
            searching: Part::new("search"),
            keeping: Part::new("keeping of answers"),
            embedding: Part::new("embedder"),
            metrics,
        })
    }
}

fn store(config: &Config, places: Places<'_>, now_ms: u64) -> anyhow::Result<Arc<dyn Store>> {
    Ok(match config.store {
        CacheStore::Embedded { entries, memory } => {
            let limits = Limits {
                entries: usize::try_from(entries).unwrap_or(usize::MAX),
                bytes: usize::try_from(memory.0).unwrap_or(usize::MAX),
                ..Limits::default()
            };
            Arc::new(Memory::open(limits, Some(places.data), now_ms))
        }
        CacheStore::Redis => {
            let (url, timeout) = places
                .redis
                .context("cache.store is redis, and there is no service.redis")?;
            let client =
                penstock_keys::client::open(url).context("the URL of Redis (service.redis) is none")?;
            let settings = Settings {
                timeout,
                ..Settings::default()
            };
            Arc::new(Redis::new(client, settings))
        }
    })
}

fn alike(kept: &str, fresh: &str) -> bool {
    guard::trap(&Reading::of(kept), &Reading::of(fresh)).is_none()
}
