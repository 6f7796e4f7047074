//! A text as recognisers see it.

use std::borrow::Cow;
use std::ops::Range;

mod code;
mod escape;
mod fold;

pub(crate) use code::Code;
use fold::Seen;

/// A text in which what looks like ASCII is ASCII, what has no width is gone, and escapes are what they stand for, so that a
/// recogniser needs to know only ASCII. It is read as bytes, which are UTF-8.
#[derive(Debug)]
pub(crate) struct Text<'t> {
    bytes: Cow<'t, [u8]>,
    source: &'t str,
    /// What is read as something else, in order.
    moved: Vec<Moved>,
}

/// A part of the source that is read as something else.
#[derive(Clone, Copy, Debug)]
struct Moved {
    /// Where it is read, and how many bytes long it is there.
    here: usize,
    len: usize,
    /// Where it stands in the source, and where that ends.
    there: usize,
    end: usize,
}

/// Digits in groups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    digits: [u8; Self::MOST],
    len: usize,
    /// One past its last digit.
    pub end: usize,
    /// Whether something stands between its groups.
    pub separated: bool,
}

impl Number {
    const MOST: usize = 32;

    /// Its digits as values from 0 to 9.
    pub fn digits(&self) -> &[u8] {
        self.digits.get(..self.len).unwrap_or_default()
    }

    /// The value of some of its digits, read as one number.
    pub fn value(&self, digits: Range<usize>) -> u32 {
        let digits = self.digits().get(digits).unwrap_or_default();
        digits.iter().fold(0, |value: u32, digit| {
            value.saturating_mul(10).saturating_add(u32::from(*digit))
        })
    }
}

impl<'t> Text<'t> {
    pub fn new(source: &'t str) -> Self {
        let mut text = Self {
            bytes: Cow::Borrowed(source.as_bytes()),
            source,
            moved: Vec::new(),
        };
        text.fold();
        text
    }

    fn fold(&mut self) {
        let source = self.source.as_bytes();
        let mut bytes = Vec::new();
        let (mut at, mut copied) = (0, 0);
        while let Some(next) = source.get(at..).and_then(fold::next) {
            at += next;
            let (len, seen) = fold::read(self.source, at);
            let end = at + len;
            if seen != Seen::AsWritten {
                if self.moved.is_empty() {
                    bytes.reserve(source.len());
                }
                bytes.extend_from_slice(source.get(copied..at).unwrap_or_default());
                let here = bytes.len();
                if let Seen::As(character) = seen {
                    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                self.moved.push(Moved {
                    here,
                    len: bytes.len() - here,
                    there: at,
                    end,
                });
                copied = end;
            }
            at = end;
        }
        if !self.moved.is_empty() {
            bytes.extend_from_slice(source.get(copied..).unwrap_or_default());
            self.bytes = Cow::Owned(bytes);
        }
    }

    /// The span in the source of a span of this text that is not empty. What is read as something else, and every character, is
    /// part of it as a whole or not at all; what is read as nothing, only where the span reaches to both of its sides.
    pub fn original(&self, span: Range<usize>) -> Range<usize> {
        let last = span.end.saturating_sub(1);
        let start = self.place(span.start, |moved| moved.there, |place| place);
        let end = self.place(last, |moved| moved.end, |place| place + 1);
        let is_boundary = |place: &usize| self.source.is_char_boundary(*place);
        let start = (0..=start).rev().find(is_boundary).unwrap_or_default();
        let end = (end..self.source.len()).find(is_boundary);
        start..end.unwrap_or(self.source.len())
    }

    /// A span that is not empty, as it was written.
    pub fn written(&self, span: Range<usize>) -> &'t str {
        self.source.get(self.original(span)).unwrap_or_default()
    }

    /// Whether the byte at a place is written behind a percent sign. In a URL, and a form, it is data then, and parts nothing.
    pub fn is_encoded(&self, at: usize) -> bool {
        !self.moved.is_empty() && self.written(at..at + 1).starts_with('%') && self.at(at) != b'%'
    }

