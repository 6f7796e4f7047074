//! How close two texts must be, by what it has turned out to cost.
//!
//! A hit at a cosine is wrong with a probability that falls as the cosine rises, and how fast depends on what a route is
//! asked. So it is measured: some would-be hits go to the provider all the same, and a judge says whether its answer is
//! the one that is kept. What lies below the threshold goes there anyway, and costs a comparison only. From this,
//! [`Measured`] takes the lowest threshold at which hits are wrong at most [`Terms::max_error`] of the time.
//!
//! # How it decides
//! - Evidence is kept in bins of [`STEP`] from [`FLOOR`] to 1. The error at or above a threshold is the mean over its
//!   bins, each weighted by how many hits it has or would have, since not all bins are sampled at the same rate.
//! - It goes **down** to the lowest threshold at which the error is proven to be below `max_error`, and that of the
//!   hits just above it below [`EDGE`] times that. Without the second, many certain hits would pay for some
//!   that are nearly all wrong, until the traffic changes.
//! - The evidence is looked at whenever there is more, which an ordinary confidence bound does not allow for:
//!   sooner or later a lucky streak would pass it. The bounds used here hold at all times at once ([`Evidence`]).
//! - Below [`Terms::start`] it goes **up** again as soon as the error is more likely above `max_error` than not. This and the proof needed
//!   for going down are far enough apart that it does not flap. At or above `start`, which somebody chose, it
//!   goes up only when proven to be wrong too often; at 1 nothing hits but equal texts.
//! - Old evidence fades, and fades at once when errors come so thick that it cannot be true any more.

mod bins;
mod evidence;

use serde::{Deserialize, Serialize};

use bins::{Bins, COUNT};
pub use bins::{FLOOR, STEP};
pub use evidence::Evidence;

/// How many times `max_error` hits just above the threshold may be wrong.
pub const EDGE: f64 = 4.0;

/// How many bins above a threshold are just above it.
const EDGE_BINS: usize = 5;
/// How many errors at `max_error` a bin remembers: fewer, and it could not be told whether there are too many.
const MEMORY: f64 = 10.0;
/// The most and the least of hits that are sampled.
const RATES: (f64, f64) = (0.5, 0.02);
/// The least that is sampled while the error may be too high.
const DOUBTFUL_RATE: f64 = 0.05;
/// What of the misses is compared in a bin that is well known, and not just below the threshold.
const KNOWN_RATE: f64 = 0.1;
/// How many times `max_error` an error is that is to be noticed at once.
const SURGE: f64 = 5.0;
/// Page's CUSUM of the log-likelihood ratio of [`SURGE`] times `max_error` to `max_error`: at so much, what was measured
/// is out of date. At an error of exactly `max_error` that takes several thousand comparisons, at ten times that about 25.
const ALARM: f64 = 6.0;
/// Half of it raises the rate of sampling, so that it is soon clear. What is left of the evidence at an alarm:
const LEFT: f64 = 0.25;

/// What a route asks for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// The threshold as long as nothing better is known: a cosine, from [`FLOOR`] to 1 where it is to be measured.
    pub start: f32,
    /// How much of the hits may be wrong. Without it the threshold stays as it is, and nothing is sampled.
    pub max_error: Option<f64>,
}

/// What is known about a route, and the threshold that follows from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    terms: Terms,
    bins: Bins,
    /// The lowest bin whose texts hit; [`COUNT`] if there is none.
    lowest: usize,
    /// How much speaks for a surge of errors.
    surge: f64,
}

/// How much of the hits is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Most likely.
    pub error: f64,
    /// It is not less than this.
    pub lower: f64,
    /// It is not more than this. Either bound is wrong on one route of twenty at most, however long it is watched.
    pub upper: f64,
    /// So many comparisons say so; older ones count less.
    pub trials: f64,
    /// So many of these found another answer.
    pub errors: f64,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            start: 0.95,
            max_error: Some(0.02),
        }
    }
}

