//! Answers that are cut wherever a cut can be.

use penstock_test_support::client::Response;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::values::BADGE;
use super::world::{echo, with_reasoning, with_tool, world};
use crate::ask::{CLIENTS, Client};
use crate::read::said;

/// More characters than the longest text has once it is masked, so that one of the lengths cuts at each place.
const LENGTHS: usize = 64;
/// Requests at once.
const AT_ONCE: usize = 24;

pub fn models() -> String {
    let mut models = String::new();
    for length in 1..=LENGTHS {
        models += &echo(&format!("pieces-{length}"), &format!("piece:{length}"), "");
        models += &echo(&format!("writes-{length}"), &format!("split:{length}"), "");
    }
    for client in CLIENTS {
        models += &echo(&format!("sweep-{client:?}"), "piece:14,sweep:1ms", "");
        models += &echo(&format!("sweep-call-{client:?}"), "piece:14,sweep:1ms", "");
    }
    models
}

/// Sends a body, and checks that all of the answer is what it was.
async fn ask(client: Client, body: Value, text: &str, thinking: &str) -> Response {
    let (world, _) = world();
    let response = world.send(client.request(&body)).await;
    let attempts = response.header("x-penstock-attempts").unwrap_or_default();
    let case = format!("{client:?} {} {attempts}", body["model"]);
    let said = said(client, &response).unwrap_or_else(|error| panic!("{case}: {error}"));
    assert!(
        response
            .header("x-penstock-pii")
            .is_some_and(|told| told.contains("EMAIL_ADDRESS=1")),
        "{case}"
    );
    assert_eq!(said.thinking, thinking, "{case}");
    if body["tools"].is_array() {
        assert_eq!(said.calls[0].arguments, json!({"city": text}), "{case}");
    } else {
        assert_eq!(said.text, text, "{case}");
    }
    response
}

/// Asks models of every length for text and reasoning, and for a call.
async fn ask_all(name: &str) {
    let text = format!("weather: jane.doe@example.org[{BADGE}]");
    let mut running = JoinSet::new();
    for length in 1..=LENGTHS {
        for client in CLIENTS {
            for api in ["", "-anthropic"] {
                let body = client.body(&format!("{name}-{length}{api}"), &text, true);
                let body = with_reasoning(client, body);
                for body in [with_tool(client, body.clone()), body] {
                    if running.len() >= AT_ONCE {
                        running.join_next().await.unwrap().unwrap();
                    }
                    let text = text.clone();
                    running.spawn(async move { ask(client, body, &text, &text).await });
                }
            }
        }
    }
    running.join_all().await;
}

#[tokio::test]
async fn text_cut_at_every_character_is_restored() {
    let (_, _logs) = world();
    ask_all("pieces").await;
}

#[tokio::test]
async fn a_stream_written_in_pieces_of_any_length_is_restored() {
    let (_, _logs) = world();
    ask_all("writes").await;
}

#[tokio::test]
async fn a_stream_that_pauses_after_any_byte_is_restored() {
    let (_, _logs) = world();
    let text = "weather: jane.doe@example.org";
    let mut running = JoinSet::new();
    for (name, calls) in [("sweep", false), ("sweep-call", true)] {
        for client in CLIENTS {
            for api in ["", "-anthropic"] {
                let alias = format!("{name}-{client:?}{api}");
                let body = client.body(&alias, text, true);
                let body = if calls { with_tool(client, body) } else { body };
                let first = ask(client, body.clone(), text, "").await;
                // With usage that the client has not asked for, the provider writes at most so much more.
                for _ in 0..first.body.len() + 600 {
                    if running.len() >= AT_ONCE {
                        running.join_next().await.unwrap().unwrap();
                    }
                    let body = body.clone();
                    running.spawn(async move { ask(client, body, text, "").await });
                }
            }
        }
    }
    running.join_all().await;
}
