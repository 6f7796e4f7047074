//! Telephone numbers as people write them: international with `+` or `00`, and national where the form or words around it
//! say what it is. Which numbers a country has is in [`international`] (ITU-T E.164), how they are grouped in [`national`].
//!
//! A national number without any grouping is a row of digits like any other, so it needs a word such as "phone" near it;
//! Chinese mobile numbers alone are told by their first digits. An extension is part of the finding.

mod international;
mod national;
mod words;
mod written;

use self::written::Written;
use super::super::{Hit, Recognizer, Starts};
use crate::text::{Text, is_word};
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::PhoneNumber,
    starts: &[
        Starts::Mark(b'+'),
        Starts::Mark(b'('),
        Starts::First(b"0123456789"),
    ],
    find,
    raises: words::RAISES,
    lowers: words::LOWERS,
};

/// What a number loses that goes on as if it were a part of a longer row of groups.
const GOES_ON: u8 = 30;

/// What a number has with a plus whose area or exchange does not exist: a word has to say that it is one.
const MADE_UP: Score = Score(40);

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    match text.at(at) {
        b'+' => plus(text, at),
        b'(' if !is_word(text.before(at)) => bracket(text, at),
        b'0'..=b'9' => number(text, at),
        _ => None,
    }
}

/// A number whose area code stands in brackets.
fn bracket(text: &Text<'_>, at: usize) -> Option<Hit> {
    let digits = at + 1 + text.run(at + 1, 1, |byte| byte == b' ');
    let end = digits + text.run(digits, 7, |byte| byte.is_ascii_digit());
    let close = end + text.run(end, 1, |byte| byte == b' ');
    let is_area = (2..=6).contains(&(end - digits)) && text.at(close) == b')';
    is_area.then(|| grouped(text, at)).flatten()
}

fn plus(text: &Text<'_>, at: usize) -> Option<Hit> {
    let bracketed = text.before(at) == b'(';
    let start = if bracketed { at - 1 } else { at };
    if is_word(text.before(start)) || matches!(text.before(at), b')' | b'+') {
        return None;
    }
    let first = at + 1 + text.run(at + 1, 1, |byte| byte == b' ');
    let written = Written::read(text, first, bracketed)?;
    let (end, score) = written.longest(text, |digits, groups| {
        let code = groups.first().map_or(0, |group| group.digits);
        match international::is_number(digits, code, groups) {
            true => Some(Score::CERTAIN),
            false => national::is_made_up(digits, groups).then_some(MADE_UP),
        }
    })?;
    let start = if written.closes_bracket() { start } else { at };
    Some(Hit::new(start, end, score))
}

/// A number that starts with a digit.
fn number(text: &Text<'_>, at: usize) -> Option<Hit> {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let len = text.run(at, 16, is_digit);
    let next = text.at(at + len + 1);
    let grouped_on = match text.at(at + len) {
        b' ' => is_digit(next) || matches!(next, b' ' | b'(' | b'-' | b'/'),
        b'-' | b'/' => is_digit(next) || matches!(next, b' ' | b'('),
        // Groups of one digit are those of versions.
        b'.' => is_digit(next) && is_digit(text.at(at + len + 2)),
        b'(' => is_digit(next) && (len > 1 || is_digit(text.at(at + 3))),
        _ => false,
    };
    // Most rows of digits are no numbers, and this is asked at every one.
    let lone = matches!(text.at(at), b'0' | b'1' | b'8') && !matches!(text.at(at + len), b'.');
    if len > 15 || len < 8 && !grouped_on || len == 1 && !lone && text.at(at + 3).is_ascii_digit() {
        return None;
    }
    let second = text.before(at.saturating_sub(1));
    let part_of_more = match text.before(at) {
        b'+' | b'#' | b'$' | b'_' => true,
        b'.' | b':' => is_digit(second),
        b',' => is_digit(second) && (len == 3 || !grouped_on && is_fraction(text, at, len)),
        b'-' | b'/' => second.is_ascii_alphanumeric(),
        // Asked at the bracket.
        b'(' => len < 7 && text.at(at + len) == b')',
        _ => false,
    };
    if part_of_more || is_in_code(text, at) || follows_number(text, at, text.at(at + len) == b' ') {
        return None;
    }
    grouped(text, at)
}

fn grouped(text: &Text<'_>, start: usize) -> Option<Hit> {
    let written = Written::read(text, start, false)?;
    if written.is_date() {
        return None;
    }
    let (end, score) = written.longest(text, |digits, groups| {
        international::prefixed(digits, groups).or_else(|| national::judge(digits, groups))
    })?;
    let score = if is_identity(text, start) {
        score.lowered()
    } else {
        score
    };
    Some(Hit::new(start, end, score))
}

/// Whether the name of another number, of which no single word says that, stands in front: "health and care number".
fn is_identity(text: &Text<'_>, start: usize) -> bool {
    const WORDS: [&[u8]; 2] = [b"number", b" no"];
    const WITHIN: usize = 56;
    let front = text.slice(start.saturating_sub(WITHIN)..start);
    let is_number = |part: &[u8]| part.iter().take(3).all(u8::is_ascii_digit);
    let from = front.windows(3).rposition(is_number).unwrap_or_default();
    let place = |word: &[u8]| {
        let place = front
            .windows(word.len())
            .rposition(|part| part.eq_ignore_ascii_case(word))?;
        let ends = !front.get(place + word.len()).is_some_and(u8::is_ascii_alphabetic);
        (ends && place >= from).then_some(place)
    };
    let Some(number) = WORDS.iter().find_map(|word| place(word)) else {
        return false;
    };
    let number = start - front.len() + number;
    let end = number - text.run_before(number, 1, |byte| matches!(byte, b' ' | b'_' | b'-'));
    let word = text.run_before(end, 16, |byte| byte.is_ascii_alphabetic());
    [
        "care",
        "file",
        "registration",
        "business",
        "identification",
        "identity",
        "security",
        "insurance",
        "record",
        "taxpayer",
        "customer",
        "user",
        "member",
        "employee",
        "tfn",
        "nhs",
    ]
    .iter()
    .any(|other| word >= other.len() && text.has(end - other.len(), other))
}

/// Whether a row of digits behind a comma belongs to the digits in front of it, rather than being an entry of a list.
fn is_fraction(text: &Text<'_>, at: usize, len: usize) -> bool {
    let front = text.run_before(at - 1, 4, |byte| byte.is_ascii_digit());
    front < 4 && text.at(at + len) != b','
}

/// Whether two letters and two digits stand in front, as at the start of the number of an account.
fn is_in_code(text: &Text<'_>, at: usize) -> bool {
    let code = text.slice(at.saturating_sub(5)..at);
    let is_code = matches!(code, [first, second, third, fourth, b' ']
        if first.is_ascii_alphabetic() && second.is_ascii_alphabetic() && third.is_ascii_digit() && fourth.is_ascii_digit());
    is_code && !is_word(text.before(at - code.len()))
}

/// Whether it goes on with what stands in front: a country or an area, or, where it has spaces itself, any number.
fn follows_number(text: &Text<'_>, at: usize, spaced: bool) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let end = at - text.run_before(at, 1, |byte| byte == b' ');
    if text.before(end) == b')' {
        let digits = text.run_before(end - 1, 7, is_digit);
        return digits > 0 && text.before(end - 1 - digits) == b'(';
    }
    let digits = text.run_before(end, 16, is_digit);
    let front = text.before(end - digits);
    end < at && digits > 0 && (front == b'+' || spaced && !is_word(front))
}

#[cfg(test)]
mod tests;
