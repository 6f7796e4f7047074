//! Checks that both APIs make of a request's JSON.

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// What a check says.
pub type Checked<T = ()> = Result<T, Refusal>;

/// `value` as an object.
pub fn object<'a>(value: &'a Value, path: &str) -> Checked<&'a Map<String, Value>> {
    value
        .as_object()
        .ok_or_else(|| Refusal::invalid(path, "Input should be an object"))
}

/// The object has no other fields than these.
pub fn only(object: &Map<String, Value>, path: &str, allowed: &[&str]) -> Checked {
    match object.keys().find(|key| !allowed.contains(&key.as_str())) {
        Some(key) => Err(Refusal::invalid(
            join(path, key),
            format!("Extra inputs are not permitted: '{key}'"),
        )),
        None => Ok(()),
    }
}

/// A field that must be there as a string.
pub fn string<'a>(object: &'a Map<String, Value>, path: &str, key: &str) -> Checked<&'a str> {
    object
        .get(key)
        .and_then(Value::as_str)
        .ok_or_else(|| Refusal::invalid(join(path, key), "Field required: a string"))
}

/// A field that may be missing, or null, or a number within bounds.
pub fn number(
    object: &Map<String, Value>,
    path: &str,
    key: &str,
    least: f64,
    most: f64,
) -> Checked<Option<f64>> {
    let Some(value) = present(object, key) else {
        return Ok(None);
    };
    match value.as_f64() {
        Some(number) if (least..=most).contains(&number) => Ok(Some(number)),
        _ => Err(Refusal::invalid(
            join(path, key),
            format!("Input should be a number from {least} to {most}"),
        )),
    }
}

/// A field that may be missing, or null, or an integer of at least `least`.
pub fn integer(object: &Map<String, Value>, path: &str, key: &str, least: u64) -> Checked<Option<u64>> {
    let Some(value) = present(object, key) else {
        return Ok(None);
    };
    match value.as_u64() {
        Some(number) if number >= least => Ok(Some(number)),
        _ => Err(Refusal::invalid(
            join(path, key),
            format!("Input should be an integer of at least {least}"),
        )),
    }
}

/// A field that may be missing, or null, or a boolean.
pub fn boolean(object: &Map<String, Value>, path: &str, key: &str) -> Checked<Option<bool>> {
    let Some(value) = present(object, key) else {
        return Ok(None);
    };
    match value.as_bool() {
        Some(flag) => Ok(Some(flag)),
        None => Err(Refusal::invalid(join(path, key), "Input should be a boolean")),
    }
}

/// A field that may be missing, or null, or one of these words.
pub fn word(object: &Map<String, Value>, path: &str, key: &str, words: &[&str]) -> Checked {
    match present(object, key) {
        Some(value) if !value.as_str().is_some_and(|word| words.contains(&word)) => Err(Refusal::invalid(
            join(path, key),
            format!("Input should be one of {words:?}"),
        )),
        _ => Ok(()),
    }
}

/// A name of a tool or schema: letters, digits, `_` and `-`.
pub fn name(text: &str, path: &str, most: usize) -> Checked {
    let fits = !text.is_empty() && text.len() <= most;
    if fits
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    {
        return Ok(());
    }
    Err(Refusal::invalid(
        path,
        format!("String should match pattern '^[a-zA-Z0-9_-]{{1,{most}}}$'"),
    ))
}

/// Base64 as data URLs and image sources carry it.
pub fn base64(text: &str, path: &str) -> Checked<usize> {
    let body = text.trim_end_matches('=');
    let alphabet = body
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/');
    if text.is_empty() || !alphabet || !text.len().is_multiple_of(4) || text.len() - body.len() > 2 {
        return Err(Refusal::invalid(path, "Input should be valid base64"));
    }
    Ok(body.len() * 3 / 4)
}

/// A field that is there and not null.
pub fn present<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).filter(|value| !value.is_null())
}

/// The path of a field.
pub fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
