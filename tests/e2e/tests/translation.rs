//! All four pairs of client and provider API: everything that both can say arrives, there and back.

use serde_json::{Value, json};

use crate::ask::{CLIENTS, Client, WAYS, marker, with};
use crate::read::{Said, failed, said};
use crate::world::{World, model, world};

/// Aliases by the API of their only target.
const TARGETS: [&str; 2] = ["plain", "plain-anthropic"];
const PNG: &str = "iVBORw0KGgo=";

pub fn models() -> String {
    [
        model("azure", &[("azure", "gpt-5-deployment")], ""),
        model("vllm", &[("vllm", "llama")], ""),
        model(
            "strict",
            &[("primary-anthropic", "claude-sonnet-4-5")],
            "on_loss: reject",
        ),
        model(
            "strict-then-able",
            &[("primary-anthropic", "claude-sonnet-4-5"), ("backup", "gpt-5")],
            "on_loss: reject",
        ),
    ]
    .concat()
}

async fn hear(world: &World, client: Client, body: &Value) -> Said {
    let response = world.send(client.request(body)).await;
    said(client, &response).unwrap_or_else(|error| panic!("{client:?} {}: {error}", body["model"]))
}

fn schema() -> Value {
    json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
           "additionalProperties": false})
}

fn tools(client: Client) -> Value {
    let tool = |name: &str| match client {
        Client::OpenAi => {
            json!({"type": "function", "function": {"name": name, "description": "d", "parameters": schema()}})
        }
        Client::Anthropic => json!({"name": name, "description": "d", "input_schema": schema()}),
    };
    json!([tool("weather"), tool("clock")])
}

#[tokio::test]
async fn text_comes_back_in_every_pair_and_way() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in TARGETS {
            let text = marker("text");
            let answer = hear(
                world,
                client,
                &client.body(alias, &format!("hello ü {text}"), stream),
            )
            .await;
            assert_eq!(answer.text, format!("[primary] You said: hello ü {text}"));
            let end = if client == Client::OpenAi {
                "stop"
            } else {
                "end_turn"
            };
            assert_eq!(answer.finish, end, "{client:?} {alias} {stream}");
            let asked = world.primary.requests_with(&text);
            assert_eq!(asked.len(), 1);
            let path = if alias == "plain" {
                "/v1/chat/completions"
            } else {
                "/v1/messages"
            };
            assert_eq!(asked[0].path, path);
        }
    }
}

#[tokio::test]
async fn system_prompt_turns_and_images_arrive() {
    let (world, _logs) = world();
    for client in CLIENTS {
        for alias in TARGETS {
            let text = marker("turns");
            let mut body = client.body(alias, "first", false);
            let (system, image, url) = match client {
                Client::OpenAi => (
                    Some(json!({"role": "system", "content": "be brief"})),
                    json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{PNG}")}}),
                    json!({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}),
                ),
                Client::Anthropic => {
                    body["system"] = json!([{"type": "text", "text": "be brief"}]);
                    (
                        None,
                        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}),
                        json!({"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}),
                    )
                }
            };
            let messages = body["messages"].as_array_mut().unwrap();
            messages.push(json!({"role": "assistant", "content": "second"}));
            messages.push(json!({"role": "user", "content": [{"type": "text", "text": text}, image, url]}));
            if let Some(system) = system {
                messages.insert(0, system);
            }
            let answer = hear(world, client, &body).await;
            let expected = format!(
                "[primary] You said: {text} | system: be brief | turns: 3 | images: image/png,8B https://example.com/a.png"
            );
            assert_eq!(answer.text, expected, "{client:?} {alias}");
        }
    }
}

