//! How `penstock.yaml` is written, for editors and for the reference: its JSON Schema.
//!
//! The types of [`raw`](crate::raw) are the one definition. Every field is optional there, so what a file must say, what
//! holds where it says nothing, and which words there are stands at the end of a field's comment, in these sentences:
//! ``Required.``, ``Default `2s`.``, ``One of `a`, `b`.``, of lists ``Each one of `a`, `b`.`` Here they become keywords. Tests
//! hold them against the reading of real files.
//!
//! The schema says less than the reading does: nothing of names that lead nowhere, of units and of ranges.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::raw;

/// The draft that editors know best.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Sections that mean something with nothing in them.
const MEANT_WHEN_EMPTY: [&str; 2] = ["pii", "cache"];

/// The JSON Schema of `penstock.yaml`.
pub fn schema() -> Value {
    let root = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<raw::File>();
    let mut schema = root.to_value();
    tell(&mut schema);
    if let Some(root) = schema.as_object_mut() {
        root.insert("$schema".to_owned(), DRAFT.into());
        root.insert("title".to_owned(), "penstock.yaml".into());
        if let Some(properties) = root.get_mut("properties").and_then(Value::as_object_mut) {
            for name in MEANT_WHEN_EMPTY {
                if let Some(section) = properties.get_mut(name) {
                    let description = section.get("description").cloned();
                    *section = json!({ "anyOf": [section, { "type": "null" }] });
                    if let (Some(description), Some(section)) = (description, section.as_object_mut()) {
                        section.insert("description".to_owned(), description);
                    }
                }
            }
        }
    }
    schema
}

/// Turns what is said in sentences into keywords, here and below.
fn tell(schema: &mut Value) {
    match schema {
        Value::Array(schemas) => schemas.iter_mut().for_each(tell),
        Value::Object(object) => {
            forget_null(object);
            // Widths of integers here say nothing to the writer of a file.
            object.remove("format");
            say(object);
            if let Some(required) = required(object) {
                object.insert("required".to_owned(), required);
            }
            for (name, below) in object.iter_mut() {
                match below {
                    // Names of fields, which may be any.
                    Value::Object(named) if name == "properties" || name == "$defs" => {
                        named.values_mut().for_each(tell);
                    }
                    below => tell(below),
                }
            }
        }
        _ => {}
    }
}

/// A field that is not written is left out; `null` is a line that somebody has forgotten to finish.
fn forget_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_mut_slice() {
            let only = only.take();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [only] = choices.as_mut_slice()
            && let Value::Object(only) = only.take()
        {
            object.remove("anyOf");
            for (name, value) in only {
                object.entry(name).or_insert(value);
            }
        }
    }
    // What the types of this crate hold before a file is read is no default of the file's.
    object.remove("default");
}

/// The names of the properties that say that they are required.
fn required(object: &Map<String, Value>) -> Option<Value> {
    let properties = object.get("properties")?.as_object()?;
    let names: Vec<_> = properties
        .iter()
        .filter(|(_, property)| {
            let said = property.get("description").and_then(Value::as_str);
            said.is_some_and(|said| said.ends_with("Required."))
        })
        .map(|(name, _)| name.as_str())
        .collect();
    (!names.is_empty()).then(|| names.into())
}

/// Words and default of a field, out of its description.
fn say(object: &mut Map<String, Value>) {
    let Some(said) = object.get("description").and_then(Value::as_str) else {
        return;
    };
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let (said, default) = match said.rsplit_once("Default `") {
        Some((before, default)) => (before.trim_end().to_owned(), default.strip_suffix("`.")),
        None => (said.clone(), None),
    };
    if let Some(default) = default {
        let value = typed(default, object.get("type"));
        object.insert("default".to_owned(), value);
    }
    if let Some(words) = said.split("Each one of ").nth(1).map(words)
        && let Some(items) = object.get_mut("items").and_then(Value::as_object_mut)
    {
        items.insert("enum".to_owned(), words);
    } else if let Some(words) = said.split("One of ").nth(1).map(words)
        && object.get("type").is_some_and(|name| name == "string")
    {
        object.insert("enum".to_owned(), words);
    }
    object.insert("description".to_owned(), said.into());
}

/// The quoted words of the sentence that a text begins with.
fn words(text: &str) -> Value {
    let sentence = text.split(". ").next().unwrap_or_default();
    let words: Vec<_> = sentence.split('`').skip(1).step_by(2).collect();
    words.into()
}

/// A default as the field's type has it.
fn typed(text: &str, kind: Option<&Value>) -> Value {
    match kind.and_then(Value::as_str) {
        Some("integer" | "number" | "boolean") => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        Some("array") => {
            let inner = text.trim_start_matches('[').trim_end_matches(']');
            inner.split(", ").collect::<Vec<_>>().into()
        }
        _ => text.into(),
    }
}
