//! The vectors of one partition.
//!
//! A short partition is searched by comparing every vector. In a long one the signs of components
//! ([`signs`](super::signs)) choose the vectors that are compared. There is no graph: what is removed leaves nothing
//! behind, inserting costs next to nothing, and a hundred thousand vectors take about a millisecond.

use super::fixed::{Fixed, dot, inverse_length};
use super::signs::Signs;

/// Vectors up to which all of them are compared.
const SHORT: usize = 2_048;
/// Vectors that are compared in a longer partition. A neighbour with a cosine of 0.8 is among the first 256 of 100,000,
/// whatever the others are; each that is compared costs a wait for memory.
const COMPARED: usize = 512;
/// Vectors of one allocation, so that growing never moves more.
const CHUNK: usize = 1_024;

/// Vectors of one dimension, and what belongs to each.
#[derive(Debug)]
pub(super) struct Index<T> {
    dimension: usize,
    chunks: Vec<Vec<i16>>,
    rows: Vec<Row<T>>,
    /// If there are more than [`SHORT`].
    signs: Option<Signs>,
}

#[derive(Debug)]
struct Row<T> {
    inverse_length: f32,
    item: T,
}

impl<T> Index<T> {
    /// For vectors of `dimension` components, which is not zero.
    pub(super) fn new(dimension: usize) -> Self {
        Self {
            dimension,
            chunks: Vec::new(),
            rows: Vec::new(),
            signs: None,
        }
    }

    pub(super) fn dimension(&self) -> usize {
        self.dimension
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether a search takes long enough to be in the way of others.
    pub(super) fn is_long(&self) -> bool {
        self.rows.len() > SHORT
    }

    /// Adds a vector of the index's dimension: its row.
    pub(super) fn push(&mut self, vector: &Fixed, item: T) -> usize {
        let row = self.rows.len();
        let components = vector.as_slice();
        let (is_first, length) = (row < CHUNK, CHUNK * self.dimension);
        if row.is_multiple_of(CHUNK) {
            // Most partitions have few vectors, and the first of them grows with them.
            self.chunks
                .push(Vec::with_capacity(if is_first { 0 } else { length }));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            if is_first && chunk.len() == chunk.capacity() {
                chunk.reserve_exact(self.dimension * (1 + row / 8));
            }
            chunk.extend_from_slice(components);
        }
        if let Some(signs) = &mut self.signs {
            signs.set(row, components);
        }
        self.rows.push(Row {
            inverse_length: inverse_length(components),
            item,
        });
        if self.signs.is_none() && self.is_long() {
            let mut signs = Signs::new(self.dimension);
            for row in 0..self.rows.len() {
                signs.set(row, self.components(row));
            }
            self.signs = Some(signs);
        }
        row
    }

    /// Removes a row. The last one takes its place: it is given back.
    pub(super) fn swap_remove(&mut self, row: usize) -> Option<&T> {
        let last = self.rows.len().checked_sub(1)?;
        if row > last {
            return None;
        }
        let moved = self.components(last).to_vec();
        if row < last {
            if let Some(signs) = &mut self.signs {
                signs.set(row, &moved);
            }
            let start = row % CHUNK * self.dimension;
            let chunk = self.chunks.get_mut(row / CHUNK);
            let place = chunk.and_then(|chunk| chunk.get_mut(start..start + self.dimension));
            if let Some(place) = place {
                place.copy_from_slice(&moved);
            }
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.truncate(last % CHUNK * self.dimension);
            if chunk.is_empty() {
                self.chunks.pop();
            }
        }
        self.rows.swap_remove(row);
        match &mut self.signs {
            // Not at once, so that one entry that comes and goes does not build them again and again.
            Some(_) if last < SHORT / 2 => self.signs = None,
            Some(signs) => signs.truncate(last),
            None => {}
        }
        self.rows.get(row).map(|row| &row.item)
    }

    /// At most `count` items that are `wanted` and whose cosine is `floor` or more, the nearest first.
    pub(super) fn nearest(
        &self,
        vector: &Fixed,
        floor: f32,
        count: usize,
        wanted: impl Fn(&T) -> bool,
    ) -> Vec<(f32, &T)> {
        let query = vector.as_slice();
        let mut near = Vec::new();
        let scale = inverse_length(query);
        let mut compare = |row: usize, components: &[i16]| {
            let Some(Row { inverse_length, item }) = self.rows.get(row) else {
                return;
            };
            #[expect(clippy::cast_precision_loss, reason = "a few digits are enough")]
            let product = dot(components, query) as f32;
            let cosine = (product * scale * inverse_length).min(1.0);
            if cosine >= floor {
                near.push((cosine, item));
            }
        };
        match &self.signs {
            Some(signs) => {
                let candidates = signs.candidates(query, self.rows.len(), COMPARED);
                for row in candidates.rows() {
                    compare(row, self.components(row));
                }
            }
            None => {
                let all = self
                    .chunks
                    .iter()
                    .flat_map(|chunk| chunk.chunks_exact(self.dimension));
                for (row, components) in all.enumerate() {
                    compare(row, components);
                }
            }
        }
        near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        // Looked up last: it is another wait for memory.
        near.into_iter()
            .filter(|(_, item)| wanted(item))
            .take(count)
            .collect()
    }

    fn components(&self, row: usize) -> &[i16] {
        let start = row % CHUNK * self.dimension;
        let chunk = self.chunks.get(row / CHUNK);
        let components = chunk.and_then(|chunk| chunk.get(start..start + self.dimension));
        components.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use penstock_embed::Vector;
    use proptest::prelude::*;

    use super::*;

    fn vector(seed: usize, dimension: usize) -> Fixed {
        #[expect(clippy::cast_precision_loss)]
        let number = |i: usize| ((seed * 7_919 + i * 104_729 + i * i * seed) % 1_009) as f32 - 504.5;
        Fixed::new(&Vector::new((0..dimension).map(number).collect()).unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn what_is_left_after_any_removals_is_found_with_its_own_vector(removals in prop::collection::vec(0_usize..3_000, 0..2_500)) {
            let mut index = Index::new(16);
            let mut items: Vec<usize> = Vec::new();
            for item in 0..3_000 {
                prop_assert_eq!(index.push(&vector(item, 16), item), item);
                items.push(item);
            }
            for row in removals {
                let row = row % items.len();
                items.swap_remove(row);
                prop_assert_eq!(index.swap_remove(row), items.get(row));
            }
            prop_assert_eq!(index.len(), items.len());
            for item in items.iter().step_by(97) {
                let found = index.nearest(&vector(*item, 16), 0.999, 3_000, |_| true);
                prop_assert!(found.iter().any(|(_, found)| **found == *item));
            }
        }
    }

    #[test]
    fn the_same_vector_has_a_cosine_of_one() {
        let mut index = Index::new(384);
        index.push(&vector(3, 384), ());
        let found = index.nearest(&vector(3, 384), 0.999_999, 1, |()| true);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_row_that_is_not_there_is_not_removed() {
        let mut index = Index::new(2);
        assert_eq!(index.swap_remove(0), None);
        index.push(&vector(1, 2), 'a');
        assert_eq!(index.swap_remove(1), None);
        assert_eq!(index.len(), 1);
    }
}
