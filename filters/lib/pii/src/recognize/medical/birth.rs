//! Dates of birth: dates of any form that [`date`](crate::date) reads, where words call them one of birth.
//!
//! A date by itself says nothing, so that its score is low and words around it decide. The words are not all: in
//! `born 1990-05-03, moved 2015-06-01` the first is in front of both dates. A date that has a label of its own, or that follows
//! another date, needs a word of birth of its own.

mod words;

use self::words::{LOWERS, RAISES};
use super::super::{Hit, Recognizer, Starts};
use super::unquoted;
use crate::date;
use crate::letters::is_same;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::DateOfBirth,
    starts: &[
        Starts::Digits(&[1, 2, 4, 8]),
        Starts::Code(&[2, 3, 4, 8, 9]),
        // The first letters of the months.
        Starts::NearDigit(b"jfmasondeg"),
    ],
    find,
    raises: RAISES,
    lowers: LOWERS,
};

/// How far words count, as in `context`.
const BEFORE: usize = 80;
const BEHIND: usize = 40;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let end = date::read(text, at)?;
    let start = era(text, at);
    let front = text.slice(start.saturating_sub(BEFORE)..start);
    let born = || text.at(end) >= 0x80 && (text.has(end, "生") || text.has(end, "出生"));
    if is_abbreviated(front) || born() {
        return Some(Hit::new(start, end, Score(60)));
    }
    let behind = text.slice(end..text.len().min(end + BEHIND));
    is_free(front, behind).then(|| Hit::new(start, end, Score::WEAK))
}

/// Where a date starts, with the name of its era.
fn era(text: &Text<'_>, at: usize) -> usize {
    if text.before(at) < 0x80 {
        return at;
    }
    let front = at.saturating_sub("昭和".len());
    let is_era = ["昭和", "平成", "令和", "大正"]
        .iter()
        .any(|name| text.has(front, name));
    if is_era { front } else { at }
}

/// Whether what is directly in front of a date says birth, and is no word that could be looked up.
fn is_abbreviated(front: &[u8]) -> bool {
    let said = front
        .iter()
        .rposition(|byte| {
            !matches!(
                byte,
                b' ' | b':' | b'=' | b'"' | b'\'' | b'*' | b'|' | b'-' | b'\n'
            )
        })
        .map_or(0, |last| last + 1);
    let said = unquoted(front.get(..said).unwrap_or_default()).trim_ascii_end();
    let said = said
        .strip_suffix(b"</td><td>")
        .or_else(|| said.strip_suffix(b"</dt><dd>"))
        .unwrap_or(said);
    if said.last().is_none_or(u8::is_ascii_digit) {
        return false;
    }
    let ends = |phrase: &str| {
        let from = said.len().checked_sub(phrase.len());
        let here = from.and_then(|from| said.get(from..)).unwrap_or_default();
        let alone = from.and_then(|from| said.get(from.checked_sub(1)?));
        here.eq_ignore_ascii_case(phrase.as_bytes()) && alone.is_none_or(|byte| !is_letter(*byte))
    };
    [
        "D.O.B",
        "D.O.B.",
        "D. O. B.",
        "D/O/B",
        "b-day",
        "(b.",
        "(*",
        "ne le",
        "nee le",
        "ne(e) le",
        // Marks stand among the letters of its script.
        "जन्म",
        "जन्म तिथि",
        "जन्मतिथि",
        "जन्म दिनांक",
    ]
    .into_iter()
    .any(ends)
}

/// Whether nothing else claims a date between these.
fn is_free(front: &[u8], behind: &[u8]) -> bool {
    let (before, own) = front.split_at(last_date(front));
    if let Some(label) = label(own) {
        let is_date_of = || {
            let mut words = words(own).rev();
            let last = words.next().unwrap_or_default();
            is_any(DATES, last) && words.next().is_some_and(is_birth)
        };
        if words(label).any(is_birth) || is_date_of() {
            return true;
        }
        let last = words(label).next_back().unwrap_or_default();
        let is_label = last.len() > 3 || is_any(DATES, last);
        if is_label && !label.ends_with(b")") && !label.ends_with(b"]") {
            return is_birth_behind(behind);
        }
    }
    if has_letters(own) && words(own).any(is_birth) {
        return true;
    }
    if !before.is_empty() {
        return is_same_again(own) || is_birth_behind(behind);
    }
    !is_alliance(own) && !is_birth_of_next(behind)
}

/// Whether a text speaks of the NATO: in capitals the word is Italian for born where `il` or `a` follows.
fn is_alliance(own: &[u8]) -> bool {
    let mut words = words(own).skip_while(|word| *word != b"NATO").skip(1).peekable();
    let said = own.windows(4).any(|word| word == b"NATO");
    said && !words
        .next()
        .is_some_and(|word| is_any(&["IL", "A", "IN"], word) && word.iter().all(u8::is_ascii_uppercase))
}

/// Words for a date, of what other words say.
const DATES: &[&str] = &["date", "datum", "fecha", "data", "value", "day", "tag", "dia"];

