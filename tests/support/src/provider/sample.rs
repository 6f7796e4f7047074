//! A value that conforms to a JSON schema, as far as tool calls and structured output use schemas.

use serde_json::{Map, Value, json};

/// Schemas deeper than this end in `null`: recursive ones have no end.
const MAX_DEPTH: usize = 16;

/// A conforming value; `seed` makes the values of parallel calls differ.
pub fn of(schema: &Value, seed: usize) -> Value {
    Sampler { root: schema, seed }.value(schema, "value", 0)
}

struct Sampler<'a> {
    root: &'a Value,
    seed: usize,
}

impl Sampler<'_> {
    fn value(&self, schema: &Value, name: &str, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            return Value::Null;
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let target = target
                .strip_prefix('#')
                .and_then(|pointer| self.root.pointer(pointer));
            return self.value(target.unwrap_or(&Value::Null), name, depth + 1);
        }
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(options) = schema
            .get("enum")
            .and_then(Value::as_array)
            .filter(|list| !list.is_empty())
        {
            return options
                .get(self.seed % options.len())
                .cloned()
                .unwrap_or_default();
        }
        for combination in ["anyOf", "oneOf", "allOf"] {
            if let Some(first) = schema.get(combination).and_then(|list| list.get(0)) {
                return self.value(first, name, depth + 1);
            }
        }
        match kind(schema) {
            "object" => self.object(schema, depth),
            "array" => {
                let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0).max(1);
                let item = schema.get("items").unwrap_or(&Value::Null);
                (0..least).map(|_| self.value(item, name, depth + 1)).collect()
            }
            "integer" => json!(self.number(schema) as i64),
            "number" => json!(self.number(schema) + 0.5),
            "boolean" => json!(self.seed.is_multiple_of(2)),
            "null" => Value::Null,
            _ => match schema.get("format").and_then(Value::as_str) {
                Some("date") => json!("2026-11-20"),
                Some("date-time") => json!("2026-11-20T12:00:00Z"),
                Some("email") => json!("ada@example.com"),
                Some("uri") => json!("https://example.com/"),
                _ => json!(format!("{name} {} \"ü\"", self.seed)),
            },
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let mut object = Map::new();
        for (name, property) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            object.insert(name.clone(), self.value(property, name, depth + 1));
        }
        Value::Object(object)
    }

    fn number(&self, schema: &Value) -> f64 {
        schema.get("minimum").and_then(Value::as_f64).unwrap_or(1.0) + self.seed as f64
    }
}

fn kind(schema: &Value) -> &str {
    let named = schema.get("type");
    named
        .and_then(Value::as_str)
        .or_else(|| named.and_then(|list| list.get(0)).and_then(Value::as_str))
        .unwrap_or(if schema.get("properties").is_some() {
            "object"
        } else {
            "string"
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_have_every_property_of_its_type() {
        let schema = json!({
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer", "minimum": 3},
                "unit": {"enum": ["c", "f"]},
                "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}},
            },
            "$defs": {"tag": {"type": ["string", "null"]}},
        });
        assert_eq!(
            of(&schema, 1),
            json!({"city": "city 1 \"ü\"", "days": 4, "unit": "f", "tags": ["tags 1 \"ü\""]})
        );
    }

    #[test]
    fn recursive_schema_ends() {
        let schema = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
        assert!(of(&schema, 0).is_object());
    }
}
