//! Which headers pass, and the names of those that steer Envoy.

use penstock_chat::Api;
use penstock_flow::Headers;

/// Prefix of headers that only parts of Penstock read; removed at the edge, both ways.
pub(crate) const INTERNAL: &str = "x-penstock-int-";
/// Chooses between the routes for streams and for answers that are held until they are whole.
pub(crate) const HOLD: &str = "x-penstock-int-hold";
/// On a response: the back instance has seen it.
pub(crate) const ANSWER: &str = "x-penstock-int-answer";
/// On a response: the route's retry policy is to try again.
pub(crate) const RETRY: &str = "x-penstock-int-retry";
/// On a response: seconds to wait before trying again.
pub(crate) const WAIT: &str = "x-penstock-int-wait";
/// Envoy's own: deadline of one attempt up to the first byte of its answer.
pub(crate) const PER_TRY_TIMEOUT: &str = "x-envoy-upstream-rq-per-try-timeout-ms";

/// The API version that is asked for where the client names none: the last that takes sampling parameters, which
/// translated requests may hold. Source: Anthropic API reference, "Versions", read 2026-11.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// The header in which the client's SDK looks for the id of its request.
pub(crate) fn client_request_id(dialect: Api) -> &'static str {
    match dialect {
        Api::OpenAi => "x-request-id",
        Api::Anthropic => "request-id",
    }
}

/// The client's headers that mean something to a target of the client's own API.
pub(crate) fn forwarded(dialect: Api, headers: &Headers) -> Vec<(String, String)> {
    let names: &[&str] = match dialect {
        Api::OpenAi => &[],
        Api::Anthropic => &["anthropic-version", "anthropic-beta"],
    };
    names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), headers.get(name)?.to_owned())))
        .collect()
}

/// Headers that `api` needs beside the client's own.
pub(crate) fn required(api: Api) -> &'static [(&'static str, &'static str)] {
    match api {
        Api::OpenAi => &[],
        Api::Anthropic => &[("anthropic-version", ANTHROPIC_VERSION)],
    }
}

/// Whether a request header may reach a provider as it is. Everything else is removed, and what a provider
/// needs is set anew in each attempt, since all attempts share one header map.
pub(crate) fn reaches_provider(name: &str) -> bool {
    matches!(
        name,
        ":method" | ":scheme" | ":path" | ":authority" | "content-type" | "content-length"
    )
}

/// Whether a provider's response header stays away from the client: ours, cookies and connection advice for
/// another host, and what tells about the gateway's own account there.
pub(crate) fn stays_behind(name: &str) -> bool {
    const EXACT: &[&str] = &[
        "alt-svc",
        "anthropic-organization-id",
        "cf-cache-status",
        "cf-ray",
        "location",
        "nel",
        "openai-organization",
        "openai-processing-ms",
        "openai-project",
        "openai-version",
        "report-to",
        "request-id",
        "retry-after",
        "server",
        "set-cookie",
        "strict-transport-security",
        "via",
        "x-request-id",
        "x-should-retry",
    ];
    const PREFIXES: &[&str] = &[
        "x-penstock-",
        "x-envoy-",
        "x-ratelimit-",
        "anthropic-ratelimit-",
        "x-ms-",
    ];
    EXACT.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_about_the_client_or_the_gateway_reaches_a_provider() {
        for name in [
            "authorization",
            "x-api-key",
            "api-key",
            "cookie",
            "x-forwarded-for",
            "x-request-id",
            "x-penstock-int-hold",
            "x-penstock-approve",
            "anthropic-beta",
            "openai-organization",
            "user-agent",
            "x-stainless-os",
            "traceparent",
        ] {
            assert!(!reaches_provider(name), "{name}");
        }
    }

    #[test]
    fn a_provider_cannot_speak_with_our_headers() {
        for name in [
            "x-penstock-attempts",
            "x-penstock-int-answer",
            "set-cookie",
            "x-ratelimit-limit-requests",
        ] {
            assert!(stays_behind(name), "{name}");
        }
        for name in ["content-type", "date", "cache-control"] {
            assert!(!stays_behind(name), "{name}");
        }
    }

    #[test]
    fn only_headers_of_the_clients_own_api_are_forwarded() {
        let headers = Headers::from([
            ("anthropic-beta", "b"),
            ("anthropic-version", "v"),
            ("cookie", "c"),
        ]);
        assert_eq!(forwarded(Api::OpenAi, &headers), []);
        let expected = [
            ("anthropic-version".to_owned(), "v".to_owned()),
            ("anthropic-beta".to_owned(), "b".to_owned()),
        ];
        assert_eq!(forwarded(Api::Anthropic, &headers), expected);
    }
}
