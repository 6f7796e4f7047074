//! Words around a finding that raise or lower its score.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use crate::text::Text;
use crate::{Entity, Score};

/// How far in front of a finding a word counts, in bytes.
const BEFORE: usize = 80;
/// How far behind it.
const BEHIND: usize = 40;
/// Longest word that is looked up, in bytes.
const LONGEST: usize = 32;
/// Longest word of a script without spaces, in characters, and the bytes of each.
const IDEOGRAPHS: usize = 8;
const IDEOGRAPH: usize = 3;
/// The first byte of the first of its characters.
pub(crate) const FIRST_IDEOGRAPH: u8 = 0xe3;
/// Longest name whose parts are looked up, in bytes.
const LONGEST_NAME: usize = 64;
/// So many digits are a number that has words of its own.
const NUMBER: usize = 5;
/// What says that a word is the name of a number.
const NUMBERS: [&str; 12] = [
    "no", "nr", "num", "number", "n", "n°", "nº", "№", "nummer", "numéro", "numero", "número",
];
/// Letters in front of a point that may be an abbreviation.
const LONGEST_ABBREVIATION: usize = 3;
/// Letters of an abbreviation with points between them, such as `D.N.I.`.
const MOST_POINTED: usize = 6;

/// The words that mean something, and what.
#[derive(Debug, Default)]
pub(crate) struct Words {
    by_text: HashMap<Box<[u8]>, Meaning, BuildHasherDefault<Fnv>>,
    /// Which combinations of letters and length there are: nearly all words of a text end here.
    shapes: Bits,
    /// Which ideographs a word starts with.
    ideographs: Bits,
}

/// A small set of numbers that may have more than was put into it.
#[derive(Debug)]
struct Bits([u64; Self::SIZE]);

impl Bits {
    const SIZE: usize = 1024;

    fn place(number: usize) -> (usize, u64) {
        (number / 64 % Self::SIZE, 1 << (number % 64))
    }

    fn add(&mut self, number: usize) {
        let (index, bit) = Self::place(number);
        if let Some(bits) = self.0.get_mut(index) {
            *bits |= bit;
        }
    }

    fn has(&self, number: usize) -> bool {
        let (index, bit) = Self::place(number);
        self.0.get(index).is_some_and(|bits| bits & bit != 0)
    }
}

impl Default for Bits {
    fn default() -> Self {
        Self([0; Self::SIZE])
    }
}

/// The first two letters and the last, whatever their case, and length.
fn shape(word: &[u8]) -> usize {
    let letter = |byte: Option<&u8>| byte.map_or(0, |byte| usize::from(byte & 0x1f));
    let shape =
        letter(word.first()) | letter(word.get(1)) << 5 | letter(word.last()) << 10 | word.len() << 15;
    shape ^ shape >> 16
}

/// The last bits of the character that starts here, of three bytes.
fn ideograph(run: &[u8]) -> usize {
    run.iter()
        .take(IDEOGRAPH)
        .fold(0, |bits, byte| bits << 6 | usize::from(byte & 0x3f))
}

/// The kinds that a word raises and those that it lowers, a bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meaning {
    raises: u128,
    lowers: u128,
    /// Recognisers wait for it.
    calls: bool,
}

impl Meaning {
    /// Whether it says anything of a kind.
    fn speaks(self, bit: u128) -> bool {
        (self.raises | self.lowers) & bit != 0
    }

    /// What words mean together, as in a name: of each kind what the last says that speaks of it.
    fn of(words: &[Heard]) -> Self {
        let meanings = words.iter().map(|word| word.meaning);
        meanings.fold(Self::default(), Self::and_then)
    }

    /// What two mean of which the second decides.
    fn and_then(self, last: Self) -> Self {
        Self {
            raises: self.raises & !last.lowers | last.raises,
            lowers: (self.lowers | last.lowers) & !last.raises,
            calls: self.calls | last.calls,
        }
    }

    /// What either of two says, those that raise first.
    pub fn or(self, other: Self) -> Self {
        let raises = self.raises | other.raises;
        Self {
            raises,
            lowers: (self.lowers | other.lowers) & !raises,
            calls: self.calls | other.calls,
        }
    }

    /// Whether it raises nothing and lowers nothing.
    pub fn is_silent(self) -> bool {
        self == Self::default()
    }

    /// Whether it raises a kind, or lowers it, if it speaks of it.
    pub fn raises(self, entity: Entity) -> Option<bool> {
        let bit = bit(entity);
        self.speaks(bit).then_some(self.raises & bit != 0)
    }

    /// Whether something may be found because of it.
    pub fn promises(self) -> bool {
        self.raises != 0 || self.calls
    }

    /// Whether recognisers wait for it.
    pub fn calls(self) -> bool {
        self.calls
    }
}

