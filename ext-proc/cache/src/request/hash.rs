//! Hashes of what is structured: every part with its length, every list with its count, so that nothing can move from
//! one part into the next and be the same.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use sha2::{Digest as _, Sha256};

/// A hash under way.
pub(super) struct Hash(Sha256);

impl Hash {
    /// `domain` tells hashes of different kinds apart.
    pub fn new(domain: &'static str) -> Self {
        let mut hash = Self(Sha256::new());
        hash.text(domain);
        hash
    }

    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.count(bytes.len());
        self.0.update(bytes);
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    pub fn number(&mut self, number: u64) -> &mut Self {
        self.0.update(number.to_le_bytes());
        self
    }

    pub fn count(&mut self, count: usize) -> &mut Self {
        self.number(u64::try_from(count).unwrap_or(u64::MAX))
    }

    /// Whether there is something, and what.
    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) -> &mut Self {
        self.0.update([u8::from(value.is_some())]);
        if let Some(value) = value {
            write(self, value);
        }
        self
    }

    /// Every element.
    pub fn list<T>(
        &mut self,
        elements: impl ExactSizeIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.count(elements.len());
        elements.for_each(|element| write(self, element));
        self
    }

    /// A JSON text, whatever the order of members and the white space in it. One that is no JSON counts as it is, and so does
    /// one with a number that a double cannot hold.
    pub fn json(&mut self, text: &str) -> &mut Self {
        match serde_json::from_str::<Digest>(text) {
            Ok(digest) if !has_long_number(text) => self.text("json").bytes(&digest.0),
            _ => self.text("text").text(text),
        }
    }
}

/// Whether as many digits stand in a row as tell numbers apart that are the same as doubles.
fn has_long_number(text: &str) -> bool {
    const EXACT_DIGITS: usize = 15;
    text.split(|c: char| !c.is_ascii_digit() && c != '.')
        .any(|digits| digits.len() > EXACT_DIGITS)
}

/// The hash of a JSON value, made of the hashes of what is in it, so that a text costs one pass however deep it is.
struct Digest([u8; 32]);

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DigestVisitor)
    }
}

struct DigestVisitor;

fn digest(kind: &'static str, bytes: &[u8]) -> Digest {
    let mut hash = Hash::new(kind);
    hash.bytes(bytes);
    Digest(hash.finish())
}

impl<'de> Visitor<'de> for DigestVisitor {
    type Value = Digest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Digest, E> {
        Ok(digest("null", b""))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Digest, E> {
        Ok(digest("boolean", &[u8::from(value)]))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Digest, E> {
        Ok(digest("natural", &value.to_le_bytes()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Digest, E> {
        Ok(digest("integer", &value.to_le_bytes()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Digest, E> {
        Ok(digest("real", &value.to_le_bytes()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Digest, E> {
        Ok(digest("string", text.as_bytes()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Digest, A::Error> {
        let mut hash = Hash::new("array");
        while let Some(element) = seq.next_element::<Digest>()? {
            hash.bytes(&element.0);
        }
        Ok(Digest(hash.finish()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Digest, A::Error> {
        let mut members: Vec<(Cow<'de, str>, Digest)> = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        // Stable: of members with one name, the order is part of what is said.
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut hash = Hash::new("object");
        for (name, value) in &members {
            hash.text(name).bytes(&value.0);
        }
        Ok(Digest(hash.finish()))
    }
}
