//! One pass over a text, asking each recogniser where its data may start.

mod cell;
mod pass;
mod script;
mod table;

use self::pass::{Candidate, Classes, Pass};
use crate::context::{Around, Meaning, Words};
use crate::custom::Custom;
use crate::recognize::{self, Hit, Recognizer, Starts};
use crate::text::Text;
use crate::{Entity, Finding, MOST_CUSTOM, Score, overlap};

/// Longest run of digits, and of letters and digits, that anyone asks for.
const MOST_DIGITS: usize = 32;
const LONGEST_CODE: usize = 64;
/// Longest value, and name of a field, that are looked at together, in bytes.
const LONGEST_VALUE: usize = 256;
/// Values shorter than this are nothing because of their name.
const SHORTEST_VALUE: usize = 4;
/// How much of the end of a field's name is read: it is read again for each value of a list.
const LONGEST_NAME: usize = 64;

/// Shortest value of a kind that begins with its name.
const LONG_VALUE: usize = 32;

/// How many more things may look like personal data than may be found, and how many at least.
const MOST_CANDIDATES: usize = 16;
const FEWEST_CANDIDATES: usize = 1 << 10;

/// How sure a finding of each kind has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thresholds([Score; Entity::BUILT_IN + MOST_CUSTOM]);

impl Default for Thresholds {
    fn default() -> Self {
        Self([Score::THRESHOLD; Entity::BUILT_IN + MOST_CUSTOM])
    }
}

impl Thresholds {
    /// Sets the threshold of one kind; above 100 nothing of it is found.
    pub fn set(&mut self, entity: Entity, score: Score) {
        if let Some(threshold) = self.0.get_mut(entity.index()) {
            *threshold = score;
        }
    }

    /// The threshold of one kind.
    pub fn of(&self, entity: Entity) -> Score {
        self.0.get(entity.index()).copied().unwrap_or_default()
    }
}

/// Finds personal data.
#[derive(Debug)]
pub struct Recognizers {
    by_digits: Vec<Vec<&'static Recognizer>>,
    by_code: Vec<Vec<&'static Recognizer>>,
    by_first: Vec<Vec<&'static Recognizer>>,
    by_first_near_digit: Vec<Vec<&'static Recognizer>>,
    by_mark: Vec<Vec<&'static Recognizer>>,
    /// By first byte or mark, behind a word that they wait for.
    by_call: Vec<Vec<&'static Recognizer>>,
    classes: Classes,
    words: Words,
    custom: Custom,
}

impl Recognizers {
    /// All recognisers there are, and those of the configuration.
    pub fn new(custom: Custom) -> Self {
        let mut this = Self {
            by_digits: vec![Vec::new(); MOST_DIGITS + 1],
            by_code: vec![Vec::new(); LONGEST_CODE + 1],
            by_first: vec![Vec::new(); 256],
            by_first_near_digit: vec![Vec::new(); 256],
            by_mark: vec![Vec::new(); 256],
            by_call: vec![Vec::new(); 256],
            classes: Classes::new(),
            words: Words::default(),
            custom,
        };
        for recognizer in recognize::all() {
            this.words.add(
                recognizer.entity,
                recognizer.raises.iter().copied(),
                recognizer.lowers.iter().copied(),
            );
            recognizer
                .starts
                .iter()
                .for_each(|starts| this.register(recognizer, starts));
        }
        for (entity, words) in this.custom.context() {
            this.words.add(entity, words, []);
        }
        this
    }

