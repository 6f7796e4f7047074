//! How a wire type is read from JSON: in one pass, borrowing from the text, keeping what it does not know.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Most elements in one list. Anthropic documents 100,000 messages as its limit
/// (`MessageCreateParams.messages`, Python SDK 2.11, read 2026-11).
pub const MAX_ELEMENTS: usize = 100_000;

/// Most members in one object that its shape does not know.
pub const MAX_UNKNOWN: usize = 256;

/// A member that a shape does not know: same-API requests keep it, translations report it.
#[derive(Clone, Debug)]
pub struct Unknown<'a> {
    /// Its name.
    pub name: Str<'a>,
    /// Its value.
    pub value: &'a RawValue,
}

/// A string that borrows from the JSON text where that has no escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Str<'a>(pub Cow<'a, str>);

impl Deref for Str<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StrVisitor;
        impl<'de> Visitor<'de> for StrVisitor {
            type Value = Str<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Str<'de>, E> {
                Ok(Str(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Str<'de>, E> {
                Ok(Str(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(StrVisitor)
    }
}

/// One string where a list is allowed too, or content that is either text or parts.
#[derive(Clone, Debug)]
pub enum TextOr<'a, T> {
    /// The short form.
    Text(Str<'a>),
    /// The long form.
    List(Vec<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for TextOr<'de, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for TextOrVisitor<T> {
            type Value = TextOr<'de, T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(Str(Cow::Borrowed(text))))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(Str(Cow::Owned(text.to_owned()))))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                elements(seq).map(TextOr::List)
            }
        }
        deserializer.deserialize_any(TextOrVisitor(PhantomData))
    }
}

/// A list of at most [`MAX_ELEMENTS`] elements.
#[derive(Clone, Debug)]
pub struct List<T>(pub Vec<T>);

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = List<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                elements(seq).map(List)
            }
        }
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

fn elements<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(mut seq: A) -> Result<Vec<T>, A::Error> {
    let mut list = Vec::new();
    while let Some(element) = seq.next_element()? {
        if list.len() >= MAX_ELEMENTS {
            return Err(A::Error::custom(format_args!(
                "more than {MAX_ELEMENTS} elements"
            )));
        }
        push(&mut list, element);
    }
    list.shrink_to_fit();
    Ok(list)
}

/// Adds an element with room for half as many more, not for three others where there is one, as [`Vec::push`] has it:
/// a few bytes of text may become a value of some hundred.
pub(crate) fn push<T>(list: &mut Vec<T>, element: T) {
    if list.len() == list.capacity() {
        list.reserve_exact((list.len() / 2).max(1));
    }
    list.push(element);
}

/// Defines a struct that is read from one JSON object. Every field is optional and `null` counts as absent, so
/// that a check afterwards can say which field is missing; a name given twice is an error.
macro_rules! shape {
    (
        $(#[$meta:meta])*
        pub struct $name:ident<$lt:lifetime> {
            $( $(#[$field_meta:meta])* $field:ident = $wire:literal: $type:ty, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default)]
        pub struct $name<$lt> {
            $( $(#[$field_meta])* pub $field: Option<$type>, )*
            /// Members that the documents of this API do not give to this object, or that only pass through.
            pub unknown: Vec<$crate::shape::Unknown<$lt>>,
        }

        impl<$lt> serde::de::Deserialize<$lt> for $name<$lt> {
            fn deserialize<D: serde::de::Deserializer<$lt>>(deserializer: D) -> Result<Self, D::Error> {
                struct ObjectVisitor;
                impl<$lt> serde::de::Visitor<$lt> for ObjectVisitor {
                    type Value = $name<$lt>;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<$lt>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        use serde::de::Error as _;
                        let mut shape = $name::default();
                        $( let mut $field = false; )*
                        while let Some(name) = map.next_key::<$crate::shape::Str<$lt>>()? {
                            match &*name {
                                $( $wire => {
                                    if std::mem::replace(&mut $field, true) {
                                        return Err(A::Error::duplicate_field($wire));
                                    }
                                    shape.$field = map.next_value()?;
                                } )*
                                _ if shape.unknown.iter().any(|known| known.name == name) => {
                                    return Err(A::Error::custom("duplicate field"));
                                }
                                _ if shape.unknown.len() >= $crate::shape::MAX_UNKNOWN => {
                                    return Err(A::Error::custom("too many unknown fields"));
                                }
                                _ => {
                                    let value = map.next_value()?;
                                    $crate::shape::push(&mut shape.unknown, $crate::shape::Unknown { name, value });
                                }
                            }
                        }
                        Ok(shape)
                    }
                }
                deserializer.deserialize_map(ObjectVisitor)
            }
        }
    };
}
pub(crate) use shape;
