//! Istio's operations on parts of Envoy's configuration.
//!
//! Source: `pilot/pkg/networking/core/envoyfilter` and `pkg/proto/merge` of istio/istio, release-1.31, read 2026-11, and
//! the reference of `EnvoyFilter`.

use serde_json::Value;

/// Fields that are maps of messages: an entry takes the place of one with the same key, whole.
const MAPS: [&str; 2] = ["typed_extension_protocol_options", "typed_per_filter_config"];

/// MERGE: fields of `patch` are set, messages are merged field by field, lists are appended to.
pub fn merge(into: &mut Value, patch: &Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (key, value) in patch {
                match into.get_mut(key) {
                    Some(Value::Object(entries)) if MAPS.contains(&key.as_str()) => {
                        entries.extend(value.as_object().cloned().unwrap_or_default());
                    }
                    Some(present) => merge(present, value),
                    None => {
                        into.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(into), Value::Array(patch)) => into.extend(patch.iter().cloned()),
        (into, patch) => *into = patch.clone(),
    }
}

/// What an operation does to a list, in which `matches` finds what it is about.
pub fn apply(list: &mut Vec<Value>, operation: &str, value: &Value, matches: impl Fn(&Value) -> bool) {
    let found = list.iter().position(&matches);
    match (operation, found) {
        ("ADD", _) => list.push(value.clone()),
        ("INSERT_FIRST", Some(_)) => list.insert(0, value.clone()),
        ("INSERT_BEFORE", Some(at)) => list.insert(at, value.clone()),
        ("INSERT_AFTER", Some(at)) => list.insert(at + 1, value.clone()),
        ("REPLACE", Some(at)) => list[at] = value.clone(),
        ("REMOVE", _) => list.retain(|item| !matches(item)),
        ("MERGE", _) => {
            for item in list.iter_mut().filter(|item| matches(item)) {
                merge(item, value);
            }
        }
        // What is not found is left alone: istiod says nothing.
        ("INSERT_FIRST" | "INSERT_BEFORE" | "INSERT_AFTER" | "REPLACE", None) => {}
        _ => panic!("unknown operation {operation}"),
    }
}

/// Whether a name is the wanted one, if one is wanted.
pub fn is(wanted: &Value, name: &Value) -> bool {
    wanted.is_null() || wanted == name
}

mod tests {
    use serde_json::json;

    use super::*;

    fn after(operation: &str) -> Value {
        let mut list = vec![json!({"name": "a", "l": [1]}), json!({"name": "b"})];
        apply(&mut list, operation, &json!({"name": "a", "l": [2]}), |item| item["name"] == "a");
        list.into()
    }

    #[test]
    fn operations_do_what_the_reference_says() {
        let [a, b, new] = [json!({"name": "a", "l": [1]}), json!({"name": "b"}), json!({"name": "a", "l": [2]})];
        assert_eq!(after("ADD"), json!([a, b, new]));
        assert_eq!(after("INSERT_FIRST"), json!([new, a, b]));
        assert_eq!(after("INSERT_BEFORE"), json!([new, a, b]));
        assert_eq!(after("INSERT_AFTER"), json!([a, new, b]));
        assert_eq!(after("REPLACE"), json!([new, b]));
        assert_eq!(after("REMOVE"), json!([b]));
        assert_eq!(after("MERGE"), json!([{"name": "a", "l": [1, 2]}, b]));
    }

    #[test]
    fn an_entry_of_a_map_is_replaced_whole() {
        let mut cluster = json!({"typed_extension_protocol_options": {"http": {"a": 1}, "other": {"c": 1}}});
        merge(
            &mut cluster,
            &json!({"typed_extension_protocol_options": {"http": {"b": 2}}}),
        );
        assert_eq!(
            cluster,
            json!({"typed_extension_protocol_options": {"http": {"b": 2}, "other": {"c": 1}}})
        );
    }
}
