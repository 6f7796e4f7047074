//! Reasoning that a provider has signed comes back to it byte for byte.

use serde_json::{Value, json};

use super::values::{leaked, letter};
use super::world::{echo, with_reasoning, with_tool, world};
use crate::ask::{CLIENTS, Client, marker};
use crate::read::said;

pub fn models() -> String {
    [1, 2, 3, 5, 7, 11, 13]
        .map(|piece| echo(&format!("thinks-{piece}"), &format!("piece:{piece}"), ""))
        .concat()
}

/// The assistant's turn as a client gives it back.
fn turn(client: Client, said: &crate::read::Said) -> Value {
    let call = &said.calls[0];
    match client {
        Client::Anthropic => json!({"role": "assistant", "content": [
            {"type": "thinking", "thinking": said.thinking, "signature": said.signature},
            {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments},
        ]}),
        Client::OpenAi => json!({
            "role": "assistant", "content": null, "reasoning_content": said.thinking,
            "thinking_blocks": [{"type": "thinking", "thinking": said.thinking, "signature": said.signature}],
            "tool_calls": [{"id": call.id, "type": "function",
                "function": {"name": call.name, "arguments": call.arguments.to_string()}}],
        }),
    }
}

fn result(client: Client, said: &crate::read::Said, text: &str) -> Value {
    let id = &said.calls[0].id;
    match client {
        Client::Anthropic => {
            json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": text}]})
        }
        Client::OpenAi => json!({"role": "tool", "tool_call_id": id, "content": text}),
    }
}

/// Thinking blocks and signature of an OpenAI client's answer, which `said` does not read.
fn signed(said: &mut crate::read::Said, response: &penstock_test_support::client::Response, stream: bool) {
    let blocks: Vec<Value> = if stream {
        let events = response.events();
        let chunks = events
            .iter()
            .filter_map(|event| serde_json::from_str::<Value>(&event.data).ok());
        chunks
            .flat_map(|chunk| {
                chunk["choices"][0]["delta"]["thinking_blocks"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default()
            })
            .collect()
    } else {
        response.json()["choices"][0]["message"]["thinking_blocks"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    let join = |field: &str| {
        blocks
            .iter()
            .filter_map(|block| block[field].as_str())
            .collect::<String>()
    };
    assert_eq!(join("thinking"), said.thinking);
    said.signature = join("signature");
}

#[tokio::test]
async fn signed_reasoning_is_shown_with_values_and_returns_as_it_was_signed() {
    let (world, _logs) = world();
    for piece in [1, 2, 3, 5, 7, 11, 13] {
        for client in CLIENTS {
            for stream in [true, false] {
                let alias = format!("thinks-{piece}-anthropic");
                let case = format!("{client:?} {alias} {stream}");
                let word = marker("thinks");
                let text = letter(&word);
                let first = with_tool(client, with_reasoning(client, client.body(&alias, &text, stream)));
                let response = world.send(client.request(&first)).await;
                let mut answer = said(client, &response).unwrap_or_else(|error| panic!("{case}: {error}"));
                if client == Client::OpenAi {
                    signed(&mut answer, &response, stream);
                }
                assert_eq!(answer.thinking, text, "{case}");
                assert!(!answer.signature.is_empty(), "{case}");

                let mut second = first.clone();
                let turns = second["messages"].as_array_mut().unwrap();
                turns.push(turn(client, &answer));
                turns.push(result(client, &answer, "warm, says jane.doe@example.org"));
                // The provider refuses what it has not signed.
                let response = world.send(client.request(&second)).await;
                said(client, &response).unwrap_or_else(|error| panic!("{case}: {error}"));
                let sent = world.primary.requests_with(&word);
                assert_eq!(sent.len(), 2, "{case}");
                let bodies = [sent[0].json(), sent[1].json()];
                let prompt = bodies[0]["messages"][0]["content"].clone();
                let prompt = prompt
                    .as_str()
                    .map_or_else(|| prompt[0]["text"].clone(), Value::from);
                let block = &bodies[1]["messages"][1]["content"][0];
                assert_eq!(block["thinking"], prompt, "{case}");
                assert_eq!(leaked(&sent[1].body), Vec::<String>::new(), "{case}");
            }
        }
    }
}
