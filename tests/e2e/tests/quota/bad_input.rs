//! Input that is not what it should be: counted or refused, never let through uncounted, and Envoy lives on.

use std::time::{Duration, Instant};

use penstock_test_support::Request;
use penstock_test_support::client::Response;
use serde_json::{Value, json};

use super::world::{DAY, Tenant, billed, exact, number, world};
use crate::ask::{CLIENTS, Client, marker, with};
use crate::read::{failed, said};

/// A gateway that does not answer within this time is stuck in a count.
const PROMPTLY: Duration = Duration::from_secs(10);
const MIB: usize = 1 << 20;

pub fn models() -> String {
    exact("bounded", &[("primary", "good")], "") + &exact("bad", &[("primary", "fault=status:400")], "")
}

pub fn limits() -> String {
    "    - { name: bounded, match: { model: [bounded] }, input_tokens: 5000 }\n".to_owned()
}

/// Sends a body, and makes sure that both workers still serve others and have not been rebuilt.
async fn send(tenant: &Tenant, client: Client, what: &str, body: impl Into<Vec<u8>>) -> Response {
    let begun = Instant::now();
    let response = tenant.send(client.raw(body)).await;
    assert!(begun.elapsed() < PROMPTLY, "{what} took {:?}", begun.elapsed());
    let (world, _) = world();
    let other = Tenant::new("alive");
    for _ in 0..4 {
        let alive = other.send(Client::OpenAi.ask("plain", "hello", false)).await;
        said(Client::OpenAi, &alive).unwrap_or_else(|error| panic!("after {what}: {error}"));
    }
    let log = std::fs::read_to_string(world.gateway.directory().join("envoy.log")).unwrap_or_default();
    let trap = log
        .lines()
        .find(|line| line.contains("wasm failed") || line.contains("Proxy-Wasm plugin in-VM backtrace"));
    assert_eq!(trap, None, "after {what}");
    response
}