    /// What is known of where a byte stands in the source: of the part that it is read from, if that is read as something else, or
    /// else its place.
    fn place<T>(&self, at: usize, moved: impl Fn(&Moved) -> T, same: impl Fn(usize) -> T) -> T {
        let behind = self.moved.partition_point(|moved| moved.here <= at);
        let last = behind.checked_sub(1).and_then(|last| self.moved.get(last));
        match last {
            Some(last) if at < last.here + last.len => moved(last),
            Some(last) => same(last.end + (at - last.here - last.len)),
            None => same(at),
        }
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The byte at a place; zero past the end.
    pub fn at(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or_default()
    }

    /// The byte in front of a place; zero at the start.
    pub fn before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |before| self.at(before))
    }

    /// Some of the bytes; none where the range is not in the text.
    pub fn slice(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// Everything from a place on.
    pub fn from(&self, at: usize) -> &[u8] {
        self.bytes.get(at..).unwrap_or_default()
    }

    /// Whether `prefix` stands at a place, ASCII case aside.
    pub fn has(&self, at: usize, prefix: &str) -> bool {
        self.bytes
            .get(at..at + prefix.len())
            .is_some_and(|here| here.eq_ignore_ascii_case(prefix.as_bytes()))
    }

    /// How many bytes from a place on are of one kind, at most `most`.
    pub fn run(&self, at: usize, most: usize, kind: impl Fn(u8) -> bool) -> usize {
        self.from(at)
            .iter()
            .take(most)
            .take_while(|byte| kind(**byte))
            .count()
    }

    /// How many places from one on are of one kind, at most `most` and not past the end.
    pub fn run_of(&self, at: usize, most: usize, kind: impl Fn(usize) -> bool) -> usize {
        let end = self.len().min(at + most);
        (at..end).take_while(|at| kind(*at)).count()
    }

    /// How many bytes in front of a place are of one kind, at most `most`.
    pub fn run_before(&self, at: usize, most: usize, kind: impl Fn(u8) -> bool) -> usize {
        let before = self.bytes.get(..at).unwrap_or_default();
        before
            .iter()
            .rev()
            .take(most)
            .take_while(|byte| kind(**byte))
            .count()
    }

    /// Whether neither a letter, a digit nor an underscore of ASCII touches the span.
    pub fn is_word(&self, span: Range<usize>) -> bool {
        !is_word(self.before(span.start)) && !is_word(self.at(span.end))
    }

    /// Whether the span is a number by itself: a word, and not part of a longer number with points, commas, dashes or
    /// slashes. The commas of a row of values join nothing.
    pub fn is_number(&self, span: Range<usize>) -> bool {
        let (left, right) = (self.before(span.start), self.at(span.end));
        let joins = |byte: u8| matches!(byte, b'.' | b',' | b'-' | b'/' | b':');
        let ends = |byte: u8| matches!(byte, b',' | b';' | b'\n' | b'\r' | b'"' | b')' | b']' | b'}' | 0);
        let continued = joins(right)
            && self.at(span.end + 1).is_ascii_digit()
            && !(right == b',' && matches!(left, b',' | b'\n' | 0));
        let continues = joins(left)
            && self.before(span.start.saturating_sub(1)).is_ascii_digit()
            && !(left == b',' && ends(right));
        self.is_word(span) && !continued && !continues
    }

    /// Whether a span of letters or groups is an entry by itself: a word that no point, dash or slash joins to more.
    /// Commas and colons part it from what is beside it, as in a list.
    pub fn is_entry(&self, span: Range<usize>) -> bool {
        let next = self.at(span.end + 1);
        let continued = match self.at(span.end) {
            b'-' => next.is_ascii_alphanumeric(),
            b'.' | b'/' => next.is_ascii_digit(),
            _ => false,
        };
        let continues = matches!(self.before(span.start), b'.' | b'-' | b'/')
            && self.before(span.start.saturating_sub(1)).is_ascii_digit();
        self.is_word(span) && !continued && !continues
    }

    /// Whether a space parts the span from another digit, so that it may be groups of a longer number or of a table.
    pub fn is_among_digits(&self, span: Range<usize>) -> bool {
        let before =
            self.before(span.start) == b' ' && self.before(span.start.saturating_sub(1)).is_ascii_digit();
        before || self.at(span.end) == b' ' && self.at(span.end + 1).is_ascii_digit()
    }

    /// Whether a decimal comma with one or two digits stands at a place, and not a date or another value of a row.
    fn has_decimals(&self, at: usize) -> bool {
        let digits = self.run(at + 1, 3, |byte| byte.is_ascii_digit());
        let next = self.at(at + 1 + digits);
        self.at(at) == b',' && matches!(digits, 1 | 2) && !matches!(next, b'-' | b'/' | b':' | b',')
    }

    /// The number at a place whose groups have these lengths, with one and the same of `separators` (of ASCII)
    /// between all of them, as [`Text::gap`] has it, or, where `together` allows it, with nothing between them. It stands
    /// by itself.
    pub fn number(&self, at: usize, groups: &[usize], separators: &[u8], together: bool) -> Option<Number> {
        let bytes = self.bytes();
        // Most numbers are of other lengths, and are told so by the byte behind the first group.
        let behind = bytes.get(at + groups.first()?).copied().unwrap_or_default();
        if groups.len() > 1 && is_word(behind) && !(together && behind.is_ascii_digit()) {
            return None;
        }
        let mut number = Number {
            digits: [0; Number::MOST],
            len: 0,
            end: at,
            separated: false,
        };
        let mut separator: Option<&[u8]> = None;
        for (index, group) in groups.iter().enumerate() {
            if index > 0 {
                let width = match separator {
                    Some(separator) => separator.len(),
                    None => self.gap(number.end, separators),
                };
                let here = bytes.get(number.end..number.end + width).unwrap_or_default();
                if here.is_empty() && !together || separator.is_some_and(|separator| separator != here) {
                    return None;
                }
                separator = Some(here);
                number.separated = width > 0;
                number.end += width;
            }
            let digits = bytes.get(number.end..number.end + group)?;
            let places = number.digits.get_mut(number.len..number.len + group)?;
            for (place, digit) in places.iter_mut().zip(digits) {
                *place = digit.checked_sub(b'0').filter(|value| *value < 10)?;
            }
            number.len += group;
            number.end += group;
        }
        let alone = match separator {
            None | Some([]) => self.is_number(at..number.end),
            Some([b'-']) => self.is_entry(at..number.end),
            Some(_) => self.is_entry(at..number.end) && !self.has_decimals(number.end),
        };
        alone.then_some(number)
    }

    /// The number at a place whose groups have these lengths, where the separators differ: one of the first of
    /// `separators` after the first group, one of the second after the second. It stands by itself.
    pub fn pieces(&self, at: usize, groups: &[usize], separators: &[&[u8]]) -> Option<Number> {
        let mut number = Number {
            digits: [0; Number::MOST],
            len: 0,
            end: at,
            separated: true,
        };
        for (index, group) in groups.iter().enumerate() {
            if let Some(before) = index.checked_sub(1) {
                separators
                    .get(before)?
                    .contains(&self.at(number.end))
                    .then_some(())?;
                number.end += 1;
            }
            for _ in 0..*group {
                let place = number.digits.get_mut(number.len)?;
                *place = self
                    .at(number.end)
                    .checked_sub(b'0')
                    .filter(|value| *value < 10)?;
                number.len += 1;
                number.end += 1;
            }
        }
        self.is_entry(at..number.end).then_some(number)
    }

    /// Whether a number goes on: one space is all that parts the span from another group of three to five digits.
    pub fn goes_on(&self, span: Range<usize>) -> bool {
        let is_group = |len: usize| (3..=5).contains(&len);
        let digits = |byte: u8| byte.is_ascii_digit();
        let behind = self.at(span.end) == b' ' && is_group(self.run(span.end + 1, 6, digits));
        let before = self.before(span.start) == b' ' && is_group(self.run_before(span.start - 1, 6, digits));
        before || behind
    }

    /// Whether a phrase begins within that many bytes in front of a place and ends there too. A space in it stands for a
    /// space, an underscore or a dash; it is in lower case.
    pub fn says_before(&self, at: usize, within: usize, phrase: &str) -> bool {
        let front = self.slice(at.saturating_sub(within)..at);
        front.windows(phrase.len()).any(|here| {
            here.iter().zip(phrase.bytes()).all(|(here, byte)| match byte {
                b' ' => matches!(here, b' ' | b'_' | b'-'),
                byte => here.to_ascii_lowercase() == byte,
            })
        })
    }
}

/// A letter, digit or underscore of ASCII.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests;
