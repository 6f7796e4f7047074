//! `GET /v1/models`, from configuration, in either dialect.

use penstock_chat::Api;
use penstock_config::slice::Model;
use serde_json::{Value, json};

/// A model has no date of creation here; both SDKs demand one.
const CREATED_UNIX: u64 = 0;
const CREATED_RFC3339: &str = "1970-01-01T00:00:00Z";

/// The list of all models.
pub(crate) fn list(dialect: Api, models: &[Model]) -> Vec<u8> {
    let data: Vec<Value> = models.iter().map(|model| entry(dialect, model)).collect();
    let body = match dialect {
        Api::OpenAi => json!({ "object": "list", "data": data }),
        Api::Anthropic => json!({
            "first_id": models.first().map(|model| &model.name),
            "last_id": models.last().map(|model| &model.name),
            "data": data,
            "has_more": false,
        }),
    };
    body.to_string().into_bytes()
}

/// The model `name`, which may be percent-encoded.
pub(crate) fn one(dialect: Api, models: &[Model], name: &str) -> Option<Vec<u8>> {
    let name = percent_decoded(name);
    let model = models.iter().find(|model| model.name == name)?;
    Some(entry(dialect, model).to_string().into_bytes())
}

fn entry(dialect: Api, model: &Model) -> Value {
    match dialect {
        Api::OpenAi => json!({
            "id": model.name, "object": "model", "created": CREATED_UNIX, "owned_by": "penstock",
        }),
        Api::Anthropic => json!({
            "type": "model", "id": model.name, "display_name": model.name, "created_at": CREATED_RFC3339,
            "lifecycle": "active",
        }),
    }
}

/// SDKs encode a slash in a model's name.
fn percent_decoded(text: &str) -> String {
    let mut rest = text.as_bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some((byte, after)) = rest.split_first() {
        let code = (*byte == b'%')
            .then(|| after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(code.unwrap_or(*byte));
        rest = if code.is_some() {
            after.get(2..).unwrap_or_default()
        } else {
            after
        };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percent_encoded_name_is_decoded_and_a_broken_code_left_alone() {
        for (text, expected) in [
            ("a%2Fb", "a/b"),
            ("a%2", "a%2"),
            ("%zz", "%zz"),
            ("plain", "plain"),
            ("%", "%"),
        ] {
            assert_eq!(percent_decoded(text), expected);
        }
    }
}
