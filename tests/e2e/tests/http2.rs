//! HTTP/2 takes what HTTP/1.1 takes: bodies up to their limits, in either direction.

use penstock_test_support::provider::Options;
use penstock_test_support::provider::tls::Authority;
use penstock_test_support::{Gateway, Provider, Request};

use crate::ask::{CLIENTS, Client, WAYS, marker};
use crate::read::{failed, said};
use crate::world::{model, provider, world};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
/// A small one and a large one.
const LIMITS: [usize; 2] = [200 * KIB, 3 * MIB];
const PII: &str =
    "pii: { key: { env: PII_TEST_KEY }, deny_lists: [ { name: NAME_OF_A_PROJECT, words: [bob] } ] }\n";
const QUOTA: &str = "quota: { limits: [ { name: places, concurrent_requests: 1000 } ] }\n";

/// A gateway with this limit for requests. `more` is configuration of the filters in front.
fn gateway(upstream: &Provider, limit: usize, more: &str) -> Gateway {
    let yaml = format!(
        "limits: {{ request_body: {}KiB }}\nproviders:\n{}{}models:\n{}{}{more}",
        limit / KIB,
        provider("primary", "openai", &format!("{}/v1", upstream.url()), ""),
        provider("primary-anthropic", "anthropic", &upstream.url(), ""),
        model("plain", &[("primary", "good")], ""),
        model("plain-anthropic", &[("primary-anthropic", "good")], ""),
    );
    Gateway::builder(&yaml)
        .env("PII_TEST_KEY", "key-of-the-placeholders-of-these-tests")
        .start()
        .unwrap()
}

/// Error messages quote bodies.
fn short(error: String) -> String {
    error.chars().take(200).collect()
}

/// A body of exactly so many bytes, that ends in `text`.
fn sized(client: Client, alias: &str, text: &str, bytes: usize) -> String {
    let bare = client.body(alias, text, false).to_string().len();
    let text = "x".repeat(bytes - bare) + text;
    client.body(alias, &text, false).to_string()
}

#[tokio::test]
async fn a_large_request_is_answered() {
    let (world, _logs) = world();
    for client in CLIENTS {
        for alias in ["plain", "plain-anthropic"] {
            for bytes in [120_000, 1_200_000, 15 * MIB] {
                let text = format!("{}{}", "x".repeat(bytes), marker("large"));
                let response = world.send(client.ask(alias, &text, false).with_trailers()).await;
                let answer = said(client, &response).map_err(short);
                assert_eq!(
                    answer.map(|answer| answer.text.len()),
                    Ok("[primary] You said: ".len() + text.len()),
                    "{client:?} {alias} {bytes}"
                );
            }
        }
    }
}

/// In both versions of HTTP, and with each filter as the one that holds the body first.
#[tokio::test]
async fn a_request_of_just_the_limit_is_answered_and_one_byte_more_is_refused() {
    let upstream = Provider::start("primary").unwrap();
    for limit in LIMITS {
        for (first, more) in [("translation", ""), ("pii", PII), ("quota", QUOTA)] {
            let gateway = gateway(&upstream, limit, more);
            for client in CLIENTS {
                for http2 in [false, true] {
                    let case = format!("{client:?} limit={limit} first={first} http2={http2}");
                    let send = async |bytes: usize| {
                        let text = marker("edge");
                        let request = client.raw(sized(client, "plain", &text, bytes));
                        let request = versioned(request, http2);
                        (text, gateway.send(request).await)
                    };
                    let (text, response) = send(limit).await;
                    let answer = said(client, &response.unwrap()).map_err(short);
                    assert!(answer.is_ok_and(|answer| answer.text.ends_with(&text)), "{case}");
                    let (_, response) = send(limit + 1).await;
                    let response = response.unwrap_or_else(|error| panic!("{case}: {error:#}"));
                    let error = failed(client, &response).unwrap();
                    assert_eq!(response.status, 413, "{case}: {error:?}");
                    // Envoy's own refusal reads the same, but is not a filter's.
                    let line = gateway
                        .logged(response.header("x-penstock-request-id").unwrap())
                        .await;
                    assert_eq!(line["details"], "request_too_large", "{case}");
                }
            }
        }
    }
}