#[tokio::test]
async fn tools_are_called_in_parallel_and_their_results_go_back() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in TARGETS {
            let mut body = client.body(alias, "weather and weather and clock please", stream);
            body["tools"] = tools(client);
            let answer = hear(world, client, &body).await;
            let names: Vec<_> = answer.calls.iter().map(|call| call.name.as_str()).collect();
            assert_eq!(names.len(), 3, "{client:?} {alias} {stream}");
            assert_eq!(answer.calls[0].arguments, json!({"city": "city 0 \"ü\""}));
            assert_eq!(answer.calls[1].arguments, json!({"city": "city 1 \"ü\""}));
            let end = if client == Client::OpenAi {
                "tool_calls"
            } else {
                "tool_use"
            };
            assert_eq!(answer.finish, end);

            let messages = body["messages"].as_array_mut().unwrap();
            messages.extend(results(client, &answer));
            let second = hear(world, client, &body).await;
            // OpenAI has no field for a tool that failed, so its text must say it.
            let last = match (client, alias) {
                (Client::OpenAi, _) => "2 °C",
                (Client::Anthropic, "plain") => "[tool error] 2 °C",
                (Client::Anthropic, _) => "error 2 °C",
            };
            let expected = format!("[primary] The tools say: 0 °C; 1 °C; {last} | turns: 2");
            assert_eq!(second.text, expected, "{client:?} {alias}");
        }
    }
}

/// The assistant's turn and the results of its calls; the last one failed, where the dialect can say so.
fn results(client: Client, answer: &Said) -> Vec<Value> {
    match client {
        Client::OpenAi => {
            let call = |call: &crate::read::Call| {
                json!({"id": call.id, "type": "function",
                       "function": {"name": call.name, "arguments": call.arguments.to_string()}})
            };
            let calls: Vec<_> = answer.calls.iter().map(call).collect();
            let mut messages = vec![json!({"role": "assistant", "content": null, "tool_calls": calls})];
            for (n, call) in answer.calls.iter().enumerate() {
                messages.push(json!({"role": "tool", "tool_call_id": call.id, "content": format!("{n} °C")}));
            }
            messages
        }
        Client::Anthropic => {
            let call = |call: &crate::read::Call| json!({"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments});
            let calls: Vec<_> = answer.calls.iter().map(call).collect();
            let last = answer.calls.len() - 1;
            let result = |(n, call): (usize, &crate::read::Call)| {
                json!({"type": "tool_result", "tool_use_id": call.id, "is_error": n == last,
                       "content": [{"type": "text", "text": format!("{n} °C")}]})
            };
            let results: Vec<_> = answer.calls.iter().enumerate().map(result).collect();
            vec![
                json!({"role": "assistant", "content": calls}),
                json!({"role": "user", "content": results}),
            ]
        }
    }
}

#[tokio::test]
async fn tool_choice_is_obeyed() {
    let (world, _logs) = world();
    for client in CLIENTS {
        let choices = match client {
            Client::OpenAi => [
                (json!("required"), "weather"),
                (
                    json!({"type": "function", "function": {"name": "clock"}}),
                    "clock",
                ),
                (json!("none"), ""),
            ],
            Client::Anthropic => [
                (json!({"type": "any"}), "weather"),
                (json!({"type": "tool", "name": "clock"}), "clock"),
                (json!({"type": "none"}), ""),
            ],
        };
        for alias in TARGETS {
            for (choice, expected) in &choices {
                let mut body = client.body(alias, "hello", false);
                body["tools"] = tools(client);
                body["tool_choice"] = choice.clone();
                let answer = hear(world, client, &body).await;
                let called = answer.calls.first().map_or("", |call| call.name.as_str());
                assert_eq!(called, *expected, "{client:?} {alias} {choice}");
            }
        }
    }
}

#[tokio::test]
async fn one_call_at_a_time_if_the_client_wants_it_so() {
    let (world, _logs) = world();
    for client in CLIENTS {
        for alias in TARGETS {
            let mut body = client.body(alias, "weather and clock", false);
            body["tools"] = tools(client);
            match client {
                Client::OpenAi => body["parallel_tool_calls"] = json!(false),
                Client::Anthropic => {
                    body["tool_choice"] = json!({"type": "auto", "disable_parallel_tool_use": true});
                }
            }
            assert_eq!(
                hear(world, client, &body).await.calls.len(),
                1,
                "{client:?} {alias}"
            );
        }
    }
}

#[tokio::test]
async fn structured_output_conforms() {
    let (world, _logs) = world();
    // Without `additionalProperties`: one API demands it, the other does not.
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    for (client, stream) in WAYS {
        for alias in TARGETS {
            let body = client.body(alias, "hello", stream);
            let body = match client {
                Client::OpenAi => with(
                    body,
                    "response_format",
                    json!({"type": "json_schema", "json_schema": {"name": "place", "schema": schema}}),
                ),
                Client::Anthropic => {
                    let closed = with(schema.clone(), "additionalProperties", json!(false));
                    with(
                        body,
                        "output_config",
                        json!({"format": {"type": "json_schema", "schema": closed}}),
                    )
                }
            };
            let text = hear(world, client, &body).await.text;
            let value: Value = serde_json::from_str(&text).unwrap_or_default();
            assert_eq!(
                value,
                json!({"city": "city 0 \"ü\""}),
                "{client:?} {alias} {stream}: {text}"
            );
        }
    }
}

#[tokio::test]
async fn limits_and_stop_sequences_end_the_answer() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in TARGETS {
            let long = "one two three four five six";
            let (limit, stop, length_end, stop_end) = match client {
                Client::OpenAi => ("max_completion_tokens", "stop", "length", "stop"),
                Client::Anthropic => ("max_tokens", "stop_sequences", "max_tokens", "stop_sequence"),
            };
            let short = hear(
                world,
                client,
                &with(client.body(alias, long, stream), limit, json!(4)),
            )
            .await;
            assert_eq!(
                (short.text.as_str(), short.finish.as_str()),
                ("[primary] You said: one ", length_end)
            );
            let body = with(client.body(alias, long, stream), stop, json!(["four"]));
            let stopped = hear(world, client, &body).await;
            assert_eq!(
                stopped.text, "[primary] You said: one two three ",
                "{client:?} {alias} {stream}"
            );
            // OpenAI does not say which sequence it was, or that it was one.
            if alias == "plain-anthropic" || client == Client::OpenAi {
                assert_eq!(stopped.finish, stop_end, "{client:?} {alias} {stream}");
            }
        }
    }
    let old_name = with(
        Client::OpenAi.body("plain-anthropic", "one two", false),
        "max_tokens",
        json!(3),
    );
    assert_eq!(hear(world, Client::OpenAi, &old_name).await.finish, "length");
}

