//! Entries in memory, within bounds.
//!
//! Many read at once: finding an entry takes the lock of a map for a moment, and marks the entry as used without any.
//! Writers take turns. What a writer takes out is marked as gone first, so nobody who reads meanwhile gets it.

use std::collections::{BTreeMap, HashMap};
use std::mem::size_of;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::fixed::Fixed;
use super::index::Index;
use super::{Limits, Near, Selection, StoreError};
use crate::{Entry, Key, Partition};

/// Bytes of an entry's places in all maps and in its partition, which mostly has few entries.
const PLACES: usize = 832;

/// Entries in memory.
#[derive(Debug)]
pub(super) struct Shelf {
    limits: Limits,
    entries: RwLock<HashMap<Key, Arc<Kept>>>,
    partitions: RwLock<HashMap<Partition, Shared>>,
    /// Whoever writes holds it.
    order: Mutex<Order>,
    /// Counts each use.
    clock: AtomicU64,
    count: AtomicUsize,
    bytes: AtomicUsize,
    evictions: AtomicU64,
}

/// A partition that has vectors.
type Shared = Arc<RwLock<Index<Arc<Kept>>>>;

/// In which order entries go.
#[derive(Debug, Default)]
struct Order {
    /// By when an entry was used last, or earlier: that is looked up when its turn comes.
    used: BTreeMap<u64, Arc<Kept>>,
    /// By when an entry expires, and its number.
    expires: BTreeMap<(u64, u64), Arc<Kept>>,
}

/// What is put on the shelf.
pub(super) struct Item {
    /// Without its vector.
    pub(super) entry: Entry,
    pub(super) vector: Option<Fixed>,
    /// A number that no other has.
    pub(super) id: u64,
    /// Bytes of the text, the scope and the answer.
    pub(super) text_bytes: usize,
}

#[derive(Debug)]
struct Kept {
    entry: Arc<Entry>,
    id: u64,
    bytes: usize,
    has_vector: bool,
    /// Its row in the partition; only a writer reads or changes it.
    row: AtomicUsize,
    /// Where it is in the order; only a writer reads or changes it.
    place: AtomicU64,
    used: AtomicU64,
    is_gone: AtomicBool,
}

impl Kept {
    fn answers(&self, now_ms: u64) -> bool {
        now_ms < self.entry.expires_ms && !self.is_gone.load(Ordering::Acquire)
    }
}

impl Item {
    /// Bytes that it takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        let dimension = self.vector.as_ref().map_or(0, Fixed::dimension);
        size_of::<Kept>() + size_of::<Entry>() + PLACES + self.text_bytes + 2 * dimension + dimension / 8
    }
}

impl Shelf {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: RwLock::default(),
            partitions: RwLock::default(),
            order: Mutex::default(),
            clock: AtomicU64::new(0),
            count: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            evictions: AtomicU64::new(0),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn evictions(&self) -> u64 {
        self.evictions.load(Ordering::Relaxed)
    }

    pub(super) fn get(&self, key: &Key, now_ms: u64) -> Option<Arc<Entry>> {
        let kept = read(&self.entries).get(key).cloned()?;
        if !kept.answers(now_ms) {
            return None;
        }
        self.touch(&kept);
        Some(kept.entry.clone())
    }

    /// Whether a search of the partition takes long enough to be in the way of others.
    pub(super) fn is_long(&self, partition: &Partition) -> bool {
        // While somebody writes, a search would have to wait.
        let is_long = |index: Shared| index.try_read().map_or(true, |index| index.is_long());
        self.partition(partition).is_some_and(is_long)
    }

    pub(super) fn nearest(
        &self,
        partition: &Partition,
        vector: &Fixed,
        floor: f32,
        count: usize,
        now_ms: u64,
    ) -> Result<Vec<Near>, StoreError> {
        let Some(index) = self.partition(partition) else {
            return Ok(Vec::new());
        };
        let index = read(&index);
        fits(vector, &index)?;
        let near = index.nearest(vector, floor, count, |kept| kept.answers(now_ms));
        let near = near.into_iter().map(|(cosine, kept)| {
            self.touch(kept);
            let entry = kept.entry.clone();
            Near { cosine, entry }
        });
        Ok(near.collect())
    }

