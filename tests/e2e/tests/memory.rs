//! Memory: what is large passes or is refused, and nothing of it stays.

use std::time::Duration;

use penstock_test_support::{Gateway, Provider};

use crate::ask::{CLIENTS, Client, WAYS};
use crate::read::{failed, said};
use crate::world::{model, provider};

const MIB: usize = 1 << 20;
/// How often each large thing comes.
const TIMES: usize = 40;
/// After so many rounds each kind has come in each of its forms once.
const VARIANTS: usize = 4;
/// Twice what is taken of a request.
const BODY: usize = 30 * MIB;
/// Twice what is held of an answer.
const STREAM: usize = 4 * MIB;
/// What all of it may take at once: a request up to its limit of 16 MiB, once in Envoy and twice in the filter, where
/// it may be copied as it grows, and the smaller rest. A filter's memory never shrinks.
const ONCE_MIB: usize = 64;
/// What may stay of the other rounds. A leak of the smallest of the large things, the line, would be 36.
const MORE_MIB: usize = 24;

fn gateway(provider_: &Provider) -> Gateway {
    let stream = format!("fault=big:{STREAM}");
    let yaml = format!(
        "limits: {{ event: 256KiB, response_body: 2MiB }}\nproviders:\n{}{}models:\n{}{}{}{}",
        provider("openai", "openai", &format!("{}/v1", provider_.url()), ""),
        provider("anthropic", "anthropic", &provider_.url(), ""),
        model("plain", &[("openai", "good")], ""),
        model("endless-line", &[("openai", "fault=long-line:1048576")], ""),
        model("large", &[("openai", &stream)], "commit: complete"),
        model("large-anthropic", &[("anthropic", &stream)], "commit: complete"),
    );
    Gateway::start(&yaml).unwrap()
}

/// A body that is refused, announced or not.
async fn too_large(gateway: &Gateway, client: Client, body: &[u8], announced: bool) {
    let request = client.raw(body);
    let request = if announced { request } else { request.chunked() };
    // Envoy may answer and close before it has read everything.
    match gateway.send(request).await {
        Ok(response) => {
            assert_eq!(response.status, 413, "{client:?} announced={announced}");
            failed(client, &response).unwrap();
        }
        Err(error) => assert!(is_closed(&format!("{error:#}")), "{error:#}"),
    }
}

/// The connection ended under the request.
fn is_closed(error: &str) -> bool {
    ["reset", "closed", "pipe"]
        .iter()
        .any(|word| error.contains(word))
}

/// A stream that is released when it outgrows what is held.
async fn large_stream(gateway: &Gateway, client: Client, alias: &str) {
    let mut body = client.body(alias, "hello", true);
    body["max_tokens"] = 100_000.into();
    let response = gateway.send(client.request(&body)).await.unwrap();
    let answer = said(client, &response).map_err(|error| error.chars().take(200).collect::<String>());
    assert_eq!(
        answer.map(|answer| answer.text.len()),
        Ok(STREAM),
        "{client:?} {alias}"
    );
}

#[tokio::test]
async fn nothing_of_what_is_large_stays() {
    let upstream = Provider::start("memory").unwrap();
    let gateway = gateway(&upstream);
    let rss_mib = || usize::try_from(gateway.rss_kib().unwrap()).unwrap() / 1024;
    let bodies = CLIENTS.map(|client| client.body("plain", &"x".repeat(BODY), false).to_string());
    let idle = rss_mib();
    let mut first = idle;
    for n in 0..TIMES {
        let client = CLIENTS[n % 2];
        too_large(&gateway, client, bodies[n % 2].as_bytes(), n % 4 < 2).await;
        let response = gateway
            .send(client.ask("endless-line", "hello", true))
            .await
            .unwrap();
        assert_eq!(response.status, 502);
        let alias = ["large", "large-anthropic"][n / 2 % 2];
        large_stream(&gateway, client, alias).await;
        if n + 1 == VARIANTS {
            first = rss_mib();
        }
    }
    let last = rss_mib();
    assert!(
        first - idle <= ONCE_MIB,
        "from {idle} to {first} MiB by {VARIANTS} of each"
    );
    assert!(
        last.saturating_sub(first) <= MORE_MIB,
        "from {first} to {last} MiB by {TIMES} of each"
    );
    let response = gateway
        .send(Client::OpenAi.ask("plain", "hello", false))
        .await
        .unwrap();
    said(Client::OpenAi, &response).unwrap();
    not_rebuilt(&gateway);
}

