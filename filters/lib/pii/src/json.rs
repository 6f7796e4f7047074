//! Text in strings of JSON.

use std::borrow::Cow;

mod decoded;
mod nesting;

pub use decoded::Decoded;
pub(crate) use nesting::Nesting;

/// How deep JSON may stand in strings of JSON; what is deeper is text.
pub const NESTED: u32 = 5;

/// Appends a text as the inside of a JSON string.
pub fn escape(value: &str, out: &mut String) {
    use std::fmt::Write as _;
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                // Writing into a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            character => out.push(character),
        }
    }
}

/// Appends a text as it stands in a string in a string, so many deep.
pub(crate) fn escape_deep(value: &str, depth: u32, out: &mut String) {
    match depth {
        0 => out.push_str(value),
        1 => escape(value, out),
        _ => {
            let mut inner = String::with_capacity(value.len());
            escape_deep(value, depth - 1, &mut inner);
            escape(&inner, out);
        }
    }
}

/// The text that [`escape_deep`] makes this of; `None` if it makes it of none.
pub(crate) fn unescape_deep(written: &str, depth: u32) -> Option<Cow<'_, str>> {
    if depth == 0 {
        return Some(Cow::Borrowed(written));
    }
    let mut text = written.to_owned();
    for _ in 0..depth {
        text = Decoded::new(&text).text.into_owned();
    }
    let mut again = String::with_capacity(written.len());
    escape_deep(&text, depth, &mut again);
    (again == written).then_some(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_so_many_deep_is_read_again() {
        for text in ["plain", "a\"b\\c\nd\u{1}é", "\\\\n", ""] {
            for depth in 0..=NESTED {
                let mut written = String::new();
                escape_deep(text, depth, &mut written);
                assert_eq!(unescape_deep(&written, depth).as_deref(), Some(text), "{depth}");
            }
        }
        for written in [r"a\u0040b", r"\_", "\\", "\"", "a\nb"] {
            assert_eq!(unescape_deep(written, 1), None, "{written}");
        }
    }
}
