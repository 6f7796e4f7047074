//! OpenAI's errors: `{"error": {"message", "type", "param", "code"}}`, and what compatible providers make of it.

use penstock_chat::openai::response::sent::{ErrorBody, ErrorObject};

use crate::error::{ApiError, ErrorKind, Rendered, Report, mentions, shorten, to_json};
use crate::json::{self, Object};

/// Status, `type` and default `code` of each kind. The statuses are those the SDKs choose their exception by
/// (platform.openai.com, error codes, read 2026-11); types and codes are OpenAI's where it has one.
fn form(kind: ErrorKind) -> (u16, &'static str, Option<&'static str>) {
    match kind {
        ErrorKind::InvalidRequest => (400, "invalid_request_error", None),
        ErrorKind::Authentication => (401, "invalid_request_error", Some("invalid_api_key")),
        ErrorKind::Permission => (403, "invalid_request_error", Some("permission_denied")),
        ErrorKind::NotFound => (404, "invalid_request_error", Some("model_not_found")),
        ErrorKind::RequestTooLarge => (413, "invalid_request_error", Some("request_too_large")),
        ErrorKind::RateLimit => (429, "rate_limit_error", Some("rate_limit_exceeded")),
        ErrorKind::QuotaExceeded => (429, "insufficient_quota", Some("insufficient_quota")),
        ErrorKind::ContextLength => (400, "invalid_request_error", Some("context_length_exceeded")),
        ErrorKind::ContentPolicy => (400, "invalid_request_error", Some("content_policy_violation")),
        ErrorKind::Overloaded => (503, "server_error", Some("overloaded")),
        ErrorKind::Timeout => (504, "server_error", Some("timeout")),
        ErrorKind::Upstream => (502, "server_error", Some("bad_gateway")),
        ErrorKind::Unavailable => (503, "server_error", Some("service_unavailable")),
        ErrorKind::Internal => (500, "server_error", Some("internal_error")),
    }
}

fn body(error: &ApiError) -> (u16, Vec<u8>) {
    let (status, kind, code) = form(error.kind);
    let object = ErrorObject {
        message: &error.message,
        kind,
        param: error.param.as_deref(),
        code: error.code.as_deref().or(code),
    };
    (status, to_json(&ErrorBody { error: object }))
}

/// See [`crate::error::render`].
pub(crate) fn render(error: &ApiError) -> Rendered {
    let (status, body) = body(error);
    Rendered { status, body }
}

/// See [`crate::error::render_event`]. The SDKs raise at any data with an `error` member.
pub(crate) fn render_event(error: &ApiError, out: &mut Vec<u8>) {
    penstock_sse::write(None, &body(error).1, out);
}

/// Reads the object under `error`; the text under it (llama.cpp, Ollama); or the same members at the top (older
/// vLLM, Azure's gateway, FastAPI's `detail`).
pub(crate) fn read(text: &str) -> Option<Report> {
    let outer = Object::parse_checked(text).ok()?;
    let Some(error) = outer.get("error").filter(|error| error.get() != "null") else {
        let told = ["message", "detail"].iter().find_map(|key| string(&outer, key));
        return told.map(|_| report(&outer));
    };
    if let Some(message) = json::string(error) {
        let mut report = report(&outer);
        report.exact = report.exact.or_else(|| by_wording(&message));
        report.message = Some(shorten(&message));
        return Some(report);
    }
    Object::parse_checked(error.get())
        .ok()
        .map(|error| report(&error))
}

fn report(error: &Object<'_>) -> Report {
    let message = string(error, "message").or_else(|| string(error, "detail"));
    let kind = string(error, "type");
    let code = string(error, "code").or_else(|| number(error, "code"));
    let inner = ["innererror", "inner_error"]
        .iter()
        .find_map(|key| Object::parse_checked(error.get(key)?.get()).ok())
        .and_then(|inner| string(&inner, "code"));
    let names = || {
        [inner.as_deref(), code.as_deref(), kind.as_deref()]
            .into_iter()
            .flatten()
    };
    let exact = names().find_map(by_name);
    let broad = names().find_map(by_category);
    Report {
        exact: exact.or_else(|| message.as_deref().and_then(by_wording)),
        broad,
        message: message.as_deref().map(shorten),
        param: string(error, "param").as_deref().map(shorten),
        // A number is the status once more.
        code: code
            .filter(|code| code.parse::<u16>().is_err())
            .as_deref()
            .map(shorten),
    }
}

fn string(object: &Object<'_>, key: &str) -> Option<String> {
    json::string(object.get(key)?)
        .map(std::borrow::Cow::into_owned)
        .filter(|text| !text.is_empty())
}

fn number(object: &Object<'_>, key: &str) -> Option<String> {
    let number: u16 = object.get(key)?.get().parse().ok()?;
    Some(number.to_string())
}

/// Codes and types that are exact. OpenAI, Azure OpenAI and OpenRouter documents and llama.cpp's server, read 2026-11.
fn by_name(name: &str) -> Option<ErrorKind> {
    Some(match name {
        "context_length_exceeded" | "exceed_context_size_error" => ErrorKind::ContextLength,
        "content_filter" | "content_policy_violation" | "ResponsibleAIPolicyViolation" => {
            ErrorKind::ContentPolicy
        }
        "insufficient_quota" | "billing_hard_limit_reached" | "billing_not_active" => {
            ErrorKind::QuotaExceeded
        }
        "rate_limit_exceeded" | "RateLimitReached" => ErrorKind::RateLimit,
        "model_not_found" | "DeploymentNotFound" => ErrorKind::NotFound,
        "overloaded" | "overloaded_error" | "engine_overloaded" | "server_overloaded" => {
            ErrorKind::Overloaded
        }
        _ => return None,
    })
}

/// Codes and types that only repeat the status, for errors that have none: those inside a stream.
fn by_category(name: &str) -> Option<ErrorKind> {
    if let Ok(status) = name.parse() {
        return ErrorKind::of_status(status);
    }
    Some(match name {
        "invalid_request_error" | "BadRequestError" => ErrorKind::InvalidRequest,
        "invalid_api_key" | "authentication_error" | "AuthenticationError" => ErrorKind::Authentication,
        "permission_error" | "PermissionDeniedError" => ErrorKind::Permission,
        "not_found_error" | "NotFoundError" => ErrorKind::NotFound,
        "requests" | "tokens" | "rate_limit_error" | "RateLimitError" => ErrorKind::RateLimit,
        _ => return None,
    })
}

/// Wordings of those who give no code: vLLM, Azure's older deployments, TGI, llama.cpp (issues of these projects, read
/// 2026-11).
fn by_wording(message: &str) -> Option<ErrorKind> {
    const CONTEXT: &[&str] = &[
        "maximum context length",
        "longer than the maximum model length",
        "exceeds the model's context",
        "exceeds the available context size",
        "exceeds the context window",
        "reduce the length of the messages",
        "`inputs` tokens + `max_new_tokens` must be <=",
    ];
    const POLICY: &[&str] = &[
        "content management policy",
        "violating our usage policy",
        "rejected as a result of our safety system",
    ];
    if mentions(message, CONTEXT) {
        Some(ErrorKind::ContextLength)
    } else if mentions(message, POLICY) {
        Some(ErrorKind::ContentPolicy)
    } else {
        None
    }
}
