//! Entries in Redis, which several replicas share.
//!
//! An entry is a hash: its record, what it can be selected by, and its vector, under a name with its dimension. One index
//! for each dimension covers all entries, also those without such a vector, so that any of them finds what is to be
//! removed. Without the query engine entries are only found by their key. Texts of callers are never part of a query:
//! what is searched for is in hexadecimal.

mod link;
mod query;
mod removal;

use std::collections::HashSet;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::redis::{Client, cmd, pipe};
use async_trait::async_trait;
use penstock_embed::Vector;

use self::link::Link;
use super::record;
use super::shelf::lock;
use super::{Near, Selection, Stats, Store, StoreError};
use crate::{Entry, Key, Partition};

/// For how long a server without the query engine is not asked for it again.
const NO_ENGINE_MS: u64 = 30_000;
/// Ends a flight of this owner's only.
const END_FLIGHT: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// How entries in Redis are reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the names of all keys begin with.
    pub prefix: String,
    /// How long one call may take. A removal takes several.
    pub timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prefix: "penstock:cache".to_owned(),
            timeout: Duration::from_millis(100),
        }
    }
}

/// Entries in Redis. It need not be there yet.
#[derive(Debug)]
pub struct Redis {
    link: Link,
    prefix: String,
    /// Dimensions of which there is an index, as far as is known.
    indexed: Mutex<HashSet<usize>>,
    /// Until when the query engine is not looked for.
    no_engine_until_ms: AtomicU64,
    has_told: AtomicBool,
    bad_entries: AtomicU64,
}

impl Redis {
    /// In the Redis of `client`. Must be called and used in a Tokio runtime.
    pub fn new(client: Client, settings: Settings) -> Self {
        Self {
            link: Link::new(client, settings.timeout),
            prefix: settings.prefix,
            indexed: Mutex::default(),
            no_engine_until_ms: AtomicU64::new(0),
            has_told: AtomicBool::new(false),
            bad_entries: AtomicU64::new(0),
        }
    }

    fn entry_key(&self, key: &Key) -> String {
        format!("{}:e:{key}", self.prefix)
    }

    fn flight_key(&self, key: &Key) -> String {
        format!("{}:f:{key}", self.prefix)
    }

    fn index(&self, dimension: usize) -> String {
        format!("{}:i:{dimension}", self.prefix)
    }

