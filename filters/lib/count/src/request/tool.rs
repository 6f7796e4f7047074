//! Tools, in the shape of either API.
//!
//! OpenAI shows functions to the model as declarations. Its cookbook ("How to count tokens with tiktoken", read
//! 2026-11) gives what they cost where parameters are flat; nested ones are counted in the same way, and what the
//! formula does not know (`anyOf`, `$ref`, bounds, defaults) by its JSON.

use std::borrow::Cow;

use penstock_translate::json;
use serde::Deserialize;
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::holds_any;
use crate::counter::{Counter, Shape, pass, string};
use crate::family::{Family, ToolForm};
use crate::text::compact;

/// Tokens of the cookbook's formula: of all functions together, of the list of parameters, of each parameter, of each
/// value of an enumeration, and what an enumeration takes back.
pub(super) const DECLARED_END: u64 = 12;
const PROPERTIES: u64 = 3;
const PROPERTY: u64 = 3;
const ENUM_ITEM: u64 = 3;
const ENUM_LESS: u64 = 3;

/// Deepest nesting of parameters that is read; what is below counts as JSON.
const MAX_DEPTH: u8 = 12;

/// Counts a list of tools, and tells whether it has any.
pub(super) fn list<'de, A: MapAccess<'de>>(
    counter: &mut Counter<'_>,
    family: &Family,
    map: &mut A,
) -> Result<bool, A::Error> {
    match family.framing.tools {
        ToolForm::Declared { function } => {
            let last = map.next_value_seed(counter.read(Tool::new(function)))?;
            Ok(last.ended)
        }
        ToolForm::Json { .. } => {
            let tools = map.next_value::<&'de RawValue>()?;
            let any = holds_any(tools);
            if any {
                counter.value(tools);
            }
            Ok(any)
        }
    }
}

/// What `tool_choice` demands.
pub(super) struct Choice {
    /// A tool must be called.
    pub(super) forced: bool,
}

impl Choice {
    pub(super) fn read(raw: &RawValue) -> Self {
        #[derive(Deserialize)]
        struct Object<'a> {
            #[serde(rename = "type", borrow)]
            kind: Option<&'a RawValue>,
        }
        let word = match serde_json::from_str::<Object<'_>>(raw.get()) {
            Ok(object) => object.kind.and_then(json::string),
            Err(_) => json::string(raw),
        };
        Self {
            forced: word.is_some_and(|word| !matches!(&*word, "auto" | "none")),
        }
    }
}

/// One tool, or the function in it.
#[derive(Clone)]
pub(super) struct Tool<'de> {
    each: u64,
    name: Cow<'de, str>,
    description: Cow<'de, str>,
    /// It has only wrapped another.
    wraps: bool,
    ended: bool,
}

impl Tool<'_> {
    fn new(each: u64) -> Self {
        Self {
            each,
            name: Cow::Borrowed(""),
            description: Cow::Borrowed(""),
            wraps: false,
            ended: false,
        }
    }
}

impl<'de> Shape<'de> for Tool<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "function" => {
                self.wraps = true;
                map.next_value_seed(counter.read(Tool::new(self.each)))?;
            }
            "name" => {
                let new = string(counter, map)?;
                replace(&mut self.name, new, counter);
            }
            "description" => {
                let new = string(counter, map)?;
                replace(&mut self.description, new, counter);
            }
            "parameters" | "input_schema" => pass(counter, Schema { depth: 0 }, map)?,
            "type" | "strict" | "cache_control" => counter.label(map.next_value()?),
            _ => counter.value(map.next_value()?),
        }
        Ok(())
    }

    fn end(&mut self, counter: &mut Counter<'_>) {
        self.ended = true;
        if self.wraps && self.name.is_empty() && self.description.is_empty() {
            return;
        }
        counter.add(self.each);
        counter.composed(|out| {
            out.push_str(&self.name);
            out.push(':');
            out.push_str(without_period(&self.description));
        });
    }
}

/// The schema of a function's parameters.
#[derive(Clone)]
struct Schema {
    depth: u8,
}

