//! Characters that are written as others: in JSON and in programs behind a backslash (RFC 8259, section 7), in URLs and forms
//! behind a percent sign (RFC 3986, section 2.1), in HTML as references (its standard, section 13.5, of which the few that
//! personal data has).
//!
//! - A text does not say which of them it has, so all are read, also where something else is meant: `C:\new` has a line break.
//!   That only parts words, where not reading them would join what stands behind to personal data, or hide it. What is
//!   found is always the text as it was written, so a password with a backslash in it comes back whole.
//! - An escape that was escaped again counts as one, up to [`LEVELS`] levels. Of different kinds, only one is read.
//! - How much is looked at for one does not grow with the text, but for the backslashes that are passed over together.

/// How many levels of escapes are read as one.
const LEVELS: u32 = 3;
/// Backslashes in front of a quote that is escaped so many times.
const BACKSLASHES: usize = (1 << LEVELS) - 1;

/// Names of HTML that stand for what personal data consists of and has around it.
const NAMES: [(&[u8], char); 30] = [
    (b"amp", '&'),
    (b"apos", '\''),
    (b"colon", ':'),
    (b"comma", ','),
    (b"commat", '@'),
    (b"dash", '-'),
    (b"emsp", ' '),
    (b"ensp", ' '),
    (b"equals", '='),
    (b"gt", '>'),
    (b"hyphen", '-'),
    (b"lowbar", '_'),
    (b"lpar", '('),
    (b"lrm", '\u{200e}'),
    (b"lt", '<'),
    (b"mdash", '-'),
    (b"minus", '-'),
    (b"nbsp", ' '),
    (b"ndash", '-'),
    (b"num", '#'),
    (b"period", '.'),
    (b"plus", '+'),
    (b"quot", '"'),
    (b"rpar", ')'),
    (b"semi", ';'),
    (b"shy", '\u{ad}'),
    (b"sol", '/'),
    (b"thinsp", ' '),
    (b"zwj", '\u{200d}'),
    (b"zwnj", '\u{200c}'),
];
const LONGEST_NAME: usize = 6;
/// Digits of a reference by number, with zeros in front.
const LONGEST_NUMBER: usize = 8;

/// How long what a text starts with is, and the character that it stands for if it is an escape.
pub(super) fn read(text: &[u8]) -> (usize, Option<char>) {
    let escape = match text {
        [b'\\', ..] => return backslash(text),
        [b'%', ..] => percent(text),
        [b'&', ..] => reference(text),
        _ => None,
    };
    escape.map_or((1, None), |(character, len)| (len, Some(character)))
}

/// Of more backslashes than an escape has, the first ones stand for themselves.
fn backslash(text: &[u8]) -> (usize, Option<char>) {
    let run = text.iter().take_while(|byte| **byte == b'\\').count();
    if run > BACKSLASHES {
        return (run - BACKSLASHES, None);
    }
    let character = match text.get(run) {
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        // Strings have the first four, Markdown and regular expressions the others.
        Some(mark @ (b'"' | b'\'' | b'/' | b'@' | b'+' | b'-' | b'.' | b'_')) => char::from(*mark),
        Some(b'u') => {
            let Some(unit) = hexadecimal(text, run + 1, 4) else {
                return (run, None);
            };
            let len = run + 5;
            return match paired(text, run, unit) {
                Some(character) => (len * 2, Some(character)),
                // Half of a pair is no character.
                None => (
                    len,
                    Some(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)),
                ),
            };
        }
        _ => return (run, None),
    };
    (run + 1, Some(character))
}

/// The character of two units of UTF-16, the first of which a text starts with, behind so many backslashes.
fn paired(text: &[u8], run: usize, first: u32) -> Option<char> {
    let high = first.checked_sub(0xd800).filter(|high| *high < 0x400)?;
    let (start, rest) = (text.get(..=run)?, text.get(run + 5..)?);
    let second = hexadecimal(rest, run + 1, 4).filter(|_| rest.starts_with(start))?;
    let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    char::from_u32(0x10000 + (high << 10 | low))
}

/// Where what follows an escaped percent sign is no escape, the sign stands for itself.
fn percent(text: &[u8]) -> Option<(char, usize)> {
    let sign = || {
        let mut signs = (1..LEVELS).rev().filter_map(|levels| octet(text, levels));
        let (_, len) = signs.find(|(value, _)| *value == b'%')?;
        Some(('%', len))
    };
    octets(text).or_else(sign)
}

