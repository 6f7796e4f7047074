//! Requests go where the service says, and where the failure mode says when it says nothing.

use crate::ask::{Client, WAYS, marker};
use crate::world::model;

use super::world::World;

fn models() -> String {
    format!(
        "models:\n{}",
        model("plain", &[("primary", "good"), ("backup", "good")], "")
    )
}

#[tokio::test]
async fn a_request_goes_where_the_service_says() {
    let world = World::start("failure_mode: deny", &models()).await;
    for (client, stream) in WAYS {
        let text = marker("decided");
        let response = world
            .envoy
            .send(client.ask("plain", &text, stream))
            .await
            .unwrap();
        assert_eq!(response.status, 200, "{}", response.text());
        assert_eq!(response.header("x-penstock-plan"), None);
        assert_eq!(world.primary.requests_with(&text).len(), 1);
    }
    assert_eq!(
        world.envoy.stat("penstock.decisions.outcome.used").await.unwrap(),
        4
    );
}

#[tokio::test]
async fn without_the_service_the_failure_mode_decides() {
    let section = "failure_mode: { chat-completions: static_plan, messages: deny }, timeout: 300ms";
    let mut world = World::start(section, &models()).await;
    world.service.kill();
    let openai = world
        .envoy
        .send(Client::OpenAi.ask("plain", "hello", false))
        .await
        .unwrap();
    assert_eq!(
        (openai.status, openai.header("x-penstock-plan")),
        (200, Some("static")),
        "{}",
        openai.text()
    );
    let anthropic = world
        .envoy
        .send(Client::Anthropic.ask("plain", "hello", false))
        .await
        .unwrap();
    assert_eq!(anthropic.status, 503);
    assert_eq!(anthropic.json()["type"], "error", "{}", anthropic.text());

    world.service.restart().await.unwrap();
    penstock_test_support::wait::eventually(
        std::time::Duration::from_secs(10),
        "decisions again",
        async || {
            let response = world
                .envoy
                .send(Client::Anthropic.ask("plain", "hello", false))
                .await
                .unwrap();
            (response.status == 200).then_some(())
        },
    )
    .await;
}

#[tokio::test]
async fn an_answer_of_the_service_is_in_the_clients_dialect() {
    let world = World::start("failure_mode: deny", &models()).await;
    for (client, stream) in WAYS {
        let response = world
            .envoy
            .send(client.ask("unknown", "hello", stream))
            .await
            .unwrap();
        assert_eq!(response.status, 404, "{}", response.text());
    }
}
