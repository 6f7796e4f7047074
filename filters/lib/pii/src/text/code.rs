use std::ops::Range;

use super::{Number, Text};

/// Letters and digits, in one or in groups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Code {
    characters: [u8; Self::MOST],
    len: usize,
    /// One past its last character.
    pub end: usize,
    /// Between how many of its characters something stands.
    pub gaps: usize,
}

impl Code {
    const MOST: usize = 24;

    /// Its characters, letters as capitals.
    pub fn characters(&self) -> &[u8] {
        self.characters.get(..self.len).unwrap_or_default()
    }

    /// Some of its digits, read as one number; none where there is a letter among them.
    pub fn value(&self, start: usize, len: usize) -> Option<u32> {
        let part = self.characters().get(start..)?.get(..len)?;
        part.iter().try_fold(0_u32, |value, character| {
            let digit = char::from(*character).to_digit(10)?;
            value.checked_mul(10)?.checked_add(digit)
        })
    }
}

impl Text<'_> {
    /// The letters and digits at a place, so many of them. After as many as `gaps` says, in rising order, one of
    /// `separators` may stand, everywhere the same. What stands behind them is not looked at.
    pub fn code(&self, at: usize, len: usize, gaps: &[usize], separators: &[u8]) -> Option<Code> {
        let mut code = Code {
            characters: [0; Code::MOST],
            len: 0,
            end: at,
            gaps: 0,
        };
        let mut separator: &[u8] = b"";
        let mut gaps = gaps.iter().copied();
        let mut next = gaps.next();
        for place in code.characters.get_mut(..len)? {
            if next == Some(code.len) {
                next = gaps.next();
                let width = self.gap(code.end, separators);
                if width > 0 {
                    let gap = self.slice(code.end..code.end + width);
                    if code.gaps > 0 && gap != separator {
                        return None;
                    }
                    separator = gap;
                    code.gaps += 1;
                    code.end += width;
                }
            }
            let character = self.at(code.end);
            if !character.is_ascii_alphanumeric() {
                return None;
            }
            *place = character.to_ascii_uppercase();
            code.len += 1;
            code.end += 1;
        }
        Some(code)
    }

    /// How many bytes at a place part two groups: one of `separators`, with a space on both sides or on none, or two
    /// spaces.
    pub fn gap(&self, at: usize, separators: &[u8]) -> usize {
        let parts = |byte: u8| separators.contains(&byte);
        let [first, second, third] = [self.at(at), self.at(at + 1), self.at(at + 2)];
        if first.is_ascii_alphanumeric() {
            return 0;
        }
        if second.is_ascii_alphanumeric() {
            return usize::from(parts(first));
        }
        let width = match [first, second, third] {
            [b' ', b' ', _] if parts(b' ') => 2,
            [b' ', mark, b' '] if mark != b' ' && parts(mark) => 3,
            _ => return 0,
        };
        if self.at(at + width).is_ascii_alphanumeric() {
            width
        } else {
            0
        }
    }

    /// As [`Text::number`] with something between all groups, but quick to say no: most numbers are asked about by many.
    /// Groups that another three to five digits and a space stand in front of are not read: they are the middle of something
    /// longer, such as a table.
    pub fn grouped(&self, at: usize, groups: &[usize], separators: &[u8]) -> Option<Number> {
        self.is_laid_out(at, groups, separators)
            .then(|| self.number(at, groups, separators, false))
            .flatten()
    }

    /// Digits without anything between them, so many. They stand by themselves or in a list with commas.
    pub fn ungrouped(&self, at: usize, len: usize) -> Option<Number> {
        if self.at(at + len).is_ascii_digit() || !self.at(at + len - 1).is_ascii_digit() {
            return None;
        }
        let mut number = Number {
            digits: [0; Number::MOST],
            len,
            end: at + len,
            separated: false,
        };
        for (place, digit) in number.digits.get_mut(..len)?.iter_mut().zip(self.from(at)) {
            *place = digit.checked_sub(b'0').filter(|value| *value < 10)?;
        }
        let is_fraction = self.slice(at.saturating_sub(2)..at) == b"0," || self.has_decimals(number.end);
        (!is_fraction && self.is_entry(at..number.end)).then_some(number)
    }

    /// Whether gaps and ends are where groups of these lengths have them, and where they begin is not the middle of
    /// something longer.
    fn is_laid_out(&self, at: usize, groups: &[usize], separators: &[u8]) -> bool {
        let [first, rest @ ..] = groups else { return false };
        let mut end = at + first;
        let gap = self.gap(end, separators);
        let mark = self.at(end + gap / 2);
        if gap == 0 || self.is_inside(at, mark) {
            return false;
        }
        for group in rest {
            if self.at(end + gap / 2) != mark {
                return false;
            }
            end += gap + group;
            if !self.at(end - 1).is_ascii_digit() || !self.at(end - 1 - group / 2).is_ascii_digit() {
                return false;
            }
        }
        !self.at(end).is_ascii_alphanumeric()
    }

    /// Whether what starts at a place is the middle of a number whose groups this mark parts.
    fn is_inside(&self, at: usize, mark: u8) -> bool {
        match self.before(at) {
            b'-' | b'.' | b'/' => self.before(at - 1).is_ascii_digit(),
            b' ' if mark == b' ' => {
                let group = self.run_before(at - 1, 6, |byte| byte.is_ascii_digit());
                (3..=5).contains(&group)
            }
            _ => false,
        }
    }

    /// Whether one of these phrases is said of the number at a span: in front of it, where no other number stands between them,
    /// or close behind it. They are in lower case; a space stands for a space, an underscore, a dash or nothing.
    pub fn says(&self, span: Range<usize>, phrases: &[&str]) -> bool {
        const FRONT: usize = 72;
        const BEHIND: usize = 40;
        const NUMBER: usize = 4;
        let is_number = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
        let front = self.slice(span.start.saturating_sub(FRONT)..span.start);
        let after = front.windows(NUMBER).rposition(is_number).unwrap_or_default();
        let front = front.get(after..).unwrap_or_default();
        let behind = self.slice(span.end..(span.end + BEHIND).min(self.len()));
        let until = behind
            .iter()
            .position(|byte| matches!(byte, b'\n' | b';' | b'|' | b'\t'));
        let behind = behind.get(..until.unwrap_or(behind.len())).unwrap_or_default();
        let says = |part: &[u8], phrase: &str| (0..part.len()).any(|at| starts_with(part, at, phrase));
        phrases
            .iter()
            .any(|phrase| says(front, phrase) || says(behind, phrase))
    }
}