/// The end of the last date, or of what may be one, in what stands in front of another.
fn last_date(front: &[u8]) -> usize {
    let mut end = front.len();
    while let Some(last) = front
        .get(..end)
        .and_then(|front| front.iter().rposition(u8::is_ascii_digit))
    {
        let upto = front.get(..=last).unwrap_or_default();
        let digits = upto.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let start = upto.len() - digits;
        let joined = match start.checked_sub(2).and_then(|two| front.get(two..start)) {
            Some([digit, b'-' | b'/' | b'.']) => digit.is_ascii_digit(),
            _ => false,
        };
        let run = upto.get(start..).unwrap_or_default();
        let behind = front.get(last + 1..).unwrap_or_default();
        let is_date = match digits {
            4 => run.starts_with(b"19") || run.starts_with(b"20"),
            8 => true,
            1 | 2 => joined || behind.starts_with("日".as_bytes()) || behind.starts_with("일".as_bytes()),
            _ => false,
        };
        if is_date {
            return last + 1;
        }
        end = start;
    }
    0
}

/// What labels a value that follows, as `label:`, `"label":` or `label=`.
fn label(front: &[u8]) -> Option<&[u8]> {
    let is_mark = |byte: &u8| matches!(byte, b':' | b'=' | b'>');
    let is_quote = |byte: &u8| {
        matches!(
            byte,
            b' ' | b'"' | b'\'' | b'\\' | b'*' | b'_' | b'`' | b'[' | b'(' | b'\t'
        )
    };
    let before_quotes = |text: &'_ [u8]| text.iter().rposition(|byte| !is_quote(byte)).map(|last| last + 1);
    let front = unquoted(front.get(..before_quotes(front)?)?);
    let front = front.get(..before_quotes(front)?)?;
    let (mark, front) = front.split_last()?;
    is_mark(mark).then_some(())?;
    let front = unquoted(front.get(..before_quotes(front)?)?);
    let start = front
        .iter()
        .rposition(|byte| matches!(byte, b'\n' | b',' | b';' | b'{' | b'}' | b'|' | b'<' | b'>'))
        .map_or(0, |before| before + 1);
    front.get(start..)
}

/// Whether only the likes of `and` part a date from the one in front of it.
fn is_same_again(between: &[u8]) -> bool {
    const AND: &[&str] = &[
        "and", "und", "et", "y", "e", "en", "or", "oder", "ou", "o", "resp", "和", "と",
    ];
    let mut words = words(between);
    match (words.next(), words.next()) {
        (None, _) => between
            .iter()
            .any(|byte| matches!(byte, b'(' | b')' | b'/' | b'&')),
        (Some(word), None) => is_any(AND, word),
        _ => false,
    }
}

/// Whether a word of birth behind a date is about it.
fn is_birth_behind(behind: &[u8]) -> bool {
    has_letters(behind) && words(behind).any(is_birth) && !is_birth_of_next(behind)
}

/// Whether a word of birth behind a date is about another one, behind itself.
fn is_birth_of_next(behind: &[u8]) -> bool {
    let mut rest = behind;
    let mut is_parted = false;
    while let Some(start) = rest.iter().position(|byte| is_letter(*byte)) {
        let (between, word) = rest.split_at(start);
        is_parted |= between.iter().any(u8::is_ascii_digit);
        let len = word.iter().take_while(|byte| is_letter(**byte)).count();
        let (word, behind) = word.split_at(len);
        if is_birth(word) {
            let mark = behind
                .iter()
                .find(|byte| !matches!(byte, b' ' | b'"' | b'\'' | b'*'));
            return is_parted || matches!(mark, Some(b':' | b'=')) || behind.iter().any(u8::is_ascii_digit);
        }
        rest = behind;
    }
    false
}

fn has_letters(text: &[u8]) -> bool {
    text.iter().fold(false, |has, byte| has | is_letter(*byte))
}

fn words(text: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    text.split(|byte| !is_letter(*byte))
        .map(unquoted)
        .filter(|word| !word.is_empty())
}

/// Whether a word, or in a script without spaces a part of it, speaks of birth.
fn is_birth(word: &[u8]) -> bool {
    let has = |part: &str| {
        word.windows(part.len())
            .any(|here| here.eq_ignore_ascii_case(part.as_bytes()))
    };
    let is_ideographic = word.iter().any(|byte| (0xe3..0xee).contains(byte));
    let raises = |raise: &&str| match raise.as_bytes() {
        [0xe3..0xee, ..] => is_ideographic && has(raise),
        raise => is_same(word, raise) && word != b"NATO",
    };
    let may_be = word
        .first()
        .is_some_and(|first| is_first(first.to_ascii_lowercase()));
    may_be && RAISES.iter().any(raises) || has("birth")
}

/// Whether one of [`RAISES`] starts with a byte: most words start with another.
fn is_first(byte: u8) -> bool {
    matches!(byte, b'b'..=b'd' | b'f' | b'g' | b'n' | b's' | b'u' | b'v' | 0x80..)
}

fn is_any(list: &[&str], word: &[u8]) -> bool {
    list.iter()
        .any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

#[cfg(test)]
mod tests;
