//! Input that is not what it should be: a clear error in the client's dialect, and the filter alive afterwards.

use std::time::Duration;

use penstock_test_support::Gateway;
use serde_json::json;

use crate::ask::{CLIENTS, Client, marker, with};
use crate::read::{failed, said};
use crate::world::{World, world};

/// The filter still answers, and was not rebuilt meanwhile: what it would be after a trap.
async fn alive(gateway: &Gateway, what: &str) {
    let response = gateway
        .send(Client::OpenAi.ask("plain", "hello", false))
        .await
        .unwrap();
    said(Client::OpenAi, &response).unwrap_or_else(|error| panic!("after {what}: {error}"));
    let log = std::fs::read_to_string(gateway.directory().join("envoy.log")).unwrap_or_default();
    let trap = log
        .lines()
        .find(|line| line.contains("wasm failed") || line.contains("Proxy-Wasm plugin in-VM backtrace"));
    assert_eq!(trap, None, "after {what}");
}

async fn refused(world: &World, client: Client, what: &str, body: impl Into<Vec<u8>>, status: u16) {
    let response = world.send(client.raw(body)).await;
    let error = failed(client, &response).unwrap_or_else(|error| panic!("{client:?} {what}: {error}"));
    assert_eq!(response.status, status, "{client:?} {what}: {error:?}");
    let kind = if status == 413 && client == Client::Anthropic {
        "request_too_large"
    } else {
        "invalid_request_error"
    };
    assert_eq!(error.kind, kind, "{client:?} {what}");
    alive(&world.gateway, what).await;
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    let (world, _logs) = world();
    for client in CLIENTS {
        let good = client.body("plain", "hello", false);
        let text = good.to_string();
        let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let cases: Vec<(&str, Vec<u8>)> = vec![
            ("empty body", Vec::new()),
            ("no JSON", b"hello".to_vec()),
            ("half a body", text.as_bytes()[..text.len() / 2].to_vec()),
            ("trailing text", format!("{text} x").into_bytes()),
            ("an array", b"[]".to_vec()),
            (
                "invalid UTF-8",
                [&text.as_bytes()[..text.len() - 1], b",\"user\":\"\xff\xfe\"}"].concat(),
            ),
            ("nested brackets", nested.clone().into_bytes()),
            (
                "nested field",
                text.replacen('{', &format!("{{\"metadata\":{nested},"), 1)
                    .into_bytes(),
            ),
            ("nested objects", "{\"a\":".repeat(10_000).into_bytes()),
            (
                "duplicate model",
                text.replacen('{', "{\"model\":\"other\",", 1).into_bytes(),
            ),
            (
                "duplicate messages",
                text.replacen('{', "{\"messages\":[],", 1).into_bytes(),
            ),
            ("no model", json!({"messages": []}).to_string().into_bytes()),
            (
                "model of wrong type",
                with(good.clone(), "model", json!(7)).to_string().into_bytes(),
            ),
            (
                "messages of wrong type",
                with(good.clone(), "messages", json!("x"))
                    .to_string()
                    .into_bytes(),
            ),
            (
                "no messages",
                with(good.clone(), "messages", json!([])).to_string().into_bytes(),
            ),
            (
                "stream of wrong type",
                with(good.clone(), "stream", json!("yes"))
                    .to_string()
                    .into_bytes(),
            ),
            (
                "unknown role",
                with(
                    good.clone(),
                    "messages",
                    json!([{"role": "wizard", "content": "x"}]),
                )
                .to_string()
                .into_bytes(),
            ),
            (
                "content of wrong type",
                with(good.clone(), "messages", json!([{"role": "user", "content": 7}]))
                    .to_string()
                    .into_bytes(),
            ),
        ];
        for (what, body) in cases {
            refused(world, client, what, body, 400).await;
        }
    }
}

#[tokio::test]
async fn malformed_requests_for_another_api_are_refused() {
    let (world, _logs) = world();
    let body = Client::OpenAi.body("plain-anthropic", "hello", false);
    for (what, messages) in [
        ("unknown role", json!([{"role": "wizard", "content": "x"}])),
        (
            "unknown part",
            json!([{"role": "user", "content": [{"type": "smell"}]}]),
        ),
        ("no role", json!([{"content": "x"}])),
        ("a string", json!(["x"])),
    ] {
        let body = with(body.clone(), "messages", messages);
        refused(world, Client::OpenAi, what, body.to_string(), 400).await;
    }
    let body = Client::Anthropic.body("plain", "hello", false);
    for (what, messages) in [
        ("unknown role", json!([{"role": "wizard", "content": "x"}])),
        (
            "unknown block",
            json!([{"role": "user", "content": [{"type": "smell"}]}]),
        ),
        (
            "input of wrong type",
            json!([
                {"role": "user", "content": "x"},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": "x"}]},
            ]),
        ),
    ] {
        let body = with(body.clone(), "messages", messages);
        refused(world, Client::Anthropic, what, body.to_string(), 400).await;
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let (world, _logs) = world();
    let large = "x".repeat(30 << 20);
    for client in CLIENTS {
        let body = client.body("plain", &large, false).to_string();
        // Envoy may answer and close before it has read everything.
        match world.gateway.send(client.raw(body)).await {
            Ok(response) => {
                let error = failed(client, &response).unwrap();
                assert_eq!(response.status, 413, "{error:?}");
            }
            Err(error) => assert!(format!("{error:#}").contains("reset"), "{error:#}"),
        }
        alive(&world.gateway, "a 30 MB body").await;
    }
}

#[tokio::test]
async fn a_body_that_trickles_in_is_whole() {
    let (world, _logs) = world();
    for client in CLIENTS {
        for alias in ["plain", "plain-anthropic", "rate-limited"] {
            let text = marker("trickle");
            let body = client.body(alias, &format!("{text} {}", "x".repeat(5_000_000)), false);
            let request = client.request(&body).trickled(250_000, Duration::from_millis(20));
            let response = world.send(request).await;
            let answer = said(client, &response).map_err(|error| error.chars().take(200).collect::<String>());
            assert_eq!(
                answer.map(|answer| answer.text.len() > 5_000_000),
                Ok(true),
                "{client:?} {alias}"
            );
        }
    }
}

#[tokio::test]
async fn unicode_and_escapes_survive() {
    let (world, _logs) = world();
    let text = "quote \" backslash \\ newline \n tab \t nul-ish \u{1} emoji 😀 bidi \u{202e} accents é";
    for client in CLIENTS {
        for alias in ["plain", "plain-anthropic"] {
            for stream in [false, true] {
                let response = world.send(client.ask(alias, text, stream)).await;
                let answer = said(client, &response).unwrap();
                assert_eq!(
                    answer.text,
                    format!("[primary] You said: {text}"),
                    "{client:?} {alias}"
                );
            }
        }
    }
}
