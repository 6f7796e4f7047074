//! The nearest by comparing all, in single precision.

use penstock_embed::Vector;

/// Numbers that are added up side by side, for the compiler to use vector instructions.
const LANES: usize = 16;
/// The store keeps components in 16 bits: it cannot tell two apart that are so close to one another.
const SAME: f32 = 1e-4;

/// For each query the highest cosine to anything stored so far.
pub struct Truth {
    best: Vec<f32>,
}

impl Truth {
    /// Of so many queries, with nothing stored.
    pub fn new(queries: usize) -> Self {
        Self {
            best: vec![f32::MIN; queries],
        }
    }

    /// More is stored.
    pub fn extend(&mut self, queries: &[Vector], stored: &[Vector]) {
        for (best, query) in self.best.iter_mut().zip(queries) {
            let nearest = stored
                .iter()
                .map(|stored| cosine(query, stored))
                .max_by(f32::total_cmp);
            *best = best.max(nearest.unwrap_or(f32::MIN));
        }
    }

    /// Whether `found` is as near to this query as anything is.
    pub fn is_nearest(&self, number: usize, query: &Vector, found: &Vector) -> bool {
        let best = self.best.get(number).copied().unwrap_or(f32::MAX);
        best - cosine(query, found) < SAME
    }
}

fn cosine(a: &Vector, b: &Vector) -> f32 {
    let (a, a_rest) = a.as_slice().as_chunks::<LANES>();
    let (b, b_rest) = b.as_slice().as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::random;

    #[test]
    fn the_nearest_is_the_one_with_the_highest_cosine() {
        let (stored, queries) = (random(50, 1).unwrap(), random(3, 2).unwrap());
        let mut truth = Truth::new(queries.len());
        let (some, others) = stored.split_at(20);
        truth.extend(&queries, some);
        truth.extend(&queries, others);
        for (number, query) in queries.iter().enumerate() {
            let mut sorted: Vec<_> = stored.iter().collect();
            sorted.sort_by(|a, b| b.cosine(query).total_cmp(&a.cosine(query)));
            assert!(truth.is_nearest(number, query, sorted[0]));
            assert!(!truth.is_nearest(number, query, sorted[1]));
        }
    }
}
