//! Whatever is sent, the service refuses it or passes it over, and goes on serving others.

use penstock_test_support::Request;

use crate::ask::{CLIENTS, Client};
use crate::world::model;

use super::world::World;

#[tokio::test]
async fn the_service_goes_on_whatever_is_sent() {
    let more = format!(
        "models:\n{}keys: {{ anonymous: {{ tenant: demo }} }}\n",
        model("plain", &[("primary", "good")], "")
    );
    let world = World::start("failure_mode: deny", &more).await;
    let long = "x".repeat(10_000);
    let good = || Client::OpenAi.ask("plain", "hello", false);
    let requests = [
        (good().header("x-penstock-int-input-tokens", "99999999999"), 200),
        (
            good()
                .header("x-penstock-int-decision", "{}")
                .header("x-penstock-approve", &long),
            200,
        ),
        (good().header("x-long", &long), 200),
        (good().header("x-request-id", &long), 200),
        (
            Request::post_bytes("/v1/chat/completions", "{\"model\": \"plain\", \"messages\": ["),
            400,
        ),
        (
            Request::post_bytes("/v1/penstock/estimate", "{\"model\": \"plain\", \"messages\": ["),
            400,
        ),
        (Request::post_bytes("/v1/penstock/estimate", "[]"), 400),
        (
            Request::get("/v1/penstock/usage?group_by=team;drop+table&from=yesterday"),
            400,
        ),
        (Request::get("/v1/penstock/nothing"), 404),
    ];
    for (request, status) in requests {
        let shown = format!("{request:?}");
        let response = world.envoy.send(request).await.unwrap();
        let shown = shown.get(..200).unwrap_or(&shown);
        assert_eq!(response.status, status, "{shown}: {}", response.text());
        assert_eq!(
            world.envoy.send(good()).await.unwrap().status,
            200,
            "after {shown}"
        );
    }
}

#[tokio::test]
async fn the_largest_body_is_decided_and_not_let_through() {
    let more = format!(
        "models:\n{}keys: {{ anonymous: {{ tenant: demo }} }}\n",
        model("plain", &[("primary", "good")], "")
    );
    let world = World::start("failure_mode: deny, timeout: 5s", &more).await;
    let text = "word ".repeat(1 << 20);
    let response = world
        .envoy
        .send(Client::OpenAi.ask("plain", &text, false))
        .await
        .unwrap();
    assert_eq!(response.status, 200, "{}", response.text());
    assert_eq!(
        world.envoy.stat("penstock.decisions.outcome.used").await.unwrap(),
        1
    );
}

/// Envoy sends a body that trailers follow without the end of the stream.
#[tokio::test]
async fn trailers_get_no_request_past_the_decision() {
    for mode in ["deny", "static_plan"] {
        let more = format!(
            "models:\n{}{}keys: {{ anonymous: {{ tenant: demo, models: [plain] }} }}\n",
            model("plain", &[("primary", "good")], ""),
            model("other", &[("primary", "good")], ""),
        );
        let world = World::start(&format!("failure_mode: {mode}"), &more).await;
        for client in CLIENTS {
            for (asked, status) in [("plain", 200), ("other", 403)] {
                let request = client.ask(asked, "hello", false).with_trailers();
                let response = world.envoy.send(request).await.unwrap();
                assert_eq!(response.status, status, "{mode} {client:?}: {}", response.text());
            }
        }
    }
}
