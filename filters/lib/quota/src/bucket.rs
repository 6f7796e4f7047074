//! Windows whose keys fall into the same place: one value of the shared data.
//!
//! A key belongs to exactly one bucket, and a bucket is replaced as a whole. So no window can be in two places,
//! and two workers that make room for the same key at once cannot both succeed.

use crate::{Key, account::Account, code, histogram::Histogram};

/// Most cells in one bucket.
pub(crate) const WAYS: usize = 16;

/// Most spans that a bucket remembers for claims that found no place.
const MARKS: usize = 8;

/// Bytes that a cell usually takes.
const CELL_BYTES: usize = 64;

/// First byte of an encoded bucket.
const FORMAT: u8 = 2;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Cell {
    Account(Box<Account>),
    Histogram(Histogram),
}

/// The cells of one bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bucket {
    cells: Vec<(Key, Cell)>,
    /// Length of a window and until when some key of this bucket may be counted in the shared one of that length.
    marks: Vec<(u64, u64)>,
}

impl Bucket {
    /// The account of `key`, if it has a place.
    pub fn find(&mut self, key: Key, now_ms: u64) -> Option<&mut Account> {
        self.cells.iter_mut().find_map(|(at, cell)| match cell {
            Cell::Account(account) if *at == key => {
                account.advance(now_ms);
                Some(&mut **account)
            }
            _ => None,
        })
    }

    /// All accounts.
    pub fn accounts(&mut self, now_ms: u64) -> impl Iterator<Item = (Key, &Account)> {
        self.cells.iter_mut().filter_map(move |(key, cell)| match cell {
            Cell::Account(account) => {
                account.advance(now_ms);
                Some((*key, &**account))
            }
            Cell::Histogram(_) => None,
        })
    }

    /// Whether the account of `key` has a place.
    pub fn holds(&self, key: Key) -> bool {
        self.cells
            .iter()
            .any(|(at, cell)| *at == key && matches!(cell, Cell::Account(_)))
    }

    /// The account of `key`, which is given a place if there is one that nobody needs.
    pub fn account(&mut self, key: Key, limit: u64, span_ms: u64, now_ms: u64) -> Option<&mut Account> {
        if !self.holds(key) {
            self.make_room(now_ms)?;
            let mut account = Account::new(limit, span_ms);
            account.beside_until_ms = self.marked_until_ms(span_ms);
            self.cells.push((key, Cell::Account(Box::new(account))));
        }
        let account = self.find(key, now_ms)?;
        if (account.span_ms == 0) != (span_ms == 0) {
            let beside_until_ms = account.beside_until_ms;
            *account = Account::new(limit, span_ms);
            account.beside_until_ms = beside_until_ms;
        }
        account.limit = limit;
        if account.span_ms != span_ms {
            account.span_ms = span_ms;
            account.ends_ms = match account.opened_ms {
                0 => 0,
                opened_ms => opened_ms.saturating_add(span_ms),
            };
        }
        Some(account)
    }

    /// The histogram of `key`, if it has a place.
    pub fn histogram(&self, key: Key) -> Option<&Histogram> {
        self.cells.iter().find_map(|(at, cell)| match cell {
            Cell::Histogram(histogram) if *at == key => Some(histogram),
            _ => None,
        })
    }

    /// Adds to the histogram of `key`, in the place of a less recent one if need be.
    pub fn learn(&mut self, key: Key, value: u64, now_ms: u64) {
        if self.histogram(key).is_none() {
            if self.make_room(now_ms).is_none() {
                return;
            }
            self.cells.push((key, Cell::Histogram(Histogram::default())));
        }
        for (at, cell) in &mut self.cells {
            if let Cell::Histogram(histogram) = cell
                && *at == key
            {
                histogram.add(value, now_ms);
            }
        }
    }

    /// Notes that claims of this bucket are counted in the shared window until `until_ms`.
    pub fn mark(&mut self, span_ms: u64, until_ms: u64) {
        match self.marks.iter_mut().find(|(span, _)| *span == span_ms) {
            Some((_, until)) => *until = until_ms.max(*until),
            None => self.marks.push((span_ms, until_ms)),
        }
        // More lengths than a configuration can sensibly have: those that last longest stand for all.
        self.marks.sort_by_key(|(_, until)| std::cmp::Reverse(*until));
        self.marks.truncate(MARKS);
    }

