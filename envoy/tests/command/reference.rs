//! docs/reference.md, made from the JSON Schema.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::support::{assert_golden, checkout};

const HEAD: &str = "# Reference of penstock.yaml

Every field, made from the types that read the file; `UPDATE_GOLDEN=1 cargo test -p penstock-envoy` makes it anew.
[configuration.md](configuration.md) explains what belongs together. `penstock schema` prints the same as a
[JSON Schema](penstock.schema.json), by which an editor completes and checks: save it, and begin `penstock.yaml` with
`# yaml-language-server: $schema=penstock.schema.json`.

A duration is a whole number and a unit (`500ms`, `30s`, `5m`, `1h`), a size likewise (`512KiB`, `16MiB`). Relative paths start at the
directory of the file. What is required stands first.
";

#[test]
fn the_reference_is_that_of_the_types() {
    assert_golden(
        &checkout().join("docs/reference.md"),
        &reference(&penstock_config::schema()),
    );
}

#[test]
fn every_field_is_explained() {
    let schema = penstock_config::schema();
    for (name, definition) in sections(&schema) {
        assert!(definition.get("description").is_some(), "{name}");
        for (field, property) in properties(definition) {
            let said = property.get("description").and_then(Value::as_str);
            assert!(
                said.is_some_and(|said| said.len() > 5),
                "{name}.{field}: {said:?}"
            );
        }
    }
}

fn reference(schema: &Value) -> String {
    let mut out = HEAD.to_owned();
    for (name, definition) in sections(schema) {
        let path = match name.as_str() {
            "" => "Top level".to_owned(),
            name => name.to_owned(),
        };
        write!(out, "\n## {path}\n\n").unwrap();
        if name.is_empty() {
            out.push_str("| field | type | default | meaning |\n|---|---|---|---|\n");
        } else {
            let used: Vec<_> = users(schema, &name)
                .into_iter()
                .map(|place| format!("`{place}`"))
                .collect();
            writeln!(out, "{} In {}.\n", text(definition), used.join(", ")).unwrap();
            out.push_str("| field | type | default | meaning |\n|---|---|---|---|\n");
        }
        let required: Vec<_> = definition["required"].as_array().into_iter().flatten().collect();
        let is_required = |field: &str| required.iter().any(|name| *name == field);
        let mut fields: Vec<_> = properties(definition).collect();
        fields.sort_by_key(|(field, _)| !is_required(field));
        for (field, property) in fields {
            let default = match &property["default"] {
                _ if is_required(field) => "required".to_owned(),
                Value::Null => String::new(),
                Value::String(word) => format!("`{word}`"),
                Value::Array(words) => {
                    let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
                    format!("`[{}]`", words.join(", "))
                }
                other => format!("`{other}`"),
            };
            writeln!(
                out,
                "| `{field}` | {} | {default} | {} |",
                kind(schema, property),
                text(property)
            )
            .unwrap();
        }
    }
    out
}

/// The whole file first, then what it is made of.
fn sections(schema: &Value) -> Vec<(String, &Value)> {
    let definitions = schema["$defs"].as_object().unwrap();
    let tables = definitions
        .iter()
        .filter(|(_, definition)| definition.get("properties").is_some())
        .map(|(name, definition)| (name.clone(), definition));
    [(String::new(), schema)].into_iter().chain(tables).collect()
}

fn properties(definition: &Value) -> impl Iterator<Item = (&String, &Value)> {
    definition["properties"]
        .as_object()
        .into_iter()
        .flat_map(Map::iter)
}

/// The fields that have this type.
fn users(schema: &Value, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (section, definition) in sections(schema) {
        for (field, property) in properties(definition) {
            if references(property, schema, name) {
                found.push(if section.is_empty() {
                    field.clone()
                } else {
                    format!("{section}.{field}")
                });
            }
        }
    }
    found
}

fn references(value: &Value, schema: &Value, name: &str) -> bool {
    match value {
        Value::Array(values) => values.iter().any(|value| references(value, schema, name)),
        Value::Object(object) => object.iter().any(|(key, value)| match value.as_str() {
            Some(target) if key == "$ref" => {
                let target = target.trim_start_matches("#/$defs/");
                // A choice between shapes is no section of its own.
                let definition = &schema["$defs"][target];
                target == name
                    || (definition.get("properties").is_none() && references(definition, schema, name))
            }
            _ => references(value, schema, name),
        }),
        _ => false,
    }
}

fn kind(schema: &Value, property: &Value) -> String {
    if let Some(target) = property["$ref"].as_str() {
        let name = target.trim_start_matches("#/$defs/");
        let definition = &schema["$defs"][name];
        if definition.get("properties").is_none() {
            return kind(schema, definition);
        }
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(choices) = property["anyOf"].as_array() {
        let kinds: Vec<_> = choices
            .iter()
            .filter(|choice| choice["type"] != "null")
            .map(|choice| kind(schema, choice))
            .collect();
        return kinds.join(" or ");
    }
    if let Some(values) = property
        .get("additionalProperties")
        .filter(|values| values.is_object())
    {
        return format!("names of {}", kind(schema, values));
    }
    match &property["type"] {
        Value::String(name) if name == "array" => format!("list of {}", kind(schema, &property["items"])),
        Value::String(name) if name == "string" => "text".to_owned(),
        Value::String(name) if name == "boolean" => "`true`, `false`".to_owned(),
        Value::String(name) => name.clone(),
        _ => "number".to_owned(),
    }
}

/// What is said of it, less what has a column of its own.
fn text(property: &Value) -> String {
    let said = property["description"].as_str().unwrap_or_default();
    said.trim_end_matches("Required.").trim_end().replace('|', "\\|")
}
