//! The access log: a line for each request, in which numbers are numbers and what is not known is null.

use penstock_test_support::collector::Collector;
use serde_json::{Value, json};

use crate::ask::{Client, WAYS};

use super::world;

/// Numbers of every line that a provider has answered.
const NUMBERS: [&str; 12] = [
    "status",
    "attempt_count",
    "counted_input_tokens",
    "input_tokens",
    "output_tokens",
    "cost_micro_usd",
    "duration_ms",
    "first_byte_ms",
    "first_token_ms",
    "bytes_in",
    "bytes_out",
    "cache_read_tokens",
];

#[tokio::test]
async fn a_line_says_everything_and_numbers_are_numbers() {
    let collector = Collector::start().unwrap();
    let world = world(&collector, "").await;
    for (client, stream) in WAYS {
        let response = world
            .envoy
            .send(client.ask("plain", "hello", stream))
            .await
            .unwrap();
        let line = world
            .envoy
            .logged(response.header("x-penstock-request-id").unwrap())
            .await;
        for name in NUMBERS {
            assert!(line[name].is_u64(), "{name}: {line}");
        }
        for (name, expected) in [
            ("tenant", json!("demo")),
            ("team", json!("search")),
            ("key", Value::Null),
            ("agent", Value::Null),
            ("model", json!("plain")),
            ("stream", json!(stream)),
            ("provider", json!("primary")),
            ("attempts", json!("primary:200")),
            ("attempt_count", json!(1)),
            ("truncated", json!(false)),
            ("finish_reason", json!("stop")),
            ("policy_version", json!(world.envoy.policy_version())),
            ("server_timing", json!(response.header("server-timing"))),
            ("loss", Value::Null),
            ("remaining_tokens", Value::Null),
        ] {
            assert_eq!(line[name], expected, "{name}: {line}");
        }
        assert_eq!(line["trace_id"].as_str().map(str::len), Some(32), "{line}");
    }
}

#[tokio::test]
async fn what_is_not_known_is_null() {
    let collector = Collector::start().unwrap();
    let world = world(&collector, "").await;
    let request = Client::OpenAi.ask("nobody-has-this", "hello", false);
    let response = world.envoy.send(request).await.unwrap();
    let line = world
        .envoy
        .logged(response.header("x-penstock-request-id").unwrap())
        .await;
    for name in [
        "model",
        "provider",
        "provider_model",
        "attempts",
        "attempt_count",
        "input_tokens",
        "output_tokens",
        "cost_micro_usd",
        "first_token_ms",
        "cache",
        "usage",
        "pii",
        "cluster",
        "remaining_requests",
    ] {
        assert_eq!(line[name], Value::Null, "{name}: {line}");
    }
    assert_eq!(
        (&line["status"], &line["truncated"]),
        (&json!(404), &json!(false)),
        "{line}"
    );
    let dashes = line
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, value)| **value == "-");
    let dashes: Vec<_> = dashes.map(|(name, _)| name.as_str()).collect();
    assert_eq!(dashes, ["flags"], "{line}");
}

#[tokio::test]
async fn an_answer_that_broke_off_is_marked() {
    let collector = Collector::start().unwrap();
    let world = world(&collector, "").await;
    let response = world
        .envoy
        .send(Client::OpenAi.ask("cut", "hello", true))
        .await
        .unwrap();
    let line = world
        .envoy
        .logged(response.header("x-penstock-request-id").unwrap())
        .await;
    assert_eq!(
        (&line["status"], &line["truncated"], &line["output_tokens"]),
        (&json!(200), &json!(true), &Value::Null),
        "{line}"
    );
}

#[tokio::test]
async fn a_disk_without_room_for_the_log_costs_lines_and_nothing_else() {
    let collector = Collector::start().unwrap();
    let world = world(&collector, "").await;
    let envoy = world.envoy_with(|bootstrap| {
        let lines = bootstrap.lines().map(|line| match line.split_once("path: ") {
            Some((indent, path)) if path.ends_with("/access.log") => format!("{indent}path: /dev/full"),
            _ => line.to_owned(),
        });
        let changed = lines.collect::<Vec<_>>().join("\n");
        anyhow::ensure!(changed.contains("/dev/full"), "no access log");
        Ok(changed)
    });
    for (client, stream) in WAYS {
        let response = envoy.send(client.ask("plain", "hello", stream)).await.unwrap();
        assert_eq!(response.status, 200, "{}", response.text());
    }
    penstock_test_support::wait::eventually(super::LIMIT, "lines that were lost", async || {
        envoy
            .stat("filesystem.write_failed")
            .await
            .is_ok_and(|count| count > 0)
            .then_some(())
    })
    .await;
    let response = envoy
        .send(Client::OpenAi.ask("plain", "hello", false))
        .await
        .unwrap();
    assert_eq!(response.status, 200, "{}", response.text());
}