impl Measured {
    /// Nothing is known.
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            bins: Bins::default(),
            lowest: bins::at(terms.start),
            surge: 0.0,
        }
    }

    /// Goes on with what was kept, perhaps under other terms. What is no evidence is dropped.
    pub fn resume(terms: Terms, kept: Self) -> Self {
        let mut measured = Self::new(terms);
        if !kept.bins.is_sound() || kept.lowest > COUNT || !kept.surge.is_finite() {
            return measured;
        }
        measured.bins = kept.bins;
        if kept.terms == terms {
            measured.lowest = kept.lowest;
            measured.surge = kept.surge;
        }
        measured.settle();
        measured
    }

    /// What is asked for.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The cosine from which on texts hit.
    pub fn threshold(&self) -> f32 {
        if self.terms.max_error.is_none() || self.lowest == bins::at(self.terms.start) {
            self.terms.start
        } else {
            bins::floor(self.lowest)
        }
    }

    /// What part of the texts with a neighbour at this cosine is to be compared: of would-be hits, which then go to
    /// the provider instead, and of misses, which go there anyway. From 0 to 1.
    pub fn sample_rate(&self, cosine: f32) -> f64 {
        let (Some(max_error), Some(bin)) = (self.terms.max_error, bins::of(cosine)) else {
            return 0.0;
        };
        if cosine < self.threshold() {
            let is_next = bin + EDGE_BINS >= self.lowest;
            let is_known = self.bins.trials(bin..=bin) >= MEMORY / max_error / 2.0;
            return if is_known && !is_next { KNOWN_RATE } else { 1.0 };
        }
        let (most, mut least) = RATES;
        if self.surge >= ALARM / 2.0 {
            return most;
        }
        let hits = self.hits(self.lowest);
        if !hits.is_some_and(|hits| hits.is_below(max_error)) {
            least = DOUBTFUL_RATE;
        }
        // At 1 the last bin tells at least how well equal texts are known.
        let trials = self.bins.trials(self.lowest.min(COUNT - 1)..=COUNT).max(1.0);
        (1.0 / (max_error * trials)).clamp(least, most)
    }

    /// A text with a neighbour at this cosine was not compared, whether it hit or not.
    pub fn pass(&mut self, cosine: f32) {
        if let Some(bin) = bins::of(cosine) {
            self.bins.pass(bin);
        }
    }

    /// A text with a neighbour at this cosine was compared: the provider's answer was `equal` to the neighbour's, or not.
    pub fn observe(&mut self, cosine: f32, equal: bool) {
        let (Some(max_error), Some(bin)) = (self.terms.max_error, bins::of(cosine)) else {
            return;
        };
        self.bins.observe(bin, equal, MEMORY / max_error);
        if bin >= self.lowest {
            self.watch(max_error, equal);
        }
        self.settle();
    }

    /// The error at the threshold in force; none as long as nothing was compared.
    pub fn error(&self) -> Option<Estimate> {
        let evidence = self.hits(self.lowest)?;
        let trials = self.bins.trials(self.lowest..=COUNT);
        Some(Estimate {
            error: evidence.error(),
            lower: evidence.lower(),
            upper: evidence.upper(),
            trials,
            errors: evidence.error() * trials,
        })
    }

    /// Notices a surge of errors, for which a mean over all that is remembered would take too long.
    fn watch(&mut self, max_error: f64, equal: bool) {
        let surge = (SURGE * max_error).min(0.5).max(max_error);
        let ratio = if equal {
            (1.0 - surge) / (1.0 - max_error)
        } else {
            surge / max_error
        };
        self.surge = (self.surge + ratio.ln()).max(0.0);
        if self.surge >= ALARM {
            self.surge = 0.0;
            // Unless it is known already: then there is nothing that would be too good to be true.
            if self.hits(self.lowest).is_some_and(|hits| hits.error() < surge) {
                self.bins.fade(LEFT);
            }
        }
    }

    /// Moves the threshold to where the evidence wants it.
    fn settle(&mut self) {
        let Some(max_error) = self.terms.max_error else {
            return;
        };
        let start = bins::at(self.terms.start);
        let before = self.lowest;
        if let Some(lower) = (0..self.lowest).find(|bin| self.is_proven(*bin, max_error)) {
            self.lowest = lower;
        } else if self.lowest < start && self.is_doubtful(max_error) {
            let proven = (self.lowest + 1..start).find(|bin| self.is_proven(*bin, max_error));
            self.lowest = proven.unwrap_or(start);
        }
        if self.lowest >= start
            && self
                .hits(self.lowest)
                .is_some_and(|hits| hits.is_above(max_error))
        {
            // To wait for a proof above each bin in turn would take as many errors for each.
            let better = (self.lowest + 1..COUNT)
                .find(|bin| self.hits(*bin).is_none_or(|hits| hits.error() <= max_error));
            self.lowest = better.unwrap_or(COUNT);
        }
        if self.lowest != before {
            self.surge = 0.0;
        }
    }

    /// Whether texts from this bin on are known to be wrong seldom enough.
    fn is_proven(&self, bin: usize, max_error: f64) -> bool {
        // A threshold in an empty bin would say something about texts of which there were none.
        self.bins.trials(bin..=bin) > 0.0
            && self.hits(bin).is_some_and(|hits| hits.is_below(max_error))
            && self.edge(bin).is_some_and(|edge| edge.is_below(EDGE * max_error))
    }

    /// Whether texts that hit are more likely wrong too often than not.
    fn is_doubtful(&self, max_error: f64) -> bool {
        self.hits(self.lowest).is_none_or(|hits| hits.error() > max_error)
            || self
                .edge(self.lowest)
                .is_some_and(|edge| edge.is_above(EDGE * max_error))
    }

    /// What is known of hits if this is the lowest bin.
    fn hits(&self, lowest: usize) -> Option<Evidence> {
        self.bins.evidence(lowest, COUNT)
    }

    /// What is known of those of them that are just above the threshold.
    fn edge(&self, lowest: usize) -> Option<Evidence> {
        self.bins.evidence(lowest, lowest + EDGE_BINS)
    }
}

#[cfg(test)]
mod tests;
