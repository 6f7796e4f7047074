//! Anthropic's errors: `{"type": "error", "error": {"type", "message"}}`.

use std::borrow::Cow;

use penstock_chat::anthropic::response::sent::{ErrorBody, ErrorDetails, ErrorObject};

use crate::error::{ApiError, ErrorKind, Rendered, Report, mentions, shorten, to_json};
use crate::json::{self, Object};

/// How Anthropic words a prompt that does not fit. Its clients know this case by nothing else.
const PROMPT_TOO_LONG: &str = "prompt is too long";

/// The `error_code` at which Anthropic's SDK stops having conversations held for it and sends them whole
/// (`ThreadUnsupportedRequestErrorDetails`, Python SDK 2.11, read 2026-11).
pub(crate) const THREAD_UNSUPPORTED: &str = "thread_unsupported_request";

/// Status and `type` of each kind (platform.claude.com, "Errors", read 2026-11). A spent budget is a 429 as at
/// Anthropic the limit of an account's tier is (`EnforcedSpendLimitReachedError`, Python SDK 2.11).
fn form(kind: ErrorKind) -> (u16, &'static str) {
    match kind {
        ErrorKind::InvalidRequest | ErrorKind::ContextLength | ErrorKind::ContentPolicy => {
            (400, "invalid_request_error")
        }
        ErrorKind::Authentication => (401, "authentication_error"),
        ErrorKind::Permission => (403, "permission_error"),
        ErrorKind::NotFound => (404, "not_found_error"),
        ErrorKind::RequestTooLarge => (413, "request_too_large"),
        ErrorKind::RateLimit | ErrorKind::QuotaExceeded => (429, "rate_limit_error"),
        ErrorKind::Overloaded => (529, "overloaded_error"),
        ErrorKind::Timeout => (504, "timeout_error"),
        ErrorKind::Upstream => (502, "api_error"),
        ErrorKind::Unavailable => (503, "api_error"),
        ErrorKind::Internal => (500, "api_error"),
    }
}

fn body(error: &ApiError) -> (u16, Vec<u8>) {
    let (status, kind) = form(error.kind);
    let reworded = error.kind == ErrorKind::ContextLength && !mentions(&error.message, &[PROMPT_TOO_LONG]);
    let message = match reworded {
        true => Cow::Owned(format!("{PROMPT_TOO_LONG}: {}", error.message)),
        false => Cow::Borrowed(error.message.as_str()),
    };
    // Other codes are OpenAI's.
    let code = error.code.as_deref().filter(|code| *code == THREAD_UNSUPPORTED);
    let object = ErrorObject {
        kind,
        message: &message,
        details: code.map(|error_code| ErrorDetails { error_code }),
    };
    let body = ErrorBody {
        kind: "error",
        error: object,
    };
    (status, to_json(&body))
}

/// See [`crate::error::render`].
pub(crate) fn render(error: &ApiError) -> Rendered {
    let (status, body) = body(error);
    Rendered { status, body }
}

/// See [`crate::error::render_event`]. The SDKs raise at the event's name.
pub(crate) fn render_event(error: &ApiError, out: &mut Vec<u8>) {
    penstock_sse::write(Some("error"), &body(error).1, out);
}

/// Reads the object under `error`.
pub(crate) fn read(text: &str) -> Option<Report> {
    let outer = Object::parse_checked(text).ok()?;
    let error = Object::parse_checked(outer.get("error")?.get()).ok()?;
    let kind = error.get("type").and_then(json::string);
    let message = error.get("message").and_then(json::string);
    let code = error
        .get("details")
        .and_then(|details| Object::parse_checked(details.get()).ok())
        .and_then(|details| details.get("error_code").and_then(json::string));
    let kind = kind.as_deref().unwrap_or_default();
    let exact = match (kind, code.as_deref().unwrap_or_default()) {
        ("overloaded_error", _) => Some(ErrorKind::Overloaded),
        ("billing_error", _) => Some(ErrorKind::QuotaExceeded),
        (_, code) if code.ends_with("_spend_limit_reached") => Some(ErrorKind::QuotaExceeded),
        ("invalid_request_error" | "request_too_large", _) => message.as_deref().and_then(by_wording),
        _ => None,
    };
    Some(Report {
        exact,
        broad: by_type(kind),
        message: message.filter(|text| !text.is_empty()).as_deref().map(shorten),
        param: None,
        code: None,
    })
}

fn by_type(kind: &str) -> Option<ErrorKind> {
    Some(match kind {
        "invalid_request_error" => ErrorKind::InvalidRequest,
        "authentication_error" => ErrorKind::Authentication,
        "permission_error" => ErrorKind::Permission,
        "not_found_error" => ErrorKind::NotFound,
        "request_too_large" => ErrorKind::RequestTooLarge,
        "rate_limit_error" => ErrorKind::RateLimit,
        "timeout_error" => ErrorKind::Timeout,
        _ => return None,
    })
}

/// Anthropic has no types for these (messages quoted in issues of its clients, read 2026-11).
fn by_wording(message: &str) -> Option<ErrorKind> {
    const CONTEXT: &[&str] = &[
        PROMPT_TOO_LONG,
        "exceed context limit",
        "input is too long for requested model",
        "exceeds the context window",
    ];
    const POLICY: &[&str] = &[
        "content filtering policy",
        "violate our usage policy",
        "usage policies",
    ];
    // A spend limit that the customer has set is a 400 (Anthropic, "Errors", read 2026-11).
    const SPENT: &[&str] = &[
        "credit balance is too low",
        "reached your specified api usage limits",
    ];
    if mentions(message, CONTEXT) {
        Some(ErrorKind::ContextLength)
    } else if mentions(message, POLICY) {
        Some(ErrorKind::ContentPolicy)
    } else if mentions(message, SPENT) {
        Some(ErrorKind::QuotaExceeded)
    } else {
        None
    }
}
