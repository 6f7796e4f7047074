//! Where entries are kept: in this process, or in a Redis that replicas share.
//!
//! A store gives back what was stored whole, and nothing else: each entry is kept with a checksum, and one that does not
//! match is passed over and counted. No call waits long, and every failure is an error that the caller takes for a miss.
//! Times are Unix milliseconds, and the caller's.

mod disk;
mod fixed;
mod flights;
mod index;
mod memory;
mod record;
mod redis;
mod shelf;
mod signs;

use std::sync::Arc;

use async_trait::async_trait;
use penstock_embed::Vector;

pub use self::memory::{Limits, Memory};
pub use self::redis::{Redis, Settings};
use crate::{Entry, Key, Partition};

/// Where entries are kept.
#[async_trait]
pub trait Store: Send + Sync {
    /// The entry of this very request.
    async fn get(&self, key: &Key, now_ms: u64) -> Result<Option<Arc<Entry>>, StoreError>;

    /// At most `count` entries of a partition whose vectors have a cosine of `floor` or more to this one, the nearest
    /// first. An index may pass over some.
    async fn nearest(
        &self,
        partition: &Partition,
        vector: &Vector,
        floor: f32,
        count: usize,
        now_ms: u64,
    ) -> Result<Vec<Near>, StoreError>;

    /// Keeps an entry, in the place of one of the same key.
    async fn insert(&self, entry: Entry, now_ms: u64) -> Result<(), StoreError>;

    /// Removes what is selected, for good: how many entries.
    async fn remove(&self, what: &Selection, now_ms: u64) -> Result<u64, StoreError>;

    /// Whether `owner` is the first to fetch the answer to `key`, or asks again. It has `hold_ms` for it; then another may.
    async fn begin_flight(
        &self,
        key: &Key,
        owner: &str,
        hold_ms: u64,
        now_ms: u64,
    ) -> Result<bool, StoreError>;

    /// The `owner` has the answer, or has given up. Another's flight goes on.
    async fn end_flight(&self, key: &Key, owner: &str) -> Result<(), StoreError>;

    /// Whether somebody fetches the answer to `key`.
    async fn is_in_flight(&self, key: &Key, now_ms: u64) -> Result<bool, StoreError>;

    /// What it holds, and what went wrong so far.
    fn stats(&self) -> Stats;

    /// Writes down what is not yet. Nothing is stored after it.
    async fn close(&self);
}

/// An entry that may mean the same. It comes without its vector.
#[derive(Clone, Debug)]
pub struct Near {
    /// Of the angle between the two vectors.
    pub cosine: f32,
    /// The entry.
    pub entry: Arc<Entry>,
}

/// Which entries to remove: those for which all conditions hold that are given. If none is, all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Of this tenant; the empty one is the scope that tenants share.
    pub tenant: Option<String>,
    /// Of this namespace.
    pub namespace: Option<String>,
    /// Of this alias of a model.
    pub model: Option<String>,
    /// Stored earlier than this, in Unix milliseconds.
    pub before_ms: Option<u64>,
    /// The one of this key.
    pub key: Option<Key>,
}

impl Selection {
    /// Whether `entry` is one of them.
    pub fn matches(&self, entry: &Entry) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
        is(&self.tenant, &entry.scope.tenant)
            && is(&self.namespace, &entry.scope.namespace)
            && is(&self.model, &entry.scope.model)
            && self.before_ms.is_none_or(|before_ms| entry.stored_ms < before_ms)
            && self.key.is_none_or(|key| key == entry.key)
    }
}

/// What a store holds, and what went wrong since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Entries that it holds, if it knows.
    pub entries: Option<u64>,
    /// Bytes that they take in memory, if it knows.
    pub bytes: Option<u64>,
    /// Entries that made room for others.
    pub evictions: u64,
    /// Entries that were not as they had been stored, and were never given out.
    pub bad_entries: u64,
    /// Entries that did not get to the disk, since it was too slow or took nothing. They were kept in memory.
    pub lost_writes: u64,
    /// Times that the disk could not be read or written.
    pub disk_errors: u64,
}

/// Why a store does not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The partition has vectors of another embedder.
    #[error("vector of {dimension} dimensions in a partition of {expected}")]
    Dimension {
        /// Of this one.
        dimension: usize,
        /// Of the partition's.
        expected: usize,
    },
    /// It would take more than all there is.
    #[error("entry of {bytes} bytes exceeds the limit of {limit}")]
    TooLarge {
        /// What it would take.
        bytes: usize,
        /// What there is.
        limit: usize,
    },
    /// The answer cannot be written down.
    #[error("the answer cannot be serialised")]
    Unwritable,
    /// Redis has no query engine: it only finds the same request again.
    #[error("redis has no query engine")]
    NoIndex,
    /// Redis is not there, and was not a moment ago.
    #[error("redis is away")]
    Away,
    /// It was not there in time.
    #[error("no answer within {limit_ms} ms")]
    Slow {
        /// The time there was, in milliseconds.
        limit_ms: u64,
    },
    /// Redis would not do it.
    #[error("redis refused: {0}")]
    Refused(String),
    /// The search was given up, since the service ends.
    #[error("the search was given up")]
    Ended,
}