    /// The entry of a record that was found where it belongs; none if it is bad or expired.
    fn entry(&self, place: &str, record: &[u8], now_ms: u64) -> Option<Arc<Entry>> {
        let Ok(record) = record::read(place.as_bytes(), record) else {
            self.bad_entries.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        (now_ms < record.entry.expires_ms).then(|| Arc::new(record.entry))
    }

    /// Makes the index for vectors of this dimension, unless it is there.
    async fn make_index(&self, dimension: usize, now_ms: u64) -> Result<(), StoreError> {
        if now_ms < self.no_engine_until_ms.load(Ordering::Relaxed) {
            return Err(StoreError::NoIndex);
        }
        let name = self.index(dimension);
        let command = query::create(&name, &format!("{}:e:", self.prefix), dimension);
        match self.link.query::<()>(&command).await {
            Err(StoreError::Refused(why)) if query::has_no_engine(&why) => {
                let until_ms = now_ms.saturating_add(NO_ENGINE_MS);
                self.no_engine_until_ms.store(until_ms, Ordering::Relaxed);
                if !self.has_told.swap(true, Ordering::Relaxed) {
                    say("finds no query engine in its Redis, and answers the same requests only");
                }
                Err(StoreError::NoIndex)
            }
            Err(StoreError::Refused(why)) if query::is_there(&why) => {
                lock(&self.indexed).insert(dimension);
                Ok(())
            }
            Ok(()) => {
                if self.has_told.swap(false, Ordering::Relaxed) {
                    say("has found a query engine in its Redis");
                }
                lock(&self.indexed).insert(dimension);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Store for Redis {
    async fn get(&self, key: &Key, now_ms: u64) -> Result<Option<Arc<Entry>>, StoreError> {
        let place = self.entry_key(key);
        let mut command = cmd("HGET");
        command.arg(&place).arg(query::RECORD);
        let record: Option<Vec<u8>> = self.link.query(&command).await?;
        let entry = record.and_then(|record| self.entry(&place, &record, now_ms));
        Ok(entry.filter(|entry| entry.key == *key))
    }

    async fn nearest(
        &self,
        partition: &Partition,
        vector: &Vector,
        floor: f32,
        count: usize,
        now_ms: u64,
    ) -> Result<Vec<Near>, StoreError> {
        let dimension = vector.dimension();
        let is_indexed = lock(&self.indexed).contains(&dimension);
        if !is_indexed {
            self.make_index(dimension, now_ms).await?;
        }
        let command = query::nearest(&self.index(dimension), partition, vector, count);
        let found: query::Found = match self.link.query(&command).await {
            Err(StoreError::Refused(why)) if query::is_gone(&why) => {
                lock(&self.indexed).remove(&dimension);
                self.make_index(dimension, now_ms).await?;
                self.link.query(&command).await?
            }
            result => result?,
        };
        let near = found.0.into_iter().filter_map(|(place, cosine, record)| {
            let entry = self.entry(&place, &record, now_ms)?;
            // The index has matched it; what the record says is certain.
            let is_one = cosine >= floor && entry.partition == *partition;
            is_one.then_some(Near { cosine, entry })
        });
        Ok(near.take(count).collect())
    }

    async fn insert(&self, mut entry: Entry, now_ms: u64) -> Result<(), StoreError> {
        if entry.expires_ms <= now_ms {
            return Ok(());
        }
        let vector = entry.vector.take();
        let dimension = vector.as_ref().map(Vector::dimension);
        if let Some(dimension) = dimension.filter(|dimension| !lock(&self.indexed).contains(dimension)) {
            match self.make_index(dimension, now_ms).await {
                // It is still found by its key.
                Ok(()) | Err(StoreError::NoIndex) => {}
                Err(error) => return Err(error),
            }
        }
        let place = self.entry_key(&entry.key);
        let texts = record::texts(&entry).map_err(|_| StoreError::Unwritable)?;
        let record = record::write(place.as_bytes(), &entry, None, &texts);
        let fields = query::fields(&entry, vector.as_ref(), record);
        let mut commands = pipe();
        commands.atomic();
        // What the one before had, and this one has not, goes.
        commands.cmd("DEL").arg(&place);
        commands.cmd("HSET").arg(&place).arg(fields);
        commands
            .cmd("PEXPIREAT")
            .arg(&place)
            .arg(entry.expires_ms.min(query::LATEST_MS));
        self.link.query_all(&commands).await
    }

    async fn remove(&self, what: &Selection, _now_ms: u64) -> Result<u64, StoreError> {
        self.remove_selected(what).await
    }

    async fn begin_flight(
        &self,
        key: &Key,
        owner: &str,
        hold_ms: u64,
        _now_ms: u64,
    ) -> Result<bool, StoreError> {
        let mut command = cmd("SET");
        command.arg(self.flight_key(key)).arg(owner).arg("NX").arg("PX");
        command.arg(hold_ms.clamp(1, query::LATEST_MS));
        let set: Option<String> = self.link.query(&command).await?;
        if set.is_some() {
            return Ok(true);
        }
        // A proxy asks a second replica with the same id, after the first has died over it.
        let mut command = cmd("GET");
        command.arg(self.flight_key(key));
        let first: Option<String> = self.link.query(&command).await?;
        Ok(first.is_none_or(|first| first == owner))
    }

    async fn end_flight(&self, key: &Key, owner: &str) -> Result<(), StoreError> {
        let mut command = cmd("EVAL");
        command
            .arg(END_FLIGHT)
            .arg(1)
            .arg(self.flight_key(key))
            .arg(owner);
        self.link.query(&command).await
    }

    async fn is_in_flight(&self, key: &Key, _now_ms: u64) -> Result<bool, StoreError> {
        let mut command = cmd("EXISTS");
        command.arg(self.flight_key(key));
        self.link.query(&command).await
    }

    fn stats(&self) -> Stats {
        Stats {
            bad_entries: self.bad_entries.load(Ordering::Relaxed),
            ..Stats::default()
        }
    }

    async fn close(&self) {}
}

fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "penstock-ext-proc: the cache {what}");
}
