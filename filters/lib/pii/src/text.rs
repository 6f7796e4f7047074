//! A text as recognisers see it.

use std::borrow::Cow;
use std::ops::Range;

mod code;

pub(crate) use code::Code;

/// A text in which every space, dash and digit of Unicode that looks like one of ASCII is one, and what has no width is
/// gone, so that a recogniser needs to know only ASCII. It is read as bytes.
#[derive(Debug)]
pub(crate) struct Text<'t> {
    bytes: Cow<'t, [u8]>,
    source: &'t str,
    /// Where folding has moved what follows: a place here, and the same place in the source.
    moved: Vec<(usize, usize)>,
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
        let bytes = source.as_bytes();
        let mut text = Self {
            bytes: Cow::Borrowed(bytes),
            source,
            moved: Vec::new(),
        };
        if bytes
            .iter()
            .any(|byte| matches!(byte, 0xc2 | 0xd9 | 0xdb | 0xe2 | 0xe3 | 0xef))
        {
            text.fold();
        }
        text
    }

    fn fold(&mut self) {
        let mut bytes = Vec::with_capacity(self.source.len());
        let mut rest = 0;
        for (at, character) in self.source.char_indices() {
            if character.is_ascii() {
                continue;
            }
            let Some(folded) = fold(character) else { continue };
            let after = at + character.len_utf8();
            bytes.extend_from_slice(self.source.as_bytes().get(rest..at).unwrap_or_default());
            if let Some(byte) = folded {
                self.moved.push((bytes.len(), at));
                bytes.push(byte);
            }
            self.moved.push((bytes.len(), after));
            rest = after;
        }
        if !self.moved.is_empty() {
            bytes.extend_from_slice(self.source.as_bytes().get(rest..).unwrap_or_default());
            self.bytes = Cow::Owned(bytes);
        }
    }

    /// The span in the source of a span of this text that is not empty.
    pub fn original(&self, span: Range<usize>) -> Range<usize> {
        if self.moved.is_empty() {
            return span;
        }
        let place = |at: usize| {
            let before = self.moved.partition_point(|(here, _)| *here <= at);
            let last = before.checked_sub(1).and_then(|last| self.moved.get(last));
            last.map_or(at, |(here, there)| there + (at - here))
        };
        let last = place(span.end.saturating_sub(1));
        let character = self
            .source
            .get(last..)
            .and_then(|rest| rest.chars().next())
            .map_or(1, char::len_utf8);
        place(span.start)..last + character
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

/// What stands for a character: nothing of its own (`None`), nothing at all, or one of ASCII.
#[allow(clippy::option_option)]
fn fold(character: char) -> Option<Option<u8>> {
    let digit = |zero: u32| {
        let value = u32::from(character)
            .checked_sub(zero)
            .filter(|value| *value < 10)?;
        Some(Some(b'0' + u8::try_from(value).ok()?))
    };
    match character {
        // Spaces.
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(Some(b' ')),
        // No width: soft hyphen, zero width space and joiners, word joiner, byte order mark.
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => Some(None),
        // Hyphens and dashes, minus signs.
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => Some(Some(b'-')),
        // Full-width forms of ASCII.
        '\u{ff01}'..='\u{ff5e}' => u8::try_from(u32::from(character) - 0xff01 + 0x21).ok().map(Some),
        // Arabic-Indic and extended Arabic-Indic digits.
        '\u{660}'..='\u{669}' => digit(0x660),
        '\u{6f0}'..='\u{6f9}' => digit(0x6f0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_ascii_is_ascii_and_is_found_where_it_stood() {
        let source = "a\u{a0}b\u{200b}c\u{2011}\u{ff11}é\u{feff}z";
        let text = Text::new(source);
        assert_eq!(text.bytes(), "a bc-1éz".as_bytes());
        for (folded, original) in [("a", "a"), ("b", "b"), ("bc", "b\u{200b}c"), ("-", "\u{2011}")] {
            let start = text
                .bytes()
                .windows(folded.len())
                .position(|part| part == folded.as_bytes());
            let start = start.unwrap();
            let span = text.original(start..start + folded.len());
            assert_eq!(&source[span], original);
        }
        let whole = text.original(0..text.len());
        assert_eq!(&source[whole], source);
        assert_eq!(&source[text.original(5..9)], "\u{ff11}é\u{feff}z");
    }

    #[test]
    fn pieces_have_the_separator_of_their_place() {
        let read = |text: &str| {
            let number = Text::new(text).pieces(0, &[3, 3, 2], &[b".", b"-"])?;
            Some(number.digits().to_vec())
        };
        assert_eq!(read("123.456-78,"), Some(vec![1, 2, 3, 4, 5, 6, 7, 8]));
        for text in [
            "123-456-78",
            "123.456.78",
            "123.456-7",
            "123.456-789",
            "12345678",
            "123.456-78-9",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_goes_on_where_a_space_parts_it_from_a_group() {
        for (text, goes_on) in [
            ("1234 5678", true),
            ("5678 9012", true),
            ("1234 5678 9012", true),
            ("5678", false),
            ("1 5678 901234", false),
            ("1234  5678, 9012", false),
        ] {
            let at = text.find("5678").unwrap();
            assert_eq!(Text::new(text).goes_on(at..at + 4), goes_on, "{text}");
        }
    }

    #[test]
    fn a_phrase_is_heard_in_front_of_a_place() {
        let text = Text::new("My_Number: 1");
        assert!(text.says_before(11, 11, "my number"));
        assert!(!text.says_before(11, 10, "my number"));
        assert!(!text.says_before(2, 40, "my number"));
    }

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(
            Text::new("plain, with ü and “quotes”").bytes,
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn numbers_have_one_kind_of_separator_and_stand_by_themselves() {
        let read = |text: &str| {
            let text = Text::new(text);
            let at = text.bytes().iter().position(u8::is_ascii_digit)?;
            let number = text.number(at, &[3, 2, 4], b" -", true)?;
            Some((number.digits().to_vec(), number.separated))
        };
        let digits = vec![1, 2, 3, 4, 5, 6, 7, 8, 9];
        for (text, separated) in [
            ("123-45-6789", true),
            ("(123 45 6789.", true),
            ("123 - 45 - 6789", true),
            ("123  45  6789", true),
            ("#123456789, ", false),
        ] {
            assert_eq!(read(text), Some((digits.clone(), separated)), "{text}");
        }
        for text in [
            "123-45 6789",
            "123-456789",
            "12345-6789",
            "x123456789",
            "1234567890",
            "123456789.5",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        for text in ["7,123-45-6789,42", "7:123-45-6789", "7,123 45 6789,1980-01-01"] {
            let text = Text::new(text);
            assert!(text.number(2, &[3, 2, 4], b" -", false).is_some(), "{text:?}");
        }
        for text in [
            "123 45 6789,42",
            "123 - 45-6789",
            "123 45  6789",
            "123- 45- 6789",
            "123-45-6789-a",
            "123-45-6789/1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
