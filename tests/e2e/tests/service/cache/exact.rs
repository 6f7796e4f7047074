//! The same request, whoever asks it and however.

use penstock_test_support::{Request, client::Response};
use serde_json::{Value, json};

use super::{cache, filled, keep, stored, world};
use crate::{
    ask::{CLIENTS, Client, WAYS, marker, with},
    service::world::World,
};

/// The text of an answer, whatever its form.
fn text(client: Client, stream: bool, response: &Response) -> String {
    if !stream {
        let body = response.json();
        let text = match client {
            Client::OpenAi => &body["choices"][0]["message"]["content"],
            Client::Anthropic => &body["content"][0]["text"],
        };
        return text.as_str().unwrap_or_default().to_owned();
    }
    let pieces = response.events().into_iter().filter_map(|event| {
        let data: Value = serde_json::from_str(&event.data).ok()?;
        let piece = match client {
            Client::OpenAi => &data["choices"][0]["delta"]["content"],
            Client::Anthropic => &data["delta"]["text"],
        };
        piece.as_str().map(str::to_owned)
    });
    pieces.collect()
}

fn asked(client: Client, text: &str, stream: bool) -> Request {
    // Both dialects say the same then.
    let body = with(client.body("plain", text, stream), "max_tokens", json!(1000));
    client.request(&body)
}

#[tokio::test]
async fn an_answer_is_used_again_in_every_dialect_and_mode_whoever_filled_it() {
    let world = world("", "").await;
    for (filler, fills_stream) in WAYS {
        let question = marker("again");
        let first = keep(&world, asked(filler, &question, fills_stream)).await;
        assert_eq!((first.status, cache(&first)), (200, "miss"), "{}", first.text());
        let expected = text(filler, fills_stream, &first);
        assert!(!expected.is_empty(), "{}", first.text());
        for (client, stream) in WAYS {
            let again = world.envoy.send(asked(client, &question, stream)).await.unwrap();
            assert_eq!(
                (again.status, cache(&again)),
                (200, "hit-exact"),
                "{}",
                again.text()
            );
            assert_eq!(
                text(client, stream, &again),
                expected,
                "{client:?} {stream}: {}",
                again.text()
            );
            let kind = if stream {
                "text/event-stream"
            } else {
                "application/json"
            };
            assert!(again.header("content-type").unwrap().starts_with(kind));
            assert_eq!(again.header("x-penstock-cost"), Some("0.000000"));
            assert!(again.header("age").is_some() && again.header("x-penstock-request-id").is_some());
            assert_eq!(again.header("x-penstock-cache-similarity"), None);
            if stream {
                let end = match client {
                    Client::OpenAi => "[DONE]",
                    Client::Anthropic => "message_stop",
                };
                assert!(again.text().trim_end().contains(end), "{}", again.text());
            }
        }
        assert_eq!(world.primary.requests_with(&question).len(), 1);
    }
}

#[tokio::test]
async fn usage_is_told_to_who_asks_even_if_the_first_did_not() {
    let world = world("", "").await;
    let question = marker("usage");
    keep(&world, asked(Client::OpenAi, &question, true)).await;
    let body = with(
        with(
            Client::OpenAi.body("plain", &question, true),
            "max_tokens",
            json!(1000),
        ),
        "stream_options",
        json!({"include_usage": true}),
    );
    let again = world.envoy.send(Client::OpenAi.request(&body)).await.unwrap();
    assert_eq!(cache(&again), "hit-exact");
    let usage = again.events().into_iter().filter_map(|event| {
        let data: Value = serde_json::from_str(&event.data).ok()?;
        data["usage"]["completion_tokens"].as_u64()
    });
    assert!(usage.max().unwrap() > 0, "{}", again.text());
}

async fn is_another(world: &World, question: &str, change: impl FnOnce(Value) -> Value) -> String {
    let body = change(Client::OpenAi.body("plain", question, false));
    let response = world.envoy.send(Client::OpenAi.request(&body)).await.unwrap();
    assert_eq!(response.status, 200, "{}", response.text());
    cache(&response).to_owned()
}

