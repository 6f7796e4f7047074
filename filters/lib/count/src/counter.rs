//! The running count of one text, and how JSON is read straight into it.
//!
//! A [`Shape`] says what the members of an object mean. [`Seed`] reads a value by one: an object, a list of such
//! objects, or a string where the long form would be objects. Nothing is built; every leaf goes to the tokenizer as
//! it passes. What has another form than expected is counted, never refused: refusing is for `inspect`.

use std::borrow::Cow;
use std::fmt;

use penstock_chat::shape::Str;
use penstock_tokens::{Tokenizer, Vocabulary};
use penstock_translate::json;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::text::compact;

/// Longest value, in bytes, that is taken for an id, a flag or a kind: the longest ids of the official APIs have
/// about forty (`call_` or `toolu_` and 24 characters). Such a value reaches no prompt, or is part of its framing.
const MAX_LABEL: usize = 64;

/// The longest name of a member that is one of an API, in bytes. What is longer is text that somebody hides.
const LONGEST_NAME: usize = 64;

/// Deepest nesting of lists directly in lists that is read as such; what is below counts as JSON. No API nests them,
/// and the parser must not come to its limit where `inspect` has not.
const MAX_LISTS: u8 = 2;

/// Adds up tokens, and stops tokenizing once there are more than `most`.
pub(crate) struct Counter<'t> {
    tokenizer: &'t mut Tokenizer,
    vocabulary: Vocabulary,
    most: u64,
    /// Tokens of text: what a factor corrects.
    text: u64,
    /// Tokens that the provider states: images, its own prompts.
    fixed: u64,
    complete: bool,
    /// Working memory for texts that are put together.
    scratch: String,
}

impl<'t> Counter<'t> {
    pub(crate) fn new(tokenizer: &'t mut Tokenizer, vocabulary: Vocabulary, most: u64) -> Self {
        Self {
            tokenizer,
            vocabulary,
            most,
            text: 0,
            fixed: 0,
            complete: true,
            scratch: String::new(),
        }
    }

    /// All tokens so far.
    pub(crate) fn total(&self) -> u64 {
        self.text.saturating_add(self.fixed)
    }

    /// Those of them that no factor corrects.
    pub(crate) fn fixed(&self) -> u64 {
        self.fixed
    }

    /// Whether everything was counted.
    pub(crate) fn complete(&self) -> bool {
        self.complete
    }

    /// Adds tokens that stand for text.
    pub(crate) fn add(&mut self, tokens: u64) {
        self.text = self.text.saturating_add(tokens);
    }

    /// Takes back tokens that a formula counts less.
    pub(crate) fn subtract(&mut self, tokens: u64) {
        self.text = self.text.saturating_sub(tokens);
    }

    /// Adds tokens that are as the provider states them.
    pub(crate) fn add_fixed(&mut self, tokens: u64) {
        self.fixed = self.fixed.saturating_add(tokens);
    }

    /// Counts a text.
    pub(crate) fn text(&mut self, text: &str) {
        if let Some(left) = self.left() {
            let tokens = self.tokenizer.count_up_to(self.vocabulary, text, left);
            self.add(tokens);
            self.complete &= tokens <= left;
        }
    }

    /// Counts what `write` puts together.
    pub(crate) fn composed(&mut self, write: impl FnOnce(&mut String)) {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        write(&mut scratch);
        self.text(&scratch);
        self.scratch = scratch;
    }

    /// Counts a value that the model may get to see: a string as what it says, anything else as JSON.
    pub(crate) fn value(&mut self, raw: &RawValue) {
        if self.left().is_none() || raw.get() == "null" {
            return;
        }
        match json::string(raw) {
            Some(text) => self.text(&text),
            None => self.composed(|out| compact(raw.get(), out)),
        }
    }

    /// Counts a value that is not shown to the model, unless it is long enough to say something.
    pub(crate) fn label(&mut self, raw: &RawValue) {
        if raw.get().len() > MAX_LABEL {
            self.value(raw);
        }
    }

    /// Reads a value by a shape.
    pub(crate) fn read<S>(&mut self, shape: S) -> Seed<'_, 't, S> {
        Seed {
            counter: self,
            shape,
            lists: 0,
        }
    }

    /// How many tokens may come until there is no use in counting on.
    fn left(&mut self) -> Option<u64> {
        let left = self.most.checked_sub(self.total());
        self.complete &= left.is_some();
        left
    }
}

/// What the members of one object mean.
pub(crate) trait Shape<'de>: Clone {
    /// Takes the value of a member from `map`.
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error>;

    /// Counts what only the whole object tells.
    fn end(&mut self, counter: &mut Counter<'_>) {
        let _ = counter;
    }
}

/// The string that a member holds. Something else is counted as it stands.
pub(crate) fn string<'de, A: MapAccess<'de>>(
    counter: &mut Counter<'_>,
    map: &mut A,
) -> Result<Option<Cow<'de, str>>, A::Error> {
    let raw = map.next_value::<&'de RawValue>()?;
    let string = json::string(raw);
    if string.is_none() {
        counter.value(raw);
    }
    Ok(string)
}

/// Counts the value of a member by a shape.
pub(crate) fn pass<'de, S: Shape<'de>, A: MapAccess<'de>>(
    counter: &mut Counter<'_>,
    shape: S,
    map: &mut A,
) -> Result<(), A::Error> {
    map.next_value_seed(counter.read(shape)).map(|_| ())
}

/// Passes over the value of a member.
pub(crate) fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(drop)
}

/// Reads one object, or a list of them, by a shape; gives back the shape of the (last) object.
pub(crate) struct Seed<'c, 't, S> {
    counter: &'c mut Counter<'t>,
    shape: S,
    /// How many lists it stands in, one directly in the other.
    lists: u8,
}

impl<'de, S: Shape<'de>> DeserializeSeed<'de> for Seed<'_, '_, S> {
    type Value = S;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: Shape<'de>> Visitor<'de> for Seed<'_, '_, S> {
    type Value = S;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<S, A::Error> {
        while let Some(name) = map.next_key::<Str<'de>>()? {
            if name.len() > LONGEST_NAME {
                self.counter.text(&name);
            }
            self.shape.member(self.counter, &name, &mut map)?;
        }
        self.shape.end(self.counter);
        Ok(self.shape)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<S, A::Error> {
        if self.lists >= MAX_LISTS {
            while let Some(raw) = seq.next_element::<&'de RawValue>()? {
                self.counter.value(raw);
            }
            return Ok(self.shape);
        }
        let mut last = None;
        while let Some(shape) = seq.next_element_seed(Seed {
            counter: &mut *self.counter,
            shape: self.shape.clone(),
            lists: self.lists.saturating_add(1),
        })? {
            last = Some(shape);
        }
        Ok(last.unwrap_or(self.shape))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<S, E> {
        self.counter.text(text);
        Ok(self.shape)
    }

    fn visit_unit<E: Error>(self) -> Result<S, E> {
        Ok(self.shape)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<S, E> {
        Ok(self.shape)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<S, E> {
        Ok(self.shape)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<S, E> {
        Ok(self.shape)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<S, E> {
        Ok(self.shape)
    }
}
