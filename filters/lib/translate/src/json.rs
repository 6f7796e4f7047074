//! One JSON object seen as bytes: its members and where they stand, without a tree.
//!
//! [`Object`] finds the members of a top-level object, [`Edit`] replaces, renames, removes and inserts members
//! and leaves every other byte as it was, so that unknown fields pass and their order is kept. An inner object
//! is edited by parsing the raw text of its member and replacing that member by the result.
//!
//! [`check`] is the gate that every text from the network passes first: it refuses invalid UTF-8, nesting
//! deeper than [`MAX_DEPTH`], more than [`MAX_CONTAINERS`] and unpaired surrogate escapes, without recursion. Whatever
//! parses afterwards can therefore exhaust neither the stack nor, by what is made of a `{}`, the memory, nor meet a
//! string that does not decode.
//!
//! Errors give positions and member names, never values.

mod edit;
mod path;
mod scan;
mod tree;
mod write;

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

pub use edit::Edit;
pub use path::path_at;
pub use scan::check;
pub(crate) use tree::{Members, Tree, write_members};
pub use write::Writer;

/// Deepest nesting that is accepted; `serde_json` has the same limit where it recurses.
pub const MAX_DEPTH: usize = 128;

/// Most objects and lists in one text. Each becomes a value of some hundred bytes, however few it has itself.
pub const MAX_CONTAINERS: usize = 200_000;

/// Most members that one object may have. Requests have about fifty, so more is not a request.
pub const MAX_MEMBERS: usize = 256;

/// Why a text is not the JSON that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not UTF-8.
    #[error("invalid UTF-8 at byte {offset}")]
    Utf8 {
        /// First byte that does not belong to a character.
        offset: usize,
    },
    /// Brackets are nested too deeply.
    #[error("more than {MAX_DEPTH} nested levels at byte {offset}")]
    TooDeep {
        /// Position of the bracket that is one too many.
        offset: usize,
    },
    /// There are more objects and lists than [`MAX_CONTAINERS`].
    #[error("more than {MAX_CONTAINERS} objects and lists")]
    TooManyContainers,
    /// A `\ud800` to `\udfff` escape without its other half.
    #[error("unpaired surrogate escape at byte {offset}")]
    Surrogate {
        /// Position of the backslash.
        offset: usize,
    },
    /// The text breaks JSON's grammar.
    #[error("{reason}")]
    Syntax {
        /// What was expected and at which line and column, without any of the text.
        reason: String,
    },
    /// The text is JSON, but not an object.
    #[error("expected a JSON object")]
    NotAnObject,
    /// An object names a member twice.
    #[error("duplicate field `{key}`")]
    Duplicate {
        /// The name, shortened and made printable.
        key: String,
    },
    /// An object has more members than [`MAX_MEMBERS`].
    #[error("more than {MAX_MEMBERS} fields in one object")]
    TooManyMembers,
}

/// One member of an object.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// The name, unescaped.
    pub key: Cow<'a, str>,
    /// The value's text, without white space around it.
    pub value: &'a RawValue,
}

/// The members of one JSON object, in their order, and the text they were found in.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    source: &'a str,
    members: Vec<Member<'a>>,
}

impl<'a> Object<'a> {
    /// Finds the members of the object that is the whole of `bytes`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::parse_checked(check(bytes)?)
    }

    /// As [`Object::parse`], for a text that has passed [`check`] before: a member's raw value, for one.
    pub fn parse_checked(source: &'a str) -> Result<Self, Error> {
        let mut fault = None;
        let mut deserializer = serde_json::Deserializer::from_str(source);
        let members = deserializer
            .deserialize_map(MembersVisitor { fault: &mut fault })
            .and_then(|members| deserializer.end().map(|()| members));
        match (members, fault) {
            (Ok(members), _) => Ok(Self { source, members }),
            (Err(_), Some(fault)) => Err(fault),
            (Err(error), None) if error.is_data() => Err(Error::NotAnObject),
            (Err(error), None) => Err(Error::Syntax {
                reason: error.to_string(),
            }),
        }
    }

    /// The raw value of a member.
    pub fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.members
            .iter()
            .find(|member| member.key == key)
            .map(|member| member.value)
    }

    /// Whether a member is there and is not `null`.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.get() != "null")
    }

    /// The members in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Member<'a>> {
        self.members.iter()
    }

    /// The text that was parsed.
    pub fn source(&self) -> &'a str {
        self.source
    }
}

/// The elements of a JSON array, raw; `None` if the text is something else.
pub fn elements(array: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(array).ok()
}

/// The value of a JSON string, borrowed where it has no escapes; `None` if the text is something else.
pub fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let text = raw.get();
    match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) if !inner.contains('\\') => Some(Cow::Borrowed(inner)),
        Some(_) => serde_json::from_str(text).ok().map(Cow::Owned),
        None => None,
    }
}

/// Where `part` stands in `whole`, if it borrows from it.
pub(crate) fn offset_in(whole: &[u8], part: &[u8]) -> Option<usize> {
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    let end = start.checked_add(part.len())?;
    (end <= whole.len()).then_some(start)
}

/// A string as JSON text, quotes included.
pub fn quote(text: &str) -> String {
    // Writing a string into memory cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}

/// A member name fit for an error or a header: printable ASCII, at most 64 characters.
pub fn printable(name: &str) -> String {
    let fit = |c: char| {
        if c.is_ascii_alphanumeric() || "_-.[]$".contains(c) {
            c
        } else {
            '_'
        }
    };
    name.chars().take(64).map(fit).collect()
}

struct MembersVisitor<'f> {
    fault: &'f mut Option<Error>,
}

impl<'de> Visitor<'de> for MembersVisitor<'_> {
    type Value = Vec<Member<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Vec<Member<'de>> = Vec::with_capacity(16);
        while let Some(Key(key)) = map.next_key()? {
            let fault = if members.iter().any(|member| member.key == key) {
                Error::Duplicate { key: printable(&key) }
            } else if members.len() >= MAX_MEMBERS {
                Error::TooManyMembers
            } else {
                members.push(Member {
                    key,
                    value: map.next_value()?,
                });
                continue;
            };
            *self.fault = Some(fault);
            return Err(de::Error::custom("refused"));
        }
        Ok(members)
    }
}

/// A member name, borrowed where it has no escapes (`Cow`'s own implementation always copies).
struct Key<'a>(Cow<'a, str>);

impl<'de> de::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

#[cfg(test)]
mod tests;
