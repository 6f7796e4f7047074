//! The text of a JSON string, and where each part of it stands.

use std::borrow::Cow;
use std::ops::Range;

/// A JSON string without its quotes and escapes.
pub struct Decoded<'a> {
    /// What it says.
    pub text: Cow<'a, str>,
    /// Behind each escape: a place in the text, and the same place in the string as it was written.
    moved: Vec<(usize, usize)>,
}

impl std::fmt::Debug for Decoded<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Decoded")
    }
}

impl<'a> Decoded<'a> {
    /// Decodes what stands between the quotes of a string that is right JSON without unpaired surrogates.
    pub fn new(raw: &'a str) -> Self {
        let mut rest = raw;
        let mut this = Self {
            text: Cow::Borrowed(raw),
            moved: Vec::new(),
        };
        let Some(first) = memchr::memchr(b'\\', raw.as_bytes()) else {
            return this;
        };
        let mut text = String::with_capacity(raw.len());
        let mut next = Some(first);
        while let Some(at) = next {
            text.push_str(rest.get(..at).unwrap_or_default());
            rest = rest.get(at..).unwrap_or_default();
            let (character, len) = escape(rest);
            this.moved.push((text.len(), raw.len() - rest.len()));
            text.push(character);
            rest = rest.get(len..).unwrap_or_default();
            this.moved.push((text.len(), raw.len() - rest.len()));
            next = memchr::memchr(b'\\', rest.as_bytes());
        }
        text.push_str(rest);
        this.text = Cow::Owned(text);
        this
    }

    /// Where a span of the text stands between the quotes.
    pub fn raw(&self, span: Range<usize>) -> Range<usize> {
        self.place(span.start)..self.place(span.end)
    }

    fn place(&self, at: usize) -> usize {
        let before = self.moved.partition_point(|(here, _)| *here <= at);
        let last = before.checked_sub(1).and_then(|last| self.moved.get(last));
        last.map_or(at, |(here, there)| there + (at - here))
    }
}

/// The character that an escape stands for, and the escape's length. `rest` starts with a backslash.
fn escape(rest: &str) -> (char, usize) {
    let simple = |character| (character, 2);
    match rest.as_bytes().get(1) {
        Some(b'n') => simple('\n'),
        Some(b't') => simple('\t'),
        Some(b'r') => simple('\r'),
        Some(b'b') => simple('\u{8}'),
        Some(b'f') => simple('\u{c}'),
        Some(b'u') => unicode(rest),
        Some(b'"') => simple('"'),
        Some(b'/') => simple('/'),
        _ => simple('\\'),
    }
}

fn unicode(rest: &str) -> (char, usize) {
    let unit = |at: usize| {
        let escape = rest.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(escape, 16).ok()
    };
    let first = unit(0).unwrap_or_default();
    let pair = match unit(6) {
        Some(second @ 0xdc00..=0xdfff) if (0xd800..0xdc00).contains(&first) => {
            char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
        }
        _ => None,
    };
    match pair {
        Some(character) => (character, 12),
        None => (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_are_found_where_they_were_written() {
        let raw = r#"a\u0040b \ud83d\ude00\n\\\/\"é"#;
        let decoded = Decoded::new(raw);
        assert_eq!(decoded.text, "a@b 😀\n\\/\"é");
        for (part, written) in [
            ("a@b", r"a\u0040b"),
            ("@", r"\u0040"),
            ("b", "b"),
            ("😀\n", r"\ud83d\ude00\n"),
            ("\"é", "\\\"é"),
        ] {
            let start = decoded.text.find(part).unwrap();
            assert_eq!(&raw[decoded.raw(start..start + part.len())], written);
        }
        assert_eq!(decoded.raw(0..decoded.text.len()), 0..raw.len());
    }

    proptest! {
        #[test]
        fn a_text_is_what_the_parser_reads(text in any::<String>(), escaped in any::<bool>()) {
            let quoted = match escaped {
                false => serde_json::to_string(&text).unwrap(),
                true => format!("\"{}\"", text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>()),
            };
            let decoded = Decoded::new(&quoted[1..quoted.len() - 1]);
            prop_assert_eq!(&*decoded.text, &text);
            for (at, _) in text.char_indices() {
                let span = decoded.raw(at..text.len());
                let rest: String = serde_json::from_str(&format!("\"{}\"", &quoted[1..][span])).unwrap();
                prop_assert_eq!(rest, &text[at..]);
            }
        }
    }
}