#[tokio::test]
async fn what_differs_in_anything_that_matters_is_another_request() {
    let world = world("", "").await;
    let question = marker("differs");
    keep(&world, Client::OpenAi.ask("plain", &question, false)).await;
    let tool = json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]);
    let earlier = json!([
        {"role": "user", "content": "earlier"}, {"role": "assistant", "content": "yes"},
        {"role": "user", "content": question},
    ]);
    let system = json!([{"role": "system", "content": "be brief"}, {"role": "user", "content": question}]);
    for (field, value) in [
        ("temperature", json!(0.5)),
        ("top_p", json!(0.5)),
        ("stop", json!(["x"])),
        ("seed", json!(7)),
        ("tools", tool),
        ("response_format", json!({"type": "json_object"})),
        ("messages", earlier),
        ("messages", system),
    ] {
        let found = is_another(&world, &question, |body| with(body, field, value.clone())).await;
        assert_eq!(found, "miss", "{field}: {value}");
    }
    // And what does not matter is the same.
    for (field, value) in [
        ("user", json!("u1")),
        ("metadata", json!({"a": "b"})),
        ("max_tokens", json!(4000)),
    ] {
        let found = is_another(&world, &question, |body| with(body, field, value.clone())).await;
        assert_eq!(found, "hit-exact", "{field}");
    }
    let short = is_another(&world, &question, |body| with(body, "max_tokens", json!(1))).await;
    assert_eq!(short, "miss", "an answer longer than is wanted");
}

#[tokio::test]
async fn nothing_but_whole_answers_is_kept() {
    let faults = [
        "fault=cut:2",
        "fault=error-midstream:2",
        "fault=status:400",
        "fault=finish:content_filter",
        "fault=reset-midstream:2",
    ];
    let models: Vec<String> = faults
        .iter()
        .enumerate()
        .map(|(index, fault)| crate::world::model(&format!("m{index}"), &[("primary", fault)], ""))
        .collect();
    let world = world("", &models.concat()).await;
    for (index, fault) in faults.iter().enumerate() {
        for client in CLIENTS {
            let question = marker("unfit");
            for _ in 0..2 {
                // Some of these break off.
                if let Ok(response) = world
                    .envoy
                    .send(client.ask(&format!("m{index}"), &question, true))
                    .await
                {
                    assert_eq!(cache(&response), "miss", "{fault}");
                }
            }
        }
    }
    let length = marker("length");
    for _ in 0..2 {
        let body = with(
            Client::OpenAi.body("plain", &length, false),
            "max_tokens",
            json!(1),
        );
        let response = world.envoy.send(Client::OpenAi.request(&body)).await.unwrap();
        assert_eq!(cache(&response), "miss");
    }
    filled(&world, 8.0).await;
    assert_eq!(stored(&world).await, 0.0);
}

#[tokio::test]
async fn what_a_provider_is_passed_on_is_a_part_of_the_request() {
    let world = world("", "").await;
    let question = marker("beta");
    let plain = || asked(Client::Anthropic, &question, false);
    keep(&world, plain()).await;
    assert_eq!(cache(&world.envoy.send(plain()).await.unwrap()), "hit-exact");
    let beta = plain().header("anthropic-beta", "context-1m-2025-08-07");
    assert_eq!(cache(&world.envoy.send(beta).await.unwrap()), "miss");
}

#[tokio::test]
async fn an_answer_may_be_replaced_again_and_again() {
    let world = world("", "").await;
    let question = marker("fresh");
    for _ in 0..3 {
        let fresh = asked(Client::OpenAi, &question, false).header("cache-control", "no-cache");
        assert_eq!(cache(&keep(&world, fresh).await), "bypass");
    }
    let again = world
        .envoy
        .send(asked(Client::OpenAi, &question, false))
        .await
        .unwrap();
    assert_eq!(cache(&again), "hit-exact");
}
