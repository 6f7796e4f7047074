//! What is kept.

use std::fmt;

use penstock_embed::Vector;

use crate::Answer;

/// The hash of a whole normalised request: an entry with the same one answers it exactly.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub [u8; 32]);

/// The hash of everything in a request but what the user said last, and of the embedder: only within it are texts
/// compared by meaning.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition(pub [u8; 32]);

/// Whose an entry is, for those who want to remove it. It is part of [`Key`] and [`Partition`], too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The tenant whose requests it answers; empty in a scope that tenants share.
    pub tenant: String,
    /// The caller's namespace; empty for the one that callers do not name.
    pub namespace: String,
    /// The alias of the model.
    pub model: String,
}

/// An answer, and the request that it answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Of its request.
    pub key: Key,
    /// Of its request.
    pub partition: Partition,
    /// Of its request.
    pub scope: Scope,
    /// What the user said last.
    pub text: String,
    /// The meaning of `text`; none if the entry only answers the same request.
    pub vector: Option<Vector>,
    /// The answer.
    pub answer: Answer,
    /// When it was stored, in Unix milliseconds.
    pub stored_ms: u64,
    /// From when on it answers nothing any more, in Unix milliseconds.
    pub expires_ms: u64,
}

impl Key {
    /// Reads what [`Display`](fmt::Display) writes.
    pub fn from_hex(text: &str) -> Option<Self> {
        let (digits, rest) = text.as_bytes().as_chunks::<2>();
        if !rest.is_empty() {
            return None;
        }
        let digit = |digit: &u8| {
            char::from(*digit)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        };
        let bytes = digits
            .iter()
            .map(|[high, low]| Some(digit(high)? << 4 | digit(low)?));
        bytes.collect::<Option<Vec<u8>>>()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written() {
        let key = Key(std::array::from_fn(|index| u8::try_from(index * 8).unwrap()));
        assert_eq!(Key::from_hex(&key.to_string()), Some(key));
        for text in [
            "",
            "ab",
            &"a".repeat(63),
            &"g".repeat(64),
            &"é".repeat(32),
            &"a".repeat(66),
        ] {
            assert_eq!(Key::from_hex(text), None, "{text}");
        }
    }
}
