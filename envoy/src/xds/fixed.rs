//! What Envoy reads once, when it is started.

use std::path::Path;

use serde_json::Value;

use super::PublishError;

/// Variables that Envoy must be started with; one that is no longer needed is no reason to start it anew.
const ENVIRONMENT: &str = "/node/metadata/penstock/environment";

/// Parts of a bootstrap, and what of `penstock.yaml` stands there.
const PARTS: [(&str, &str); 4] = [
    ("admin", "admin"),
    ("node", "the variable in pii.key"),
    ("static_resources", "service (urls, timeout, tls)"),
    ("dynamic_resources", "the directory"),
];

/// An Envoy that was started with the bootstrap `old` may have the files beside `new`, or not.
pub(super) fn check(old: &str, new: &str, path: &Path) -> Result<(), PublishError> {
    let foreign = || PublishError::Foreign {
        path: path.to_owned(),
    };
    let mut old: Value = serde_saphyr::from_str(old).map_err(|_| foreign())?;
    let mut new: Value = serde_saphyr::from_str(new).map_err(|_| foreign())?;
    let (has, needs) = (environment(&mut old), environment(&mut new));
    if needs.iter().all(|name| has.contains(name)) && old == new {
        return Ok(());
    }
    let (Value::Object(old), Value::Object(mut new)) = (old, new) else {
        return Err(foreign());
    };
    let mut differ: Vec<String> = Vec::new();
    for (key, value) in &old {
        if new.remove(key).as_ref() != Some(value) {
            differ.push(key.clone());
        }
    }
    differ.extend(new.into_iter().map(|(key, _)| key));
    if differ.is_empty() {
        differ.push("node".to_owned());
    }
    let parts = differ.iter().map(|key| {
        let part = PARTS.iter().find(|(part, _)| part == key);
        part.map_or_else(
            || format!("{key} (of another version of penstock)"),
            |(_, told)| (*told).to_owned(),
        )
    });
    Err(PublishError::NeedsRestart(parts.collect()))
}

/// Takes the names out.
fn environment(bootstrap: &mut Value) -> Vec<Value> {
    match bootstrap.pointer_mut(ENVIRONMENT).map(Value::take) {
        Some(Value::Array(names)) => names,
        _ => Vec::new(),
    }
}
