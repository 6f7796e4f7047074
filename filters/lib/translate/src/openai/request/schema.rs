//! Whether a JSON schema is within the subset that OpenAI enforces.

use serde_json::Value;
use serde_json::value::RawValue;

/// Whether OpenAI takes a schema with `strict: true`: every object closes its properties and requires all of them.
///
/// "Structured outputs", section "Supported schemas", OpenAI platform documentation (read 2026-11). Looks at every
/// object schema wherever it stands; what else the subset leaves out, OpenAI's own error says.
pub fn is_strict(schema: &RawValue) -> bool {
    let Ok(root) = serde_json::from_str::<Value>(schema.get()) else {
        return false;
    };
    let mut open = vec![&root];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                let is_object = members.get("type").is_some_and(|kind| kind == "object");
                if (is_object || members.get("properties").is_some_and(Value::is_object)) && !is_closed(value)
                {
                    return false;
                }
                open.extend(members.values());
            }
            Value::Array(elements) => open.extend(elements),
            _ => {}
        }
    }
    root.get("type").is_some_and(|kind| kind == "object")
}

fn is_closed(schema: &Value) -> bool {
    let required: Vec<&str> = match schema.get("required") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let all_required = match schema.get("properties") {
        Some(Value::Object(properties)) => properties.keys().all(|name| required.contains(&name.as_str())),
        _ => true,
    };
    all_required && schema.get("additionalProperties") == Some(&Value::Bool(false))
}
