//! Groups of digits as they stand in a text.

use crate::Score;
use crate::text::{Text, is_word};

/// Most groups of a number, and most digits: 15 of E.164, a prefix to dial abroad, or a zero that is not dialled.
const GROUPS: usize = 8;
const DIGITS: usize = 18;
/// Fewest digits of a number: services in Australia, as `13 12 34`.
const FEWEST: usize = 6;
/// Longest group.
const GROUP: usize = 15;

/// Groups of digits, one after another.
#[derive(Debug)]
pub(super) struct Written {
    digits: [u8; DIGITS],
    groups: [Group; GROUPS],
    len: usize,
    closes_bracket: bool,
}

/// One of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Group {
    /// How many digits it has.
    pub digits: usize,
    /// What stands in front of it: `-`, `.`, `/`, a space, a bracket, or nothing (zero).
    pub separator: u8,
    /// Whether it stands in brackets.
    pub bracketed: bool,
    /// How many digits it and those in front of it have.
    total: usize,
    /// One past its last byte.
    end: usize,
}

impl Written {
    /// The groups from a place on. `open` says that a bracket stands open there.
    pub fn read(text: &Text<'_>, start: usize, open: bool) -> Option<Self> {
        let mut this = Self {
            digits: [0; DIGITS],
            groups: [Group::default(); GROUPS],
            len: 0,
            closes_bracket: false,
        };
        let mut at = start;
        let mut separator = 0;
        while this.group(text, at, separator).is_some() {
            let end = this.groups().last()?.end;
            (separator, at) = this.separator(text, end, open && !this.closes_bracket)?;
            if separator == 0 {
                break;
            }
        }
        (this.len > 0).then_some(this)
    }

    /// Adds the group at a place.
    fn group(&mut self, text: &Text<'_>, at: usize, separator: u8) -> Option<()> {
        let is_space = |byte| byte == b' ';
        let bracketed = text.at(at) == b'(';
        let first = match bracketed {
            true => at + 1 + text.run(at + 1, 1, is_space),
            false => at,
        };
        let digits = text.run(first, GROUP + 1, |byte| byte.is_ascii_digit());
        let mut end = first + digits;
        if digits == 0 || digits > GROUP {
            return None;
        }
        if bracketed {
            end += text.run(end, 1, is_space);
            if text.at(end) != b')' || digits > 6 {
                return None;
            }
            end += 1;
        } else if is_word(text.at(end)) && extension(text, end).is_none() {
            return None;
        }
        let before = self.groups().last().map_or(0, |group| group.total);
        let total = before + digits;
        let place = self.digits.get_mut(before..total)?;
        for (value, digit) in place.iter_mut().zip(text.from(first)) {
            *value = digit.wrapping_sub(b'0');
        }
        *self.groups.get_mut(self.len)? = Group {
            digits,
            separator,
            bracketed,
            total,
            end,
        };
        self.len += 1;
        Some(())
    }

    /// What separates the group that ends at a place from the next, and where that starts; zero where none follows.
    fn separator(&mut self, text: &Text<'_>, end: usize, open: bool) -> Option<(u8, usize)> {
        let spaces = |at| text.run(at, 2, |byte| byte == b' ');
        let bracketed = self.groups().last()?.bracketed;
        let mut at = end;
        at += usize::from(open && text.at(at) == b')');
        let closed = bracketed || at > end;
        let front = spaces(at);
        let mark = text.at(at + front);
        let (separator, next) = match mark {
            b'-' | b'/' => (mark, at + front + 1 + spaces(at + front + 1)),
            b'.' if front == 0 => (mark, at + 1),
            _ if front > 0 => (b' ', at + front),
            _ if closed => (b')', at),
            b'(' => (b'(', at),
            _ => (0, at),
        };
        if !text.at(next).is_ascii_digit() && text.at(next) != b'(' {
            return Some((0, next));
        }
        self.closes_bracket |= at > end;
        Some((separator, next))
    }

    fn groups(&self) -> &[Group] {
        self.groups.get(..self.len).unwrap_or_default()
    }

    /// Whether the bracket that stood open in front is closed.
    pub fn closes_bracket(&self) -> bool {
        self.closes_bracket
    }

    /// Whether it starts with a date: day and month, or month and day, and year, or the year first.
    pub fn is_date(&self) -> bool {
        let [first, second, third] =
            [0, 1, 2].map(|index| self.groups().get(index).copied().unwrap_or_default());
        let value = |group: Group| {
            let digits = self
                .digits
                .get(group.total - group.digits..group.total)
                .unwrap_or_default();
            digits
                .iter()
                .fold(0_u64, |value, digit| value * 10 + u64::from(*digit))
        };
        let is_year = |group: Group| group.digits == 4 && (1900..2100).contains(&value(group));
        let is_day = |group: Group| (1..=2).contains(&group.digits) && (1..=31).contains(&value(group));
        !first.bracketed
            && matches!(second.separator, b'-' | b'.' | b'/')
            && second.separator == third.separator
            && is_day(second)
            && (is_day(first) && is_year(third) || is_year(first) && is_day(third))
    }