/// A body that names `model` and is refused before anybody is asked.
fn broken(client: Client, text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let good = client.body("plain", text, false);
    let whole = good.to_string();
    let with = |field: &str, value: Value| with(good.clone(), field, value).to_string().into_bytes();
    let nested = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let without = |field: &str| {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(field);
        body.to_string().into_bytes()
    };
    vec![
        ("no model", without("model")),
        ("an empty model", with("model", json!(""))),
        ("a model that is null", with("model", Value::Null)),
        ("no messages", without("messages")),
        ("messages that are text", with("messages", json!(text))),
        (
            "messages that are an object",
            with("messages", json!({"role": "user", "content": text})),
        ),
        ("a message that is text", with("messages", json!([text]))),
        (
            "content that is a number",
            with("messages", json!([{"role": "user", "content": 7}, text])),
        ),
        ("negative max_tokens", with("max_tokens", json!(-1))),
        ("max_tokens with a fraction", with("max_tokens", json!(1.5))),
        ("max_tokens as text", with("max_tokens", json!("1000"))),
        (
            "max_tokens beyond all numbers",
            with("max_tokens", json!("beyond"))
                .utf8_chunks()
                .map(|chunk| chunk.valid().replace("\"beyond\"", "1e400"))
                .collect::<String>()
                .into_bytes(),
        ),
        (
            "duplicate model",
            whole.replacen('{', "{\"model\":\"bounded\",", 1).into_bytes(),
        ),
        (
            "duplicate messages",
            whole.replacen('{', "{\"messages\":[],", 1).into_bytes(),
        ),
        (
            "duplicate max_tokens",
            whole
                .replacen('{', "{\"max_tokens\":1,\"max_tokens\":2,", 1)
                .into_bytes(),
        ),
        (
            "invalid UTF-8",
            [&whole.as_bytes()[..whole.len() - 1], b",\"user\":\"\xff\xfe\"}"].concat(),
        ),
        ("invalid UTF-8 in the prompt", {
            let mut bytes = whole.clone().into_bytes();
            let at = whole.find(text).unwrap() + text.len();
            bytes.splice(at..at, [0xf0, 0x9f]);
            bytes
        }),
        (
            "half a surrogate",
            whole.replacen(text, &format!("{text}\\ud83d"), 1).into_bytes(),
        ),
        (
            "deep nesting",
            whole
                .replacen('{', &format!("{{\"metadata\":{nested},"), 1)
                .into_bytes(),
        ),
        (
            "deep nesting in a tool",
            with("tools", json!([]))
                .strip_suffix(b"]}")
                .map_or_else(Vec::new, |head| [head, nested.as_bytes(), b"]}"].concat()),
        ),
        ("half a body", whole.as_bytes()[..whole.len() / 2].to_vec()),
        ("two bodies", format!("{whole}{whole}").into_bytes()),
        ("nothing but blanks", b"   \n".to_vec()),
    ]
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_and_reaches_nobody() {
    let (world, _logs) = world();
    for client in CLIENTS {
        let tenant = Tenant::new("broken");
        let text = marker("broken");
        for (what, body) in broken(client, &text) {
            let surrogate = what == "half a surrogate";
            let response = send(&tenant, client, what, body).await;
            // JSON allows it, and both APIs read it as the sign for what is no character.
            if surrogate && response.status == 200 {
                continue;
            }
            let error =
                failed(client, &response).unwrap_or_else(|error| panic!("{client:?} {what}: {error}"));
            assert_eq!(response.status, 400, "{client:?} {what}: {error:?}");
            assert_eq!(error.kind, "invalid_request_error", "{client:?} {what}");
            assert!(
                !error.message.contains(&text),
                "{what}: the prompt is told: {}",
                error.message
            );
        }
        let sent = world.primary.requests_with(&text);
        assert!(sent.len() <= 1, "{} were sent", sent.len());
    }
}

#[tokio::test]
async fn an_unknown_model_is_404_and_costs_nothing() {
    let (world, _logs) = world();
    for client in CLIENTS {
        let tenant = Tenant::new("unknown");
        let text = marker("unknown");
        for model in ["nobody", "../plain", "PLAIN", "plain ", &"x".repeat(100_000)] {
            let response = send(
                &tenant,
                client,
                "unknown model",
                client.body(model, &text, false).to_string(),
            )
            .await;
            assert_eq!(response.status, 404, "{client:?} {}", response.text());
            failed(client, &response).unwrap();
            assert!(response.body.len() < 2_000, "the name is told in full");
        }
        tenant.has_used(0).await;
        assert_eq!(world.primary.requests_with(&text).len(), 0);
    }
}

#[tokio::test]
async fn a_maximum_beyond_reason_fits_no_limit() {
    let (world, _logs) = world();
    for client in CLIENTS {
        let tenant = Tenant::new("boundless");
        let text = marker("boundless");
        for most in [
            DAY,
            1_000_000_000_000,
            u64::from(u32::MAX) + 1,
            i64::MAX as u64,
            u64::MAX,
        ] {
            for field in ["max_tokens", "max_completion_tokens"] {
                if client == Client::Anthropic && field != "max_tokens" {
                    continue;
                }
                let body = with(client.body("plain", &text, false), field, json!(most));
                let response = send(&tenant, client, &format!("{field} {most}"), body.to_string()).await;
                assert_eq!(
                    response.status,
                    400,
                    "{client:?} {field} {most}: {}",
                    response.text()
                );
                failed(client, &response).unwrap();
            }
        }
        if client == Client::OpenAi {
            let body = with(
                with(client.body("plain", &text, false), "n", json!(120)),
                "max_tokens",
                json!(DAY / 100),
            );
            let response = send(&tenant, client, "many choices", body.to_string()).await;
            assert_eq!(response.status, 400, "{}", response.text());
        }
        tenant.has_used(0).await;
        assert_eq!(world.primary.requests_with(&text).len(), 0);
    }
}

#[tokio::test]
async fn a_huge_prompt_is_counted_or_refused_in_time() {
    let (world, _logs) = world();
    let prose = "The quick brown fox jumps over the lazy dog, and nobody knows why. ";
    let texts = [
        ("prose", prose.repeat(10 * MIB / prose.len())),
        ("one word", "a".repeat(10 * MIB)),
        ("blanks", " ".repeat(10 * MIB)),
        ("one emoji", "\u{1f9d1}\u{200d}\u{1f33e}".repeat(10 * MIB / 11)),
        ("digits", "7".repeat(10 * MIB)),
    ];
    for client in CLIENTS {
        for (what, text) in &texts {
            let tenant = Tenant::new("huge");
            let own = marker("huge");
            let text = format!("{own} {text}");
            let body = |alias| client.body(alias, &text, false).to_string();
            let response = send(&tenant, client, what, body("bounded")).await;
            let error = failed(client, &response).unwrap();
            assert_eq!(response.status, 400, "{client:?} {what}: {error:?}");
            assert!(error.message.contains("`bounded`"), "{error:?}");
            assert_eq!(world.primary.requests_with(&own).len(), 0, "{what}");

            let response = send(&tenant, client, what, body("bad")).await;
            assert_eq!(response.status, 400, "{client:?} {what}");
            let tokens = number(&response, "x-penstock-input-tokens").expect("a count");
            assert!(tokens > 50_000, "{client:?} {what}: {tokens}");
        }
    }
}

#[tokio::test]
async fn input_of_many_parts_is_counted_in_full() {
    let (_, _logs) = world();
    for client in CLIENTS {
        let tenant = Tenant::new("parts");
        let part = json!({"type": "text", "text": "hello there"});
        let content = json!(vec![part; 1_000]);
        let body = with(
            client.body("bad", "", false),
            "messages",
            json!([{"role": "user", "content": content}]),
        );
        let response = send(&tenant, client, "many parts", body.to_string()).await;
        let tokens = number(&response, "x-penstock-input-tokens").expect("a count");
        assert!(tokens >= 2_000, "{client:?}: {tokens}");
        let body = with(
            client.body("bounded", "", false),
            "messages",
            body["messages"].clone(),
        );
        let more = json!(vec![body["messages"][0].clone(); 3]);
        let response = send(
            &tenant,
            client,
            "many parts",
            with(body, "messages", more).to_string(),
        )
        .await;
        assert_eq!(response.status, 400, "{client:?}: {}", response.text());
    }
}

#[tokio::test]
async fn no_way_of_writing_a_request_gets_it_through_uncounted() {
    let (world, _logs) = world();
    for client in CLIENTS {
        let tenant = Tenant::new("uncounted");
        let text = marker("uncounted");
        let body = client.body("plain", &text, false);
        let plain = || client.request(&body);
        let path = match client {
            Client::OpenAi => "/v1/chat/completions",
            Client::Anthropic => "/v1/messages",
        };
        let mut requests = vec![
            ("trailers", plain().with_trailers()),
            ("chunks", plain().chunked()),
            ("pieces", plain().chunked().trickled(7, Duration::from_millis(1))),
            ("a forged count", plain().header("x-penstock-input-tokens", "0")),
            ("a forged hit", plain().header("x-penstock-cache", "hit")),
            ("a coding", plain().header("content-encoding", "gzip")),
        ];
        for path in [
            format!("{path}/"),
            format!("/{path}"),
            format!("/v1/..{path}"),
            format!("{path}?a=b"),
            format!("{path}#a"),
            format!("{path};a=b"),
            format!("{path}%2F"),
            path.replace("/v1/", "/v1//"),
            path.replace("/v1/", "/v1/./"),
            path.replace("/v1/", "/v1%2f"),
            path.replace("/v1/m", "/v1/%6d").replace("/v1/c", "/v1/%63"),
            path.replace("/v1/", "\\v1\\"),
            path.to_uppercase(),
        ] {
            let request = Request::post(&path, &body).header("anthropic-version", "2026-10-21");
            requests.push(("a path", request));
        }
        let (mut sent, mut used) = (0, 0);
        for (what, request) in requests {
            // Envoy itself refuses some.
            let Ok(response) = world.gateway.send(tenant.signed(request)).await else {
                continue;
            };
            if response.status == 200 {
                sent += 1;
                assert!(number(&response, "x-penstock-input-tokens") > Some(1), "{what}");
                used += billed(&response).await;
            }
        }
        assert!(sent >= 5, "{client:?}: only {sent} came through");
        assert_eq!(world.primary.requests_with(&text).len(), sent, "{client:?}");
        tenant.has_used(used).await;
    }
}
