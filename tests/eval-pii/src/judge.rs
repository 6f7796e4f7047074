//! Compares what is found with what is labelled.

use std::collections::BTreeMap;
use std::ops::Range;

use penstock_pii::{Entity, Finding};

use crate::sample::{Label, Sample};

/// How often each kind was found rightly, wrongly, and not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub hits: u32,
    pub misses: u32,
    pub false_alarms: u32,
}

impl Tally {
    /// How much of what is found is right; nothing where nothing is found.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.hits, self.hits + self.false_alarms)
    }

    /// How much of what is labelled is found; nothing where nothing is labelled.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.hits, self.hits + self.misses)
    }

    /// Both, recall counting twice as much.
    pub fn f2(&self) -> Option<f64> {
        ratio(5 * self.hits, 5 * self.hits + 4 * self.misses + self.false_alarms)
    }

    pub fn add(&mut self, other: Self) {
        self.hits += other.hits;
        self.misses += other.misses;
        self.false_alarms += other.false_alarms;
    }
}

fn ratio(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

/// A difference between what is found and what is labelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    Missed(Label),
    FalseAlarm(Label),
}

/// Counts one text and says what is wrong. A finding is right if a label of the same kind overlaps it so far that what they share is
/// at least `overlap` of what they cover together; each label makes one finding right.
pub fn judge(
    sample: &Sample,
    findings: &[Finding],
    overlap: f64,
    tallies: &mut BTreeMap<Entity, Tally>,
) -> Vec<Error> {
    let mut errors = Vec::new();
    let mut open: Vec<&Label> = sample.labels.iter().collect();
    for finding in findings {
        let tally = tallies.entry(finding.entity).or_default();
        let fits =
            |label: &&Label| label.entity == finding.entity && shared(&label.span, &finding.span) >= overlap;
        match open.iter().position(fits) {
            Some(index) => {
                open.swap_remove(index);
                tally.hits += 1;
            }
            None => {
                tally.false_alarms += 1;
                errors.push(Error::FalseAlarm(Label {
                    entity: finding.entity,
                    span: finding.span.clone(),
                }));
            }
        }
    }
    for label in open {
        tallies.entry(label.entity).or_default().misses += 1;
        errors.push(Error::Missed(label.clone()));
    }
    errors
}

/// What two spans share, as a part of what they cover together.
fn shared(a: &Range<usize>, b: &Range<usize>) -> f64 {
    let both = a.end.min(b.end).saturating_sub(a.start.max(b.start));
    let either = a.len() + b.len() - both;
    both as f64 / either.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use penstock_pii::Score;

    fn label(entity: Entity, span: Range<usize>) -> Label {
        Label { entity, span }
    }

    fn finding(entity: Entity, span: Range<usize>) -> Finding {
        Finding {
            entity,
            span,
            score: Score(90),
        }
    }

    #[test]
    fn a_finding_is_right_if_it_overlaps_a_label_of_its_kind_far_enough() {
        let sample = Sample {
            text: "x".repeat(40),
            labels: vec![
                label(Entity::Jwt, 0..10),
                label(Entity::Jwt, 20..30),
                label(Entity::UsSsn, 32..40),
            ],
        };
        let findings = [
            finding(Entity::Jwt, 0..20),
            finding(Entity::Jwt, 26..36),
            finding(Entity::CaSin, 32..40),
            finding(Entity::Jwt, 1..9),
        ];
        let mut tallies = BTreeMap::new();
        let errors = judge(&sample, &findings, 0.5, &mut tallies);
        assert_eq!(
            tallies[&Entity::Jwt],
            Tally {
                hits: 1,
                misses: 1,
                false_alarms: 2
            }
        );
        assert_eq!(
            tallies[&Entity::UsSsn],
            Tally {
                hits: 0,
                misses: 1,
                false_alarms: 0
            }
        );
        assert_eq!(
            tallies[&Entity::CaSin],
            Tally {
                hits: 0,
                misses: 0,
                false_alarms: 1
            }
        );
        assert_eq!(errors.len(), 5);
    }

    #[test]
    fn figures_are_those_of_their_definitions() {
        let tally = Tally {
            hits: 8,
            misses: 2,
            false_alarms: 4,
        };
        let (precision, recall) = (8.0 / 12.0, 0.8);
        let f2 = 5.0 * precision * recall / (4.0 * precision + recall);
        assert_eq!(
            (tally.precision(), tally.recall()),
            (Some(precision), Some(recall))
        );
        assert!((tally.f2().unwrap() - f2).abs() < 1e-9);
        assert_eq!(Tally::default().precision(), None);
    }
}