/// A word that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub at: usize,
    meaning: Meaning,
}

impl Heard {
    /// Whether recognisers wait for it.
    pub fn calls(&self) -> bool {
        self.meaning.calls
    }
}

fn bit(entity: Entity) -> u128 {
    u32::try_from(entity.index())
        .ok()
        .and_then(|index| 1_u128.checked_shl(index))
        .unwrap_or_default()
}

impl Words {
    /// Adds the words of one kind.
    pub fn add<'w>(
        &mut self,
        entity: Entity,
        raises: impl IntoIterator<Item = &'w str>,
        lowers: impl IntoIterator<Item = &'w str>,
    ) {
        for word in raises {
            self.entry(word).raises |= bit(entity);
        }
        for word in lowers {
            self.entry(word).lowers |= bit(entity);
        }
    }

    /// Adds words that recognisers wait for.
    pub fn add_calls(&mut self, words: &[&str]) {
        for word in words {
            self.entry(word).calls = true;
        }
    }

    fn entry(&mut self, word: &str) -> &mut Meaning {
        let word = word.to_lowercase();
        self.shapes.add(shape(word.as_bytes()));
        if word
            .as_bytes()
            .first()
            .is_some_and(|byte| *byte >= FIRST_IDEOGRAPH)
        {
            self.ideographs.add(ideograph(word.as_bytes()));
        }
        self.by_text.entry(word.as_bytes().into()).or_default()
    }

    /// Looks a word up that starts at `at`: letters of a script with spaces.
    pub fn hear(&self, word: &[u8], at: usize, heard: &mut Vec<Heard>) {
        let whole = self.lookup(word);
        if let Some(meaning) = whole {
            heard.push(Heard { at, meaning });
        }
        let inner = word.get(1..).unwrap_or_default();
        if word.len() <= LONGEST_NAME
            && inner.iter().any(u8::is_ascii_uppercase)
            && word.iter().any(u8::is_ascii_lowercase)
        {
            self.hear_humps(word, at, whole.unwrap_or_default(), heard);
        }
    }

    /// The parts of a word such as `dateOfBirth` or `IBANNumber`, where the whole does not speak of the same.
    fn hear_humps(&self, word: &[u8], at: usize, whole: Meaning, heard: &mut Vec<Heard>) {
        let mut start = 0;
        for end in 1..=word.len() {
            let pair = word.get(end - 1..=end);
            if pair.is_none_or(|pair| is_hump(pair, word.get(end + 1))) {
                let part = word.get(start..end).unwrap_or_default();
                let meaning = self.lookup(part).filter(|_| part.len() < word.len());
                if let Some(Meaning {
                    raises,
                    lowers,
                    calls,
                }) = meaning
                {
                    let said = whole.raises | whole.lowers;
                    let meaning = Meaning {
                        raises: raises & !said,
                        lowers: lowers & !said,
                        calls,
                    };
                    heard.push(Heard {
                        at: at + start,
                        meaning,
                    });
                }
                start = end;
            }
        }
    }

    /// Looks up words of a script without spaces: every stretch of a few characters, and of those that start at the same
    /// one the longest.
    pub fn hear_ideographs(&self, run: &[u8], at: usize, heard: &mut Vec<Heard>) {
        let mut start = 0;
        while start < run.len() {
            let rest = run.get(start..).unwrap_or_default();
            let begins = rest.first().is_some_and(|byte| *byte >= FIRST_IDEOGRAPH)
                && self.ideographs.has(ideograph(rest));
            let parts = (1..=IDEOGRAPHS)
                .rev()
                .filter(|_| begins)
                .filter_map(|count| rest.get(..count * IDEOGRAPH));
            let found = parts
                .filter_map(|part| Some((part.len(), self.lookup(part)?)))
                .next();
            match found {
                // What is part of a longer word says nothing by itself.
                Some((len, meaning)) => {
                    heard.push(Heard {
                        at: at + start,
                        meaning,
                    });
                    start += len;
                }
                None => start += 1,
            }
        }
    }

    /// What a name says in which these words were heard: what its parts say, and what those say that make one word together, as in
    /// `tax_id` and `customer tax ID`.
    pub fn meaning(&self, name: &[u8], heard: &[Heard]) -> Meaning {
        let parts = name
            .split(|byte| matches!(byte, b' ' | b'_' | b'-' | b'.'))
            .filter(|part| !part.is_empty());
        let pairs = parts.clone().zip(parts.clone().skip(1));
        let pairs = pairs.filter_map(|(first, second)| self.lookup_parts([first, second].into_iter()));
        let parted = Meaning::of(heard);
        let paired = pairs.fold(parted, Meaning::and_then);
        match parts.clone().nth(2) {
            Some(_) => paired.and_then(self.lookup_parts(parts).unwrap_or_default()),
            None => paired,
        }
    }

    /// Looks up a word that is written in parts.
    fn lookup_parts<'p>(&self, parts: impl Iterator<Item = &'p [u8]>) -> Option<Meaning> {
        let mut word = [0; LONGEST];
        let mut len = 0;
        for part in parts {
            word.get_mut(len..len + part.len())?.copy_from_slice(part);
            len += part.len();
        }
        self.lookup(word.get(..len)?)
    }

    /// Looks up letters with points between them, the first of which stands at `at`.
    pub fn hear_pointed(&self, text: &Text<'_>, at: usize, heard: &mut Vec<Heard>) {
        let mut letters = [0; MOST_POINTED];
        let mut len = 0;
        while let Some(place) = letters.get_mut(len)
            && text.at(at + 2 * len).is_ascii_alphabetic()
            && text.at(at + 2 * len + 1) == b'.'
        {
            *place = text.at(at + 2 * len);
            len += 1;
        }
        let word = letters.get(..len).filter(|word| word.len() > 1);
        if let Some(meaning) = word.and_then(|word| self.lookup(word)) {
            heard.push(Heard { at, meaning });
        }
    }

    fn lookup(&self, word: &[u8]) -> Option<Meaning> {
        if word.len() > LONGEST || word.is_ascii() && !self.shapes.has(shape(word)) {
            return None;
        }
        let mut lower = [0; LONGEST];
        let lower = lower.get_mut(..word.len())?;
        lower.copy_from_slice(word);
        lower.make_ascii_lowercase();
        if word.first()? < &FIRST_IDEOGRAPH && !word.is_ascii() {
            lowercase(lower);
        }
        self.by_text.get(&*lower).copied()
    }
}

