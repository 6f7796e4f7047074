//! What a caller over its limit is told.

use penstock_config::slice::Kind;
use penstock_translate::error::{ApiError, ErrorKind};

use crate::time;

/// Why a limit does not let a request through, in the limit's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// The request alone is larger than the limit. Waiting never helps.
    Never {
        /// What it would take.
        requested: u64,
        /// Counting stopped there: it is even more.
        at_least: bool,
    },
    /// Too much is used for now.
    Later {
        /// What it would take.
        requested: u64,
        /// What is left.
        remaining: u64,
        /// When there may be enough, from now.
        retry_after_ms: u64,
    },
}

/// The error for a request that the limit `name` of `amount` does not let through.
pub fn error(name: &str, amount: u64, kind: Kind, excess: Excess) -> ApiError {
    let what = counted(kind);
    let (error, code, message) = match excess {
        Excess::Never { requested, at_least } => {
            let at_least = if at_least { "at least " } else { "" };
            let (unit, remedy) = match kind {
                Kind::InputTokens => ("input tokens", "shorten it"),
                _ => (
                    "tokens with its answer",
                    "shorten it, or lower its maximum of output tokens",
                ),
            };
            let message = format!(
                "this request takes {at_least}{requested} {unit} and can never fit the limit `{name}` of {amount} {what}; {remedy}"
            );
            (ErrorKind::InvalidRequest, "request_exceeds_limit", message)
        }
        Excess::Later {
            requested,
            remaining,
            retry_after_ms,
        } => {
            let message = format!(
                "the limit `{name}` of {amount} {what} is reached: {remaining} remaining, {requested} requested; \
                 try again in {} s",
                time::seconds(retry_after_ms)
            );
            (ErrorKind::RateLimit, "rate_limit_exceeded", message)
        }
    };
    ApiError {
        kind: error,
        message,
        param: None,
        code: Some(code.to_owned()),
    }
}

/// The error for the case that the limits cannot be asked.
pub fn unavailable() -> ApiError {
    ApiError::new(
        ErrorKind::Unavailable,
        "the limits cannot be checked at present; try again",
    )
}

fn counted(kind: Kind) -> &'static str {
    match kind {
        Kind::TokensPerMinute => "tokens per minute",
        Kind::TokensPerHour => "tokens per hour",
        Kind::TokensPerDay => "tokens per day",
        Kind::RequestsPerMinute => "requests per minute",
        Kind::ConcurrentRequests => "concurrent requests",
        Kind::InputTokens => "input tokens",
    }
}
