//! Nothing personal arrives at a provider, and the client has its own values in the answer.

use serde_json::{Value, json};

use super::values::{BADGE, VALUES, leaked, letter, placeholders};
use super::world::{ECHOES, with_reasoning, with_tool, world};
use crate::ask::{Client, WAYS, marker, with};
use crate::read::said;

/// The one request with this marker, which holds no value.
fn arrived(marker: &str) -> Value {
    let (world, _) = world();
    let requests = world.primary.requests_with(marker);
    assert_eq!(requests.len(), 1, "{marker}");
    assert_eq!(leaked(&requests[0].body), Vec::<String>::new());
    requests[0].json()
}

#[tokio::test]
async fn a_provider_is_sent_placeholders_and_the_client_gets_its_values_back() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in ECHOES {
            let word = marker("letter");
            let text = letter(&word);
            let response = world.send(client.ask(alias, &text, stream)).await;
            let case = format!("{client:?} {alias} {stream}");
            let said = said(client, &response).unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(said.text, text, "{case}");
            let sent = arrived(&word).to_string();
            assert_eq!(placeholders(&sent).len(), VALUES.len(), "{case}: {sent}");
        }
    }
}

#[tokio::test]
async fn arguments_of_calls_are_json_with_the_values_in_it() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in ECHOES {
            let word = marker("call");
            let text = letter(&word);
            let body = with_tool(client, client.body(alias, &text, stream));
            let response = world.send(client.request(&body)).await;
            let case = format!("{client:?} {alias} {stream}");
            let said = said(client, &response).unwrap_or_else(|error| panic!("{case}: {error}"));
            let arguments: Vec<_> = said.calls.iter().map(|call| &call.arguments).collect();
            assert_eq!(arguments, [&json!({"city": text})], "{case}");
            arrived(&word);
        }
    }
}

#[tokio::test]
async fn json_in_strings_of_json_comes_back_with_the_escapes_of_its_place() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in ["echo", "echo-anthropic", "pieces-7", "pieces-7-anthropic"] {
            let word = marker("nested");
            let inner = json!({"badge": BADGE, "n": 4_111_111_111_111_111_u64}).to_string();
            let middle = json!({"mail": "jane.doe@example.org", "inner": [inner]}).to_string();
            let text = json!({"weather": word, "middle": middle, "badge": BADGE}).to_string();
            let case = format!("{client:?} {alias} {stream}");
            let response = world.send(client.ask(alias, &text, stream)).await;
            let shown = said(client, &response).unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(shown.text, text, "{case}");
            arrived(&word);
            let body = with_tool(client, client.body(alias, &text, stream));
            let response = world.send(client.request(&body)).await;
            let shown = said(client, &response).unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(shown.calls[0].arguments, json!({"city": text}), "{case}");
        }
    }
}

#[tokio::test]
async fn reasoning_is_shown_with_the_values_in_it() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in ECHOES {
            let word = marker("reasoning");
            let text = letter(&word);
            let body = with_reasoning(client, client.body(alias, &text, stream));
            let response = world.send(client.request(&body)).await;
            let case = format!("{client:?} {alias} {stream}");
            let said = said(client, &response).unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!((&said.thinking, &said.text), (&text, &text), "{case}");
            arrived(&word);
        }
    }
}

#[tokio::test]
async fn several_choices_are_restored_each() {
    let (world, _logs) = world();
    let text = letter(&marker("choices"));
    let body = with(Client::OpenAi.body("echo", &text, false), "n", json!(3));
    let whole = world.send(Client::OpenAi.request(&body)).await.json();
    for choice in whole["choices"].as_array().unwrap() {
        assert_eq!(choice["message"]["content"], text);
    }
    let body = with(body, "stream", json!(true));
    let response = world.send(Client::OpenAi.request(&body)).await;
    let mut texts = vec![String::new(); 3];
    for event in response.events() {
        let chunk: Value = serde_json::from_str(&event.data).unwrap_or_default();
        for choice in chunk["choices"].as_array().into_iter().flatten() {
            let index = usize::try_from(choice["index"].as_u64().unwrap()).unwrap();
            texts[index].push_str(choice["delta"]["content"].as_str().unwrap_or_default());
        }
    }
    assert_eq!(texts, [text.clone(), text.clone(), text]);
}