    /// The end and the score of the longest number, with its extension: `judge` is asked about groups from the first on.
    pub fn longest(
        &self,
        text: &Text<'_>,
        judge: impl Fn(&[u8], &[Group]) -> Option<Score>,
    ) -> Option<(usize, Score)> {
        (1..=self.len).rev().find_map(|count| {
            let groups = self.groups.get(..count)?;
            let last = groups.last()?;
            let digits = self.digits.get(..last.total).filter(|_| last.total >= FEWEST)?;
            let goes_on = goes_on(text, last, count)?;
            let score = judge(digits, groups)?;
            let score = match goes_on {
                true => Score(score.0.saturating_sub(super::GOES_ON)),
                false => score,
            };
            Some((extension(text, last.end).unwrap_or(last.end), score))
        })
    }
}

/// Whether digits go on behind a group as if they belonged to it; nothing where it is surely part of something else.
fn goes_on(text: &Text<'_>, last: &Group, count: usize) -> Option<bool> {
    let next = text.at(last.end + 1);
    match text.at(last.end) {
        b'-' if is_line(text, last.end + 1) => Some(false),
        b'-' | b'_' if next.is_ascii_alphanumeric() => None,
        b'.' | b'/' | b':' if next.is_ascii_digit() => None,
        b',' if count == 1 && is_fraction(text, last.end + 1) => None,
        b'@' => None,
        b' ' if count == 1 && is_measured(text, last.end + 1) => None,
        b' ' if last.separator == b' ' && next.is_ascii_digit() => {
            let digits = text.run(last.end + 1, 16, |byte| byte.is_ascii_digit());
            Some(!is_word(text.at(last.end + 1 + digits)))
        }
        _ => Some(false),
    }
}

/// Whether what a row of digits counts stands there: "the call returned 54879597 bytes".
fn is_measured(text: &Text<'_>, at: usize) -> bool {
    let units = [
        "bytes", "byte", "kb", "mb", "ms", "ns", "us", "rows", "records", "tokens",
    ];
    units
        .iter()
        .any(|unit| text.has(at, unit) && !is_word(text.at(at + unit.len())))
}

/// Whether a line is named there, as in `415-555-2671-Office`.
fn is_line(text: &Text<'_>, at: usize) -> bool {
    let lines = ["office", "home", "work", "mobile", "cell", "fax"];
    lines
        .iter()
        .any(|line| text.has(at, line) && !is_word(text.at(at + line.len())))
}

/// Whether what stands behind a comma is a part of the number in front: decimals, or a group of three. In a list it is the
/// next entry, which is longer or goes on.
fn is_fraction(text: &Text<'_>, at: usize) -> bool {
    let digits = text.run(at, 4, |byte| byte.is_ascii_digit());
    let goes_on = matches!(text.at(at + digits), b'/' | b'-' | b'.' | b':')
        && text.at(at + digits + 1).is_ascii_digit();
    (1..=3).contains(&digits) && !goes_on
}

/// The end of the extension behind a number: a word for it and up to six digits.
fn extension(text: &Text<'_>, end: usize) -> Option<usize> {
    const WORDS: [&str; 17] = [
        "extension",
        "extensión",
        "ext",
        "x",
        "#",
        "durchwahl",
        "dw",
        "apparat",
        "poste",
        "ramal",
        "interno",
        "int",
        "toestel",
        "转",
        "轉",
        "分机",
        "内線",
    ];
    let is_space = |byte| byte == b' ';
    // Nearly everything that follows a number starts with none of these.
    if !matches!(
        text.at(end) | 0x20,
        b' ' | b',' | b'(' | b'e' | b'x' | b'#' | b'd' | b'a' | b'p' | b'r' | b'i' | b't' | 0xe5 | 0xe8
    ) {
        return None;
    }
    let mut at = end + text.run(end, 1, |byte| byte == b',');
    at += text.run(at, 1, is_space);
    let open = text.at(at) == b'(';
    at += usize::from(open);
    let word = WORDS.iter().find(|word| text.has(at, word))?;
    at += word.len();
    at += text.run(at, 1, |byte| matches!(byte, b'.' | b':' | b'-'));
    at += text.run(at, 1, is_space);
    let digits = text.run(at, 7, |byte| byte.is_ascii_digit());
    let end = at + digits;
    let closed = text.at(end) == b')';
    ((1..=6).contains(&digits) && !is_word(text.at(end)) && open <= closed).then(|| end + usize::from(open))
}
