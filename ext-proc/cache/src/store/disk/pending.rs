//! What is not written yet.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

/// Bytes of rows that wait for the disk; beyond that the oldest are given up.
const LARGEST: usize = 64 << 20;

/// Rows that wait to be written or removed.
#[derive(Debug, Default)]
pub(super) struct Pending {
    batch: Batch,
    bytes: usize,
    /// The largest number of a row that may be on disk.
    last_written: u64,
    lost: u64,
    flushes: bool,
    is_closed: bool,
}

/// What is written at once.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// By number: the later, the greater.
    pub(super) kept: BTreeMap<u64, Vec<u8>>,
    pub(super) forgotten: BTreeSet<u64>,
    /// Whether it must outlive a loss of power.
    pub(super) is_flushed: bool,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.forgotten.is_empty()
    }
}

impl Pending {
    pub(super) fn keep(&mut self, id: u64, record: Vec<u8>) {
        if self.is_closed {
            self.lost += 1;
            return;
        }
        self.bytes += record.len();
        self.batch.kept.insert(id, record);
        self.give_up(LARGEST);
    }

    pub(super) fn forget(&mut self, id: u64) {
        match self.batch.kept.remove(&id) {
            Some(record) => self.bytes -= record.len(),
            // One that was given up is nowhere.
            None if id <= self.last_written => {
                self.batch.forgotten.insert(id);
            }
            None => {}
        }
    }

    pub(super) fn flush(&mut self) {
        self.flushes = true;
    }

    pub(super) fn is_flushing(&self) -> bool {
        self.flushes
    }

    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// Whether there is nothing to do.
    pub(super) fn is_idle(&self) -> bool {
        self.batch.is_empty() && !self.flushes && !self.is_closed
    }

    /// What is to be written now.
    pub(super) fn take(&mut self) -> Batch {
        self.bytes = 0;
        let mut batch = mem::take(&mut self.batch);
        batch.is_flushed = self.flushes;
        // From now on it may be there.
        if let Some((id, _)) = batch.kept.last_key_value() {
            self.last_written = self.last_written.max(*id);
        }
        batch
    }

    /// It is written up to this row.
    pub(super) fn written(&mut self, last_id: u64) {
        self.last_written = self.last_written.max(last_id);
    }

    /// The batch that was taken is written.
    pub(super) fn wrote(&mut self, batch: &Batch) {
        self.flushes &= !batch.is_flushed;
    }

    /// Takes back what could not be written.
    pub(super) fn take_back(&mut self, mut batch: Batch) {
        self.flushes = false;
        for (id, record) in batch.kept {
            if !self.batch.forgotten.remove(&id) {
                self.bytes += record.len();
                self.batch.kept.insert(id, record);
            }
        }
        self.batch.forgotten.append(&mut batch.forgotten);
        self.give_up(LARGEST);
    }

    /// The file is a new one: of what was before it nothing is there.
    pub(super) fn start_over(&mut self) {
        self.batch.forgotten.clear();
        self.last_written = 0;
    }

    /// Gives up everything that waits.
    pub(super) fn give_up_all(&mut self) {
        self.give_up(0);
        self.batch.forgotten.clear();
        self.flushes = false;
    }

    fn give_up(&mut self, largest: usize) {
        while self.bytes > largest {
            let Some((_, record)) = self.batch.kept.pop_first() else {
                return;
            };
            self.bytes -= record.len();
            self.lost += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_kept_and_forgotten_is_never_written() {
        let mut pending = Pending::default();
        pending.keep(1, vec![0; 10]);
        pending.forget(1);
        assert!(pending.is_idle());
        assert_eq!(pending.bytes, 0);
    }

    #[test]
    fn a_row_that_is_forgotten_while_it_is_written_is_removed_after_it_or_not_written() {
        for is_written in [true, false] {
            let mut pending = Pending::default();
            pending.keep(1, vec![0; 10]);
            let batch = pending.take();
            pending.forget(1);
            if is_written {
                pending.wrote(&batch);
                assert!(pending.take().forgotten.contains(&1));
            } else {
                pending.take_back(batch);
                assert!(pending.take().is_empty());
            }
        }
    }

    #[test]
    fn beyond_the_limit_the_oldest_are_given_up_and_counted() {
        let mut pending = Pending::default();
        for id in 0..100 {
            pending.keep(id, vec![0; LARGEST / 64]);
        }
        assert_eq!(
            (
                pending.lost,
                pending.take().kept.first_key_value().map(|(id, _)| *id)
            ),
            (36, Some(36))
        );
        pending.forget(5);
        assert!(
            pending.take().forgotten.contains(&5),
            "it may have been there before"
        );
    }
}
