//! Errors in the form of each API.
//!
//! Shapes and types: `ErrorResponse` of OpenAI's OpenAPI document and its error guide, Anthropic's "Errors" page
//! (both read 2026-11).

use bytes::Bytes;
use serde_json::json;

/// The dialect an error is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAI chat completions.
    OpenAi,
    /// Anthropic messages.
    Anthropic,
}

/// A request that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// What a person reads.
    pub message: String,
    /// OpenAI's `code`.
    pub code: Option<&'static str>,
    /// OpenAI's `param`.
    pub param: Option<String>,
}

impl Refusal {
    /// A request with a mistake in the field at `param`.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            message: message.into(),
            code: None,
            param: Some(param.into()),
        }
    }

    /// An error that a fault asks for.
    pub fn status(status: u16) -> Self {
        let (message, code) = match status {
            401 => ("Incorrect API key provided.", Some("invalid_api_key")),
            404 => ("The model does not exist.", Some("model_not_found")),
            429 => ("Rate limit reached.", Some("rate_limit_exceeded")),
            503 | 529 => ("The server is overloaded.", None),
            _ => ("The server had an error while processing your request.", None),
        };
        Self {
            status,
            message: message.into(),
            code,
            param: None,
        }
    }

    /// The prompt is larger than the model's context.
    pub fn context_length(dialect: Dialect) -> Self {
        let message = match dialect {
            Dialect::OpenAi => {
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
            }
            Dialect::Anthropic => "prompt is too long: 9000 tokens > 8192 maximum",
        };
        Self {
            status: 400,
            message: message.into(),
            code: Some("context_length_exceeded"),
            param: Some("messages".into()),
        }
    }

    /// The prompt is refused for what it says.
    pub fn content_policy(dialect: Dialect) -> Self {
        let message = match dialect {
            Dialect::OpenAi => "Your request was rejected as a result of our safety system.",
            Dialect::Anthropic => "Output blocked by content filtering policy",
        };
        Self {
            status: 400,
            message: message.into(),
            code: Some("content_policy_violation"),
            param: None,
        }
    }

    /// The error object, without the envelope of a stream.
    pub fn body(&self, dialect: Dialect) -> Bytes {
        let body = match dialect {
            Dialect::OpenAi => json!({"error": {
                "message": self.message,
                "type": self.openai_type(),
                "param": self.param,
                "code": self.code,
            }}),
            Dialect::Anthropic => json!({
                "type": "error",
                "error": {"type": self.anthropic_type(), "message": self.anthropic_message()},
                "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy",
            }),
        };
        Bytes::from(body.to_string())
    }

    /// The error as an event of a stream.
    pub fn event(&self, dialect: Dialect) -> Bytes {
        let body = self.body(dialect);
        let body = String::from_utf8_lossy(&body);
        Bytes::from(match dialect {
            Dialect::OpenAi => format!("data: {body}\n\n"),
            Dialect::Anthropic => format!("event: error\ndata: {body}\n\n"),
        })
    }

    fn anthropic_message(&self) -> String {
        match &self.param {
            Some(param) if self.code.is_none() => format!("{param}: {}", self.message),
            _ => self.message.clone(),
        }
    }

    fn openai_type(&self) -> &'static str {
        match self.status {
            400 | 404 | 401 => "invalid_request_error",
            403 => "permission_error",
            429 => "requests",
            _ => "server_error",
        }
    }

    fn anthropic_type(&self) -> &'static str {
        match self.status {
            400 => "invalid_request_error",
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            504 => "timeout_error",
            529 | 503 => "overloaded_error",
            _ => "api_error",
        }
    }
}
