//! What of an answer that goes on as it came is worth knowing: lengths in place of strings, sums in place of lists.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

/// The length of a string in bytes, escapes resolved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Length(pub u64);

impl Length {
    /// The length of a text.
    pub fn of(text: &str) -> Self {
        Self(u64::try_from(text.len()).unwrap_or(u64::MAX))
    }

    /// Both lengths together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LengthVisitor;
        impl Visitor<'_> for LengthVisitor {
            type Value = Length;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E>(self, text: &str) -> Result<Length, E> {
                Ok(Length::of(text))
            }
        }
        deserializer.deserialize_str(LengthVisitor)
    }
}

/// A list of which only the first element and the sum over all are kept.
#[derive(Clone, Copy, Debug)]
pub struct Summed<T> {
    /// The first element; `None` if the list is empty.
    pub first: Option<T>,
    /// What is said in all elements.
    pub content: Length,
}

impl<T> Default for Summed<T> {
    fn default() -> Self {
        Self {
            first: None,
            content: Length(0),
        }
    }
}

/// An element of a [`Summed`] list.
pub trait Measured {
    /// The bytes of what it says: text, reasoning and tool arguments.
    fn content(&self) -> Length;
}

impl<'de, T: Deserialize<'de> + Measured> Deserialize<'de> for Summed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SummedVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Measured> Visitor<'de> for SummedVisitor<T> {
            type Value = Summed<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut sum = Summed::default();
                while let Some(element) = seq.next_element::<T>()? {
                    sum.content = sum.content.plus(element.content());
                    sum.first.get_or_insert(element);
                }
                Ok(sum)
            }
        }
        deserializer.deserialize_seq(SummedVisitor(PhantomData))
    }
}
