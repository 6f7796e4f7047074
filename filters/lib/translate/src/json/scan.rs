//! The check that any text from the network passes before it is parsed.

use super::{Error, MAX_CONTAINERS, MAX_DEPTH};

/// Checks encoding, nesting, the number of objects and lists, and surrogate escapes, and returns the text.
///
/// No recursion, no allocation. Grammar is left to the parser that follows, so brackets of the wrong kind are not
/// noticed here.
pub fn check(bytes: &[u8]) -> Result<&str, Error> {
    let text = std::str::from_utf8(bytes).map_err(|error| Error::Utf8 {
        offset: error.valid_up_to(),
    })?;
    if !is_plain(bytes) {
        walk(bytes)?;
    }
    Ok(text)
}

/// Whether the text has so few opening brackets that they cannot be too deep or too many, strings included, and nothing that may be a
/// surrogate escape. Almost every text is like that, and eight bytes at a time tell it.
fn is_plain(bytes: &[u8]) -> bool {
    // As many words as a lane of one byte can count.
    const WORDS: usize = 255;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let (mut opening, mut escapes) = (0_usize, 0_u64);
    for words in words.chunks(WORDS).chain([[last].as_slice()]) {
        let mut lanes = 0_u64;
        for word in words {
            let word = u64::from_le_bytes(*word);
            // `[` and `{` differ in one bit, which is set here.
            lanes += equal(word | each(0x20), b'{') >> 7;
            escapes |= equal(word, b'\\');
        }
        opening += lanes.to_le_bytes().into_iter().map(usize::from).sum::<usize>();
        if opening > MAX_DEPTH {
            return false;
        }
    }
    escapes == 0 || !may_hold_surrogates(bytes)
}

/// The byte in each of eight.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of each byte that is this one. Adding cannot carry into the next byte, so each is exact.
fn equal(word: u64, byte: u8) -> u64 {
    const LOW: u64 = each(0x7f);
    let different = word ^ each(byte);
    !(((different & LOW) + LOW) | different | LOW)
}

/// Surrogates are `\ud800` to `\udfff`, in either case.
fn may_hold_surrogates(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', bytes).any(|at| {
        let after = bytes.get(at..).unwrap_or_default();
        matches!(after, [_, b'u', b'd' | b'D', ..])
    })
}

/// Looks at every bracket outside of strings, and at every escape in them.
fn walk(bytes: &[u8]) -> Result<(), Error> {
    let (mut depth, mut containers) = (0_usize, 0_usize);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => at = skip_string(bytes, at + 1)?,
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(Error::TooDeep { offset: at });
                }
                containers += 1;
                if containers > MAX_CONTAINERS {
                    return Err(Error::TooManyContainers);
                }
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            _ => at += 1,
        }
    }
    Ok(())
}

/// The position after the string whose first character is at `at`.
fn skip_string(bytes: &[u8], mut at: usize) -> Result<usize, Error> {
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(found) = memchr::memchr2(b'"', b'\\', rest) else {
            return Ok(bytes.len());
        };
        at += found;
        if rest.get(found) == Some(&b'"') {
            return Ok(at + 1);
        }
        at = skip_escape(bytes, at)?;
    }
}

/// The position after the escape whose backslash is at `at`; a surrogate pair is one escape.
fn skip_escape(bytes: &[u8], at: usize) -> Result<usize, Error> {
    match code_unit(bytes, at) {
        Some(0xd800..=0xdbff) => match code_unit(bytes, at + 6) {
            Some(0xdc00..=0xdfff) => Ok(at + 12),
            _ => Err(Error::Surrogate { offset: at }),
        },
        Some(0xdc00..=0xdfff) => Err(Error::Surrogate { offset: at }),
        _ => Ok(at + 2),
    }
}

/// The value of a `\uXXXX` escape at `at`, if that is what stands there.
fn code_unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |value, &digit| {
        Some(value * 16 + char::from(digit).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_plain_text_has_nothing_that_the_walk_refuses(
            text in r#"([\[{]{0,70}|[\]},:"\\a-f0-9u]{0,9}|\\u[dD][89a-fA-F]{3}){0,6}"#,
        ) {
            prop_assert!(!is_plain(text.as_bytes()) || walk(text.as_bytes()).is_ok());
        }

        #[test]
        fn every_place_in_a_word_is_seen(before in 0_usize..20, after in 0_usize..20) {
            let escape = format!("\"{}\\udead{}\"", "-".repeat(before), "-".repeat(after));
            prop_assert!(!is_plain(escape.as_bytes()));
            let brackets = |count| format!("{}{}{}", "-".repeat(before), "[{".repeat(count), "|".repeat(after));
            prop_assert!(is_plain(brackets(MAX_DEPTH / 2).as_bytes()));
            prop_assert!(!is_plain(brackets(MAX_DEPTH / 2 + 1).as_bytes()));
        }
    }

    #[test]
    fn bytes_are_told_apart_from_their_neighbours() {
        for byte in 0..=u8::MAX {
            let found = equal(
                u64::from_le_bytes([b'\\', byte, b'[', byte, byte, b']', 0, byte]),
                b'\\',
            );
            let expected = if byte == b'\\' { 5 } else { 1 };
            assert_eq!(found.count_ones(), expected, "{byte}");
        }
    }
}
