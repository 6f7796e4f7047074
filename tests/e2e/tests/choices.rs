//! Requests of unusual shapes: several choices, instructions in mid-conversation.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::ask::{Client, marker, with};
use crate::read::said;
use crate::world::world;

#[tokio::test]
async fn several_choices_come_back_whole() {
    let (world, _logs) = world();
    let text = marker("choices");
    let body = with(Client::OpenAi.body("plain", &text, false), "n", json!(2));
    let response = world.send(Client::OpenAi.request(&body)).await;
    let choices = response.json()["choices"].clone();
    let choices = choices.as_array().expect("choices");
    assert_eq!(choices.len(), 2, "{}", response.text());
    for (n, choice) in choices.iter().enumerate() {
        assert_eq!(choice["index"], n);
        assert_eq!(
            choice["message"]["content"],
            format!("[primary] You said: {text}")
        );
        assert_eq!(choice["finish_reason"], "stop");
    }
}

#[tokio::test]
async fn several_choices_are_streamed_to_their_end() {
    let (world, _logs) = world();
    let text = marker("choices");
    let body = with(Client::OpenAi.body("plain", &text, true), "n", json!(2));
    let response = world.send(Client::OpenAi.request(&body)).await;
    assert_eq!(
        (response.status, &response.aborted),
        (200, &None),
        "{}",
        response.text()
    );
    let mut events = response.events();
    assert_eq!(events.pop().map(|event| event.data).as_deref(), Some("[DONE]"));
    let mut choices: BTreeMap<u64, (String, Vec<Value>)> = BTreeMap::new();
    for event in events {
        let chunk: Value = serde_json::from_str(&event.data).unwrap();
        for choice in chunk["choices"].as_array().unwrap() {
            let (said, ends) = choices.entry(choice["index"].as_u64().unwrap()).or_default();
            said.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
            if !choice["finish_reason"].is_null() {
                ends.push(choice["finish_reason"].clone());
            }
        }
    }
    let expected = (format!("[primary] You said: {text}"), vec![json!("stop")]);
    assert_eq!(choices, BTreeMap::from([(0, expected.clone()), (1, expected)]));
}

#[tokio::test]
async fn instructions_in_mid_conversation_stay_in_their_place() {
    let (world, _logs) = world();
    for alias in ["plain", "plain-anthropic"] {
        for stream in [false, true] {
            let text = marker("instructions");
            let mut body = Client::OpenAi.body(alias, "", stream);
            body["messages"] = json!([
                {"role": "system", "content": "be brief"},
                {"role": "user", "content": "first"},
                {"role": "assistant", "content": "second"},
                {"role": "developer", "content": "now be kind"},
                {"role": "user", "content": text},
                {"role": "system", "content": "and end here"},
            ]);
            let response = world.send(Client::OpenAi.request(&body)).await;
            let answer = said(Client::OpenAi, &response).unwrap();
            assert!(
                answer.text.contains(" | system: be brief"),
                "{alias}: {}",
                answer.text
            );
            assert!(answer.text.contains("turns: 3"), "{alias}: {}", answer.text);
            let asked = world.primary.requests_with(&text)[0].json();
            if alias == "plain" {
                assert_eq!(asked["messages"], body["messages"]);
                continue;
            }
            let (told, mut at) = (asked["messages"].to_string(), 0);
            for words in ["first", "second", "now be kind", &text, "and end here"] {
                at += told[at..]
                    .find(words)
                    .unwrap_or_else(|| panic!("{words} is not in its place: {told}"));
            }
        }
    }
}

#[tokio::test]
async fn each_part_of_a_system_prompt_arrives() {
    let (world, _logs) = world();
    for alias in ["plain", "plain-anthropic"] {
        let mut body = Client::Anthropic.body(alias, "hello", false);
        body["system"] = json!([{"type": "text", "text": "be brief"}, {"type": "text", "text": "be kind"}]);
        let response = world.send(Client::Anthropic.request(&body)).await;
        let answer = said(Client::Anthropic, &response).unwrap();
        let (_, told) = answer.text.split_once(" | system: ").expect("a system prompt");
        assert!(
            told.starts_with("be brief") && told.ends_with("be kind"),
            "{alias}: {told}"
        );
    }
}
