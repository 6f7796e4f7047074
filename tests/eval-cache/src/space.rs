//! Which questions lie close to which, and what the guards say to that.

use penstock_cache::guard::{self, Reading, Trap};
use penstock_cache::threshold::FLOOR;
use penstock_embed::Vector;

use crate::question::Question;
use crate::vectors::Vectors;

/// Questions, and their neighbours.
pub struct Space<'a> {
    pub questions: &'a [Question],
    readings: Vec<Reading>,
    neighbours: Vec<Vec<Near>>,
}

/// A neighbour.
#[derive(Clone, Copy, Debug)]
pub struct Near {
    /// Which question.
    pub index: usize,
    /// To it.
    pub cosine: f32,
}

impl<'a> Space<'a> {
    /// The neighbours of all questions, exactly: an index in the store may pass over some.
    pub fn new(questions: &'a [Question], vectors: &Vectors) -> Self {
        let points: Vec<Option<&Vector>> = questions
            .iter()
            .map(|question| vectors.of(&question.text))
            .collect();
        let neighbours = points.iter().enumerate().map(|(asked, point)| {
            let Some(point) = point else {
                return Vec::new();
            };
            let others = points.iter().enumerate().filter(|(index, _)| *index != asked);
            let mut near: Vec<Near> = others
                .filter_map(|(index, other)| {
                    let cosine = dot(point.as_slice(), (*other)?.as_slice());
                    (cosine >= FLOOR).then_some(Near { index, cosine })
                })
                .collect();
            near.sort_by(|one, other| other.cosine.total_cmp(&one.cosine));
            near
        });
        Self {
            questions,
            neighbours: neighbours.collect(),
            readings: questions
                .iter()
                .map(|question| Reading::of(&question.text))
                .collect(),
        }
    }

    /// The neighbours of a question from the floor on, the nearest first.
    pub fn near(&self, asked: usize) -> &[Near] {
        self.neighbours.get(asked).map(Vec::as_slice).unwrap_or_default()
    }

    /// What speaks against the answer to one question for another.
    pub fn trap(&self, asked: usize, known: usize) -> Option<Trap> {
        guard::trap(self.readings.get(asked)?, self.readings.get(known)?)
    }
}

/// [`Vector::cosine`] in an order of sums that the processor can do several of at a time.
fn dot(one: &[f32], other: &[f32]) -> f32 {
    let (chunks, rest) = one.as_chunks::<16>();
    let (others, other_rest) = other.as_chunks::<16>();
    let mut sums = [0.0_f32; 16];
    for (chunk, other) in chunks.iter().zip(others) {
        for ((sum, a), b) in sums.iter_mut().zip(chunk).zip(other) {
            *sum += a * b;
        }
    }
    let tail: f32 = rest.iter().zip(other_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + tail
}