/// Without a length, so that the body itself is what is too large.
fn versioned(request: Request, http2: bool) -> Request {
    match http2 {
        true => request.with_trailers(),
        false => request.chunked(),
    }
}

#[tokio::test]
async fn a_body_that_grows_beyond_the_limit_is_refused_by_the_next_filter() {
    let upstream = Provider::start("primary").unwrap();
    for limit in LIMITS {
        let gateway = gateway(&upstream, limit, PII);
        for client in CLIENTS {
            for http2 in [false, true] {
                let case = format!("{client:?} limit={limit} http2={http2}");
                // Each of them becomes some forty bytes.
                let text = "bob ".repeat(19_000);
                let body = sized(client, "plain", &text, limit);
                let response = gateway.send(versioned(client.raw(body), http2)).await;
                let response = response.unwrap_or_else(|error| panic!("{case}: {error:#}"));
                let error = failed(client, &response).unwrap();
                assert_eq!(response.status, 413, "{case}: {error:?}");
                let line = gateway
                    .logged(response.header("x-penstock-request-id").unwrap())
                    .await;
                assert_eq!(line["details"], "request_too_large", "{case}");
                let after = gateway.send(client.ask("plain", "hello", false)).await.unwrap();
                said(client, &after).unwrap_or_else(|error| panic!("{case}: after it: {error}"));
            }
        }
    }
}

#[tokio::test]
async fn a_large_answer_over_http_2_from_a_provider_is_whole() {
    const LIMIT: usize = 20 * MIB;
    let authority = Authority::new().unwrap();
    let modern = Options::new("modern")
        .tls(authority.certificate("provider.test").unwrap())
        .start()
        .unwrap();
    let trusted = "tls: { ca_file: secrets/ca.pem, server_name: provider.test }";
    let sizes = [120_000, LIMIT - 64 * KIB];
    let mut models = String::new();
    for bytes in sizes {
        for api in ["", "-anthropic"] {
            for (ending, fault) in [("", ""), ("-trailers", ",trailers")] {
                let fault = format!("fault=big:{bytes}{fault}");
                models += &model(
                    &format!("big-{bytes}{ending}{api}"),
                    &[(&format!("modern{api}"), &fault)],
                    "commit: complete",
                );
            }
        }
    }
    let yaml = format!(
        "limits: {{ response_body: {}MiB }}\nproviders:\n{}{}models:\n{models}",
        LIMIT / MIB,
        provider("modern", "openai", &format!("{}/v1", modern.url()), trusted),
        provider("modern-anthropic", "anthropic", &modern.url(), trusted),
    );
    let gateway = Gateway::builder(&yaml)
        .secret("ca.pem", authority.pem())
        .start()
        .unwrap();
    for (client, stream) in WAYS {
        for bytes in sizes {
            for alias in ["", "-trailers", "-anthropic", "-trailers-anthropic"] {
                let alias = format!("big-{bytes}{alias}");
                let text = marker("answer");
                let mut body = client.body(&alias, &text, stream);
                body["max_tokens"] = 100_000.into();
                let response = gateway.send(client.request(&body)).await.unwrap();
                let answer = said(client, &response).map_err(short);
                // A whole kibibyte at a time.
                assert_eq!(
                    answer.map(|answer| answer.text.len() / KIB),
                    Ok(bytes / KIB),
                    "{client:?} {alias} stream={stream}"
                );
                let asked = &modern.requests_with(&text)[0];
                assert_eq!(format!("{:?}", asked.version), "HTTP/2.0");
            }
        }
    }
}
