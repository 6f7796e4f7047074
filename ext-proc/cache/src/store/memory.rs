//! Entries in this process, and on its disk if it has a directory for them.
//!
//! Everything is answered from memory. The disk is read once, and then follows what happens in memory; when it is too
//! slow, full or broken, memory goes on without it. After a restart, what was stored first goes first.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use penstock_embed::Vector;
use tokio::task::spawn_blocking;

use super::disk::Disk;
use super::fixed::Fixed;
use super::flights::Flights;
use super::record::{self, Record};
use super::shelf::{Change, Item, Shelf, lock};
use super::{Near, Selection, Stats, Store, StoreError};
use crate::{Entry, Key, Partition};

/// What entries may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many there may be.
    pub entries: usize,
    /// Bytes of memory that they may take, all in all.
    pub bytes: usize,
    /// Bytes that the file on disk may grow to.
    pub file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 100_000,
            bytes: 256 << 20,
            file_bytes: 1 << 30,
        }
    }
}

/// Entries in this process. Clones are the same store.
#[derive(Clone, Debug)]
pub struct Memory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shelf: Shelf,
    disk: Option<Disk>,
    flights: Mutex<Flights>,
    next_id: AtomicU64,
    bad_entries: AtomicU64,
    /// Times that a directory was given, and could not be used.
    refused_disks: u64,
}

impl Memory {
    /// With what `directory` holds, if one is given. Reads all of it, which takes about a second for 100,000
    /// entries. A directory that cannot be used costs a line on standard error, and memory goes on without it.
    pub fn open(limits: Limits, directory: Option<&Path>, now_ms: u64) -> Self {
        let shelf = Shelf::new(limits);
        let mut last_id = 0;
        let mut bad_entries = 0;
        let mut gone = Vec::new();
        let load = |id: u64, bytes: &[u8]| {
            last_id = last_id.max(id);
            match record::read(&id.to_le_bytes(), bytes) {
                Ok(record) if record.entry.expires_ms > now_ms => {
                    let tell = |change| {
                        if let Change::Gone(id) = change {
                            gone.push(id);
                        }
                    };
                    if shelf.insert(item(id, record), now_ms, tell).is_err() {
                        gone.push(id);
                    }
                }
                Ok(_) => gone.push(id),
                Err(_) => {
                    bad_entries += 1;
                    gone.push(id);
                }
            }
        };
        let disk = directory.and_then(|directory| Disk::open(directory, limits.file_bytes, load));
        if let Some(disk) = &disk {
            gone.into_iter().for_each(|id| disk.forget(id));
        }
        Self(Arc::new(Inner {
            shelf,
            refused_disks: u64::from(directory.is_some() && disk.is_none()),
            disk,
            flights: Mutex::default(),
            next_id: AtomicU64::new(last_id.saturating_add(1)),
            bad_entries: AtomicU64::new(bad_entries),
        }))
    }

    /// Runs what takes long on a thread that may be kept busy.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = self.0.clone();
        spawn_blocking(move || work(&inner))
            .await
            .map_err(|_| StoreError::Ended)
    }
}

fn item(id: u64, record: Record) -> Item {
    Item {
        entry: record.entry,
        vector: record.vector,
        id,
        text_bytes: record.text_bytes,
    }
}

impl Inner {
    fn insert(&self, mut entry: Entry, now_ms: u64) -> Result<(), StoreError> {
        let vector = entry.vector.take().map(|vector| Fixed::new(&vector));
        let texts = record::texts(&entry).map_err(|_| StoreError::Unwritable)?;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let disk = self.disk.as_ref().map(|disk| {
            let record = record::write(&id.to_le_bytes(), &entry, vector.as_ref(), &texts);
            (disk, record)
        });
        let text_bytes = texts.len();
        let item = Item {
            entry,
            vector,
            id,
            text_bytes,
        };
        let Some((disk, record)) = disk else {
            return self.shelf.insert(item, now_ms, |_| {});
        };
        let mut record = Some(record);
        self.shelf.insert(item, now_ms, |change| match change {
            Change::Placed => {
                if let Some(record) = record.take() {
                    disk.keep(id, record);
                }
            }
            Change::Gone(id) => disk.forget(id),
        })
    }

    fn remove(&self, what: &Selection, now_ms: u64) -> u64 {
        let Some(disk) = &self.disk else {
            return self.shelf.remove(what, now_ms, |_| {});
        };
        let removed = self.shelf.remove(what, now_ms, |change| {
            if let Change::Gone(id) = change {
                disk.forget(id);
            }
        });
        disk.flush();
        removed
    }
}

#[async_trait]
impl Store for Memory {
    async fn get(&self, key: &Key, now_ms: u64) -> Result<Option<Arc<Entry>>, StoreError> {
        Ok(self.0.shelf.get(key, now_ms))
    }

    async fn nearest(
        &self,
        partition: &Partition,
        vector: &Vector,
        floor: f32,
        count: usize,
        now_ms: u64,
    ) -> Result<Vec<Near>, StoreError> {
        let partition = *partition;
        let vector = Fixed::new(vector);
        let search = move |inner: &Inner| inner.shelf.nearest(&partition, &vector, floor, count, now_ms);
        if self.0.shelf.is_long(&partition) {
            self.run(search).await?
        } else {
            search(&self.0)
        }
    }

    async fn insert(&self, entry: Entry, now_ms: u64) -> Result<(), StoreError> {
        if entry.expires_ms <= now_ms {
            return Ok(());
        }
        // It may have to wait for a search to end, or for a removal.
        self.run(move |inner| inner.insert(entry, now_ms)).await?
    }

    async fn remove(&self, what: &Selection, now_ms: u64) -> Result<u64, StoreError> {
        let what = what.clone();
        self.run(move |inner| inner.remove(&what, now_ms)).await
    }

    async fn begin_flight(
        &self,
        key: &Key,
        owner: &str,
        hold_ms: u64,
        now_ms: u64,
    ) -> Result<bool, StoreError> {
        Ok(lock(&self.0.flights).begin(key, owner, hold_ms, now_ms))
    }

    async fn end_flight(&self, key: &Key, owner: &str) -> Result<(), StoreError> {
        lock(&self.0.flights).end(key, owner);
        Ok(())
    }

    async fn is_in_flight(&self, key: &Key, now_ms: u64) -> Result<bool, StoreError> {
        Ok(lock(&self.0.flights).is_in_flight(key, now_ms))
    }

    fn stats(&self) -> Stats {
        let whole = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let (lost_writes, disk_errors) = self.0.disk.as_ref().map_or((0, 0), Disk::losses);
        Stats {
            entries: Some(whole(self.0.shelf.count())),
            bytes: Some(whole(self.0.shelf.bytes())),
            evictions: self.0.shelf.evictions(),
            bad_entries: self.0.bad_entries.load(Ordering::Relaxed),
            lost_writes,
            disk_errors: disk_errors + self.0.refused_disks,
        }
    }

    async fn close(&self) {
        // Nothing is left to do about a thread that cannot be waited for.
        let _ = self.run(|inner| inner.disk.as_ref().map(Disk::close)).await;
    }
}