/// Whether a phrase stands at a place, as [`Text::says`] has it.
fn starts_with(part: &[u8], at: usize, phrase: &str) -> bool {
    let mut rest = part.get(at..).unwrap_or_default().iter().copied().peekable();
    phrase.bytes().all(|byte| match byte {
        b' ' => {
            rest.next_if(|here| matches!(here, b' ' | b'_' | b'-'));
            true
        }
        byte => rest.next().is_some_and(|here| here.eq_ignore_ascii_case(&byte)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_may_be_parted_where_it_is_said_by_one_thing() {
        for (text, gaps) in [
            ("ab12c", 0),
            ("ab 12 c", 2),
            ("Ab 12c", 1),
            ("aB - 12 - c", 2),
            ("ab  12  c", 2),
            ("ab12.c", 1),
        ] {
            let source = text;
            let text = Text::new(text);
            let code = text.code(0, 5, &[2, 4], b" -.").unwrap();
            assert_eq!(
                (code.characters(), code.gaps, code.end),
                (&b"AB12C"[..], gaps, source.len())
            );
            assert_eq!(
                (code.value(2, 2), code.value(1, 2), code.value(4, 2)),
                (Some(12), None, None)
            );
        }
        for text in [
            "ab 12-c",
            "a b12c",
            "ab 12",
            "ab   12 c",
            "ab 12  c",
            "ab- 12- c",
            "ab/12/c",
            "",
        ] {
            assert!(Text::new(text).code(0, 5, &[2, 4], b" -.").is_none(), "{text}");
        }
    }

    #[test]
    fn groups_are_read_where_they_are_whole() {
        let read = |text: &str, at: usize| {
            let text = Text::new(text);
            let number = text.grouped(at, &[3, 2, 4], b" -.")?;
            Some(number.end)
        };
        for (text, at, end) in [
            ("123-45-6789", 0, 11),
            ("123 45 6789,", 0, 11),
            ("123 - 45 - 6789", 0, 15),
            ("123  45  6789.", 0, 13),
            ("12 123 45 6789", 3, 14),
            ("1234 123-45-6789", 5, 16),
        ] {
            assert_eq!(read(text, at), Some(end), "{text}");
        }
        for (text, at) in [
            ("123456789", 0),
            ("123-45 6789", 0),
            ("123-45-67890", 0),
            ("123-45-678", 0),
            ("123-45-678a", 0),
            ("123 - 45-6789", 0),
            ("1-123-45-6789", 2),
            ("1234 123 45 6789", 5),
            ("123/45/6789", 0),
        ] {
            assert_eq!(read(text, at), None, "{text}");
        }
        let read = |text: &str| Text::new(text).ungrouped(0, 4).map(|number| number.end);
        assert_eq!(
            ["1234", "1234,", "123", "12345", "1234x", "1234.5"].map(read),
            [Some(4), Some(4), None, None, None, None]
        );
    }

    #[test]
    fn a_phrase_is_said_of_the_number_next_to_it() {
        let says = |text: &str| {
            let at = text.find("77").unwrap();
            Text::new(text).says(at..at + 2, &["my number"])
        };
        for text in [
            "My Number: 77",
            "my_number=77",
            "myNumber\":77",
            "77 is My Number",
            "my-number, 12: 77",
        ] {
            assert!(says(text), "{text}");
        }
        for text in [
            "my number 1234, 77",
            "77; my number",
            "my, number 77",
            "numb 77",
            "77",
        ] {
            assert!(!says(text), "{text}");
        }
    }
}
