//! What the characters of a text are read as.

use super::escape;

/// What something in a text is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    AsWritten,
    /// It has no width.
    Nothing,
    As(char),
}

/// The first zero of every row of ten decimal digits (`Nd`) of Unicode 16, but for the mathematical ones.
const ZEROS: [u32; 69] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0,
    0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0,
    0x11950, 0x11bf0, 0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70,
    0x1ccf0, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
];

/// Small forms of ASCII, from U+FE50 on; blank where there is none.
const SMALL: &[u8; 28] = b", . ;:?!-(){}  #&*+-<>= \\$%@";

/// How far it is to what a text may be read otherwise at.
pub(super) fn next(text: &[u8]) -> Option<usize> {
    // In ordinary text hardly any byte is one of them, so many are compared at once.
    const LANES: usize = 32;
    let near = text.get(..LANES).unwrap_or(text);
    if let Some(found) = near.iter().position(|byte| may_start(*byte)) {
        return Some(found);
    }
    let (chunks, _) = text.as_chunks::<LANES>();
    let plain = LANES
        * chunks
            .iter()
            .take_while(|chunk| is_plain(chunk.as_slice()))
            .count();
    let found = text.get(plain..)?.iter().position(|byte| may_start(*byte))?;
    Some(plain + found)
}

/// Whether neither an escape nor anything beyond ASCII is in a text. It looks at all of it: that is quicker than to stop.
fn is_plain(text: &[u8]) -> bool {
    text.iter().fold(0, |found, byte| {
        found | (byte & 0x80) | u8::from(*byte == b'\\') | u8::from(*byte == b'%') | u8::from(*byte == b'&')
    }) == 0
}

/// Whether an escape or a character that is read otherwise may start with a byte.
fn may_start(byte: u8) -> bool {
    matches!(
        byte,
        b'\\' | b'%' | b'&' | 0xc2 | 0xcd | 0xd8 | 0xd9 | 0xdb | 0xdf | 0xe0
            ..=0xe3 | 0xea | 0xef | 0xf0 | 0xf3
    )
}

/// How long what stands at a place is, in bytes, and what it is read as.
pub(super) fn read(text: &str, at: usize) -> (usize, Seen) {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    if rest.first().is_some_and(u8::is_ascii) {
        let (len, character) = escape::read(rest);
        let seen = match character.map(|character| (character, look_alike(character))) {
            None => Seen::AsWritten,
            Some((character, Seen::AsWritten)) => Seen::As(character),
            Some((_, seen)) => seen,
        };
        return (len, seen);
    }
    let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else {
        return (1, Seen::AsWritten);
    };
    let len = character.len_utf8();
    let seen = match character {
        '\u{3002}' | '\u{ff61}' if is_dot(text.as_bytes(), at, len) => Seen::As('.'),
        _ => look_alike(character),
    };
    (len, seen)
}

/// Whether a full stop of Chinese or Japanese is the dot of a name (UTS 46, section 2.3) and ends no sentence.
fn is_dot(text: &[u8], at: usize, len: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| text.get(before));
    before.is_some_and(u8::is_ascii_alphanumeric) && text.get(at + len).is_some_and(u8::is_ascii_lowercase)
}

fn look_alike(character: char) -> Seen {
    let code = u32::from(character);
    match character {
        '\0'..='\u{9f}' => Seen::AsWritten,
        // Spaces, and what ends lines.
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            Seen::As(' ')
        }
        '\u{2028}' | '\u{2029}' => Seen::As('\n'),
        // Default_Ignorable_Code_Point of Unicode: soft hyphen, joiners, marks of direction, fillers, selectors, tags.
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Seen::Nothing,
        // Hyphens and dashes, minus signs; one dot leader.
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Seen::As('-'),
        '\u{2024}' => Seen::As('.'),
        '\u{fe50}'..='\u{fe6b}' => {
            let place = usize::try_from(code - 0xfe50).ok();
            let small = place
                .and_then(|place| SMALL.get(place))
                .filter(|byte| **byte != b' ');
            small.map_or(Seen::AsWritten, |byte| Seen::As(char::from(*byte)))
        }
        // Full-width forms.
        '\u{ff01}'..='\u{ff5e}' => ascii(u32::from('!') + code - 0xff01),
        // Letters of mathematics, in 13 kinds of type, and their digits in five.
        '\u{1d400}'..='\u{1d6a3}' => match (code - 0x1d400) % 52 {
            capital @ 0..26 => ascii(u32::from('A') + capital),
            small => ascii(u32::from('a') + small - 26),
        },
        '\u{1d7ce}'..='\u{1d7ff}' => ascii(u32::from('0') + (code - 0x1d7ce) % 10),
        _ => {
            let behind = ZEROS.partition_point(|zero| *zero <= code);
            let zero = behind.checked_sub(1).and_then(|last| ZEROS.get(last));
            let value = zero.map(|zero| code - zero).filter(|value| *value < 10);
            value.map_or(Seen::AsWritten, |value| ascii(u32::from('0') + value))
        }
    }
}

