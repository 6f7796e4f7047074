//! What became of questions.

use std::collections::BTreeMap;

use crate::question::{Origin, Question};

/// Counts.
#[derive(Default)]
pub struct Tally<'a> {
    pub hits: usize,
    pub wrong: usize,
    /// Questions for whose intent an entry was kept.
    pub paraphrases: usize,
    /// Those of them that it answered.
    pub found: usize,
    /// Of each kind of near miss whose other question was kept: how many, and how many were answered wrongly.
    pub near: BTreeMap<&'a str, (usize, usize)>,
    /// Why paraphrases were not found.
    pub missed: BTreeMap<&'a str, usize>,
    /// What went wrong, for somebody who wants to read it.
    pub errors: Vec<Error<'a>>,
}

/// What became of one.
pub enum Fate<'a> {
    /// It got its answer.
    Right,
    /// It got the answer to another question.
    Wrong { cosine: f32, known: &'a Question },
    /// It could have been answered.
    Missed(Missed<'a>),
    /// There was nothing to answer it with.
    New,
}

/// Why a question was not answered.
pub struct Missed<'a> {
    pub why: &'a str,
    /// To the nearest entry that would have answered it.
    pub cosine: f32,
    pub known: Option<&'a Question>,
}

/// Something that went wrong.
pub struct Error<'a> {
    pub is_wrong: bool,
    pub why: &'a str,
    pub cosine: f32,
    pub asked: &'a str,
    pub known: &'a str,
}

impl<'a> Tally<'a> {
    /// Counts what became of a question.
    pub fn add(&mut self, question: &'a Question, fate: Fate<'a>, is_known: bool, tempted: bool) {
        self.paraphrases += usize::from(is_known);
        let is_wrong = matches!(fate, Fate::Wrong { .. });
        if let (Origin::Near { change, .. }, true) = (&question.origin, tempted) {
            let (asked, wrong) = self.near.entry(change).or_default();
            *asked += 1;
            *wrong += usize::from(is_wrong);
        }
        match fate {
            Fate::Right => {
                self.hits += 1;
                self.found += 1;
            }
            Fate::Wrong { cosine, known } => {
                self.hits += 1;
                self.wrong += 1;
                if is_known {
                    *self.missed.entry("answered wrongly").or_default() += 1;
                }
                self.errors.push(Error {
                    is_wrong,
                    why: difference(question, known),
                    cosine,
                    asked: &question.text,
                    known: &known.text,
                });
            }
            Fate::Missed(missed) => {
                *self.missed.entry(missed.why).or_default() += 1;
                self.errors.push(Error {
                    is_wrong,
                    why: missed.why,
                    cosine: missed.cosine,
                    asked: &question.text,
                    known: missed.known.map(|known| &*known.text).unwrap_or_default(),
                });
            }
            Fate::New => {}
        }
    }

    /// Wrong hits as a part of all; none without a hit.
    pub fn wrong_hit_rate(&self) -> Option<f64> {
        ratio(self.wrong, self.hits)
    }

    /// Paraphrases that the right entry answered, as a part of all; none without one.
    pub fn paraphrase_hit_rate(&self) -> Option<f64> {
        ratio(self.found, self.paraphrases)
    }
}

/// In what two questions differ, as far as that is known.
fn difference<'a>(question: &'a Question, known: &'a Question) -> &'a str {
    match (&question.origin, &known.origin) {
        (Origin::Near { change, of }, _) if *of == known.intent => change,
        (_, Origin::Near { change, of }) if *of == question.intent => change,
        _ => "other",
    }
}

/// A part of a whole.
pub fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
