//! A JSON text as a tree that keeps the order of members, for the few texts that are rebuilt.
//!
//! `serde_json`'s own tree sorts them, and a model writes its answer in the order of the schema's properties.

use std::borrow::Cow;
use std::fmt;

use penstock_chat::shape::Str;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::Writer;

/// One value. As deep as the parser goes, which is [`super::MAX_DEPTH`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree<'a> {
    Null,
    Bool(bool),
    Number(Number),
    String(Cow<'a, str>),
    Array(Vec<Tree<'a>>),
    Object(Members<'a>),
}

/// The members of an object in their order.
pub(crate) type Members<'a> = Vec<(Cow<'a, str>, Tree<'a>)>;

impl Tree<'_> {
    /// The value of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is an array or an object.
    pub fn is_container(&self) -> bool {
        matches!(self, Self::Array(_) | Self::Object(_))
    }

    /// Appends the value.
    pub fn write(&self, out: &mut Writer) {
        match self {
            Self::Null => drop(out.raw("null")),
            Self::Bool(value) => drop(out.raw(value)),
            Self::Number(number) => drop(out.raw(number)),
            Self::String(text) => drop(out.string(text)),
            Self::Array(elements) => {
                out.open('[');
                for element in elements {
                    element.write(out);
                }
                out.close(']');
            }
            Self::Object(members) => write_members(members, out),
        }
    }
}

/// Appends an object.
pub(crate) fn write_members(members: &Members<'_>, out: &mut Writer) {
    out.open('{');
    for (name, value) in members {
        out.key(name);
        value.write(out);
    }
    out.close('}');
}

impl<'de> Deserialize<'de> for Tree<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TreeVisitor;
        impl<'de> Visitor<'de> for TreeVisitor {
            type Value = Tree<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Tree::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Tree::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Tree::Number(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Tree::Number(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(Number::from_f64(value).map_or(Tree::Null, Tree::Number))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Tree::String(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Tree::String(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = seq.next_element()? {
                    elements.push(element);
                }
                Ok(Tree::Array(elements))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<Str<'de>, Tree<'de>>()? {
                    members.push((name.0, value));
                }
                Ok(Tree::Object(members))
            }
        }
        deserializer.deserialize_any(TreeVisitor)
    }
}