/// Puts letters beyond ASCII into lower case whose length in bytes stays the same.
fn lowercase(word: &mut [u8]) {
    let mut lower = [0; LONGEST];
    let mut len = 0;
    let Ok(text) = std::str::from_utf8(word) else {
        return;
    };
    for character in text.chars() {
        let mut letters = character.to_lowercase();
        let letter = letters
            .next()
            .filter(|letter| letter.len_utf8() == character.len_utf8());
        let Some(place) = lower.get_mut(len..len + character.len_utf8()) else {
            return;
        };
        letter.unwrap_or(character).encode_utf8(place);
        len += character.len_utf8();
    }
    if let Some(lower) = lower.get(..word.len()) {
        word.copy_from_slice(lower);
    }
}

/// Whether a word begins between two letters: a capital after a small letter, or the last of several capitals.
fn is_hump(pair: &[u8], next: Option<&u8>) -> bool {
    let [before, here] = pair else { return false };
    here.is_ascii_uppercase()
        && (before.is_ascii_lowercase()
            || before.is_ascii_uppercase() && next.is_some_and(u8::is_ascii_lowercase))
}

/// What the head of a table says of a finding that is all of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// Nothing, or the finding is in no table.
    Unnamed,
    /// The name of its column raises it.
    Raises,
    Lowers,
    /// The name of another column raises its kind, so that what stands in front of its row, from there on, is not said of it.
    Another {
        row: usize,
    },
}

/// What is around a finding.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    pub text: &'a Text<'a>,
    /// The words of the text, in their order.
    pub heard: &'a [Heard],
    /// What the name of the field says that the text is the value of.
    pub named: Meaning,
}