    /// Puts an item in the place of one of the same key. Tells what happens, in an order that is the same for all
    /// writers: first that the item is placed, then who is gone for it.
    pub(super) fn insert(
        &self,
        item: Item,
        now_ms: u64,
        mut tell: impl FnMut(Change),
    ) -> Result<(), StoreError> {
        let bytes = item.bytes();
        if bytes > self.limits.bytes || self.limits.entries == 0 {
            let limit = self.limits.bytes;
            return Err(StoreError::TooLarge { bytes, limit });
        }
        let Item {
            entry, vector, id, ..
        } = item;
        let mut order = lock(&self.order);
        if let Some(vector) = &vector
            && let Some(index) = self.partition(&entry.partition)
        {
            fits(vector, &read(&index))?;
        }
        let kept = Arc::new(Kept {
            id,
            bytes,
            has_vector: vector.is_some(),
            row: AtomicUsize::new(0),
            place: AtomicU64::new(0),
            used: AtomicU64::new(0),
            is_gone: AtomicBool::new(false),
            entry: Arc::new(entry),
        });
        tell(Change::Placed);
        // On its own, so that the lock is let go.
        let old = read(&self.entries).get(&kept.entry.key).cloned();
        if let Some(old) = old {
            self.take_out(&mut order, &old, &mut tell);
        }
        self.expire(&mut order, now_ms, &mut tell);
        self.make_room(&mut order, bytes, &mut tell);
        if let Some(vector) = &vector {
            let index = write(&self.partitions)
                .entry(kept.entry.partition)
                .or_insert_with(|| Arc::new(RwLock::new(Index::new(vector.dimension()))))
                .clone();
            let row = write(&index).push(vector, kept.clone());
            kept.row.store(row, Ordering::Relaxed);
        }
        let tick = self.touch(&kept);
        kept.place.store(tick, Ordering::Relaxed);
        order.used.insert(tick, kept.clone());
        order.expires.insert((kept.entry.expires_ms, id), kept.clone());
        self.count.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        write(&self.entries).insert(kept.entry.key, kept);
        Ok(())
    }

    /// Removes what is selected, and tells who is gone: how many.
    pub(super) fn remove(&self, what: &Selection, now_ms: u64, mut tell: impl FnMut(Change)) -> u64 {
        let mut order = lock(&self.order);
        self.expire(&mut order, now_ms, &mut tell);
        let selected: Vec<Arc<Kept>> = {
            let entries = read(&self.entries);
            match &what.key {
                Some(key) => entries.get(key).cloned().into_iter().collect(),
                None => entries.values().cloned().collect(),
            }
        };
        let mut removed = 0;
        for kept in selected.iter().filter(|kept| what.matches(&kept.entry)) {
            self.take_out(&mut order, kept, &mut tell);
            removed += 1;
        }
        removed
    }

    fn expire(&self, order: &mut Order, now_ms: u64, tell: &mut impl FnMut(Change)) {
        while let Some((_, kept)) = order.expires.first_key_value() {
            if kept.entry.expires_ms > now_ms {
                break;
            }
            let kept = kept.clone();
            self.take_out(order, &kept, tell);
        }
    }

    /// Takes out what was not used for longest until one of `bytes` fits.
    fn make_room(&self, order: &mut Order, bytes: usize, tell: &mut impl FnMut(Change)) {
        while self.count() >= self.limits.entries || self.bytes() + bytes > self.limits.bytes {
            let Some((place, kept)) = order.used.pop_first() else {
                return;
            };
            let used = kept.used.load(Ordering::Relaxed);
            if used > place {
                kept.place.store(used, Ordering::Relaxed);
                order.used.insert(used, kept);
                continue;
            }
            self.take_out(order, &kept, tell);
            self.evictions.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn take_out(&self, order: &mut Order, kept: &Arc<Kept>, tell: &mut impl FnMut(Change)) {
        kept.is_gone.store(true, Ordering::Release);
        tell(Change::Gone(kept.id));
        write(&self.entries).remove(&kept.entry.key);
        order.used.remove(&kept.place.load(Ordering::Relaxed));
        order.expires.remove(&(kept.entry.expires_ms, kept.id));
        self.count.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(kept.bytes, Ordering::Relaxed);
        if !kept.has_vector {
            return;
        }
        let partition = &kept.entry.partition;
        let Some(index) = self.partition(partition) else {
            return;
        };
        let mut index = write(&index);
        let row = kept.row.load(Ordering::Relaxed);
        if let Some(moved) = index.swap_remove(row) {
            moved.row.store(row, Ordering::Relaxed);
        }
        if index.len() == 0 {
            write(&self.partitions).remove(partition);
        }
    }

    /// Marks as used: the tick of it, which no other use has.
    fn touch(&self, kept: &Kept) -> u64 {
        let tick = self.clock.fetch_add(1, Ordering::Relaxed);
        kept.used.fetch_max(tick, Ordering::Relaxed);
        tick
    }

    fn partition(&self, partition: &Partition) -> Option<Shared> {
        read(&self.partitions).get(partition).cloned()
    }
}

/// What a writer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The item goes in.
    Placed,
    /// The one of this number is out.
    Gone(u64),
}

fn fits(vector: &Fixed, index: &Index<Arc<Kept>>) -> Result<(), StoreError> {
    let (dimension, expected) = (vector.dimension(), index.dimension());
    if dimension == expected {
        Ok(())
    } else {
        Err(StoreError::Dimension { dimension, expected })
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
