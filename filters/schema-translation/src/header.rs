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

/// The client's headers that mean something to a target of the client's own API.
pub(crate) fn forwarded(dialect: Api, headers: &Headers) -> Vec<(String, String)> {
    let names: &[&str] = match dialect {
        Api::OpenAi => &[],
        Api::Anthropic => &["anthropic-version", "anthropic-beta"],
    };
    let mut forwarded = Vec::new();
    for name in names {
        let lines: Vec<&str> = headers.all(name).collect();
        if !lines.is_empty() {
            forwarded.push(((*name).to_owned(), lines.join(",")));
        }
    }
    forwarded
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

/// Whether a request header says which trace the request belongs to: Envoy sets it anew for each attempt. For
/// providers that are to be told.
pub(crate) fn names_trace(name: &str) -> bool {
    matches!(name, "traceparent" | "tracestate")
}

/// Whether a provider's response header may reach the client as it is. All others concern the provider's own
/// connections, caches and browsers, or the gateway's account there.
pub(crate) fn reaches_client(name: &str) -> bool {
    matches!(
        name,
        ":status" | "cache-control" | "content-encoding" | "content-length" | "content-type" | "date"
    )
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
            "x-penstock-int-input-tokens",
            "x-penstock-int-output-tokens",
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
    fn a_provider_cannot_speak_with_our_headers_or_to_a_browser() {
        for name in [
            "x-penstock-attempts",
            "x-penstock-cost",
            "x-penstock-plan",
            "x-penstock-int-answer",
            "set-cookie",
            "www-authenticate",
            "access-control-allow-origin",
            "x-ratelimit-limit-requests",
            "anthropic-priority-input-tokens-limit",
            "openai-organization",
            "location",
        ] {
            assert!(!reaches_client(name), "{name}");
        }
    }

    #[test]
    fn every_line_of_a_forwarded_header_counts() {
        let headers = Headers::from([("anthropic-beta", "a"), ("anthropic-beta", "b")]);
        let expected = [("anthropic-beta".to_owned(), "a,b".to_owned())];
        assert_eq!(forwarded(Api::Anthropic, &headers), expected);
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
