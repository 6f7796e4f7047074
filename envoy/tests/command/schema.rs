//! docs/penstock.schema.json, held against the reading of real files.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use jsonschema::Validator;
use penstock_config::Config;
use serde_json::{Value, json};

use crate::support::{assert_golden, checkout, examples};

fn schema() -> Value {
    penstock_config::schema()
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).unwrap()
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

fn is_read(file: &Value) -> Result<Config, String> {
    // JSON is YAML.
    Config::from_yaml_str(&file.to_string(), Path::new("/etc/penstock/penstock.yaml"))
        .map_err(|error| error.to_string())
}

/// A file with every section, each as full as its fields allow at once.
fn full() -> Value {
    yaml(include_str!("full.yaml"))
}

#[test]
fn the_checked_in_schema_is_that_of_the_types() {
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    assert_golden(&checkout().join("docs/penstock.schema.json"), &text);
    let printed = Command::new(env!("CARGO_BIN_EXE_penstock"))
        .arg("schema")
        .output()
        .unwrap();
    assert!(printed.status.success());
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), text);
}

#[test]
fn it_is_a_schema_and_takes_every_example() {
    let schema = schema();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = validator();
    let examples = examples();
    assert!(examples.len() >= 10, "{examples:?}");
    for name in examples {
        let file = checkout().join("examples").join(&name).join("penstock.yaml");
        let example = yaml(&fs::read_to_string(file).unwrap());
        let errors: Vec<_> = validator
            .iter_errors(&example)
            .map(|error| format!("{} {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
    assert!(validator.is_valid(&full()), "{:?}", validator.validate(&full()));
    is_read(&full()).unwrap();
}

/// Each object of the full file with a field more, which neither the schema nor the reading knows.
#[test]
fn unknown_fields_are_refused_everywhere() {
    let validator = validator();
    let mut tried = 0;
    for place in objects(&full(), "") {
        // Maps whose names are the user's.
        if ["/downgrades", "/entities", "/tags"]
            .iter()
            .any(|names| place.ends_with(names))
        {
            continue;
        }
        let mut file = full();
        let object = file.pointer_mut(&place).unwrap().as_object_mut().unwrap();
        object.insert("lissten".to_owned(), "x".into());
        assert!(!validator.is_valid(&file), "{place} takes an unknown field");
        assert!(is_read(&file).unwrap_err().contains("lissten"), "{place}");
        tried += 1;
    }
    assert!(tried > 40, "{tried}");
}

#[test]
fn what_is_required_is_missed_by_both() {
    let (validator, schema) = (validator(), schema());
    let mut tried = 0;
    for (place, definition) in typed(&schema) {
        for field in definition["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            let mut file = full();
            let object = file.pointer_mut(&place).unwrap().as_object_mut().unwrap();
            object
                .remove(field)
                .unwrap_or_else(|| panic!("the full file lacks {place}/{field}"));
            assert!(!validator.is_valid(&file), "{place}/{field}");
            let error = is_read(&file).unwrap_err();
            assert!(error.contains(field), "{place}/{field}: {error}");
            tried += 1;
        }
    }
    assert!(tried > 25, "{tried}");
}

/// Defaults written out change nothing, so the policy version stays what it was.
#[test]
fn defaults_are_those_that_hold() {
    let schema = schema();
    let (mut tried, mut left) = (BTreeSet::new(), BTreeMap::new());
    for (place, definition) in typed(&schema) {
        for (field, property) in definition["properties"].as_object().into_iter().flatten() {
            let Some(default) = property.get("default") else {
                continue;
            };
            let mut without = full();
            without
                .pointer_mut(&place)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .remove(field);
            let mut with = without.clone();
            with.pointer_mut(&place).unwrap()[field] = default.clone();
            // Where other fields need it, it is left to another place that has it.
            let which = (std::ptr::from_ref(definition), field);
            match (is_read(&without), is_read(&with)) {
                (Ok(without), Ok(with)) => {
                    let versions = [without.policy_version(), with.policy_version()];
                    assert_eq!(
                        versions[0], versions[1],
                        "{place}/{field} is not {default} by default"
                    );
                    tried.insert(which);
                }
                (Err(error), _) | (_, Err(error)) => {
                    _ = left.insert(which, format!("{place}/{field}: {error}"))
                }
            }
        }
    }
    left.retain(|which, _| !tried.contains(which));
    assert!(left.is_empty(), "{left:#?}");
    assert!(tried.len() > 60, "{}", tried.len());
}

/// The words of the schema are those that the reading names when it is told another.
#[test]
fn words_are_those_that_are_known() {
    let schema = schema();
    let (mut tried, mut left) = (BTreeSet::new(), BTreeMap::new());
    for (place, definition) in typed(&schema) {
        for (field, property) in definition["properties"].as_object().into_iter().flatten() {
            let which = (std::ptr::from_ref(definition), field);
            let (words, list) = match (property.get("enum"), property.pointer("/items/enum")) {
                (Some(words), _) => (words, false),
                (None, Some(words)) => (words, true),
                (None, None) => continue,
            };
            let mut file = full();
            let wrong = if list { json!(["zzzz"]) } else { json!("zzzz") };
            file.pointer_mut(&place).unwrap()[field] = wrong;
            let error = is_read(&file).unwrap_err();
            let line = error.lines().find(|line| line.contains("zzzz"));
            let Some(known) = line.and_then(|line| line.split("known: ").nth(1)) else {
                // Where it has no meaning beside other fields, it is left to another place that has it.
                left.insert(which, format!("{place}/{field}: {error}"));
                continue;
            };
            let mut known: Vec<_> = known.split(" (").next().unwrap_or_default().split(", ").collect();
            let mut words: Vec<_> = words
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str)
                .collect();
            known.sort_unstable();
            words.sort_unstable();
            assert_eq!(words, known, "{place}/{field}");
            tried.insert(which);
        }
    }
    left.retain(|which, _| !tried.contains(which));
    assert!(left.is_empty(), "{left:#?}");
    assert!(tried.len() > 20, "{}", tried.len());
}

/// The places of all objects in a value.
fn objects(value: &Value, at: &str) -> Vec<String> {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(n, value)| (n.to_string(), value))
            .collect(),
        _ => return Vec::new(),
    };
    let here = value.is_object().then(|| at.to_owned());
    let below = below
        .iter()
        .flat_map(|(name, value)| objects(value, &format!("{at}/{name}")));
    here.into_iter().chain(below).collect()
}