#[tokio::test]
async fn sampling_parameters_reach_an_api_that_has_them() {
    let (world, _logs) = world();
    let text = marker("sampling");
    let mut body = Client::OpenAi.body("plain-anthropic", &text, false);
    body["temperature"] = json!(0.5);
    hear(world, Client::OpenAi, &body).await;
    let asked = &world.primary.requests_with(&text)[0];
    assert_eq!(asked.json()["temperature"], 0.5);
}

#[tokio::test]
async fn thinking_is_shown_signed_and_taken_back() {
    let (world, _logs) = world();
    for stream in [false, true] {
        let mut body = Client::Anthropic.body("plain-anthropic", "why", stream);
        body["max_tokens"] = json!(4000);
        body["thinking"] = json!({"type": "enabled", "budget_tokens": 2000});
        let answer = hear(world, Client::Anthropic, &body).await;
        assert_eq!(answer.thinking, "The user wants: why");
        let thought = json!({"type": "thinking", "thinking": answer.thinking, "signature": answer.signature});
        let messages = body["messages"].as_array_mut().unwrap();
        messages
            .push(json!({"role": "assistant", "content": [thought, {"type": "text", "text": answer.text}]}));
        messages.push(json!({"role": "user", "content": "go on"}));
        assert!(
            hear(world, Client::Anthropic, &body)
                .await
                .text
                .contains("thoughts: 1")
        );
    }
}

#[tokio::test]
async fn reasoning_asked_for_in_one_dialect_is_done_in_the_other() {
    let (world, _logs) = world();
    for stream in [false, true] {
        let body = with(
            Client::OpenAi.body("plain-anthropic", "why", stream),
            "reasoning_effort",
            json!("medium"),
        );
        let answer = hear(world, Client::OpenAi, &body).await;
        assert!(answer.text.starts_with("[primary] You said: why"), "{answer:?}");
        let text = marker("effort");
        let mut body = Client::Anthropic.body("plain", &text, stream);
        body["thinking"] = json!({"type": "adaptive"});
        hear(world, Client::Anthropic, &body).await;
        let asked = world.primary.requests_with(&text)[0].json();
        assert!(asked["reasoning_effort"].is_string(), "{asked}");
    }
}

