//! Requests as each kind of client sends them.

use std::sync::atomic::{AtomicU64, Ordering};

use penstock_test_support::Request;
use serde_json::{Value, json};

/// The dialect of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Speaks OpenAI chat completions.
    OpenAi,
    /// Speaks Anthropic messages.
    Anthropic,
}

/// Both kinds of client.
pub const CLIENTS: [Client; 2] = [Client::OpenAi, Client::Anthropic];

/// Each kind of client, once without and once with streaming.
pub const WAYS: [(Client, bool); 4] = [
    (Client::OpenAi, false),
    (Client::OpenAi, true),
    (Client::Anthropic, false),
    (Client::Anthropic, true),
];

impl Client {
    /// A request with this body.
    pub fn request(self, body: &Value) -> Request {
        self.raw(body.to_string())
    }

    /// A request with any bytes.
    pub fn raw(self, body: impl Into<Vec<u8>>) -> Request {
        let body: Vec<u8> = body.into();
        match self {
            Self::OpenAi => Request::post_bytes("/v1/chat/completions", body),
            Self::Anthropic => {
                Request::post_bytes("/v1/messages", body).header("anthropic-version", "2026-10-21")
            }
        }
    }

    /// The smallest body that asks `model` to answer `text`.
    pub fn body(self, model: &str, text: &str, stream: bool) -> Value {
        let mut body = json!({"model": model, "messages": [{"role": "user", "content": text}]});
        if stream {
            body["stream"] = json!(true);
        }
        if self == Self::Anthropic {
            body["max_tokens"] = json!(1000);
        }
        body
    }

    /// Asks `model` to answer `text`.
    pub fn ask(self, model: &str, text: &str, stream: bool) -> Request {
        self.request(&self.body(model, text, stream))
    }
}

/// A word that no other request contains.
pub fn marker(name: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{name}-{}z", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The body with a field set.
pub fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}