    fn marked_until_ms(&self, span_ms: u64) -> u64 {
        let exact = self.marks.iter().find(|(span, _)| *span == span_ms);
        match exact {
            Some((_, until_ms)) => *until_ms,
            None if self.marks.len() < MARKS => 0,
            None => self.marks.last().map_or(0, |(_, until_ms)| *until_ms),
        }
    }

    /// Makes room for one cell, if need be in the place of what was idle longest, then of what was learned least
    /// recently. None if all are needed.
    fn make_room(&mut self, now_ms: u64) -> Option<()> {
        if self.cells.len() < WAYS {
            return Some(());
        }
        let worth = |(_, cell): &(Key, Cell)| match cell {
            Cell::Account(account) if account.is_idle(now_ms) => Some((0, account.opened_ms)),
            Cell::Histogram(histogram) => Some((1, histogram.seen_ms)),
            Cell::Account(_) => None,
        };
        let (index, _) = self
            .cells
            .iter()
            .enumerate()
            .filter_map(|(index, cell)| Some((index, worth(cell)?)))
            .min_by_key(|(_, worth)| *worth)?;
        self.cells.swap_remove(index);
        Some(())
    }

    pub fn encode(&self, now_ms: u64) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.cells.len().saturating_mul(CELL_BYTES));
        let marks = || self.marks.iter().filter(|(_, until_ms)| *until_ms > now_ms);
        code::put(&mut body, marks().count() as u64);
        for (span_ms, until_ms) in marks() {
            code::put(&mut body, *span_ms);
            code::put(&mut body, *until_ms);
        }
        code::put(&mut body, self.cells.len() as u64);
        for (key, cell) in &self.cells {
            body.extend_from_slice(key.as_bytes());
            match cell {
                Cell::Account(account) => {
                    body.push(0);
                    account.encode(&mut body);
                }
                Cell::Histogram(histogram) => {
                    body.push(1);
                    histogram.encode(&mut body);
                }
            }
        }
        let mut value = vec![FORMAT];
        value.extend_from_slice(&check(&body).to_le_bytes());
        value.append(&mut body);
        value
    }

    /// The bucket in `value`; empty if it is not one.
    pub fn decode(value: &[u8]) -> Self {
        Self::read(value).unwrap_or_default()
    }

    fn read(value: &[u8]) -> Option<Self> {
        let (sum, mut rest) = value.strip_prefix(&[FORMAT])?.split_first_chunk()?;
        if u32::from_le_bytes(*sum) != check(rest) {
            return None;
        }
        let from = &mut rest;
        let mut bucket = Self::default();
        for _ in 0..code::take_count(from, MARKS)? {
            bucket.marks.push((code::take(from)?, code::take(from)?));
        }
        let cells = code::take_count(from, WAYS)?;
        bucket.cells.reserve(cells);
        for _ in 0..cells {
            let (key, rest) = from.split_first_chunk()?;
            let (kind, rest) = rest.split_first()?;
            *from = rest;
            let cell = match kind {
                0 => Cell::Account(Box::new(Account::decode(from)?)),
                1 => Cell::Histogram(Histogram::decode(from)?),
                _ => return None,
            };
            bucket.cells.push((Key::from_bytes(*key), cell));
        }
        from.is_empty().then_some(bucket)
    }
}

/// Tells a bucket from bytes that happen to look like one: FNV-1a, but over eight bytes at a time.
fn check(bytes: &[u8]) -> u32 {
    let (words, rest) = bytes.as_chunks();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let sum = words.chain(rest.iter().map(|byte| u64::from(*byte))).fold(
        0xcbf2_9ce4_8422_2325,
        |sum: u64, word| {
            let mixed = (sum ^ word).wrapping_mul(0x0000_0100_0000_01b3);
            mixed ^ (mixed >> 32)
        },
    );
    // The halves are mixed already.
    sum as u32
}

#[cfg(test)]
mod tests;
