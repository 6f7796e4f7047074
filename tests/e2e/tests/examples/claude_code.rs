//! examples/claude-code: requests as Claude Code 2.1.332 sends them.

use penstock_test_support::provider::Options;
use penstock_test_support::{Provider, Request};
use serde_json::{Value, json};

use super::site::{Example, Site, readme};
use crate::ask::{Client, marker};
use crate::read::said;

const TOKEN: &str = "token-of-the-developer";

async fn site() -> (Provider, Site) {
    let openai = Options::new("openai").api_key("key-of-openai").start().unwrap();
    let site = Example::read("claude-code")
        .provider("https://api.openai.com", &openai)
        .env("OPENAI_API_KEY", "key-of-openai")
        .start()
        .await;
    (openai, site)
}

/// A turn of the main conversation: instructions with cache marks, tools, reasoning, a stream.
fn turn(model: &str, messages: Value) -> Value {
    let mark = json!({"type": "ephemeral"});
    json!({
        "model": model,
        "max_tokens": 32000,
        "stream": true,
        "system": [
            {"type": "text", "text": "You are Claude Code.", "cache_control": mark},
            {"type": "text", "text": "Be brief.", "cache_control": mark},
        ],
        "tools": [
            {"name": "Bash", "description": "Runs a command", "input_schema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": false,
                "properties": {"command": {"type": "string"}, "timeout": {"type": "number"}}, "required": ["command"]}},
            {"name": "Read", "defer_loading": true, "description": "Reads a file", "input_schema": {
                "type": "object", "properties": {"file_path": {"type": "string"}}, "required": ["file_path"]}},
        ],
        "thinking": {"type": "adaptive", "display": "omitted"},
        "output_config": {"effort": "high"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "metadata": {"user_id": "{\"device_id\":\"0\",\"account_uuid\":\"\",\"session_id\":\"0\"}"},
        "messages": messages,
    })
}

fn opening(text: &str) -> Value {
    let mark = json!({"type": "ephemeral"});
    json!({"role": "user", "content": [{"type": "text", "text": text, "cache_control": mark}]})
}

fn send(path: &str, body: &Value) -> Request {
    Request::post(path, body)
        .header("authorization", &format!("Bearer {TOKEN}"))
        .header("anthropic-version", "2023-06-01")
        .header(
            "anthropic-beta",
            "claude-code-20250219,interleaved-thinking-2025-05-14,effort-2025-11-24",
        )
        .header("x-app", "cli")
        .header("user-agent", "claude-cli/2.1.332 (external, sdk-cli)")
}

#[tokio::test]
async fn a_turn_with_tools_streams_from_an_openai_model_and_the_results_go_back() {
    let (openai, site) = site().await;
    for model in ["claude-opus", "claude-sonnet", "claude-haiku"] {
        let mark = marker("claude");
        let text = format!("{mark}: use Bash and Read");
        let first = turn(model, json!([opening(&text)]));
        let response = site.send(send("/v1/messages?beta=true", &first)).await;
        let answer = said(Client::Anthropic, &response).unwrap();
        assert_eq!(answer.finish, "tool_use");
        let names: Vec<_> = answer.calls.iter().map(|call| call.name.as_str()).collect();
        assert_eq!(names, ["Bash", "Read"]);
        assert!(
            answer.calls.iter().all(|call| call.arguments.is_object()),
            "{answer:?}"
        );

        let calls: Vec<_> = answer
            .calls
            .iter()
            .map(
                |call| json!({"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}),
            )
            .collect();
        let results: Vec<_> = answer
            .calls
            .iter()
            .map(|call| json!({"type": "tool_result", "tool_use_id": call.id, "content": format!("{} ran", call.name), "is_error": call.name == "Read"}))
            .collect();
        let second = turn(
            model,
            json!([
                opening(&text),
                {"role": "assistant", "content": calls},
                {"role": "user", "content": results},
            ]),
        );
        let response = site.send(send("/v1/messages?beta=true", &second)).await;
        let answer = said(Client::Anthropic, &response).unwrap();
        assert!(
            answer
                .text
                .contains("The tools say: Bash ran; [tool error] Read ran"),
            "{answer:?}"
        );
        assert_eq!(answer.finish, "end_turn");
        assert!(answer.usage["output_tokens"].as_u64() > Some(0), "{answer:?}");

        for asked in openai.requests_with(&mark) {
            assert_eq!(asked.path, "/v1/chat/completions");
            assert_eq!(asked.header("authorization"), Some("Bearer key-of-openai"));
            assert!(!format!("{asked:?}").contains(TOKEN));
            assert_eq!(asked.json()["reasoning_effort"], "high");
        }
        // What is lost is what the README says.
        let lost = response.header("x-penstock-loss").unwrap();
        let readme = readme("claude-code");
        for field in lost.split(", ") {
            assert!(
                readme.contains(&format!("`{field}`")),
                "{field} is lost, and the README does not say so: {lost}"
            );
        }
    }
}

#[tokio::test]
async fn the_small_model_answers_and_counting_asks_nobody() {
    let (openai, site) = site().await;
    let mark = marker("title");
    let small = json!({
        "model": "claude-haiku", "max_tokens": 512, "temperature": 1,
        "system": [{"type": "text", "text": "Name this conversation."}],
        "messages": [{"role": "user", "content": mark}],
    });
    let response = site.send(send("/v1/messages?beta=true", &small)).await;
    assert!(said(Client::Anthropic, &response).unwrap().text.contains(&mark));
    let asked = openai.requests_with(&mark);
    assert_eq!(asked.len(), 1);
    assert!(
        asked.iter().all(|asked| asked.json()["model"] == "gpt-5-mini"),
        "{asked:?}"
    );

    let text = marker("count");
    let mut body = turn("claude-sonnet", json!([{"role": "user", "content": text}]));
    for field in ["max_tokens", "stream", "metadata", "output_config"] {
        body.as_object_mut().unwrap().remove(field);
    }
    let response = site
        .send(send("/v1/messages/count_tokens?beta=true", &body))
        .await;
    assert_eq!(response.status, 200, "{}", response.text());
    assert!(
        response.json()["input_tokens"].as_u64() > Some(50),
        "{}",
        response.text()
    );
    assert_eq!(openai.requests_with(&text).len(), 0);

    let models = site.send(send("/v1/models", &Value::Null)).await;
    assert_eq!(models.status, 405, "a list is asked for with GET");
    let list = Request::get("/v1/models").header("anthropic-version", "2023-06-01");
    let list = site.send(list).await.json();
    let names: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| &model["id"])
        .collect();
    assert_eq!(names, ["claude-opus", "claude-sonnet", "claude-haiku"]);
}

#[tokio::test]
async fn a_model_that_is_down_is_covered_by_the_other() {
    let refusing = Options::new("openai").api_key("key-of-openai").start().unwrap();
    let site = Example::read("claude-code")
        .provider("https://api.openai.com", &refusing)
        .env("OPENAI_API_KEY", "a-wrong-key")
        .start()
        .await;
    let mark = marker("refused");
    let body = turn("claude-opus", json!([{"role": "user", "content": mark}]));
    let response = site.send(send("/v1/messages?beta=true", &body)).await;
    // The gateway's own credential is wrong: never shown as the developer's.
    assert_eq!(response.status, 502, "{}", response.text());
    assert_eq!(
        response.header("x-penstock-attempts"),
        Some("openai:401,openai:401")
    );
    let models: Vec<_> = refusing
        .requests_with(&mark)
        .iter()
        .map(|asked| asked.json()["model"].clone())
        .collect();
    assert_eq!(models, ["gpt-5.2", "gpt-5.1"]);
}