    fn register(&mut self, recognizer: &'static Recognizer, starts: &Starts) {
        let ask = |table: &mut Vec<Vec<&'static Recognizer>>, index: u8| {
            if let Some(asked) = table.get_mut(usize::from(index)) {
                asked.push(recognizer);
            }
        };
        match starts {
            Starts::Digits(lengths) => lengths.iter().for_each(|len| ask(&mut self.by_digits, *len)),
            Starts::Code(lengths) => lengths.iter().for_each(|len| ask(&mut self.by_code, *len)),
            Starts::First(bytes) => bytes
                .iter()
                .for_each(|byte| ask(&mut self.by_first, byte.to_ascii_lowercase())),
            Starts::NearDigit(bytes) => bytes
                .iter()
                .for_each(|byte| ask(&mut self.by_first_near_digit, byte.to_ascii_lowercase())),
            Starts::Mark(byte) => {
                ask(&mut self.by_mark, *byte);
                self.classes.mark(*byte);
            }
            Starts::Behind { words, bytes } => {
                self.words.add_calls(words);
                bytes
                    .iter()
                    .for_each(|byte| ask(&mut self.by_call, byte.to_ascii_lowercase()));
            }
        }
    }

    /// What a text holds, in its order and without overlaps. `name` is the name of the field that it is the value of, if
    /// it is one of a structure.
    pub fn find(&self, text: &str, name: &str, thresholds: &Thresholds) -> Vec<Finding> {
        self.find_up_to(text, name, thresholds, usize::MAX)
            .unwrap_or_default()
    }

    /// The same, unless there is more to find than `most`: then nothing. There is also more if far more than that looks like
    /// personal data and some of it overlaps. The findings take no more memory than `most` of them do, however long the text is.
    pub fn find_up_to(
        &self,
        text: &str,
        name: &str,
        thresholds: &Thresholds,
        most: usize,
    ) -> Option<Vec<Finding>> {
        let name = tail(name, LONGEST_NAME);
        let candidates = most
            .saturating_mul(MOST_CANDIDATES)
            .saturating_add(FEWEST_CANDIDATES);
        let seen = Text::new(text);
        let others = self.others(&seen, text, name, candidates)?;
        let mut pass = Pass::new(self, seen, others);
        let mut named = None;
        let mut found = Vec::new();
        let mut is_over = false;
        while !is_over {
            is_over = pass.go_on();
            let taken = pass.take();
            if !taken.is_empty() {
                let around = Around {
                    text: &pass.text,
                    heard: &pass.heard,
                    named: *named.get_or_insert_with(|| self.meaning(name)),
                };
                let judged = taken
                    .into_iter()
                    .filter_map(|candidate| self.judge(text, &around, &candidate, thresholds));
                found.extend(judged);
            }
            if found.len() > candidates {
                return None;
            }
            pass.forget();
        }
        let found = overlap::resolve(found);
        (found.len() <= most).then_some(found)
    }

    /// What is found by other means than by a pass, unless it is more than that.
    fn others(&self, seen: &Text<'_>, text: &str, name: &str, most: usize) -> Option<Vec<Candidate>> {
        let mut others = Vec::new();
        let mut count = 0;
        self.custom.find(seen, |entity, span, score| {
            count += 1;
            if count <= most {
                others.push(Candidate::new(entity, Hit::new(span.start, span.end, score)));
            }
        });
        if !name.is_empty() && text.len() <= LONGEST_VALUE && is_one(text.as_bytes()) {
            let of_name = self.of_name(name, text).into_iter();
            others.extend(of_name.map(|(entity, hit)| Candidate::new(entity, hit)));
        }
        (count <= most).then_some(others)
    }

    /// A candidate as a finding, if it is sure enough.
    fn judge(
        &self,
        text: &str,
        around: &Around<'_>,
        candidate: &Candidate,
        thresholds: &Thresholds,
    ) -> Option<Finding> {
        let Candidate { entity, hit, column } = *candidate;
        let score = around.judge(hit.score, entity, hit.start..hit.end, column);
        if score < thresholds.of(entity) || hit.start >= hit.end {
            return None;
        }
        let span = around.text.original(hit.start..hit.end);
        let value = text.get(span.clone())?;
        (!self.custom.allows(value)).then_some(Finding { entity, span, score })
    }

    /// What the name of a field says.
    fn meaning(&self, name: &str) -> Meaning {
        let pass = Pass::over(self, Text::new(name), 0);
        self.words.meaning(pass.text.bytes(), &pass.heard)
    }

    /// What a short value is because of its name alone, as `hunter2` in a field `password`: what would be found if it stood behind the
    /// name in the text.
    fn of_name(&self, name: &str, value: &str) -> Vec<(Entity, Hit)> {
        if value.len() < SHORTEST_VALUE {
            return Vec::new();
        }
        let front = Text::new(name).len();
        let offset = front + "=\"".len();
        let text = format!("{name}=\"{value}\"");
        // What starts at the name takes a long value, and of a column of short ones the name would take most of the time.
        let from = if value.len() < LONG_VALUE { front } else { 0 };
        let hits = Pass::over(self, Text::new(&text), from).hits.into_iter();
        hits.filter_map(|Candidate { entity, hit, .. }| {
            let (start, end) = (hit.start.checked_sub(offset)?, hit.end.checked_sub(offset)?);
            Some((entity, Hit::new(start, end, hit.score)))
        })
        .collect()
    }
}

/// The end of a text, at most so many bytes of it.
fn tail(text: &str, most: usize) -> &str {
    let start = text.len().saturating_sub(most);
    let start = (start..=text.len()).find(|at| text.is_char_boundary(*at));
    start.and_then(|start| text.get(start..)).unwrap_or_default()
}

/// Whether a value is of one piece.
fn is_one(value: &[u8]) -> bool {
    value
        .iter()
        .all(|byte| *byte > b' ' && !matches!(byte, b'"' | b'\\'))
}

#[cfg(test)]
mod tests;
