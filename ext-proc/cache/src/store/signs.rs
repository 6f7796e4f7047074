//! The signs of many vectors, one bit for each component: vectors of nearly the same direction differ in few.
//!
//! Counting differences is all that a long search does with most vectors, so the loops here are written for
//! the compiler to turn them into vector instructions of any x86-64 or ARM.

/// Vectors of one block. Their words of the same components lie side by side.
const BLOCK: usize = 1_024;
/// Words whose differences are added up before a field of the counter could overflow.
const GROUP: usize = 3;

/// The signs of a partition's vectors, by row.
#[derive(Debug)]
pub(super) struct Signs {
    groups: usize,
    blocks: Vec<Box<[[u64; BLOCK]]>>,
}

/// The rows that differ the least from a vector.
pub(super) struct Candidates {
    distances: Vec<u16>,
    /// Of the last that is one.
    limit: u16,
    /// How many of those at the limit are.
    at_limit: usize,
}

impl Signs {
    /// For vectors of at most 65,535 components; of longer ones the others do not count.
    pub(super) fn new(dimension: usize) -> Self {
        Self {
            groups: dimension.min(usize::from(u16::MAX)).div_ceil(64 * GROUP),
            blocks: Vec::new(),
        }
    }

    /// Sets those of a row; there may be one more than before.
    pub(super) fn set(&mut self, row: usize, components: &[i16]) {
        let words = self.groups * GROUP;
        if row / BLOCK >= self.blocks.len() {
            self.blocks.push(vec![[0; BLOCK]; words].into_boxed_slice());
        }
        let Some(block) = self.blocks.get_mut(row / BLOCK) else {
            return;
        };
        for (line, word) in block.iter_mut().zip(signs(components, words)) {
            if let Some(place) = line.get_mut(row % BLOCK) {
                *place = word;
            }
        }
    }

    /// Gives up the room of rows from `rows` on.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.blocks.truncate(rows.div_ceil(BLOCK));
    }

    /// The `most` rows of the first `rows` that differ least from a vector. Of those that differ by just as much as the
    /// last one twice as many are taken, since which of them is near is not known.
    pub(super) fn candidates(&self, components: &[i16], rows: usize, most: usize) -> Candidates {
        let wanted: Vec<u64> = signs(components, self.groups * GROUP).collect();
        let mut distances = Vec::with_capacity(self.blocks.len() * BLOCK);
        for block in &self.blocks {
            let mut counts = [0_u64; BLOCK];
            for (lines, wanted) in block.chunks_exact(GROUP).zip(wanted.chunks_exact(GROUP)) {
                if let ([a, b, c], &[p, q, r]) = (lines, wanted) {
                    add(&mut counts, [a, b, c], [p, q, r]);
                }
            }
            distances.extend(
                counts
                    .iter()
                    .map(|count| u16::try_from(*count).unwrap_or(u16::MAX)),
            );
        }
        distances.truncate(rows);
        let mut histogram = vec![0_usize; self.groups * GROUP * 64 + 1];
        for distance in &distances {
            if let Some(count) = histogram.get_mut(usize::from(*distance)) {
                *count += 1;
            }
        }
        let (mut limit, mut taken, mut at_limit) = (0, 0, 0);
        for (distance, count) in (0..).zip(&histogram) {
            limit = distance;
            at_limit = (*count).min((2 * most).saturating_sub(taken));
            taken += count;
            if taken >= most {
                break;
            }
        }
        Candidates {
            distances,
            limit,
            at_limit,
        }
    }
}

impl Candidates {
    /// Their rows, in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = usize> {
        let mut left = self.at_limit;
        let mut is_one = move |distance: u16| {
            let is_last = distance == self.limit && left > 0;
            left -= usize::from(is_last);
            distance < self.limit || is_last
        };
        let rows = self.distances.iter().enumerate();
        rows.filter_map(move |(row, distance)| is_one(*distance).then_some(row))
    }
}

/// The signs of components in words, the last ones zero.
fn signs(components: &[i16], words: usize) -> impl Iterator<Item = u64> {
    let word = |components: &[i16]| {
        let bits = (0..).zip(components);
        bits.fold(0, |word, (bit, component)| {
            word | u64::from(*component > 0) << bit
        })
    };
    components
        .chunks(64)
        .map(word)
        .chain(std::iter::repeat(0))
        .take(words)
}

/// Adds to each count the bits in which three words differ from the three wanted.
///
/// Bits are added in fields of two, then four bits, which hold what three words can differ by (12 of at most 15), then
/// in wider ones.
fn add(counts: &mut [u64; BLOCK], [a, b, c]: [&[u64; BLOCK]; GROUP], [p, q, r]: [u64; GROUP]) {
    const FOURS: u64 = 0x0f0f_0f0f_0f0f_0f0f;
    const EIGHTS: u64 = 0x00ff_00ff_00ff_00ff;
    for (((count, a), b), c) in counts.iter_mut().zip(a).zip(b).zip(c) {
        let nibbles = nibbles(a ^ p) + nibbles(b ^ q) + nibbles(c ^ r);
        let bytes = (nibbles & FOURS) + (nibbles >> 4 & FOURS);
        let sixteens = (bytes & EIGHTS) + (bytes >> 8 & EIGHTS);
        let halves = sixteens + (sixteens >> 32);
        *count += (halves + (halves >> 16)) & 0xffff;
    }
}

/// The number of bits in each four.
#[inline]
fn nibbles(word: u64) -> u64 {
    const ONES: u64 = 0x5555_5555_5555_5555;
    const TWOS: u64 = 0x3333_3333_3333_3333;
    let pairs = word - (word >> 1 & ONES);
    (pairs & TWOS) + (pairs >> 2 & TWOS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(seed: usize, dimension: usize) -> Vec<i16> {
        let number = |i: usize| (seed * 7_919 + i * 104_729 + i * i * seed * 31) % 65_521;
        (0..dimension)
            .map(|i| i16::try_from(number(i) as i64 - 32_760).unwrap())
            .collect()
    }

    #[test]
    fn rows_that_differ_least_are_candidates_whatever_the_dimension() {
        for dimension in [1, 63, 64, 65, 191, 192, 193, 384, 1_536] {
            let rows: Vec<_> = (0..2_500).map(|row| numbers(row, dimension)).collect();
            let mut signs = Signs::new(dimension);
            for (row, components) in rows.iter().enumerate() {
                signs.set(row, components);
            }
            let wanted = numbers(5_000, dimension);
            let differ = |row: &Vec<i16>| {
                row.iter()
                    .zip(&wanted)
                    .filter(|(a, b)| (**a > 0) != (**b > 0))
                    .count()
            };
            let candidates = signs.candidates(&wanted, rows.len(), 100);
            for (row, distance) in rows.iter().zip(&candidates.distances) {
                assert_eq!(differ(row), usize::from(*distance), "{dimension}");
            }
            let found: Vec<_> = candidates.rows().collect();
            let mut sorted: Vec<_> = rows.iter().map(differ).collect();
            sorted.sort_unstable();
            assert!(found.len() >= 100 && found.len() <= 200, "{}", found.len());
            let farthest = found.iter().map(|row| differ(&rows[*row])).max();
            assert_eq!(farthest, Some(sorted[99]), "{dimension}");
        }
    }

    #[test]
    fn fewer_rows_than_wanted_are_all_candidates() {
        let mut signs = Signs::new(8);
        for row in 0..5 {
            signs.set(row, &numbers(row, 8));
        }
        let candidates = signs.candidates(&numbers(9, 8), 5, 100);
        assert_eq!(candidates.rows().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    }
}
