//! What was seen at which cosine.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::evidence::Evidence;

/// The lowest threshold there can be. Texts further apart have little in common.
pub const FLOOR: f32 = 0.70;
/// The width of a bin.
pub const STEP: f32 = 0.01;

/// How many bins there are. One more is the threshold above all of them.
pub(super) const COUNT: usize = 30;
/// How many texts the mix of traffic is taken from.
const MIX: f64 = 10_000.0;

/// A bin from each cosine on the grid to the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Bins(Vec<Bin>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Bin {
    /// Texts, whether they were compared or not. All bins fade together, so that these can be compared.
    traffic: f64,
    /// Comparisons. Each bin fades by itself, so that a rare one keeps what little is known about it.
    trials: f64,
    /// Those of them that found another answer.
    errors: f64,
}

/// The bin of a cosine; none below the floor.
pub(super) fn of(cosine: f32) -> Option<usize> {
    (cosine >= FLOOR).then(|| at(cosine).min(COUNT - 1))
}

/// The threshold on the grid that is nearest below a cosine.
pub(super) fn at(cosine: f32) -> usize {
    // What is on the grid must not fall below it by rounding.
    let steps = (cosine - FLOOR) / STEP + 1e-3;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast saturates, and makes zero of what is no number"
    )]
    let bin = steps as usize;
    bin.min(COUNT)
}

/// The lowest cosine in a bin.
pub(super) fn floor(bin: usize) -> f32 {
    let hundredths = u8::try_from(bin.min(COUNT)).unwrap_or(u8::MAX);
    // From whole numbers, so that it is the same number that somebody would write.
    (FLOOR * 100.0 + f32::from(hundredths)).round() / 100.0
}

impl Default for Bins {
    fn default() -> Self {
        Self(vec![Bin::default(); COUNT])
    }
}

impl Bins {
    /// A text was not compared.
    pub(super) fn pass(&mut self, bin: usize) {
        if let Some(bin) = self.0.get_mut(bin) {
            bin.traffic += 1.0;
        }
        let total: f64 = self.0.iter().map(|bin| bin.traffic).sum();
        if total > MIX {
            for bin in &mut self.0 {
                bin.traffic /= 2.0;
            }
        }
    }

    /// A text was compared. The bin then remembers about so many trials.
    pub(super) fn observe(&mut self, bin: usize, equal: bool, memory: f64) {
        self.pass(bin);
        let Some(bin) = self.0.get_mut(bin) else {
            return;
        };
        bin.trials += 1.0;
        if !equal {
            bin.errors += 1.0;
        }
        if bin.trials > memory {
            bin.errors *= memory / bin.trials;
            bin.trials = memory;
        }
    }

    /// Leaves a part of what is known about errors.
    pub(super) fn fade(&mut self, left: f64) {
        for bin in &mut self.0 {
            bin.trials *= left;
            bin.errors *= left;
        }
    }

    /// How many comparisons there were in these bins.
    pub(super) fn trials(&self, bins: RangeInclusive<usize>) -> f64 {
        let past = *bins.end() + 1 - *bins.start();
        self.0
            .iter()
            .skip(*bins.start())
            .take(past)
            .map(|bin| bin.trials)
            .sum()
    }

    /// What is known about texts from bin `from` to before bin `to`, as they come; none without a comparison.
    ///
    /// Each bin's error counts by its traffic. That is worth as much as Kish's effective number of trials without
    /// weights, (Σw)² / Σ(w² / n), and bounds from that number hold well for shares that are small (Korn and Graubard
    /// 1998, Survey Methodology 24(2)). A bin without a trial is taken to be as bad as the next one below.
    pub(super) fn evidence(&self, from: usize, to: usize) -> Option<Evidence> {
        let mut groups: Vec<Bin> = Vec::new();
        for bin in self.0.iter().take(to).skip(from) {
            match groups.last_mut() {
                Some(below) if bin.trials <= 0.0 => below.traffic += bin.traffic,
                // Nothing is known yet of what lies lower, either.
                Some(below) if below.trials <= 0.0 => {
                    let traffic = below.traffic + bin.traffic;
                    *below = Bin { traffic, ..*bin };
                }
                _ => groups.push(*bin),
            }
        }
        groups.retain(|group| group.trials > 0.0 && group.traffic > 0.0);
        let traffic: f64 = groups.iter().map(|group| group.traffic).sum();
        if traffic <= 0.0 {
            return None;
        }
        let error: f64 = groups
            .iter()
            .map(|group| group.traffic / traffic * group.errors / group.trials)
            .sum();
        let spread: f64 = groups
            .iter()
            .map(|group| (group.traffic / traffic).powi(2) / group.trials)
            .sum();
        let trials = 1.0 / spread;
        Some(Evidence::new(trials, error * trials))
    }

    /// Whether it can have come from observations.
    pub(super) fn is_sound(&self) -> bool {
        self.0.len() == COUNT && self.0.iter().all(Bin::is_sound)
    }
}

impl Bin {
    fn is_sound(&self) -> bool {
        [self.traffic, self.trials, self.errors]
            .iter()
            .all(|number| number.is_finite() && *number >= 0.0)
            && self.errors <= self.trials
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_the_grid_starts_a_bin() {
        for bin in 0..COUNT {
            assert_eq!(of(floor(bin)), Some(bin));
            assert_eq!(at(floor(bin)), bin);
        }
        assert_eq!((floor(0), floor(25), floor(COUNT)), (0.7, 0.95, 1.0));
    }

    #[test]
    fn a_cosine_outside_the_grid_is_in_no_bin_or_in_the_last() {
        assert_eq!(
            [of(0.6999), of(-1.0), of(f32::NAN), of(1.0), of(1.000_001)],
            [None, None, None, Some(COUNT - 1), Some(COUNT - 1)]
        );
    }

    #[test]
    fn bins_count_by_their_traffic_however_much_was_sampled() {
        let mut bins = Bins::default();
        for _ in 0..100 {
            bins.observe(10, false, 1e3);
        }
        for trial in 0..900 {
            if trial % 9 == 0 {
                bins.observe(29, true, 1e3);
            } else {
                bins.pass(29);
            }
        }
        let evidence = bins.evidence(0, COUNT).unwrap();
        assert!((evidence.error() - 0.1).abs() < 1e-9, "{evidence:?}");
        assert!((bins.trials(0..=COUNT) - 200.0).abs() < 1e-9);
    }

    #[test]
    fn a_bin_without_a_trial_is_as_bad_as_the_one_below() {
        let mut bins = Bins::default();
        bins.observe(10, false, 1e3);
        bins.pass(11);
        bins.pass(11);
        bins.observe(12, true, 1e3);
        let evidence = bins.evidence(0, COUNT).unwrap();
        assert!((evidence.error() - 0.75).abs() < 1e-9, "{evidence:?}");
        assert_eq!(bins.evidence(11, 12), None);
        assert_eq!(bins.evidence(0, 10), None);
    }
}
