//! Writes JSON text piece by piece.

use std::fmt::Display;
use std::io::Write as _;

/// A JSON text under construction. Sets the commas; the caller sees to it that brackets match.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// An empty text with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            out: Vec::with_capacity(capacity),
        }
    }

    /// Starts an object or an array: `{` or `[`.
    pub fn open(&mut self, bracket: char) -> &mut Self {
        self.separate();
        self.push(bracket)
    }

    /// Ends an object or an array: `}` or `]`.
    pub fn close(&mut self, bracket: char) -> &mut Self {
        self.push(bracket)
    }

    /// A member's name; its value must follow.
    pub fn key(&mut self, name: &str) -> &mut Self {
        self.string(name).push(':')
    }

    /// A string.
    pub fn string(&mut self, text: &str) -> &mut Self {
        self.separate();
        // Writing into memory cannot fail, nor can a string fail to serialise.
        let _ = serde_json::to_writer(&mut self.out, text);
        self
    }

    /// A value that is JSON text already: raw JSON, a number, a boolean.
    pub fn raw(&mut self, json: impl Display) -> &mut Self {
        self.separate();
        let _ = write!(self.out, "{json}");
        self
    }

    /// Name and string.
    pub fn member(&mut self, name: &str, text: &str) -> &mut Self {
        self.key(name).string(text)
    }

    /// Name and raw value.
    pub fn raw_member(&mut self, name: &str, json: impl Display) -> &mut Self {
        self.key(name).raw(json)
    }

    /// The text.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    fn push(&mut self, c: char) -> &mut Self {
        let mut utf8 = [0; 4];
        self.out.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
        self
    }

    fn separate(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[' | b':')) {
            self.out.push(b',');
        }
    }
}
