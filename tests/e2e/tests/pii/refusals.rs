//! Requests that are refused for what they hold: kinds and places are told, values are not.

use serde_json::json;

use super::values::leaked;
use super::world::{echo, world};
use crate::ask::{CLIENTS, Client, WAYS, marker, with};
use crate::read::failed;

pub fn models() -> String {
    echo(
        "denies",
        "",
        "pii: { entities: { CREDIT_CARD: { action: deny }, PROJECT: { action: deny } } }",
    )
}

#[tokio::test]
async fn a_request_with_what_must_not_be_sent_is_refused_in_the_clients_dialect() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        let word = marker("denied");
        let text = format!("{word}: café 4111 1111 1111 1111, jane.doe@example.org, bluebird");
        let response = world.send(client.ask("denies", &text, stream)).await;
        let error = failed(client, &response).unwrap();
        assert_eq!(response.status, 400);
        assert_eq!(error.kind, "invalid_request_error");
        let start = word.len() + ": café ".chars().count();
        for part in [
            format!(
                "CREDIT_CARD in messages[0].content at characters {start} to {}",
                start + 19
            ),
            "PROJECT in messages[0].content at characters ".to_owned(),
        ] {
            assert!(error.message.contains(&part), "{part}: {}", error.message);
        }
        if client == Client::OpenAi {
            assert_eq!(
                (&error.code, &error.param),
                (&json!("personal_data"), &json!("messages[0].content"))
            );
        }
        assert_eq!(leaked(&response.body), Vec::<String>::new());
        assert!(!response.text().contains("EMAIL"), "{}", response.text());
        let mut told: Vec<_> = response.header("x-penstock-pii").unwrap().split(", ").collect();
        told.sort_unstable();
        assert_eq!(told, ["CREDIT_CARD=1", "EMAIL_ADDRESS=1", "PROJECT=1"]);
        assert!(world.primary.requests_with(&word).is_empty());
    }
}

#[tokio::test]
async fn the_place_is_told_where_it_is_deep_in_the_request() {
    let (world, _logs) = world();
    let body = with(
        Client::OpenAi.body("denies", "hello", false),
        "messages",
        json!([
            {"role": "user", "content": "hello"},
            {"role": "assistant", "tool_calls": [{"id": "c", "type": "function",
                "function": {"name": "f", "arguments": "{\"project\": \"bluebird\"}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "fine"},
        ]),
    );
    let response = world.send(Client::OpenAi.request(&body)).await;
    let error = failed(Client::OpenAi, &response).unwrap();
    assert!(
        error
            .message
            .contains("PROJECT in messages[1].tool_calls[0].function.arguments"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn a_model_that_denies_lets_through_what_holds_nothing() {
    let (world, _logs) = world();
    for client in CLIENTS {
        let text = format!("{} jane.doe@example.org", marker("fine"));
        let response = world.send(client.ask("denies", &text, false)).await;
        assert_eq!(crate::read::said(client, &response).unwrap().text, text);
    }
}
