//! Streams: events arrive as they are sent, torn bytes are mended, and usage is right at every moment.

use std::time::{Duration, Instant};

use penstock_test_support::wait::eventually;
use serde_json::json;

use crate::ask::{Client, WAYS, marker, with};
use crate::read::said;
use crate::world::world;

#[tokio::test]
async fn events_are_passed_on_as_they_come() {
    let (world, _logs) = world();
    for client in [Client::OpenAi, Client::Anthropic] {
        for alias in ["slow-events", "slow-events-anthropic"] {
            // Ten events, 200 ms apart: the first must not wait for the last.
            let start = Instant::now();
            let mut stream = client
                .ask(alias, "hello", true)
                .open(world.gateway.address())
                .await
                .unwrap();
            stream.read_until("0 ").await.unwrap();
            let first = start.elapsed();
            let rest = stream.rest().await.unwrap();
            assert!(rest.aborted.is_none());
            assert!(
                first + Duration::from_millis(1200) < start.elapsed(),
                "{client:?} {alias}: {first:?}"
            );
        }
    }
}

#[tokio::test]
async fn events_torn_anywhere_are_whole() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in ["torn", "torn-anthropic", "torn-odd"] {
            let text = marker("törn");
            let response = world.send(client.ask(alias, &text, stream)).await;
            let answer = said(client, &response).unwrap();
            assert_eq!(
                answer.text,
                format!("[primary] You said: {text}"),
                "{client:?} {alias} {stream}"
            );
        }
    }
}

#[tokio::test]
async fn an_answer_compressed_unasked_is_read_or_replaced() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in ["gzipped", "gzipped-anthropic"] {
            let response = world.send(client.ask(alias, "hello", stream)).await;
            let answer = said(client, &response);
            assert!(answer.is_ok(), "{client:?} {alias} {stream}: {answer:?}");
            assert_eq!(response.header("content-encoding"), None);
        }
    }
}

#[tokio::test]
async fn usage_is_asked_for_upstream_and_shown_only_if_wanted() {
    let (world, _logs) = world();
    for wanted in [false, true] {
        for alias in ["plain", "plain-anthropic"] {
            let text = marker("usage");
            let mut body = Client::OpenAi.body(alias, &text, true);
            if wanted {
                body["stream_options"] = json!({"include_usage": true});
            }
            let response = world.send(Client::OpenAi.request(&body)).await;
            let answer = said(Client::OpenAi, &response).unwrap();
            assert_eq!(answer.usage.is_object(), wanted, "{alias}: {}", response.text());
            assert_eq!(response.text().contains("\"choices\":[]"), wanted, "{alias}");
            if alias == "plain" {
                let asked = world.primary.requests_with(&text)[0].json();
                assert_eq!(asked["stream_options"]["include_usage"], true);
            }
        }
    }
}

#[tokio::test]
async fn the_log_has_the_usage_of_every_request() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for (alias, provider) in [("plain", "primary"), ("plain-anthropic", "primary-anthropic")] {
            let response = world.send(client.ask(alias, "one two three", stream)).await;
            let id = response
                .header("x-penstock-request-id")
                .expect("a request id")
                .to_owned();
            let line = world.gateway.logged(&id).await;
            let usage: serde_json::Value = serde_json::from_str(line["usage"].as_str().unwrap_or_default())
                .unwrap_or(line["usage"].clone());
            assert_eq!(usage["provider"], provider, "{line}");
            assert_eq!(
                (&usage["input_tokens"], &usage["output_tokens"]),
                (&json!(3), &json!(6)),
                "{line}"
            );
            assert!(usage["finish_reason"].is_string(), "{line}");
        }
    }
}

#[tokio::test]
async fn the_log_has_the_usage_of_a_client_that_left() {
    let (world, _logs) = world();
    for client in [Client::OpenAi, Client::Anthropic] {
        for alias in ["slow-events", "slow-events-anthropic"] {
            let mut stream = client
                .ask(alias, "hello", true)
                .open(world.gateway.address())
                .await
                .unwrap();
            let id = stream
                .header("x-penstock-request-id")
                .expect("a request id")
                .to_owned();
            stream.read_until("2 ").await.unwrap();
            stream.disconnect();
            let line = world.gateway.logged(&id).await;
            assert!(
                line["flags"].as_str().is_some_and(|flags| flags.contains("DC")),
                "{line}"
            );
            let usage: serde_json::Value = serde_json::from_str(line["usage"].as_str().unwrap_or_default())
                .unwrap_or(line["usage"].clone());
            assert!(
                usage["output_bytes"].as_u64().is_some_and(|bytes| bytes >= 4),
                "{line}"
            );
            if alias.ends_with("anthropic") {
                // Anthropic says the input tokens at the start.
                assert_eq!(usage["input_tokens"], 1, "{line}");
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_providers_work() {
    let (world, _logs) = world();
    let text = marker("leaves");
    let stream = Client::OpenAi.ask("silent-forever", &text, true);
    let asking = tokio::spawn(stream.open(world.gateway.address()));
    world.primary.wait_for(&text, 1).await;
    asking.abort();
    eventually(
        Duration::from_secs(10),
        "the provider's request is reset",
        async || {
            let active = world
                .gateway
                .stat("cluster.provider-primary.upstream_rq_active")
                .await
                .ok()?;
            (active == 0).then_some(())
        },
    )
    .await;
}

#[tokio::test]
async fn a_large_answer_passes() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in ["large", "large-anthropic"] {
            let body = with(client.body(alias, "hello", stream), "max_tokens", json!(100_000));
            let response = world.send(client.request(&body)).await;
            let answer = said(client, &response).map_err(|error| error.chars().take(300).collect::<String>());
            assert_eq!(
                answer.map(|answer| answer.text.len()),
                Ok(2_000_000),
                "{client:?} {alias} {stream}"
            );
        }
    }
}
