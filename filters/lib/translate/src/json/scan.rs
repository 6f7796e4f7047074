//! The check that any text from the network passes before it is parsed.

use super::{Error, MAX_DEPTH};

/// Checks encoding, nesting and surrogate escapes, and returns the text.
///
/// One pass, no recursion, no allocation. Grammar is left to the parser that follows, so brackets of the wrong
/// kind are not noticed here.
pub fn check(bytes: &[u8]) -> Result<&str, Error> {
    let text = std::str::from_utf8(bytes).map_err(|error| Error::Utf8 {
        offset: error.valid_up_to(),
    })?;
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => at = skip_string(bytes, at + 1)?,
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(Error::TooDeep { offset: at });
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
    Ok(text)
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
