//! Errors on their way back: what a provider answered becomes an [`ApiError`], and an [`ApiError`] becomes an
//! answer or an event in the client's dialect, such that the client's official SDK raises the exception it has
//! for this case.
//!
//! A provider's JSON error keeps its message, shortened to [`MAX_MESSAGE`]; a body that is something else (a proxy's
//! HTML page, nothing) is never quoted. Whether the client may see the error is for the filter to decide.

use penstock_chat::Api;

use crate::dialect::dialect;
use crate::json::Object;

/// Longest message that is taken over from a provider, in bytes.
pub const MAX_MESSAGE: usize = 2048;

/// What went wrong, as both APIs can say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request is at fault in a way that has no kind of its own.
    InvalidRequest,
    /// No credential, or a wrong one.
    Authentication,
    /// The credential does not allow it.
    Permission,
    /// No such model or path.
    NotFound,
    /// The body is too large.
    RequestTooLarge,
    /// Too many requests or tokens for now; waiting helps.
    RateLimit,
    /// The budget is used up; waiting does not help.
    QuotaExceeded,
    /// The request does not fit in the model's context window.
    ContextLength,
    /// The content was refused.
    ContentPolicy,
    /// The provider has too much to do.
    Overloaded,
    /// No answer in time.
    Timeout,
    /// The provider failed, or its answer makes no sense.
    Upstream,
    /// Nobody is there to answer.
    Unavailable,
    /// Penstock failed.
    Internal,
}

impl ErrorKind {
    /// The name used in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Authentication => "authentication",
            Self::Permission => "permission",
            Self::NotFound => "not_found",
            Self::RequestTooLarge => "request_too_large",
            Self::RateLimit => "rate_limit",
            Self::QuotaExceeded => "quota_exceeded",
            Self::ContextLength => "context_length",
            Self::ContentPolicy => "content_policy",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
            Self::Upstream => "upstream",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// What a status says where the body says nothing more exact.
    pub(crate) fn of_status(status: u16) -> Option<Self> {
        Some(match status {
            401 => Self::Authentication,
            402 => Self::QuotaExceeded,
            403 => Self::Permission,
            404 => Self::NotFound,
            408 | 504 => Self::Timeout,
            413 => Self::RequestTooLarge,
            429 => Self::RateLimit,
            400..=499 => Self::InvalidRequest,
            503 => Self::Unavailable,
            // Anthropic's own status, which others have taken over.
            529 => Self::Overloaded,
            500..=599 => Self::Upstream,
            _ => return None,
        })
    }
}

/// An error in no dialect yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// What went wrong.
    pub kind: ErrorKind,
    /// For people.
    pub message: String,
    /// The request's field that is at fault.
    pub param: Option<String>,
    /// A more exact category, in OpenAI's words or the provider's. OpenAI clients get it, or the kind's default.
    pub code: Option<String>,
}

impl ApiError {
    /// An error without field and code.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            param: None,
            code: None,
        }
    }
}

/// An error answer, ready to send; the content type is `application/json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Bytes of a provider that are not what its API promises. Says where and never what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at line {line} column {column}")]
pub struct Malformed {
    /// What is wrong.
    pub what: &'static str,
    /// Line within the body or the event's data, from 1; 0 if it concerns the whole.
    pub line: usize,
    /// Column in that line, in bytes, from 1.
    pub column: usize,
}

impl Malformed {
    /// Something is wrong with the whole.
    pub(crate) fn whole(what: &'static str) -> Self {
        Self {
            what,
            line: 0,
            column: 0,
        }
    }
}

impl From<serde_json::Error> for Malformed {
    // The error's own text can quote a value.
    fn from(error: serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Eof => "JSON that ends too early",
            serde_json::error::Category::Data => "JSON of another shape",
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => "invalid JSON",
        };
        Self {
            what,
            line: error.line(),
            column: error.column(),
        }
    }
}

/// What a provider's error object says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// A kind that counts whatever the status is.
    pub exact: Option<ErrorKind>,
    /// A kind that counts where there is no status.
    pub broad: Option<ErrorKind>,
    pub message: Option<String>,
    pub param: Option<String>,
    pub code: Option<String>,
}

/// Writes an error answer in the client's dialect.
pub fn render(client: Api, error: &ApiError) -> Rendered {
    (dialect(client).render_error)(error)
}

/// Appends the event that makes the client's SDK raise in the middle of a stream.
pub fn render_event(client: Api, error: &ApiError, out: &mut Vec<u8>) {
    (dialect(client).render_error_event)(error, out);
}

/// Reads a provider's error answer. The kind follows from the body where that is exact, else from the status.
pub fn parse(provider: Api, status: u16, body: &[u8]) -> ApiError {
    match Object::parse(body) {
        Ok(object) => {
            let report = (dialect(provider).read_error)(object.source());
            settle(Some(status), report.unwrap_or_default())
        }
        Err(_) => ApiError::new(unexplained(status), without_message(Some(status))),
    }
}

/// The error that a report stands for.
pub(crate) fn settle(status: Option<u16>, report: Report) -> ApiError {
    let by_status = status.and_then(ErrorKind::of_status);
    ApiError {
        kind: report
            .exact
            .or(by_status)
            .or(report.broad)
            .unwrap_or(ErrorKind::Upstream),
        message: report.message.unwrap_or_else(|| without_message(status)),
        param: report.param,
        code: report.code,
    }
}

/// What a status means when something else than JSON came with it: most likely something in between answered, so a 400 or
/// 404 does not speak about the client's request.
fn unexplained(status: u16) -> ErrorKind {
    match ErrorKind::of_status(status) {
        None | Some(ErrorKind::InvalidRequest | ErrorKind::NotFound) => ErrorKind::Upstream,
        Some(kind) => kind,
    }
}

fn without_message(status: Option<u16>) -> String {
    match status {
        Some(status) => format!("the provider answered with status {status} and no error message"),
        None => "the provider reported an error without a message".to_owned(),
    }
}

/// A provider's message, shortened.
pub(crate) fn shorten(message: &str) -> String {
    message
        .get(..message.floor_char_boundary(MAX_MESSAGE))
        .unwrap_or_default()
        .to_owned()
}

/// Whether a text contains one of some phrases, given in lower case.
pub(crate) fn mentions(message: &str, phrases: &[&str]) -> bool {
    let message = message.to_ascii_lowercase();
    phrases.iter().any(|phrase| message.contains(phrase))
}

/// Reads a JSON object into a wire type. (`serde` would read an array as well, member by member.)
pub(crate) fn from_json<'de, T: serde::Deserialize<'de>>(text: &'de str) -> Result<T, Malformed> {
    if !text.trim_start().starts_with('{') {
        return Err(Malformed::whole("something else than a JSON object"));
    }
    serde_json::from_str(text).map_err(Malformed::from)
}

/// A value as JSON. Types that derive `Serialize` over strings and numbers cannot fail to be written to memory.
pub(crate) fn to_json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
