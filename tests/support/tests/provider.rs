//! The scripted provider over real connections: it answers what it was asked, refuses what the real ones refuse, and
//! each fault looks on the wire as it is documented.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::time::{Duration, Instant};

use penstock_test_support::client::{Request, Response};
use penstock_test_support::provider::{Flavor, Options, Provider};
use serde_json::{Value, json};

fn openai(body: &Value) -> Request {
    Request::post("/v1/chat/completions", body)
}

fn anthropic(body: &Value) -> Request {
    Request::post("/v1/messages", body).header("anthropic-version", "2026-10-21")
}

fn chat(model: &str, stream: bool) -> Value {
    json!({"model": model, "stream": stream, "messages": [{"role": "user", "content": "hello there"}]})
}

fn message(model: &str, stream: bool) -> Value {
    json!({"model": model, "stream": stream, "max_tokens": 100,
           "messages": [{"role": "user", "content": "hello there"}]})
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

async fn ask(provider: &Provider, request: Request) -> Response {
    request.send(provider.address()).await.unwrap()
}

/// The text of a stream of chunks.
fn chunk_text(response: &Response) -> String {
    let text = |data: &str| {
        let chunk: Value = serde_json::from_str(data).unwrap_or_default();
        chunk["choices"][0]["delta"]["content"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    response.events().iter().map(|event| text(&event.data)).collect()
}

#[tokio::test]
async fn openai_answer_is_a_digest_of_the_request() {
    let provider = Provider::start("p").unwrap();
    let body = json!({"model": "m", "messages": [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": [
            {"type": "text", "text": "look"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        ]},
    ]});
    let answer = ask(&provider, openai(&body)).await.json();
    assert_eq!(
        answer["choices"][0]["message"]["content"],
        "[p] You said: look | system: be brief | turns: 3 | images: image/png,3B"
    );
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert_eq!(answer["usage"]["prompt_tokens"], 5 + 85);
}

#[tokio::test]
async fn openai_stream_has_usage_only_if_asked() {
    let provider = Provider::start("p").unwrap();
    let plain = ask(&provider, openai(&chat("m", true))).await;
    assert_eq!(chunk_text(&plain), "[p] You said: hello there");
    assert_eq!(plain.events().last().unwrap().data, "[DONE]");
    assert!(!plain.text().contains("\"usage\""));

    let body = with(chat("m", true), "stream_options", json!({"include_usage": true}));
    let events = ask(&provider, openai(&body)).await.events();
    let usage: Value = serde_json::from_str(&events[events.len() - 2].data).unwrap();
    assert_eq!(
        (&usage["choices"], &usage["usage"]["completion_tokens"]),
        (&json!([]), &json!(5))
    );
}

#[tokio::test]
async fn usage_can_be_withheld() {
    let provider = Provider::start("p").unwrap();
    let whole = ask(&provider, openai(&chat("fault=no-usage", false)))
        .await
        .json();
    assert_eq!(whole["object"], "chat.completion");
    assert_eq!(whole.get("usage"), None);
    let asked = with(
        chat("fault=no-usage", true),
        "stream_options",
        json!({"include_usage": true}),
    );
    let stream = ask(&provider, openai(&asked)).await;
    assert!(!stream.text().contains("\"usage\""), "{}", stream.text());
    assert_eq!(stream.events().last().unwrap().data, "[DONE]");
}

#[tokio::test]
async fn anthropics_usage_can_be_withheld_but_for_what_a_stream_begins_with() {
    let provider = Provider::start("p").unwrap();
    let whole = ask(&provider, anthropic(&message("fault=no-usage", false)))
        .await
        .json();
    assert_eq!(whole["type"], "message");
    assert_eq!(whole.get("usage"), None);
    let stream = ask(&provider, anthropic(&message("fault=no-usage", true))).await;
    let told: Vec<String> = stream
        .events()
        .iter()
        .filter(|event| event.data.contains("\"usage\""))
        .map(|event| serde_json::from_str::<Value>(&event.data).unwrap()["type"].to_string())
        .collect();
    assert_eq!(told, ["\"message_start\""]);
}

#[tokio::test]
async fn tools_are_called_in_parallel_with_arguments_in_fragments() {
    let provider = Provider::start("p").unwrap();
    let mut body = chat("m", true);
    body["messages"][0]["content"] = json!("weather twice: weather");
    body["tools"] = json!([{"type": "function", "function": {"name": "weather", "parameters":
        {"type": "object", "properties": {"city": {"type": "string"}}}}}]);
    let mut arguments = vec![String::new(); 2];
    for event in ask(&provider, openai(&body)).await.events() {
        let chunk: Value = serde_json::from_str(&event.data).unwrap_or_default();
        if let Some(call) = chunk["choices"][0]["delta"]["tool_calls"].get(0) {
            let index = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
            arguments[index].push_str(call["function"]["arguments"].as_str().unwrap());
        }
    }
    assert_eq!(
        arguments,
        [r#"{"city":"city 0 \"ü\""}"#, r#"{"city":"city 1 \"ü\""}"#]
    );
}

#[tokio::test]
async fn anthropic_thinks_signs_and_takes_back_only_its_own_words() {
    let provider = Provider::start("p").unwrap();
    let body = with(message("m", false), "thinking", json!({"type": "adaptive"}));
    let answer = ask(&provider, anthropic(&body)).await.json();
    let block = &answer["content"][0];
    assert_eq!(
        (&block["type"], &answer["stop_reason"]),
        (&json!("thinking"), &json!("end_turn"))
    );

    let mut next = body.clone();
    let messages = next["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "assistant", "content": answer["content"]}));
    messages.push(json!({"role": "user", "content": "go on"}));
    let second = ask(&provider, anthropic(&next)).await;
    assert!(second.text().contains("thoughts: 1"), "{}", second.text());

    next["messages"][1]["content"][0]["thinking"] = json!("other words");
    assert_eq!(ask(&provider, anthropic(&next)).await.status, 400);
}

#[tokio::test]
async fn anthropic_stream_has_named_events_in_their_order() {
    let provider = Provider::start("p").unwrap();
    let events = ask(&provider, anthropic(&message("m", true))).await.events();
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(
        names[..4],
        [
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta"
        ]
    );
    assert_eq!(
        names[names.len() - 3..],
        ["content_block_stop", "message_delta", "message_stop"]
    );
}

#[tokio::test]
async fn stop_sequences_and_token_limits_end_the_answer() {
    let provider = Provider::start("p").unwrap();
    let stopped = with(message("m", false), "stop_sequences", json!(["there"]));
    let answer = ask(&provider, anthropic(&stopped)).await.json();
    assert_eq!(
        (&answer["stop_reason"], &answer["stop_sequence"]),
        (&json!("stop_sequence"), &json!("there"))
    );
    let limited = with(chat("m", false), "max_completion_tokens", json!(2));
    let answer = ask(&provider, openai(&limited)).await.json();
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
    assert_eq!(answer["choices"][0]["message"]["content"], "[p] You ");
}

#[tokio::test]
async fn openai_refuses_what_the_real_one_refuses() {
    let provider = Provider::start("p").unwrap();
    let tool = json!({"role": "tool", "tool_call_id": "call_1", "content": "x"});
    let cases = [
        ("unknown field", with(chat("m", false), "top_k", json!(1))),
        ("temperature", with(chat("m", false), "temperature", json!(2.5))),
        (
            "role",
            with(
                chat("m", false),
                "messages",
                json!([{"role": "human", "content": "x"}]),
            ),
        ),
        (
            "tool without call",
            with(chat("m", false), "messages", json!([tool])),
        ),
        ("no messages", with(chat("m", false), "messages", json!([]))),
        (
            "stream_options",
            with(chat("m", false), "stream_options", json!({"include_usage": true})),
        ),
        (
            "tool_choice",
            with(chat("m", false), "tool_choice", json!("auto")),
        ),
        ("fault", chat("fault=typo", false)),
    ];
    for (name, body) in cases {
        let response = ask(&provider, openai(&body)).await;
        assert_eq!(response.status, 400, "{name}");
        assert_eq!(
            response.json()["error"]["type"],
            "invalid_request_error",
            "{name}"
        );
    }
}

#[tokio::test]
async fn anthropic_refuses_what_the_real_one_refuses() {
    let provider = Provider::start("p").unwrap();
    let call =
        json!({"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}]});
    let user = json!({"role": "user", "content": "x"});
    let open_schema = json!({"format": {"type": "json_schema", "schema": {"type": "object"}}});
    let mut no_limit = message("m", false);
    no_limit.as_object_mut().unwrap().remove("max_tokens");
    let cases = [
        ("max_tokens", no_limit),
        ("temperature", with(message("m", false), "temperature", json!(1))),
        ("n", with(message("m", false), "n", json!(1))),
        (
            "open call",
            with(message("m", false), "messages", json!([user, call, user])),
        ),
        (
            "first turn",
            with(
                message("m", false),
                "messages",
                json!([{"role": "assistant", "content": "x"}]),
            ),
        ),
        (
            "empty text",
            with(
                message("m", false),
                "messages",
                json!([{"role": "user", "content": ""}]),
            ),
        ),
        (
            "blank stop",
            with(message("m", false), "stop_sequences", json!(["\n"])),
        ),
        (
            "open schema",
            with(message("m", false), "output_config", open_schema),
        ),
        (
            "budget",
            with(
                message("m", false),
                "thinking",
                json!({"type": "enabled", "budget_tokens": 1024}),
            ),
        ),
    ];
    for (name, body) in cases {
        let response = ask(&provider, anthropic(&body)).await;
        assert_eq!(response.status, 400, "{name}");
        assert_eq!(
            response.json()["error"]["type"],
            "invalid_request_error",
            "{name}"
        );
    }
    let unversioned = Request::post("/v1/messages", &message("m", false));
    assert_eq!(ask(&provider, unversioned).await.status, 400);
    let old = Request::post(
        "/v1/messages",
        &with(message("m", false), "temperature", json!(1)),
    );
    assert_eq!(
        ask(&provider, old.header("anthropic-version", "2023-06-01"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn credential_is_looked_for_where_each_api_has_it() {
    let provider = Options::new("p").api_key("secret").start().unwrap();
    let azure = Request::post(
        "/openai/deployments/gpt%2D5/chat/completions?api-version=1",
        &chat("m", false),
    );
    let cases = [
        (
            openai(&chat("m", false)).header("authorization", "Bearer secret"),
            200,
        ),
        (
            openai(&chat("m", false)).header("authorization", "Bearer other"),
            401,
        ),
        (openai(&chat("m", false)).header("x-api-key", "secret"), 401),
        (anthropic(&message("m", false)).header("x-api-key", "secret"), 200),
        (
            anthropic(&message("m", false)).header("authorization", "Bearer secret"),
            200,
        ),
        (anthropic(&message("m", false)), 401),
        (azure.header("api-key", "secret"), 200),
    ];
    for (n, (request, status)) in cases.into_iter().enumerate() {
        let response = ask(&provider, request).await;
        assert_eq!(response.status, status, "case {n}: {}", response.text());
    }
}

#[tokio::test]
async fn vllm_knows_no_developer_and_shows_reasoning() {
    let provider = Options::new("p").flavor(Flavor::Vllm).start().unwrap();
    let developer = with(
        chat("m", false),
        "messages",
        json!([{"role": "developer", "content": "x"}]),
    );
    assert_eq!(ask(&provider, openai(&developer)).await.status, 400);
    let body = with(
        with(chat("m", false), "reasoning_effort", json!("low")),
        "top_k",
        json!(1),
    );
    let answer = ask(&provider, openai(&body)).await.json();
    assert_eq!(
        answer["choices"][0]["message"]["reasoning_content"],
        "The user wants: hello there"
    );
}

#[tokio::test]
async fn statuses_carry_an_error_of_the_dialect() {
    let provider = Provider::start("p").unwrap();
    let limited = ask(&provider, openai(&chat("fault=status:429,retry-after:1", true))).await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, Some("1")));
    assert_eq!(limited.json()["error"]["code"], "rate_limit_exceeded");
    let overloaded = ask(&provider, anthropic(&message("fault=status:529", true))).await;
    assert_eq!(
        (overloaded.status, &overloaded.json()["error"]["type"]),
        (529, &json!("overloaded_error"))
    );
    let length = ask(&provider, openai(&chat("fault=context-length", false))).await;
    assert_eq!(
        (length.status, &length.json()["error"]["code"]),
        (400, &json!("context_length_exceeded"))
    );
}

#[tokio::test]
async fn resets_and_cuts_end_a_transfer_each_in_its_way() {
    let provider = Provider::start("p").unwrap();
    let before = openai(&chat("fault=reset-before-headers", true))
        .send(provider.address())
        .await;
    assert!(before.is_err());
    let reset = ask(&provider, openai(&chat("fault=reset-midstream:3", true))).await;
    assert!(reset.aborted.is_some());
    assert_eq!(reset.events().len(), 3);
    let cut = ask(&provider, openai(&chat("fault=cut:3", true))).await;
    assert_eq!((cut.aborted.as_deref(), cut.events().len()), (None, 3));
    let half = ask(&provider, openai(&chat("fault=cut:0", false))).await;
    assert_eq!((half.aborted.as_deref(), half.json()), (None, Value::Null));
}

#[tokio::test]
async fn pauses_are_where_they_should_be() {
    let provider = Provider::start("p").unwrap();
    let start = Instant::now();
    let mut slow = openai(&chat("fault=slow-first-token:200ms", true))
        .open(provider.address())
        .await
        .unwrap();
    assert!(start.elapsed() < Duration::from_millis(150));
    slow.next().await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(200));
    let start = Instant::now();
    ask(&provider, openai(&chat("fault=slow-headers:200ms", true))).await;
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn silence_ends_when_the_client_leaves() {
    let provider = Provider::start("p").unwrap();
    let request = openai(&chat("fault=silence", true)).open(provider.address());
    assert!(
        tokio::time::timeout(Duration::from_millis(100), request)
            .await
            .is_err()
    );
    assert_eq!(provider.requests().len(), 1);
}

#[tokio::test]
async fn times_hits_only_the_first_requests_with_the_key() {
    let provider = Provider::start("p").unwrap();
    let mut statuses = Vec::new();
    for key in ["a", "a", "b", "a"] {
        let model = format!("fault=status:503,times:1,key:{key}");
        statuses.push(ask(&provider, openai(&chat(&model, false))).await.status);
    }
    assert_eq!(statuses, [503, 200, 503, 200]);
}

#[tokio::test]
async fn split_and_trickled_bodies_are_whole() {
    let provider = Provider::start("p").unwrap();
    for model in ["fault=split:1", "fault=trickle:0ms"] {
        let response = ask(&provider, openai(&chat(model, true))).await;
        assert_eq!(chunk_text(&response), "[p] You said: hello there", "{model}");
    }
}

#[tokio::test]
async fn stamps_are_times() {
    let provider = Provider::start("p").unwrap();
    let response = ask(
        &provider,
        openai(&chat("fault=events:3,interval:5ms,stamp", true)),
    )
    .await;
    let text = chunk_text(&response);
    let stamps: Vec<u64> = (0..3)
        .map(|n| text[16 * n..16 * (n + 1)].parse().unwrap())
        .collect();
    assert!(
        stamps[1] >= stamps[0] + 5_000 && stamps[2] >= stamps[1] + 5_000,
        "{stamps:?}"
    );
}

#[tokio::test]
async fn requests_are_recorded_and_handed_out() {
    let provider = Provider::start("p").unwrap();
    ask(&provider, openai(&chat("m", false)).header("x-seen", "1")).await;
    assert_eq!(
        provider.requests_with("hello there")[0].header("x-seen"),
        Some("1")
    );
    assert_eq!(provider.connections(), 1);
    let books = ask(&provider, Request::get("/_requests")).await.json();
    assert_eq!(
        (&books[0]["path"], &books[0]["json"]["model"]),
        (&json!("/v1/chat/completions"), &json!("m"))
    );
    provider.clear();
    assert!(provider.requests().is_empty());
}
