//! Byte pair merging: of all neighbours that together are a token, those with the lowest rank become one, the leftmost
//! first, until none are left.
//!
//! What makes it quick on any input: a token is made of two tokens of lower rank (`tests` checks it for each), so the
//! ranks that are merged only go up. All pairs of one rank are one batch; the pairs that a batch makes are looked up after
//! it. For n bytes these are at most 3n look-ups, and as many keys in a queue that moves each 18 times at most. In a short
//! piece, looking at all pairs for the lowest is quicker.
//!
//! A piece longer than [`WINDOW`] is merged in windows. The last [`OVERLAP`] bytes of a window are merged again with what
//! follows, because that may change them. It changes them only along a chain of merges, each of a higher rank than the one
//! to its right, and no chain of either vocabulary is as long as the overlap: `tests` looks for the longest. So the windows
//! change no count, and working memory is bounded: at most 1.4 MB was kept after all that was tried.

use std::ops::Range;

use crate::Vocabulary;
use crate::key::{Key, POSITIONS};
use crate::queue::Queue;
use crate::span::Span;
use crate::table::NONE;

/// Bytes that are merged at once.
const WINDOW: usize = POSITIONS;
/// Bytes of a window that are left to the next one.
const OVERLAP: usize = 2048;
/// Up to so many bytes it is quicker to look at all pairs for the lowest.
const SHORT: usize = 128;

/// Merges; keeps its working memory from one piece to the next.
#[derive(Debug, Default)]
pub struct Merger {
    parts: Parts,
    queue: Queue,
    batch: Vec<Key>,
}

impl Merger {
    /// Merges `piece` and calls `each` with every token until it returns false, which is returned then.
    pub fn merge(
        &mut self,
        vocabulary: Vocabulary,
        text: &[u8],
        piece: Range<usize>,
        mut each: impl FnMut(Span<'_>) -> bool,
    ) -> bool {
        let mut start = piece.start;
        let mut merged: &[u8] = &[];
        while start < piece.end {
            let end = piece.end.min(start + WINDOW);
            let source = Source {
                vocabulary,
                text,
                start,
            };
            let window = text.get(start..end).unwrap_or_default();
            // In a run, one window is like the other.
            if window != merged {
                self.parts.fill(source, window.len());
                if window.len() <= SHORT {
                    self.scan(source);
                } else {
                    self.batches(source);
                }
                merged = window;
            }
            let enough = if end == piece.end {
                window.len()
            } else {
                WINDOW - OVERLAP
            };
            let mut at = 0;
            while at < enough {
                let length = self.parts.length(at).max(1);
                if !each(source.span(at, length)) {
                    return false;
                }
                at += length;
            }
            start += at.max(1);
        }
        true
    }

    fn scan(&mut self, source: Source<'_>) {
        while let Some(least) = self.parts.keys.iter().copied().min().filter(|key| key.is_token()) {
            let at = least.position();
            self.parts.join(least);
            self.parts.look_up(source, self.parts.before(at));
            self.parts.look_up(source, at);
        }
    }

    fn batches(&mut self, source: Source<'_>) {
        let Self { parts, queue, batch } = self;
        queue.clear();
        for key in parts.keys.iter().copied().filter(|key| key.is_token()) {
            queue.push(key);
        }
        while queue.take(batch, |key| parts.has(key)) {
            // Equal neighbours, as in a run, compete: the leftmost pair wins. Nothing needs sorting for it, because all
            // pairs of one rank were looked up after the same batch, from left to right.
            debug_assert!(batch.is_sorted());
            batch.retain(|key| parts.join(*key));
            for key in batch.iter() {
                let at = key.position();
                for at in [parts.before(at), at] {
                    if parts.is_unknown(at)
                        && let Some(key) = parts.look_up(source, at)
                    {
                        queue.push(key);
                    }
                }
            }
        }
    }
}

/// Where the bytes are.
#[derive(Clone, Copy)]
struct Source<'t> {
    vocabulary: Vocabulary,
    text: &'t [u8],
    start: usize,
}

impl<'t> Source<'t> {
    #[inline(always)]
    fn span(self, at: usize, length: usize) -> Span<'t> {
        Span {
            text: self.text,
            at: self.start + at,
            length,
        }
    }
}

/// The parts of a window, by where they begin. What stands where none begins is left over.
#[derive(Debug, Default)]
struct Parts {
    /// The pair of each part with the next.
    keys: Vec<Key>,
    /// Bytes of the part: no token has more than 128.
    lengths: Vec<u8>,
    /// Bytes of the part before.
    before: Vec<u8>,
}

impl Parts {
    /// Makes each byte a part.
    fn fill(&mut self, source: Source<'_>, size: usize) {
        self.lengths.clear();
        self.lengths.resize(size, 1);
        self.before.clear();
        self.before.resize(size, 1);
        if let Some(first) = self.before.first_mut() {
            *first = 0;
        }
        self.keys.clear();
        let pairs = size.saturating_sub(1);
        let pair = |at| Key::new(source.vocabulary.rank(source.span(at, 2)), at);
        self.keys.extend((0..pairs).map(pair));
        self.keys.push(Key::NOTHING);
    }

    #[inline(always)]
    fn length(&self, at: usize) -> usize {
        usize::from(self.lengths.get(at).copied().unwrap_or_default())
    }

    /// Where the part before begins; the first one is before itself.
    #[inline(always)]
    fn before(&self, at: usize) -> usize {
        at - usize::from(self.before.get(at).copied().unwrap_or_default())
    }

    /// Whether the pair is still there.
    #[inline(always)]
    fn has(&self, key: Key) -> bool {
        self.keys.get(key.position()) == Some(&key)
    }

    #[inline(always)]
    fn is_unknown(&self, at: usize) -> bool {
        self.keys.get(at) == Some(&Key::UNKNOWN)
    }

    #[inline(always)]
    fn set(&mut self, at: usize, key: Key) {
        if let Some(entry) = self.keys.get_mut(at) {
            *entry = key;
        }
    }

    /// Makes one part of a pair, if it is still there.
    #[inline(always)]
    fn join(&mut self, pair: Key) -> bool {
        if !self.has(pair) {
            return false;
        }
        let at = pair.position();
        let next = at + self.length(at);
        let end = next + self.length(next);
        let length = (end - at) as u8;
        if let Some(entry) = self.lengths.get_mut(at) {
            *entry = length;
        }
        if let Some(entry) = self.before.get_mut(end) {
            *entry = length;
        }
        self.set(next, Key::NOTHING);
        self.set(self.before(at), Key::UNKNOWN);
        self.set(at, Key::UNKNOWN);
        true
    }

    /// Looks up the pair at `at`, and returns it if it is one.
    #[inline(always)]
    fn look_up(&mut self, source: Source<'_>, at: usize) -> Option<Key> {
        let length = self.length(at);
        let next = self.length(at + length);
        let rank = if next > 0 {
            source.vocabulary.rank(source.span(at, length + next))
        } else {
            NONE
        };
        let key = Key::new(rank, at);
        self.set(at, key);
        key.is_token().then_some(key)
    }
}

#[cfg(test)]
mod tests;