fn ascii(code: u32) -> Seen {
    char::from_u32(code).map_or(Seen::AsWritten, Seen::As)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decimal_digit_is_read_as_its_value() {
        // The expression knows them from Unicode's own list.
        let digit = regex::Regex::new(r"^\d$").unwrap();
        let mut value = 0;
        for character in ('\u{80}'..=char::MAX).filter(|character| digit.is_match(&character.to_string())) {
            let expected = char::from_digit(value, 10).unwrap();
            assert_eq!(look_alike(character), Seen::As(expected), "{character:?}");
            value = (value + 1) % 10;
        }
        assert!(ZEROS.is_sorted());
        for character in ('\u{80}'..=char::MAX).filter(|character| !digit.is_match(&character.to_string())) {
            let is_digit = matches!(look_alike(character), Seen::As('0'..='9'));
            assert!(!is_digit, "{character:?}");
        }
    }

    #[test]
    fn what_is_read_otherwise_is_looked_at() {
        for character in '\0'..=char::MAX {
            let text = character.to_string();
            if look_alike(character) != Seen::AsWritten {
                assert_eq!(next(text.as_bytes()), Some(0), "{character:?}");
                let far = format!("{}{text}", "plain text ".repeat(7));
                assert_eq!(next(far.as_bytes()), Some(77), "{character:?}");
            }
        }
        assert_eq!(next("plain text ".repeat(7).as_bytes()), None);
    }

    #[test]
    fn characters_are_read_as_the_ascii_that_they_look_like() {
        for (characters, ascii) in [
            ("﹫＠", "@@"),
            ("﹒．․", "..."),
            ("﹣－‐‑–—−﹘", "--------"),
            ("﹢＋", "++"),
            ("﹕﹖﹗﹟﹠﹡﹤﹥﹦﹨﹩﹪", ":?!#&*<>=\\$%"),
            ("𝐀𝐳𝙰𝚣𝕬𝖟", "AzAzAz"),
            ("𝟎𝟗𝟘𝟡𝟶𝟿", "090909"),
            ("٣۳३๓", "3333"),
            ("ab\u{115f}\u{34f}c\u{e0041}d\u{fe0f}", "abcd"),
            ("a\u{2028}b", "a\nb"),
        ] {
            let mut read = String::new();
            for character in characters.chars() {
                match look_alike(character) {
                    Seen::AsWritten => read.push(character),
                    Seen::Nothing => {}
                    Seen::As(character) => read.push(character),
                }
            }
            assert_eq!(read, ascii, "{characters}");
        }
        for character in ['﹑', '\u{fe53}', '﹝', '﹞', '\u{fe67}', 'ä', '三', '²', '½', '“'] {
            assert_eq!(look_alike(character), Seen::AsWritten, "{character}");
        }
    }

    #[test]
    fn a_full_stop_of_chinese_is_a_dot_within_a_name_only() {
        for (text, seen) in [
            ("a。c", Seen::As('.')),
            ("1｡c", Seen::As('.')),
            ("a。C", Seen::AsWritten),
            ("a。1", Seen::AsWritten),
            ("文。c", Seen::AsWritten),
            ("a。", Seen::AsWritten),
        ] {
            let at = text.find(['。', '｡']).unwrap();
            assert_eq!(read(text, at), (3, seen), "{text}");
        }
    }
}
