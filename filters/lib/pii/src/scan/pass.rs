//! The pass over one text.

use std::iter::Peekable;
use std::vec;

use super::Recognizers;
use super::script::Script;
use super::table::{LONGEST_ROW, Seen, Tables};
use crate::Entity;
use crate::context::{Column, Heard};
use crate::recognize::{Hit, REACH, Recognizer};
use crate::text::Text;

const LOWER: u8 = 1;
const UPPER: u8 = 2;
const DIGIT: u8 = 4;
/// Part of a character that is not ASCII.
const HIGH: u8 = 8;
const LETTER: u8 = LOWER | UPPER;
const WORD: u8 = LETTER | DIGIT | HIGH;
/// Somebody wants to know of it.
const MARK: u8 = 16;
/// It may part the cells of a table, or its rows.
const EDGE: u8 = 32;

/// How many digits a word may end with.
const MOST_NUMBERING: usize = 3;

/// How far behind a word a digit is near, in bytes.
const NEAR: usize = 6;

/// Most digits of a group, and most groups that are looked at in a row: it is a table, and would cost the most time of all
/// texts.
const MOST_GROUPED: usize = 4;
const LONGEST_SERIES: usize = 32;

/// How far a pass goes before what it has found is taken from it, in bytes.
pub(super) const STRIDE: usize = 16 << 10;

/// What a byte may be part of.
#[derive(Debug)]
pub(super) struct Classes([u8; 256]);

impl Classes {
    pub fn new() -> Self {
        let mut classes = [0; 256];
        for (byte, class) in (0..=u8::MAX).zip(&mut classes) {
            *class = match byte {
                b'a'..=b'z' => LOWER,
                b'A'..=b'Z' => UPPER,
                b'0'..=b'9' => DIGIT,
                0x80.. => HIGH,
                b'\n' | b'\t' | b',' | b';' | b'|' | b'"' | b'(' | b')' => EDGE,
                _ => 0,
            };
        }
        Self(classes)
    }

    /// Somebody wants to know of every occurrence of a byte.
    pub fn mark(&mut self, byte: u8) {
        if let Some(class) = self.0.get_mut(usize::from(byte)) {
            *class |= MARK;
        }
    }

    fn of(&self, byte: u8) -> u8 {
        self.0.get(usize::from(byte)).copied().unwrap_or_default()
    }
}

/// What may be personal data.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub entity: Entity,
    pub hit: Hit,
    pub column: Column,
}

impl Candidate {
    pub fn new(entity: Entity, hit: Hit) -> Self {
        Self {
            entity,
            hit,
            column: Column::Unnamed,
        }
    }
}

/// What one pass has come upon.
pub(super) struct Pass<'r, 't> {
    recognizers: &'r Recognizers,
    pub text: Text<'t>,
    at: usize,
    pub hits: Vec<Candidate>,
    pub heard: Vec<Heard>,
    series: Series,
    /// Up to where recognisers are asked that wait for a word.
    called: usize,
    /// None where the text is a value of one.
    tables: Option<Tables>,
    /// Which of the hits are the first that may stand in the line, and in the list of SQL.
    first_of_line: usize,
    first_of_list: usize,
    /// What others have found, in the order of the text.
    others: Peekable<vec::IntoIter<Candidate>>,
}

/// Short numbers one behind the other, with one byte between them that is always the same.
#[derive(Clone, Copy, Debug, Default)]
struct Series {
    len: usize,
    separator: u8,
    /// Where the last of them ended.
    end: usize,
}

impl Series {
    /// Another short number, behind this byte. Says whether the series is longer than any number in groups, so that it is a
    /// table.
    fn goes_on(&mut self, separator: u8, start: usize, end: usize) -> bool {
        let joined = self.end + 1 == start && (self.len == 1 || self.separator == separator);
        *self = Self {
            len: if joined { self.len + 1 } else { 1 },
            separator,
            end,
        };
        self.len > LONGEST_SERIES
    }
}

impl<'r, 't> Pass<'r, 't> {
    /// A pass over a text in which others have found something.
    pub fn new(recognizers: &'r Recognizers, text: Text<'t>, mut others: Vec<Candidate>) -> Self {
        others.sort_by_key(|candidate| candidate.hit.start);
        Self {
            tables: Some(Tables::default()),
            others: others.into_iter().peekable(),
            ..Self::within(recognizers, text)
        }
    }

