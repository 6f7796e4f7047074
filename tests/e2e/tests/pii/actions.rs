//! What becomes of a value, as the model's policy says.

use super::values::{VALUES, leaked, letter, placeholders};
use super::world::{echo, world};
use crate::ask::{Client, WAYS, marker};
use crate::read::{Said, said};

pub fn models() -> String {
    echo("hashes", "", "pii: { action: hash }")
        + &echo("redacts", "", "pii: { action: redact }")
        + &echo("flags", "", "pii: { action: flag }")
        + &echo("ignores", "", "pii: { action: ignore }")
        + &echo("keeps-masks", "", "pii: { restore: false }")
        + &echo("mixes", "", "pii: { action: ignore, entities: { EMAIL_ADDRESS: { action: mask } } }")
        + &echo("screens", "", "pii: { action: flag, entities: { EMAIL_ADDRESS: { action: mask } }, response: mask }")
        // The answer alone has the value: its schema asks for an address.
        + &crate::world::model("invents", &[("primary", "good")], "pii: { response: mask }")
        + &crate::world::model("invents-anthropic", &[("primary-anthropic", "good")], "pii: { response: mask }")
}

/// What a model of either API says to the same text, and what it was sent.
async fn each_way(name: &str, check: impl Fn(&str, &Said, &str)) {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for api in ["", "-anthropic"] {
            let word = marker(name);
            let text = letter(&word);
            let response = world
                .send(client.ask(&format!("{name}{api}"), &text, stream))
                .await;
            let said =
                said(client, &response).unwrap_or_else(|error| panic!("{client:?} {name}{api}: {error}"));
            let sent = world.primary.requests_with(&word).remove(0);
            check(&text, &said, &String::from_utf8_lossy(&sent.body));
        }
    }
}

#[tokio::test]
async fn hashes_stay_in_the_answer() {
    each_way("hashes", |_, said, sent| {
        assert_eq!(leaked(sent.as_bytes()), Vec::<String>::new());
        let hashes = placeholders(sent);
        assert_eq!(hashes.len(), VALUES.len(), "{sent}");
        assert!(hashes.iter().all(|hash| hash.contains('#')), "{sent}");
        assert_eq!(placeholders(&said.text), hashes);
        assert_eq!(leaked(said.text.as_bytes()), Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn what_is_redacted_is_gone() {
    each_way("redacts", |_, said, sent| {
        assert_eq!(leaked(sent.as_bytes()), Vec::<String>::new());
        for label in ["EMAIL", "PHONE", "CARD", "IBAN", "IP", "BADGE", "PROJECT"] {
            assert!(
                said.text.contains(&format!("[{label}]")),
                "{label}: {}",
                said.text
            );
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_flagged_or_ignored_goes_through() {
    for name in ["flags", "ignores"] {
        each_way(name, |text, said, sent| {
            assert_eq!(said.text, text);
            let sent: serde_json::Value = serde_json::from_str(sent).unwrap();
            let content = &sent["messages"][0]["content"];
            assert_eq!(content.as_str().or(content[0]["text"].as_str()), Some(text));
        })
        .await;
    }
}

#[tokio::test]
async fn without_restoring_the_client_has_what_the_provider_was_sent() {
    each_way("keeps-masks", |_, said, sent| {
        assert_eq!(placeholders(&said.text), placeholders(sent));
        assert_eq!(placeholders(sent).len(), VALUES.len());
        assert_eq!(leaked(said.text.as_bytes()), Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_kind_may_be_treated_otherwise_than_the_rest() {
    each_way("mixes", |text, said, sent| {
        assert_eq!(said.text, text);
        assert_eq!(placeholders(sent).len(), 1, "{sent}");
        assert!(!sent.contains(VALUES[0]) && sent.contains(VALUES[1]), "{sent}");
    })
    .await;
}

#[tokio::test]
async fn the_clients_own_values_come_back_where_answers_are_screened() {
    each_way("screens", |text, said, _| assert_eq!(said.text, text)).await;
}

#[tokio::test]
async fn personal_data_that_the_model_adds_is_masked_where_answers_are_screened() {
    use serde_json::json;
    let (world, _logs) = world();
    let schema = json!({
        "type": "object",
        "properties": {"mail": {"type": "string", "format": "email"}, "note": {"type": "string"}},
        "required": ["mail", "note"],
        "additionalProperties": false,
    });
    for (client, stream) in WAYS {
        for alias in ["invents", "invents-anthropic"] {
            let mut body = client.body(alias, "an address, please", stream);
            match client {
                Client::OpenAi => {
                    body["response_format"] = json!({"type": "json_schema", "json_schema": {"name": "contact", "strict": true, "schema": schema}});
                }
                Client::Anthropic => {
                    body["output_config"] = json!({"format": {"type": "json_schema", "schema": schema}});
                }
            }
            let response = world.send(client.request(&body)).await;
            let said = said(client, &response).unwrap_or_else(|error| panic!("{client:?} {alias}: {error}"));
            assert!(!said.text.contains("ada@example.com"), "{}", said.text);
            let masked = placeholders(&said.text);
            assert_eq!(masked.len(), 1, "{}", said.text);
            let answer: serde_json::Value = serde_json::from_str(&said.text).unwrap();
            assert_eq!(answer["mail"], masked[0]);
            // The same in the arguments of a call.
            let mut body = client.body(alias, "weather, please", stream);
            body["tools"] = match client {
                Client::OpenAi => {
                    json!([{"type": "function", "function": {"name": "weather", "parameters": schema}}])
                }
                Client::Anthropic => json!([{"name": "weather", "input_schema": schema}]),
            };
            let response = world.send(client.request(&body)).await;
            let said = crate::read::said(client, &response)
                .unwrap_or_else(|error| panic!("{client:?} {alias}: {error}"));
            assert_eq!(said.calls[0].arguments["mail"], masked[0], "{client:?} {alias}");
        }
    }
}
