//! Where in JSON a text is.

/// How deep in strings of JSON a text is, as it passes.
///
/// A string of JSON may hold the text of another JSON value, which has strings of its own. A quote of the outermost has no
/// backslash in front of it; each level doubles those of the one before and adds one. That, and how a text begins, is all that can
/// be known of a text whose end has not come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nesting {
    /// How many strings are open, each in the text of the one before.
    depth: u32,
    /// From which depth on all is text.
    most: u32,
    /// What the innermost is, or the whole text where none is open.
    content: Content,
    /// How many backslashes are right in front.
    backslashes: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// Not known yet.
    Begins(Beginning),
    /// JSON, outside its strings.
    Json,
    Text,
}

/// How far the beginning of a text is that of an object or a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beginning {
    Nothing,
    Object,
    List {
        /// In another.
        inner: bool,
    },
    /// In a list; what is left of `true`, say.
    Word(&'static [u8]),
    /// In a list.
    Number {
        inner: bool,
    },
}

impl Nesting {
    /// At the start of a text that is JSON if it begins so.
    pub fn of_text(most: u32) -> Self {
        Self::new(most, Content::Begins(Beginning::Nothing))
    }

    /// At the start of a text that is JSON.
    pub fn of_json(most: u32) -> Self {
        Self::new(most, Content::Json)
    }

    /// In what is no JSON, whatever it looks like.
    pub fn nowhere() -> Self {
        Self::new(0, Content::Text)
    }

    fn new(most: u32, content: Content) -> Self {
        Self {
            depth: 0,
            most,
            content: if most == 0 { Content::Text } else { content },
            backslashes: 0,
        }
    }

    /// How many times a text that is put here is to be escaped.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// How many backslashes stand in front of a quote that opens a string here; `None` where no string can be.
    pub fn opening(&self) -> Option<u32> {
        let is_json = match self.content {
            Content::Json => true,
            Content::Begins(beginning) => beginning != Beginning::Nothing,
            Content::Text => false,
        };
        is_json.then_some((1 << self.depth) - 1)
    }

    /// Whether it is words, in which JSON may stand.
    pub fn is_words(&self) -> bool {
        self.depth == 0 && self.opening().is_none()
    }

    /// How many backslashes are right in front.
    pub fn backslashes(&self) -> u32 {
        self.backslashes
    }

    /// Goes on behind more of the text.
    pub fn pass(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.content == Content::Text && self.depth == 0 {
                return;
            }
            at += 1;
            match (byte, self.content) {
                (b'\\', _) => self.backslashes = self.backslashes.saturating_add(1),
                (b'"', _) => self.quote(),
                (byte, Content::Begins(beginning)) => {
                    // An escape in it can only be of blank space.
                    let byte = match byte {
                        b'n' | b'r' | b't' if self.backslashes > 0 => b' ',
                        byte => byte,
                    };
                    self.backslashes = 0;
                    self.content = beginning.next(byte);
                }
                _ => {
                    self.backslashes = 0;
                    let rest = bytes.get(at..).unwrap_or_default();
                    at += memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
                }
            }
        }
    }

    fn quote(&mut self) {
        let backslashes = std::mem::take(&mut self.backslashes);
        // Those that are of the text itself come in even numbers at its level.
        let level = backslashes.trailing_ones();
        if let Content::Begins(beginning) = self.content
            && level >= self.depth
        {
            self.content = beginning.next(b'"');
        }
        if level < self.depth {
            self.depth = level;
            self.content = Content::Json;
        } else if self.content == Content::Json && self.opening() == Some(backslashes) {
            self.depth += 1;
            self.content = match self.depth < self.most {
                true => Content::Begins(Beginning::Nothing),
                false => Content::Text,
            };
        }
    }
}

impl Beginning {
    fn next(self, byte: u8) -> Content {
        let goes_on = Content::Begins;
        match (self, byte) {
            (Self::Word([_, ..]), b' ') => Content::Text,
            (_, b' ' | b'\t' | b'\n' | b'\r') => goes_on(self),
            (Self::Nothing | Self::List { .. }, b'{') => goes_on(Self::Object),
            (Self::Nothing, b'[') => goes_on(Self::List { inner: false }),
            (Self::List { .. }, b'[') => goes_on(Self::List { inner: true }),
            (Self::Object, b'"' | b'}') | (Self::List { .. }, b'"' | b']') => Content::Json,
            (Self::List { inner }, b'-' | b'0'..=b'9') => goes_on(Self::Number { inner }),
            (Self::List { .. }, b't') => goes_on(Self::Word(b"rue")),
            (Self::List { .. }, b'f') => goes_on(Self::Word(b"alse")),
            (Self::List { .. }, b'n') => goes_on(Self::Word(b"ull")),
            (Self::Word([next, rest @ ..]), byte) if *next == byte => goes_on(Self::Word(rest)),
            (Self::Number { .. }, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-') => goes_on(self),
            // `[1]` begins many a text with sources, and is a list without strings otherwise.
            (Self::Number { inner: false }, b']') => Content::Text,
            (Self::Word([]) | Self::Number { .. }, b',' | b']') => Content::Json,
            _ => Content::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{NESTED, escape};
    use super::*;

    fn depth(text: &str) -> u32 {
        let mut nesting = Nesting::of_text(NESTED);
        nesting.pass(text);
        nesting.depth()
    }

    #[test]
    fn a_string_in_a_string_is_as_deep_as_it_is_escaped() {
        let mut text = "plain".to_owned();
        for level in 1..=7 {
            for around in [
                "{\"a\\\\\": 1, \"b\": [\"",
                " [ \"",
                "[true, \"",
                "[[-1.5e3], {\"x\":\"",
            ] {
                let mut inner = String::new();
                escape(&text, &mut inner);
                assert_eq!(
                    depth(&format!("{around}{inner}")),
                    level.min(NESTED),
                    "{around}{inner}"
                );
                assert_eq!(depth(&format!("{around}{inner}\"")), 0, "{around}{inner}");
            }
            let mut inner = String::new();
            escape(&text, &mut inner);
            text = format!("{{\n \"a\": \"{inner}");
        }
    }

    #[test]
    fn quotes_in_what_is_no_json_are_text() {
        for text in [
            "say \"",
            "[note] \"",
            "[EMAIL_X] \"",
            "{x} \"",
            "[1st] \"",
            "[1] \"",
            "[nul] \"",
            "\"",
            "[tru e,\"",
            "",
        ] {
            assert_eq!(depth(text), 0, "{text}");
        }
        assert_eq!(depth(r#"{"a": "he said \"hi [x]\" and \"#), 1);
        assert_eq!(depth(r#"["C:\\\\"#), 1);
        assert_eq!(depth(r#"["C:\\""#), 0);
    }

    #[test]
    fn a_string_that_ends_ends_those_in_it() {
        assert_eq!(depth(r#"{"a":"{\"b\":\"x"#), 2);
        assert_eq!(depth(r#"{"a":"{\"b\":\"x","c":"#), 0);
    }

    #[test]
    fn a_text_is_as_deep_in_pieces_as_it_is_whole() {
        let text = r#" [null, {"a": "[ \n\"x\\\\\", \"{\\\"y\\\": \\\"z\\\"}\"]", "b": "c\""}]"#;
        let mut nesting = Nesting::of_text(NESTED);
        for (at, character) in text.char_indices() {
            assert_eq!(nesting.depth(), depth(&text[..at]), "{at}");
            nesting.pass(character.encode_utf8(&mut [0; 4]));
        }
        assert_eq!(nesting.depth(), 0);
    }
}