/// A conversation with a value in every place that takes text.
fn full(client: Client, alias: &str, word: &str) -> Value {
    let at = |place: &str, value: &str| format!("{place} {value}");
    let [mail, phone, card, iban, address, badge, project] = VALUES else {
        panic!("other values")
    };
    let schema = json!({
        "type": "object",
        "description": at("arguments", badge),
        "properties": {"city": {"type": "string", "description": at("a city like", project), "enum": [mail, "Rome"]}},
    });
    match client {
        Client::OpenAi => json!({
            "model": alias,
            "user": mail,
            "messages": [
                {"role": "system", "content": at("system", phone)},
                {"role": "developer", "content": [{"type": "text", "text": at("developer", iban)}]},
                {"role": "user", "name": "jane", "content": at("first", card)},
                {"role": "assistant", "content": at("hello", badge), "tool_calls": [{
                    "id": "call_1", "type": "function",
                    "function": {"name": "weather", "arguments": json!({"city": badge, "at": address}).to_string()},
                }]},
                {"role": "tool", "tool_call_id": "call_1", "content": json!({"rows": [{"iban": iban, "badge": badge}]}).to_string()},
                {"role": "user", "content": [{"type": "text", "text": format!("{word} {}", at("last", address))}]},
            ],
            "tools": [{"type": "function", "function": {"name": "weather", "description": at("asks", mail), "parameters": schema}}],
            "tool_choice": "none",
        }),
        Client::Anthropic => json!({
            "model": alias,
            "max_tokens": 1000,
            "metadata": {"user_id": mail},
            "system": [{"type": "text", "text": at("system", phone)}, {"type": "text", "text": at("more", iban)}],
            "messages": [
                {"role": "user", "content": at("first", card)},
                {"role": "assistant", "content": [
                    {"type": "text", "text": at("hello", badge)},
                    {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": badge, "at": [address]}},
                ]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": json!({"iban": iban, "badge": badge}).to_string()},
                    {"type": "text", "text": format!("{word} {}", at("last", address))},
                ]},
            ],
            "tools": [{"name": "weather", "description": at("asks", mail), "input_schema": schema}],
            "tool_choice": {"type": "none"},
        }),
    }
}

#[tokio::test]
async fn values_are_masked_in_every_place_that_takes_text() {
    let (world, _logs) = world();
    for client in crate::ask::CLIENTS {
        for alias in ECHOES {
            let word = marker("places");
            let response = world.send(client.request(&full(client, alias, &word))).await;
            let case = format!("{client:?} {alias}");
            let said = said(client, &response).unwrap_or_else(|error| panic!("{case}: {error}"));
            let asked = format!("{word} last {}", VALUES[4]);
            assert!(said.text.ends_with(&asked), "{case}: {}", said.text);
            let sent = arrived(&word);
            assert_eq!(
                sent["tools"][0].to_string().matches("weather").count(),
                1,
                "{sent}"
            );
        }
    }
}

#[tokio::test]
async fn a_value_that_json_escapes_is_found_and_comes_back() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in ECHOES {
            let word = marker("escaped");
            let body = client.body(alias, &format!("{word} at-sign and {BADGE}"), stream);
            let escaped = body
                .to_string()
                .replace("at-sign", r"\u006aane.doe\u0040example\u002eorg")
                .replace('Ω', r"\u03a9");
            let response = world.send(client.raw(escaped)).await;
            let said = said(client, &response).unwrap_or_else(|error| panic!("{client:?} {alias}: {error}"));
            assert_eq!(said.text, format!("{word} jane.doe@example.org and {BADGE}"));
            arrived(&word);
        }
    }
}

#[tokio::test]
async fn a_placeholder_that_a_client_writes_stays_what_it_is() {
    let (world, _logs) = world();
    let word = marker("probe");
    let text = format!("{word} jane.doe@example.org");
    world.send(Client::OpenAi.ask("echo", &text, false)).await;
    let placeholder = placeholders(&arrived(&word).to_string()).remove(0);
    for (client, stream) in WAYS {
        for alias in ECHOES {
            let text = format!("{} {placeholder} is not jane.doe@example.org", marker("forged"));
            let response = world.send(client.ask(alias, &text, stream)).await;
            assert_eq!(said(client, &response).unwrap().text, text, "{client:?} {alias}");
        }
    }
}

#[tokio::test]
async fn what_is_allowed_and_what_is_not_personal_arrives_as_it_was() {
    let (world, _logs) = world();
    let word = marker("allowed");
    let text = format!("{word} support@example.com, version 1.2.3, order 12345, [BRACKETS_ARE_TEXT]");
    for (client, stream) in WAYS {
        let response = world.send(client.ask("echo", &text, stream)).await;
        assert_eq!(response.header("x-penstock-pii"), None);
        assert_eq!(said(client, &response).unwrap().text, text);
    }
    for request in world.primary.requests_with(&word) {
        assert!(request.mentions(&text), "{}", request.json());
    }
}
