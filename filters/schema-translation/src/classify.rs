//! From what a provider answered to why the attempt failed, and to what the client may be shown of it.

use penstock_chat::Api;
use penstock_plan::Failure;
use penstock_translate::error::{ApiError, ErrorKind};

/// Why an attempt failed that was answered with `status` and `error`.
pub(crate) fn failure(status: u16, error: &ApiError, retry_after_s: Option<u64>) -> Failure {
    match (status, error.kind) {
        (_, ErrorKind::ContextLength) => Failure::ContextLength,
        (_, ErrorKind::ContentPolicy) => Failure::ContentPolicy,
        (_, ErrorKind::QuotaExceeded) | (402, _) => Failure::Unavailable,
        (429, _) => Failure::RateLimited { retry_after_s },
        (401 | 403, _) => Failure::Credential,
        (408 | 409 | 500..=599, _) => Failure::Server,
        (404 | 405 | 410 | 413, _) => Failure::Unavailable,
        // Not in the API's form, so not about this request: a firewall in between, say.
        (400..=499, ErrorKind::Upstream) => Failure::Unusable,
        (400..=499, _) => Failure::Request,
        _ => Failure::Unusable,
    }
}

/// Why an attempt failed whose answer began with 200 and then carried `error`.
pub(crate) fn failure_in_answer(error: &ApiError) -> Failure {
    match error.kind {
        ErrorKind::ContextLength => Failure::ContextLength,
        ErrorKind::ContentPolicy => Failure::ContentPolicy,
        ErrorKind::Authentication | ErrorKind::Permission => Failure::Credential,
        ErrorKind::QuotaExceeded => Failure::Unavailable,
        _ => Failure::Unusable,
    }
}

/// The provider's error as the client may see it. What concerns only the gateway and its provider, such as a
/// refused credential of ours, is not shown as the client's fault.
pub(crate) fn for_client(error: ApiError, failure: Failure) -> ApiError {
    let (kind, message) = match failure {
        Failure::Credential => (
            ErrorKind::Upstream,
            "the provider refused the gateway's credential",
        ),
        Failure::Unavailable if error.kind == ErrorKind::QuotaExceeded => (
            ErrorKind::Unavailable,
            "the gateway's account at the provider is exhausted",
        ),
        Failure::Unavailable if error.kind != ErrorKind::RequestTooLarge => (
            ErrorKind::Upstream,
            "the provider does not serve the configured model",
        ),
        _ => return error,
    };
    ApiError::new(kind, message)
}

/// Seconds of a `Retry-After` header. Providers send whole or fractional seconds; a date, or
/// anything else, is no number of seconds and counts as absent.
pub(crate) fn retry_after_s(value: Option<&str>) -> Option<u64> {
    let seconds: f64 = value?.trim().parse().ok()?;
    // A float-to-integer cast saturates; the range check also keeps NaN out.
    (0.0..=1e9).contains(&seconds).then(|| seconds.ceil() as u64)
}

/// An answer that is not the API's, in words of ours.
pub(crate) fn unusable(api: Api, what: &str) -> ApiError {
    ApiError::new(
        ErrorKind::Upstream,
        format!("the provider's answer is not usable as {api}: {what}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind) -> ApiError {
        ApiError::new(kind, "m")
    }

    #[test]
    fn each_status_has_its_failure() {
        let cases = [
            (
                429,
                ErrorKind::RateLimit,
                Failure::RateLimited {
                    retry_after_s: Some(1),
                },
            ),
            (429, ErrorKind::QuotaExceeded, Failure::Unavailable),
            (500, ErrorKind::Internal, Failure::Server),
            (529, ErrorKind::Overloaded, Failure::Server),
            (401, ErrorKind::Authentication, Failure::Credential),
            (403, ErrorKind::Permission, Failure::Credential),
            (404, ErrorKind::NotFound, Failure::Unavailable),
            (400, ErrorKind::InvalidRequest, Failure::Request),
            (400, ErrorKind::ContextLength, Failure::ContextLength),
            (400, ErrorKind::ContentPolicy, Failure::ContentPolicy),
            (302, ErrorKind::Upstream, Failure::Unusable),
            (400, ErrorKind::Upstream, Failure::Unusable),
        ];
        for (status, kind, expected) in cases {
            assert_eq!(
                failure(status, &error(kind), Some(1)),
                expected,
                "{status} {kind:?}"
            );
        }
    }

    #[test]
    fn a_refused_credential_of_ours_is_never_shown_as_the_clients() {
        let shown = for_client(error(ErrorKind::Authentication), Failure::Credential);
        assert_eq!(shown.kind, ErrorKind::Upstream);
    }

    #[test]
    fn retry_after_is_whole_or_fractional_seconds() {
        let cases = [
            (Some("2"), Some(2)),
            (Some(" 0.3 "), Some(1)),
            (Some("0"), Some(0)),
            (Some("-1"), None),
            (Some("NaN"), None),
            (Some("1e99"), None),
            (Some("Wed, 21 Oct 2026 07:28:00 GMT"), None),
            (None, None),
        ];
        for (value, expected) in cases {
            assert_eq!(retry_after_s(value), expected, "{value:?}");
        }
    }
}