    fn within(recognizers: &'r Recognizers, text: Text<'t>) -> Self {
        Self {
            recognizers,
            text,
            at: 0,
            hits: Vec::new(),
            heard: Vec::new(),
            series: Series::default(),
            called: 0,
            tables: None,
            first_of_line: 0,
            first_of_list: 0,
            others: Vec::new().into_iter().peekable(),
        }
    }

    /// A pass over all of a short text from a place on, in which no tables are looked for.
    pub fn over(recognizers: &'r Recognizers, text: Text<'t>, from: usize) -> Self {
        let mut pass = Self {
            at: from,
            called: usize::MAX,
            ..Self::within(recognizers, text)
        };
        pass.run(usize::MAX);
        pass
    }

    /// Goes on for a [`STRIDE`]. Says whether that was all.
    pub fn go_on(&mut self) -> bool {
        self.run(self.at.saturating_add(STRIDE));
        let is_over = self.at >= self.text.len();
        if is_over {
            self.end_line(self.text.len());
        }
        is_over
    }

    /// Takes what was found so far that is in no row whose end is still to come.
    pub fn take(&mut self) -> Vec<Candidate> {
        take_until(&mut self.others, self.at, &mut self.hits);
        if self.at >= self.text.len() {
            return std::mem::take(&mut self.hits);
        }
        let row = self.at.saturating_sub(LONGEST_ROW);
        let (taken, kept) = std::mem::take(&mut self.hits)
            .into_iter()
            .partition(|candidate: &Candidate| candidate.hit.start < row);
        self.hits = kept;
        (self.first_of_line, self.first_of_list) = (0, 0);
        taken
    }

    /// Forgets words that are in front of everything that is still to come, or is not taken.
    pub fn forget(&mut self) {
        let head = self.at.saturating_sub(2 * LONGEST_ROW);
        let gone = self.heard.partition_point(|word| word.at < head);
        self.heard.drain(..gone);
    }

    /// Goes on up to a place, and to the end of a word that is there.
    fn run(&mut self, until: usize) {
        let until = until.min(self.text.len());
        let mut at = self.at;
        while at < until {
            let byte = self.text.at(at);
            let class = self.recognizers.classes.of(byte);
            if class & WORD != 0 {
                at = self.word(at);
            } else {
                // Before what starts here, so that it is in the row that begins.
                if class & EDGE != 0 {
                    self.edge(byte, at);
                }
                let index = usize::from(byte);
                if class & MARK != 0 {
                    self.ask(self.recognizers.by_mark.get(index), at);
                }
                if at < self.called {
                    self.ask(self.recognizers.by_call.get(index), at);
                }
                at += 1;
            }
        }
        self.at = at;
    }

    /// A byte between cells or rows of a table.
    fn edge(&mut self, byte: u8, at: usize) {
        let Some(tables) = &mut self.tables else { return };
        let seen = Seen {
            text: &self.text,
            heard: &self.heard,
            words: &self.recognizers.words,
        };
        match byte {
            b'\n' => self.end_line(at),
            b'(' => {
                if tables.open_list(seen, at) {
                    self.first_of_list = self.hits.len();
                }
            }
            b')' => {
                take_until(&mut self.others, at, &mut self.hits);
                if let Some(row) = tables.close_list(at) {
                    let first = self.first_of_list;
                    row.name(self.recognizers, &self.text, &mut self.hits, first);
                }
            }
            _ => tables.part(&self.text, at),
        }
    }

    fn end_line(&mut self, end: usize) {
        let Some(tables) = &mut self.tables else { return };
        let seen = Seen {
            text: &self.text,
            heard: &self.heard,
            words: &self.recognizers.words,
        };
        if let Some(row) = tables.end_line(seen, end) {
            take_until(&mut self.others, end, &mut self.hits);
            let first = self.first_of_line;
            row.name(self.recognizers, &self.text, &mut self.hits, first);
        }
        self.first_of_line = self.hits.len();
    }

    /// A run of letters, digits and what is not ASCII.
    fn word(&mut self, start: usize) -> usize {
        let mut seen = 0;
        let mut end = start;
        for byte in self.text.from(start) {
            let class = self.recognizers.classes.of(*byte) & WORD;
            if class == 0 || end - start == STRIDE {
                break;
            }
            seen |= class;
            end += 1;
        }
        if end - start == STRIDE {
            end = self.part(start, end);
        }
        if seen & HIGH == 0 {
            let known = self.heard.len();
            self.hear(start, end);
            self.call(known, end);
            self.code(start, end, seen);
        } else {
            self.mixed(start, end);
        }
        end
    }