#[tokio::test]
async fn a_body_that_trickles_in_beyond_the_limit_is_refused_in_the_dialect() {
    let provider = Provider::start("trickle").unwrap();
    let gateway = gateway(&provider);
    for client in CLIENTS {
        let body = client.body("plain", &"x".repeat(18 * MIB), false);
        let request = client
            .request(&body)
            .chunked()
            .trickled(MIB, Duration::from_millis(20));
        let response = gateway.send(request).await.unwrap();
        assert_eq!(response.status, 413, "{client:?}: {}", response.text());
        failed(client, &response).unwrap();
    }
}

#[tokio::test]
async fn an_answer_may_be_larger_than_a_request() {
    let upstream = Provider::start("asymmetric").unwrap();
    let mut yaml = format!(
        "limits: {{ request_body: 256KiB, response_body: 1MiB }}\nproviders:\n{}{}models:\n",
        provider("openai", "openai", &format!("{}/v1", upstream.url()), ""),
        provider("anthropic", "anthropic", &upstream.url(), ""),
    );
    // Below both limits, between them, and above both.
    let sizes = [200_000, 600_000, 3_000_000];
    for size in sizes {
        for name in ["openai", "anthropic"] {
            let fault = format!("fault=big:{size}");
            yaml += &model(&format!("{name}-{size}"), &[(name, &fault)], "commit: complete");
        }
    }
    let gateway = Gateway::start(&yaml).unwrap();
    for (client, stream) in WAYS {
        for size in sizes {
            for name in ["openai", "anthropic"] {
                let mut body = client.body(&format!("{name}-{size}"), "hello", stream);
                body["max_tokens"] = 100_000.into();
                let response = gateway.send(client.request(&body)).await.unwrap();
                let told = format!("{client:?} {name} {size} stream={stream}");
                if size > MIB && !stream {
                    failed(client, &response).unwrap_or_else(|error| panic!("{told}: {error}"));
                    assert_eq!(response.status, 502, "{told}");
                    continue;
                }
                let answer =
                    said(client, &response).map_err(|error| error.chars().take(200).collect::<String>());
                assert_eq!(answer.map(|answer| answer.text.len()), Ok(size), "{told}");
            }
        }
    }
    not_rebuilt(&gateway);
}

#[tokio::test]
async fn a_request_of_the_largest_size_may_grow_in_translation() {
    let upstream = Provider::start("growing").unwrap();
    let yaml = format!(
        "limits: {{ request_body: 256KiB }}\nproviders:\n{}{}models:\n{}{}",
        provider("openai", "openai", &format!("{}/v1", upstream.url()), ""),
        provider("anthropic", "anthropic", &upstream.url(), ""),
        model("to-openai", &[("openai", "good")], ""),
        model("to-anthropic", &[("anthropic", "good")], ""),
    );
    let gateway = Gateway::start(&yaml).unwrap();
    for client in CLIENTS {
        for alias in ["to-openai", "to-anthropic"] {
            let room = 256 * 1024 - client.body(alias, "", true).to_string().len();
            let response = gateway
                .send(client.ask(alias, &"x".repeat(room), true))
                .await
                .unwrap();
            said(client, &response).unwrap_or_else(|error| panic!("{client:?} {alias}: {error}"));
            let response = gateway
                .send(client.ask(alias, &"x".repeat(room + 1), true))
                .await
                .unwrap();
            assert_eq!(response.status, 413, "{client:?} {alias}");
        }
    }
    not_rebuilt(&gateway);
}

/// The filter has not trapped, which would have been a new VM.
fn not_rebuilt(gateway: &Gateway) {
    let log = std::fs::read_to_string(gateway.directory().join("envoy.log")).unwrap_or_default();
    assert!(
        !log.contains("panicked") && !log.contains("wasm failed"),
        "the filter has trapped"
    );
}
