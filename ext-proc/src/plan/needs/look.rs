//! Looking into JSON for what is known, whatever else is there.

use std::{borrow::Cow, fmt, ops::ControlFlow};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// Something that looks at one value; what it does not ask for is passed over.
pub(super) trait Look: Sized {
    fn text(&mut self, _: &str) {}

    fn flag(&mut self, _: bool) {}

    fn number(&mut self, _: u64) {}

    /// One element of a list, or its end.
    fn element<'de, A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<ControlFlow<()>, A::Error> {
        pass(list)
    }

    /// One member of an object, whose value is to come.
    fn member<'de, A: MapAccess<'de>>(&mut self, _: &str, map: &mut A) -> Result<(), A::Error> {
        skip(map)
    }

    /// Looks at the value of a member.
    fn value<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        map.next_value_seed(Seed(self))
    }

    /// Looks at the next element of a list, if there is one.
    fn next<'de, A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<ControlFlow<()>, A::Error> {
        Ok(flow(list.next_element_seed(Seed(self))?))
    }
}

/// Looks at one value.
pub(super) fn look<'de, D: Deserializer<'de>>(look: &mut impl Look, deserializer: D) -> Result<(), D::Error> {
    Seed(look).deserialize(deserializer)
}

/// Passes over the value of a member.
pub(super) fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(|_| ())
}

/// Passes over the next element of a list, if there is one.
pub(super) fn pass<'de, A: SeqAccess<'de>>(list: &mut A) -> Result<ControlFlow<()>, A::Error> {
    Ok(flow(list.next_element::<IgnoredAny>()?))
}

fn flow<T>(element: Option<T>) -> ControlFlow<()> {
    match element {
        Some(_) => ControlFlow::Continue(()),
        None => ControlFlow::Break(()),
    }
}

struct Seed<'l, L>(&'l mut L);

impl<'de, L: Look> DeserializeSeed<'de> for Seed<'_, L> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, L: Look> Visitor<'de> for Seed<'_, L> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.text(text);
        Ok(())
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.0.flag(flag);
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.0.number(number);
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while self.0.element(&mut list)?.is_continue() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            self.0.member(&name, &mut map)?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
