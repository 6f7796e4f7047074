//! A key as one line of YAML, for `keys.list`.

use penstock_config::Key;
use serde_json::{Map, Value, json};

use crate::expiry;

/// One entry of `keys.list`, without a line break. JSON is YAML too, and leaves no doubt about quotes.
pub fn entry(key: &Key) -> String {
    let holder = &key.holder;
    let limits = &holder.limits;
    let mut fields = vec![
        ("id", json!(key.id)),
        ("hash", json!(key.hash)),
        ("tenant", json!(holder.tenant)),
    ];
    let tags: Map<String, Value> = holder
        .tags
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let limits: Map<String, Value> = [
        ("requests_per_minute", limits.requests_per_minute),
        ("tokens_per_minute", limits.tokens_per_minute),
        ("tokens_per_day", limits.tokens_per_day),
    ]
    .into_iter()
    .filter_map(|(name, limit)| Some((name.to_owned(), json!(limit?))))
    .collect();
    let optional = [
        ("team", holder.team.as_ref().map(|team| json!(team))),
        ("agent", holder.agent.as_ref().map(|agent| json!(agent))),
        ("models", holder.models.as_ref().map(|models| json!(models))),
        ("region", holder.region.as_ref().map(|region| json!(region))),
        ("tags", (!tags.is_empty()).then_some(Value::Object(tags))),
        (
            "expires",
            key.expires_ms.map(|millis| json!(expiry::written(millis))),
        ),
        ("revoked", key.revoked.then_some(Value::Bool(true))),
        ("priority", (holder.priority > 0).then(|| json!(holder.priority))),
        ("admin", holder.admin.then_some(Value::Bool(true))),
        ("limits", (!limits.is_empty()).then_some(Value::Object(limits))),
    ];
    fields.extend(
        optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let fields: Vec<String> = fields
        .into_iter()
        .map(|(name, value)| format!("{name}: {}", spaced(&value)))
        .collect();
    format!("- {{ {} }}", fields.join(", "))
}

/// YAML needs a space after a colon where JSON has none.
fn spaced(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let fields: Vec<String> = map
                .iter()
                .map(|(name, value)| format!("{name}: {}", spaced(value)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Array(list) => {
            let values: Vec<String> = list.iter().map(spaced).collect();
            format!("[{}]", values.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use penstock_config::{Config, Holder, KeyHash, KeyLimits};

    use super::*;

    /// As the configuration reads it.
    fn read(line: &str) -> Key {
        let text = format!(
            "service: {{}}
providers: [{{ name: p, api: openai, base_url: 'http://127.0.0.1:1', insecure: true }}]
models: [{{ name: default, targets: [{{ provider: p, model: a }}] }}]
keys:
  list:
    {line}
"
        );
        let config = Config::from_yaml_str(&text, Path::new("penstock.yaml")).unwrap();
        config.keys.unwrap().list.remove(0)
    }

    #[test]
    fn the_configuration_reads_what_is_written() {
        let least = Key {
            id: "k".to_owned(),
            hash: KeyHash::of("k"),
            expires_ms: None,
            revoked: false,
            holder: Holder {
                tenant: "a \"b\": {c}, #d".to_owned(),
                ..Holder::default()
            },
        };
        let most = Key {
            id: "acme-prod".to_owned(),
            hash: KeyHash::of("x"),
            expires_ms: Some(1_798_761_600_000),
            revoked: true,
            holder: Holder {
                tenant: "acme".to_owned(),
                team: Some("yes".to_owned()),
                agent: Some("1".to_owned()),
                models: Some(vec!["default".to_owned()]),
                region: Some("eu".to_owned()),
                tags: vec![("cost-center".to_owned(), "42".to_owned())],
                priority: 9,
                admin: true,
                limits: KeyLimits {
                    requests_per_minute: Some(60),
                    tokens_per_minute: Some(1),
                    tokens_per_day: Some(2),
                },
            },
        };
        for key in [least, most] {
            assert_eq!(read(&entry(&key)), key);
        }
    }
}