    /// Where to part a long run: between two characters, one of which is not ASCII, or at its end.
    fn part(&self, start: usize, end: usize) -> usize {
        let run = self.text.slice(start..end).iter();
        match run.rev().position(|byte| *byte >= 0xc0) {
            Some(from_end) if from_end + 1 < end - start => end - from_end - 1,
            _ => {
                end + self
                    .text
                    .run(end, usize::MAX, |byte| byte.is_ascii_alphanumeric())
            }
        }
    }

    /// Wakes recognisers that wait for a word, if one of those heard since is it.
    fn call(&mut self, known: usize, end: usize) {
        if self.heard.iter().skip(known).any(Heard::calls) {
            self.called = end + REACH;
        }
    }

    /// A run of ASCII letters and digits as a word: letters, perhaps numbered, as in `phone2`.
    fn hear(&mut self, start: usize, end: usize) {
        let word = self.text.slice(start..end);
        let letters = word.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let numbered =
            word.len() - letters <= MOST_NUMBERING && word.iter().skip(letters).all(u8::is_ascii_digit);
        if letters == 1 && end - start == 1 && self.text.at(end) == b'.' {
            let words = &self.recognizers.words;
            words.hear_pointed(&self.text, start, &mut self.heard);
        } else if letters > 0 && numbered {
            let word = word.get(..letters).unwrap_or_default();
            self.recognizers.words.hear(word, start, &mut self.heard);
        }
    }

    /// Letters and digits among what is not ASCII: words of scripts with spaces and without, numbers, and signs such as quotation
    /// marks follow one another.
    fn mixed(&mut self, start: usize, end: usize) {
        let words = &self.recognizers.words;
        let known = self.heard.len();
        let run = std::str::from_utf8(self.text.slice(start..end)).unwrap_or_default();
        let mut at = start;
        for part in Script::parts(run) {
            match part.chars().next().map(Script::of) {
                Some(Script::Spaced) => words.hear(part.as_bytes(), at, &mut self.heard),
                Some(Script::Unspaced) => words.hear_ideographs(part.as_bytes(), at, &mut self.heard),
                Some(Script::Neither) | None => {}
            }
            at += part.len();
        }
        self.call(known, end);
        let mut at = start;
        while at < end {
            let is_high = |byte: u8| byte >= 0x80;
            let high = is_high(self.text.at(at));
            let len = self.text.run(at, end - at, |byte| is_high(byte) == high);
            if !high {
                let part = self.text.slice(at..at + len);
                let seen = part
                    .iter()
                    .fold(0, |seen, byte| seen | self.recognizers.classes.of(*byte))
                    & WORD;
                self.code(at, at + len, seen);
            }
            at += len;
        }
    }

    /// A run of ASCII letters and digits.
    fn code(&mut self, start: usize, end: usize, seen: u8) {
        if seen == DIGIT && end - start <= MOST_GROUPED {
            let separator = self.text.before(start);
            if self.series.goes_on(separator, start, end) {
                return;
            }
        }
        let first = usize::from(self.text.at(start).to_ascii_lowercase());
        self.ask(self.recognizers.by_first.get(first), start);
        if start < self.called {
            self.ask(self.recognizers.by_call.get(first), start);
        }
        let behind = self.text.slice(end..self.text.len().min(end + NEAR));
        if seen & DIGIT != 0 || behind.iter().any(u8::is_ascii_digit) {
            self.ask(self.recognizers.by_first_near_digit.get(first), start);
        }
        if seen == DIGIT {
            self.ask(self.recognizers.by_digits.get(end - start), start);
        } else if seen & DIGIT != 0 || seen == UPPER {
            self.ask(self.recognizers.by_code.get(end - start), start);
        }
    }

    fn ask(&mut self, recognizers: Option<&Vec<&'static Recognizer>>, at: usize) {
        for recognizer in recognizers.into_iter().flatten() {
            if let Some(hit) = (recognizer.find)(&self.text, at) {
                self.found(recognizer.entity, hit);
            }
        }
    }

    /// Out of the way: nearly all that are asked find nothing.
    #[inline(never)]
    fn found(&mut self, entity: Entity, hit: Hit) {
        self.hits.push(Candidate::new(entity, hit));
    }
}

/// Moves what others have found in front of a place.
fn take_until(others: &mut Peekable<vec::IntoIter<Candidate>>, at: usize, hits: &mut Vec<Candidate>) {
    while let Some(other) = others.next_if(|other| other.hit.start < at) {
        hits.push(other);
    }
}
