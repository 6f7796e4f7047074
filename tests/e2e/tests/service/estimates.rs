//! What a request would cost, and the approval of dear ones.

use penstock_test_support::{Request, client::Response};
use serde_json::Value;

use crate::ask::{CLIENTS, Client};
use crate::read::failed;
use crate::world::model;

use super::world::World;

const APPROVE: &str = "x-penstock-approve";

/// What may cost more than ten cents needs approval; an output token costs a tenth of a cent.
async fn world(more: &str) -> World {
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), "key-of-the-approvals-of-these-tests").unwrap();
    let yaml = format!(
        "models:\n{}keys: {{ anonymous: {{ tenant: demo }} }}\nmoney:\n  approve_above: 0.10\n  approve_key: {{ file: {:?} }}\n  prices:\n    - {{ provider: primary, model: large, input: 0, output: 1000 }}\n{more}",
        model("large", &[("primary", "large")], ""),
        key.path(),
    );
    World::start("failure_mode: deny", &yaml).await
}

fn body(client: Client, text: &str, most: u64) -> Value {
    let mut body = client.body("large", text, false);
    body["max_tokens"] = most.into();
    body
}

fn estimate(client: Client, body: &Value) -> Request {
    let request = Request::post("/v1/penstock/estimate", body);
    match client {
        Client::OpenAi => request,
        Client::Anthropic => request.header("anthropic-version", "2026-10-21"),
    }
}

fn token(response: &Response) -> String {
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()["approval"]["token"]
        .as_str()
        .unwrap_or_else(|| panic!("no token: {}", response.text()))
        .to_owned()
}

#[tokio::test]
async fn a_dear_request_passes_once_with_the_approval_of_its_estimate() {
    let pii = "pii: { key: { env: PII_TEST_KEY } }\n";
    for more in ["", pii] {
        let world = world(more).await;
        for client in CLIENTS {
            // What is masked on its way is approved as it is masked.
            let body = body(client, "write to jane.doe@example.org", 1_000);
            let send = async |request: Request| world.envoy.send(request).await.unwrap();
            let refused = send(client.request(&body)).await;
            assert_eq!(refused.status, 403, "{}", refused.text());
            assert!(
                refused.text().contains("x-penstock-approve"),
                "{}",
                refused.text()
            );

            let quoted = send(estimate(client, &body)).await;
            let token = token(&quoted);
            let quote = quoted.json();
            assert_eq!(quote["estimate_usd"], "1.000000", "{quote}");
            assert_eq!(quote["would_pass"], true, "{quote}");

            let other = self::body(client, "write to john.doe@example.org", 1_000);
            let other = send(client.request(&other).header(APPROVE, &token)).await;
            assert_eq!(other.status, 403, "{}", other.text());
            let answered = send(client.request(&body).header(APPROVE, &token)).await;
            assert_eq!(answered.status, 200, "{}", answered.text());
            let replayed = send(client.request(&body).header(APPROVE, &token)).await;
            assert_eq!(replayed.status, 403, "{}", replayed.text());
            assert!(
                failed(client, &replayed)
                    .unwrap()
                    .message
                    .contains("used already")
            );

            let cheap = self::body(client, "hello", 10);
            assert_eq!(send(client.request(&cheap)).await.status, 200);
            let quote = send(estimate(client, &cheap)).await.json();
            assert_eq!(quote["approval"], Value::Null, "{quote}");
        }
    }
}

#[tokio::test]
async fn an_estimate_says_what_stands_in_the_way() {
    let world =
        world("quota: { limits: [ { name: few-tokens, strict: true, tokens_per_minute: 50 } ] }\n").await;
    let send = async |request: Request| world.envoy.send(request).await.unwrap();
    for client in CLIENTS {
        let quote = send(estimate(client, &body(client, "hello", 40))).await.json();
        assert_eq!(quote["would_pass"], true, "{quote}");
        let quote = send(estimate(client, &body(client, "hello", 60))).await.json();
        assert_eq!(quote["would_pass"], false, "{quote}");
        assert!(quote["reasons"].to_string().contains("few-tokens"), "{quote}");
        let unknown = client.body("nothing", "hello", false);
        assert_eq!(send(estimate(client, &unknown)).await.status, 404);
        let wrong = Request::get("/v1/penstock/estimate");
        assert_eq!(send(wrong).await.status, 405);
    }
}
