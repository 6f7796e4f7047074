//! What all chunks of an OpenAI stream say.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A chunk as far as another one of the same answer is like it: what else it says is said once.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Chunk {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_fingerprint: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<Box<RawValue>>,
}

impl Chunk {
    /// Reads a chunk; one that cannot be read says nothing.
    pub fn of(data: &str) -> Self {
        serde_json::from_str(data).unwrap_or_default()
    }

    /// A chunk with these choices, a list of JSON.
    pub fn with_choices(&self, choices: &str) -> String {
        // Raw values always serialise.
        let fields = serde_json::to_string(self).unwrap_or_default();
        match fields.strip_suffix('}') {
            Some(fields) if fields.len() > 1 => format!(r#"{fields},"choices":{choices}}}"#),
            _ => format!(r#"{{"choices":{choices}}}"#),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_chunk_says_what_all_say_and_no_more() {
        for (data, expected) in [
            (
                r#"{"id":"c","choices":[1],"created":7,"model":"m","usage":{"x":1},"citations":["a"]}"#,
                r#"{"id":"c","created":7,"model":"m","choices":[]}"#,
            ),
            (r#"{"id":{"a":{}}}"#, r#"{"id":{"a":{}},"choices":[]}"#),
            ("{}", r#"{"choices":[]}"#),
            (r#"{"id":1,"id":2}"#, r#"{"choices":[]}"#),
        ] {
            assert_eq!(Chunk::of(data).with_choices("[]"), expected);
        }
    }
}