/// Printable ASCII, blank space, and other characters as their UTF-8.
fn octets(text: &[u8]) -> Option<(char, usize)> {
    let (first, mut len) = octet(text, LEVELS)?;
    let count = match first {
        b'\t' | b'\n' | b'\r' | b' '..=b'~' => return Some((char::from(first), len)),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut octets = [first, 0, 0, 0];
    let octets = octets.get_mut(..count)?;
    for place in octets.iter_mut().skip(1) {
        let (next, more) = octet(text.get(len..)?, LEVELS)?;
        *place = next;
        len += more;
    }
    let character = std::str::from_utf8(octets).ok()?.chars().next()?;
    Some((character, len))
}

/// The byte that a text starts with, behind a percent sign: `%40`, `%2540`.
fn octet(text: &[u8], levels: u32) -> Option<(u8, usize)> {
    let mut read = None;
    let mut len = usize::from(text.first() == Some(&b'%'));
    for _ in 0..levels {
        let value = hexadecimal(text, len, 2).filter(|_| len > 0);
        let Some(value) = value.and_then(|value| u8::try_from(value).ok()) else {
            break;
        };
        len += 2;
        read = Some((value, len));
        if value != b'%' {
            break;
        }
    }
    read
}

/// `&#64;`, `&#x40;`, `&commat;`, `&amp;#64;`
fn reference(text: &[u8]) -> Option<(char, usize)> {
    let mut read = None;
    let mut len = 1;
    for _ in 0..LEVELS {
        let Some((character, more)) = text.get(len..).and_then(referred) else {
            break;
        };
        len += more;
        read = Some((character, len));
        if character != '&' {
            break;
        }
    }
    read
}

/// What stands behind the ampersand of a reference, with its semicolon.
fn referred(text: &[u8]) -> Option<(char, usize)> {
    let (front, radix) = match text {
        [b'#', b'x' | b'X', ..] => (2, 16),
        [b'#', ..] => (1, 10),
        _ => {
            let end = text
                .iter()
                .take(LONGEST_NAME + 1)
                .position(|byte| *byte == b';')?;
            let (_, character) = NAMES.iter().find(|(name, _)| text.get(..end) == Some(name))?;
            return Some((*character, end + 1));
        }
    };
    let digits = text.get(front..)?.iter().take(LONGEST_NUMBER + 1);
    let end = front + digits.clone().position(|byte| *byte == b';')?;
    let number = text.get(front..end).filter(|number| !number.is_empty())?;
    let value = number.iter().try_fold(0_u32, |value, digit| {
        let digit = char::from(*digit).to_digit(radix)?;
        value.checked_mul(radix)?.checked_add(digit)
    })?;
    Some((char::from_u32(value)?, end + 1))
}

/// The value of so many hexadecimal digits at a place.
fn hexadecimal(text: &[u8], at: usize, len: usize) -> Option<u32> {
    let digits = text.get(at..at + len)?;
    digits.iter().try_fold(0, |value, digit| {
        Some(value << 4 | char::from(*digit).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands_for(text: &str) -> Option<char> {
        let (len, character) = read(text.as_bytes());
        let character = character?;
        assert_eq!(len, text.len(), "{text}");
        Some(character)
    }

    #[test]
    fn escapes_stand_for_one_character() {
        for (text, character) in [
            (r"\n", '\n'),
            (r"\\r", '\r'),
            (r"\\\\t", '\t'),
            (r#"\""#, '"'),
            (r#"\\\""#, '"'),
            (r#"\\\\\\\""#, '"'),
            (r"\/", '/'),
            (r"\'", '\''),
            (r"\_", '_'),
            (r"\u0040", '@'),
            (r"\\\\u004E", 'N'),
            (r"\uff20", '＠'),
            (r"\ud83d\udcde", '📞'),
            (r"\\ud83d\\udcde", '📞'),
            (r"\ud83d", '\u{fffd}'),
            (r"\udcde", '\u{fffd}'),
            ("%40", '@'),
            ("%2b", '+'),
            ("%0A", '\n'),
            ("%25", '%'),
            ("%2540", '@'),
            ("%252540", '@'),
            ("%C3%BC", 'ü'),
            ("%25C3%25BC", 'ü'),
            ("%F0%9F%93%9E", '📞'),
            ("&#64;", '@'),
            ("&#0000064;", '@'),
            ("&#x40;", '@'),
            ("&#X1f4de;", '📞'),
            ("&commat;", '@'),
            ("&amp;", '&'),
            ("&amp;quot;", '"'),
            ("&amp;amp;#64;", '@'),
        ] {
            assert_eq!(stands_for(text), Some(character), "{text}");
        }
        assert!(NAMES.iter().all(|(name, _)| name.len() <= LONGEST_NAME));
    }

    #[test]
    fn what_is_no_escape_stands_for_itself() {
        for text in [
            r"\",
            r"\a",
            r"\d",
            r"\ux040",
            r"\u004",
            r"\\",
            "%",
            "%4",
            "%4x",
            "%zz",
            "%00",
            "%7f",
            "%C3",
            "%C3%",
            "%C3A9",
            "%C3%41",
            "%ff%ff",
            "%ED%A0%80",
            "100%.",
            "&",
            "&;",
            "&#;",
            "&#x;",
            "&#64",
            "&#4a;",
            "&#x110000;",
            "&#000000064;",
            "&commat",
            "&unknown;",
            "& amp;",
            "&AT;",
            "a",
            "",
        ] {
            assert_eq!(read(text.as_bytes()).1, None, "{text}");
        }
    }

    #[test]
    fn an_escape_ends_where_its_kind_says() {
        for (text, len) in [
            (r"\u00400", 6),
            (r"\ud83d\u0040", 6),
            (r"\ud83d\\udcde", 6),
            ("%4040", 3),
            ("%25252540", 7),
            ("%25zz", 3),
            ("%25c3", 3),
            ("%2525c3", 5),
            ("%2500", 3),
            ("&amp;#64", 5),
            ("&#64;;", 5),
        ] {
            let (read, character) = read(text.as_bytes());
            assert!(character.is_some());
            assert_eq!(read, len, "{text}");
        }
    }

    #[test]
    fn backslashes_beyond_those_of_an_escape_are_passed_over_together() {
        let text = format!("{}n", r"\".repeat(20));
        assert_eq!(read(text.as_bytes()), (13, None));
        assert_eq!(read(&text.as_bytes()[13..]), (8, Some('\n')));
        let text = r"\".repeat(20);
        assert_eq!(read(&text.as_bytes()[13..]), (7, None));
    }
}
