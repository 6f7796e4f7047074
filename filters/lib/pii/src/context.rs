//! Words around a finding that raise or lower its score.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use crate::{Entity, Score};

/// How far in front of a finding a word counts, in bytes.
const BEFORE: usize = 80;
/// How far behind it.
const BEHIND: usize = 40;
/// Longest word that is looked up, in bytes.
const LONGEST: usize = 32;
/// Longest word of a script without spaces, in characters, and the bytes of each.
const IDEOGRAPHS: usize = 6;
const IDEOGRAPH: usize = 3;
/// The first byte of the first of its characters.
pub(crate) const FIRST_IDEOGRAPH: u8 = 0xe3;
/// Longest name whose parts are looked up, in bytes.
const LONGEST_NAME: usize = 64;

/// The words that mean something, and what.
#[derive(Debug, Default)]
pub(crate) struct Words {
    by_text: HashMap<Box<[u8]>, Meaning, BuildHasherDefault<Fnv>>,
    /// Which combinations of first and last letter and length there are: nearly all words of a text end here.
    shapes: Bits,
    /// Which ideographs a word starts with.
    ideographs: Bits,
}

/// A small set of numbers that may have more than was put into it.
#[derive(Debug)]
struct Bits([u64; Self::SIZE]);

impl Bits {
    const SIZE: usize = 128;

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

/// First and last letter, whatever their case, and length.
fn shape(word: &[u8]) -> usize {
    let letter = |byte: Option<&u8>| byte.map_or(0, |byte| usize::from(*byte | 0x20));
    letter(word.first()) * 31 + letter(word.last()) * 257 + word.len() * 1031
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
}

/// A word that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    at: usize,
    meaning: Meaning,
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
                if let Some(Meaning { raises, lowers }) = meaning {
                    let said = whole.raises | whole.lowers;
                    let meaning = Meaning {
                        raises: raises & !said,
                        lowers: lowers & !said,
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
        for start in 0..run.len() {
            let rest = run.get(start..).unwrap_or_default();
            if rest.first().is_none_or(|byte| *byte < FIRST_IDEOGRAPH)
                || !self.ideographs.has(ideograph(rest))
            {
                continue;
            }
            let parts = (1..=IDEOGRAPHS)
                .rev()
                .filter_map(|count| rest.get(..count * IDEOGRAPH));
            if let Some(meaning) = parts.filter_map(|part| self.lookup(part)).next() {
                heard.push(Heard {
                    at: at + start,
                    meaning,
                });
            }
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

/// The score of a finding, given the words around it. The nearest in front decides; without one, the nearest behind.
/// `named` are the words in the name of the field that the text is the value of.
pub(crate) fn judge(
    score: Score,
    entity: Entity,
    span: Range<usize>,
    heard: &[Heard],
    named: &[Heard],
) -> Score {
    let bit = bit(entity);
    let speaks = |heard: &&Heard| (heard.meaning.raises | heard.meaning.lowers) & bit != 0;
    let before = heard.partition_point(|word| word.at < span.start);
    let in_front = heard.get(..before).unwrap_or_default().iter().rev();
    let in_front = in_front
        .take_while(|word| word.at + BEFORE >= span.start)
        .find(speaks);
    let behind = heard.get(before..).unwrap_or_default().iter();
    let behind = || {
        behind
            .skip_while(|word| word.at < span.end)
            .take_while(|word| word.at <= span.end + BEHIND)
            .find(speaks)
    };
    match in_front
        .or_else(|| named.iter().rev().find(speaks))
        .or_else(behind)
    {
        Some(word) if word.meaning.raises & bit != 0 => score.raised(),
        Some(_) => score.lowered(),
        None => score,
    }
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