#[tokio::test]
async fn vllm_reasoning_is_shown_as_thinking() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        let mut body = client.body("vllm", "why", stream);
        match client {
            Client::OpenAi => body["reasoning_effort"] = json!("low"),
            Client::Anthropic => body["thinking"] = json!({"type": "adaptive"}),
        }
        let answer = hear(world, client, &body).await;
        assert_eq!(answer.thinking, "The user wants: why", "{client:?} {stream}");
    }
}

#[tokio::test]
async fn azure_is_asked_at_its_deployment() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        let text = marker("azure");
        let answer = hear(world, client, &client.body("azure", &text, stream)).await;
        assert_eq!(
            answer.text,
            format!("[azure] You said: {text}"),
            "{client:?} {stream}"
        );
        let asked = &world.azure.requests_with(&text)[0];
        assert_eq!(
            asked.path,
            "/openai/deployments/gpt-5-deployment/chat/completions?api-version=2025-01-01"
        );
        assert_eq!(asked.header("api-key"), Some("key-of-azure"));
    }
}

#[tokio::test]
async fn vllm_gets_no_developer_role() {
    let (world, _logs) = world();
    let mut body = Client::OpenAi.body("vllm", "hello", false);
    body["messages"]
        .as_array_mut()
        .unwrap()
        .insert(0, json!({"role": "developer", "content": "be brief"}));
    assert_eq!(
        hear(world, Client::OpenAi, &body).await.text,
        "[vllm] You said: hello | system: be brief"
    );
}

#[tokio::test]
async fn usage_says_the_same_in_every_pair() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in TARGETS {
            let mut body = client.body(alias, "one two three", stream);
            if client == Client::OpenAi && stream {
                body["stream_options"] = json!({"include_usage": true});
            }
            let usage = hear(world, client, &body).await.usage;
            let (input, output) = match client {
                Client::OpenAi => ("prompt_tokens", "completion_tokens"),
                Client::Anthropic => ("input_tokens", "output_tokens"),
            };
            assert_eq!(
                (&usage[input], &usage[output]),
                (&json!(3), &json!(6)),
                "{client:?} {alias} {stream}: {usage}"
            );
        }
    }
}

#[tokio::test]
async fn prompt_cache_marks_arrive_and_cached_tokens_come_back() {
    let (world, _logs) = world();
    let mut body = Client::Anthropic.body("plain-anthropic", "x", false);
    body["messages"][0]["content"] =
        json!([{"type": "text", "text": "one two", "cache_control": {"type": "ephemeral"}}]);
    let usage = hear(world, Client::Anthropic, &body).await.usage;
    assert_eq!(usage["cache_read_input_tokens"], 5);
    assert_eq!(usage["cache_creation_input_tokens"], 3);
    let keyed = with(
        Client::OpenAi.body("plain", "one two", false),
        "prompt_cache_key",
        json!("k"),
    );
    let usage = hear(world, Client::OpenAi, &keyed).await.usage;
    assert_eq!(usage["prompt_tokens_details"]["cached_tokens"], 5);
}

#[tokio::test]
async fn what_a_target_cannot_express_is_named() {
    let (world, _logs) = world();
    let body = with(
        Client::OpenAi.body("plain-anthropic", "hello", false),
        "seed",
        json!(7),
    );
    let response = world.send(Client::OpenAi.request(&body)).await;
    said(Client::OpenAi, &response).unwrap();
    assert_eq!(response.header("x-penstock-loss"), Some("seed"));
    let whole = world
        .send(Client::OpenAi.ask("plain-anthropic", "hello", false))
        .await;
    assert_eq!(whole.header("x-penstock-loss"), None);
}

#[tokio::test]
async fn a_strict_alias_rejects_loss_or_takes_a_target_that_can() {
    let (world, _logs) = world();
    let text = marker("strict");
    let lossy = |alias: &str| with(Client::OpenAi.body(alias, &text, false), "seed", json!(7));
    let response = world.send(Client::OpenAi.request(&lossy("strict"))).await;
    assert_eq!(response.status, 400);
    let error = failed(Client::OpenAi, &response).unwrap();
    assert!(
        error.message.contains("seed") || error.param == "seed",
        "{error:?}"
    );
    assert!(world.primary.requests_with(&text).is_empty());

    let response = world
        .send(Client::OpenAi.request(&lossy("strict-then-able")))
        .await;
    said(Client::OpenAi, &response).unwrap();
    assert_eq!(response.header("x-penstock-attempts"), Some("backup:200"));
}
