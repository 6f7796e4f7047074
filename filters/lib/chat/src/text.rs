//! Strings as they are received: borrowed where they have no escapes, and `None` where there is something else.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Reads a string; of an array of content parts, the `text` of each. Any other value is `None`.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    deserializer.deserialize_any(Lenient)
}

/// Longest name that is kept of an answer or a model, in bytes. The official APIs' have less than a hundred.
const MAX_NAME: usize = 256;

/// Reads the name of an answer or a model as [`lenient`] does, cut to [`MAX_NAME`] and without control characters:
/// unlike other strings it is repeated, in every event for the client and in every log.
pub(crate) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    lenient(deserializer).map(|name| name.map(printable))
}

fn printable(name: Cow<'_, str>) -> Cow<'_, str> {
    if name.len() <= MAX_NAME && !name.contains(char::is_control) {
        return name;
    }
    let cut = name.get(..name.floor_char_boundary(MAX_NAME)).unwrap_or_default();
    Cow::Owned(cut.replace(char::is_control, "_"))
}

struct Lenient;

impl<'de> Visitor<'de> for Lenient {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut joined: Option<Cow<'de, str>> = None;
        while let Some(part) = seq.next_element::<Part<'de>>()? {
            match (&mut joined, part.text) {
                (Some(joined), Some(text)) => joined.to_mut().push_str(&text),
                (None, text) => joined = text,
                (Some(_), None) => {}
            }
        }
        Ok(joined)
    }
}

/// One content part; its text if it is one of text.
#[derive(Deserialize)]
struct Part<'a> {
    #[serde(default, borrow, deserialize_with = "lenient")]
    text: Option<Cow<'a, str>>,
}
