//! The list of models, and models that are not in it.

use penstock_test_support::Request;
use serde_json::Value;

use crate::ask::{CLIENTS, Client, WAYS, marker};
use crate::read::failed;
use crate::world::world;

fn get(client: Client, path: &str) -> Request {
    match client {
        Client::OpenAi => Request::get(path),
        Client::Anthropic => Request::get(path).header("anthropic-version", "2026-10-21"),
    }
}

#[tokio::test]
async fn models_are_listed_in_each_dialect() {
    let (world, _logs) = world();
    for client in CLIENTS {
        let response = world.send(get(client, "/v1/models")).await;
        assert_eq!(response.status, 200);
        let list = response.json();
        let models = list["data"].as_array().unwrap();
        let plain = models.iter().find(|model| model["id"] == "plain").unwrap();
        match client {
            Client::OpenAi => {
                assert_eq!(
                    (&list["object"], &plain["object"]),
                    (&Value::from("list"), &Value::from("model"))
                );
                assert!(plain["created"].is_u64() && plain["owned_by"].is_string());
            }
            Client::Anthropic => {
                assert_eq!(
                    (&plain["type"], &list["has_more"]),
                    (&Value::from("model"), &Value::from(false))
                );
                assert!(plain["display_name"].is_string() && plain["created_at"].is_string());
                assert_eq!(list["first_id"], models[0]["id"]);
            }
        }
        let one = world.send(get(client, "/v1/models/plain")).await;
        assert_eq!((one.status, &one.json()["id"]), (200, &Value::from("plain")));
    }
}

#[tokio::test]
async fn an_unknown_model_is_not_found_and_asked_of_nobody() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        let text = marker("unknown");
        let response = world.send(client.ask("no-such-alias", &text, stream)).await;
        let error = failed(client, &response).unwrap();
        assert_eq!(response.status, 404);
        match client {
            Client::OpenAi => assert_eq!(error.code, "model_not_found"),
            Client::Anthropic => assert_eq!(error.kind, "not_found_error"),
        }
        assert!(world.primary.requests_with(&text).is_empty());
    }
    for client in CLIENTS {
        let response = world.send(get(client, "/v1/models/no-such-alias")).await;
        assert_eq!(response.status, 404);
        failed(client, &response).unwrap();
    }
}

#[tokio::test]
async fn the_answer_names_a_model_and_not_the_fault_before_it() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        let response = world.send(client.ask("rate-limited", "hello", stream)).await;
        let model = crate::read::said(client, &response).unwrap().model;
        assert!(model == "good" || model == "rate-limited", "{model}");
    }
}