impl<'de> Shape<'de> for Schema {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "properties" => properties(self.depth, counter, map),
            // A declaration marks what is not required, which the formula has in the parameter's own tokens.
            "required" => {
                required(counter, map.next_value()?);
                Ok(())
            }
            "type" | "additionalProperties" | "$schema" | "title" => {
                counter.label(map.next_value()?);
                Ok(())
            }
            _ => {
                counter.value(map.next_value()?);
                Ok(())
            }
        }
    }
}

fn properties<'de, A: MapAccess<'de>>(
    depth: u8,
    counter: &mut Counter<'_>,
    map: &mut A,
) -> Result<(), A::Error> {
    match depth < MAX_DEPTH {
        true => pass(counter, Properties { depth, any: false }, map),
        false => map.next_value().map(|raw| counter.value(raw)),
    }
}

/// Parameters by their names.
#[derive(Clone)]
struct Properties {
    depth: u8,
    any: bool,
}

impl<'de> Shape<'de> for Properties {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        if !std::mem::replace(&mut self.any, true) {
            counter.add(PROPERTIES);
        }
        counter.add(PROPERTY);
        let property = Property::new(name, self.depth.saturating_add(1));
        if !map.next_value_seed(counter.read(property))?.ended {
            counter.text(name);
        }
        Ok(())
    }
}

/// One parameter, or what a list of them holds.
#[derive(Clone)]
struct Property<'n, 'de> {
    name: &'n str,
    kind: Cow<'de, str>,
    description: Cow<'de, str>,
    depth: u8,
    ended: bool,
}

impl<'n> Property<'n, '_> {
    fn new(name: &'n str, depth: u8) -> Self {
        Self {
            name,
            kind: Cow::Borrowed(""),
            description: Cow::Borrowed(""),
            depth,
            ended: false,
        }
    }
}

impl<'de> Shape<'de> for Property<'_, 'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "type" => {
                let raw = map.next_value::<&'de RawValue>()?;
                let kind = json::string(raw).unwrap_or_else(|| {
                    let mut kinds = String::new();
                    compact(raw.get(), &mut kinds);
                    Cow::Owned(kinds)
                });
                replace(&mut self.kind, Some(kind), counter);
            }
            "description" => {
                let new = string(counter, map)?;
                replace(&mut self.description, new, counter);
            }
            "enum" => values(counter, map.next_value()?),
            "properties" => properties(self.depth, counter, map)?,
            "items" if self.depth < MAX_DEPTH => {
                map.next_value_seed(counter.read(Property::new("", self.depth.saturating_add(1))))?;
            }
            "required" => required(counter, map.next_value()?),
            "title" | "additionalProperties" => counter.label(map.next_value()?),
            _ => counter.value(map.next_value()?),
        }
        Ok(())
    }

    fn end(&mut self, counter: &mut Counter<'_>) {
        self.ended = true;
        counter.composed(|out| {
            for part in [self.name, ":", &self.kind, ":", without_period(&self.description)] {
                out.push_str(part);
            }
        });
    }
}

/// The names of required members, which the formula has in the tokens of the members; but what is longer than a list of
/// names is text that somebody hides.
fn required(counter: &mut Counter<'_>, raw: &RawValue) {
    const LONGEST: usize = 4_096;
    if raw.get().len() > LONGEST {
        counter.value(raw);
    }
}

fn values(counter: &mut Counter<'_>, raw: &RawValue) {
    let Some(values) = json::elements(raw.get()) else {
        return counter.value(raw);
    };
    for value in &values {
        counter.add(ENUM_ITEM);
        counter.value(value);
    }
    // An empty list has nothing that could cost less.
    if !values.is_empty() {
        counter.subtract(ENUM_LESS);
    }
}

/// Sets what a member says. Nothing has checked that a schema says it once, so what said it before counts too.
fn replace<'de>(to: &mut Cow<'de, str>, new: Option<Cow<'de, str>>, counter: &mut Counter<'_>) {
    if let Some(new) = new {
        let before = std::mem::replace(to, new);
        counter.text(&before);
    }
}

/// The formula leaves a description's last period away.
fn without_period(description: &str) -> &str {
    description.strip_suffix('.').unwrap_or(description)
}