impl Around<'_> {
    /// The score of a finding, given the words around it.
    ///
    /// Where the name of its column speaks of it, that decides, and else the words in front. In its own clause a word that speaks for it beats one that speaks against: of "the SSN on the
    /// invoice" the number is the SSN. Further in front a word only speaks for it, and only if no other number has
    /// come since. Then comes the name of the field, and last what stands behind in the same clause.
    pub fn judge(&self, score: Score, entity: Entity, span: Range<usize>, column: Column) -> Score {
        let bit = bit(entity);
        let first = match column {
            Column::Raises => return score.raised(),
            Column::Lowers => return score.lowered(),
            Column::Another { row } => row,
            Column::Unnamed => 0,
        };
        let before = self.heard.partition_point(|word| word.at < span.start);
        let in_front = self.heard.get(..before).unwrap_or_default().iter().rev();
        let mut in_front = in_front
            .take_while(|word| word.at >= first && word.at + BEFORE >= span.start)
            .filter(|word| word.meaning.speaks(bit))
            .peekable();
        if in_front.peek().is_some() {
            let clause = self.clause(span.start);
            let mut lowering: Option<&Heard> = None;
            for word in in_front {
                let in_clause = word.at >= clause.start;
                if word.meaning.raises & bit == 0 {
                    if lowering.is_none() && in_clause {
                        if self.touches(word, span.start) {
                            return score.lowered();
                        }
                        lowering = Some(word);
                    }
                    continue;
                }
                return match lowering {
                    // "Tax invoice" is another thing than "tax number on the invoice".
                    Some(lowering) if !in_clause || self.touches(word, lowering.at) => score.lowered(),
                    None if word.at < clause.number => break,
                    _ => score.raised(),
                };
            }
            if lowering.is_some() {
                return score.lowered();
            }
        }
        let behind = || self.behind(bit, before, span.end).map(|word| word.meaning);
        let says = self.named.raises(entity);
        match says.or_else(|| behind()?.raises(entity)) {
            Some(true) => score.raised(),
            Some(false) => score.lowered(),
            None => score,
        }
    }

    /// The first word behind a place that speaks of the kind, in the same clause and not the label of something else.
    fn behind(&self, bit: u128, from: usize, end: usize) -> Option<&Heard> {
        let words = self.heard.get(from..).unwrap_or_default().iter();
        let mut words = words
            .skip_while(|word| word.at < end)
            .take_while(|word| word.at <= end + BEHIND)
            .filter(|word| word.meaning.speaks(bit))
            .peekable();
        words.peek()?;
        let clause = (end..=end + BEHIND).find(|at| self.ends_line(*at) || self.ends_sentence(*at));
        words
            .take_while(|word| clause.is_none_or(|clause| word.at < clause))
            .find(|word| !self.is_label(word.at))
    }

    /// Whether nothing that is said stands between a word and a place behind it, but that it is a number: `order no. …`.
    fn touches(&self, word: &Heard, place: usize) -> bool {
        let end = word.at + self.text.run(word.at, LONGEST, is_letter);
        let between = self.text.slice(end..place.max(end));
        let words = between
            .split(|byte| !is_letter(*byte))
            .filter(|word| !word.is_empty());
        let is_number = |word: &[u8]| {
            NUMBERS
                .iter()
                .any(|known| known.as_bytes().eq_ignore_ascii_case(word))
        };
        end <= place && words.clone().count() < 2 && words.clone().all(is_number)
    }

    /// Whether the word at a place is followed by a value of its own.
    fn is_label(&self, at: usize) -> bool {
        let end = at + self.text.run(at, LONGEST, is_letter);
        let gap = self.text.run(end, 3, |byte| {
            matches!(byte, b' ' | b'"' | b'\'' | b'*' | b'#' | b'.')
        });
        let next = self.text.at(end + gap);
        matches!(next, b':' | b'=') || gap > 0 && next.is_ascii_digit()
    }

    /// Where the clause begins that a place is in, and where the last number in front of it ends.
    fn clause(&self, place: usize) -> Clause {
        let from = place.saturating_sub(BEFORE);
        let front = self.text.slice(from..place);
        // A label may stand on a line of its own.
        let label = front
            .iter()
            .rposition(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
        let label = from + label.map_or(0, |label| label + 1);
        let ends = |at: &usize| self.ends_sentence(*at) || *at < label && self.ends_line(*at);
        let start = (from..place).rev().find(ends).map_or(from, |at| at + 1);
        let number = last_number(front.get(..label - from).unwrap_or_default());
        Clause {
            // A number parts clauses as well: what was said of it is not said of the next.
            start: start.max(from + number),
            number: from + number,
        }
    }

    fn ends_line(&self, at: usize) -> bool {
        matches!(self.text.at(at), b'\n' | b'\r' | b'|' | b'\t')
    }

    fn ends_sentence(&self, at: usize) -> bool {
        let is_last = matches!(self.text.at(at + 1), b' ' | b'\n' | 0);
        let word = || {
            self.text
                .run_before(at, NUMBER, |byte| byte.is_ascii_alphanumeric() || byte >= 0x80)
        };
        match self.text.at(at) {
            b';' | b'!' | b'?' => is_last,
            // The point of an abbreviation ends no sentence.
            b'.' => is_last && word() > LONGEST_ABBREVIATION,
            _ => false,
        }
    }
}

/// Where a clause begins.
struct Clause {
    start: usize,
    number: usize,
}

/// The end of the last number in a text that is long enough to have words of its own, spaces and signs between its digits
/// aside.
pub(crate) fn last_number(text: &[u8]) -> usize {
    let (mut digits, mut end) = (0, 0);
    for (at, byte) in text.iter().enumerate().rev() {
        match byte {
            b'0'..=b'9' => {
                if digits == 0 {
                    end = at + 1;
                }
                digits += 1;
                if digits >= NUMBER {
                    return end;
                }
            }
            b' ' | b'-' | b'.' | b'/' if digits > 0 => {}
            _ => digits = 0,
        }
    }
    0
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// FNV-1a: the words are our own and the operator's, so nobody can make them collide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests;