/// The objects of the full file, each with its definition.
fn typed(schema: &Value) -> Vec<(String, &Value)> {
    let file = full();
    let mut waiting = vec![(String::new(), schema)];
    let mut found = Vec::new();
    while let Some((place, definition)) = waiting.pop() {
        let definition = resolved(schema, definition);
        let Some(here) = file.pointer(&place) else {
            continue;
        };
        for (name, property) in definition["properties"].as_object().into_iter().flatten() {
            waiting.push((format!("{place}/{name}"), property));
        }
        if let Some(items) = definition.get("items") {
            let count = here.as_array().map_or(0, Vec::len);
            waiting.extend((0..count).map(|number| (format!("{place}/{number}"), items)));
        }
        if definition.get("properties").is_some() {
            found.push((place, definition));
        }
    }
    found
}

/// What a reference leads to; of several shapes, the one with fields.
fn resolved<'a>(schema: &'a Value, definition: &'a Value) -> &'a Value {
    if let Some(target) = definition["$ref"].as_str() {
        return resolved(schema, schema.pointer(target.trim_start_matches('#')).unwrap());
    }
    let shapes = definition["anyOf"].as_array().into_iter().flatten();
    shapes
        .map(|shape| resolved(schema, shape))
        .find(|shape| shape.get("properties").is_some())
        .unwrap_or(definition)
}
