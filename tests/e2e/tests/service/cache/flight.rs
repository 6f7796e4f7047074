//! The same request at once: one of them asks the provider, and the others wait for it.

use std::time::{Duration, Instant};

use penstock_test_support::client::Response;
use tokio::task::JoinSet;

use super::{cache, world};
use crate::{
    ask::{Client, WAYS, marker},
    service::world::World,
    world::model,
};

/// The answers to the same request, asked so many times at once.
async fn at_once(
    world: &World,
    count: usize,
    client: Client,
    model: &str,
    (text, stream): (&str, bool),
) -> Vec<Response> {
    let mut asked = JoinSet::new();
    for _ in 0..count {
        asked.spawn(client.ask(model, text, stream).send(world.envoy.address()));
    }
    let answers = asked.join_all().await;
    answers.into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn ten_identical_requests_cost_one_call() {
    let slow = model("slow", &[("primary", "fault=slow-first-token:1s")], "");
    let world = world("", &slow).await;
    for (client, stream) in WAYS {
        let text = marker("flight");
        let responses = at_once(&world, 10, client, "slow", (&text, stream)).await;
        let mut words: Vec<_> = responses
            .iter()
            .map(|response| cache(response).to_owned())
            .collect();
        words.sort();
        let mut expected = vec!["hit-exact".to_owned(); 9];
        expected.push("miss".to_owned());
        assert_eq!(words, expected);
        assert_eq!(world.primary.requests_with(&text).len(), 1);
    }
}

#[tokio::test]
async fn a_failure_is_nobodys_but_its_own() {
    let failing = model("failing", &[("primary", "fault=status:400")], "");
    let world = world("wait: 20s", &failing).await;
    let text = marker("failing");
    let began = Instant::now();
    for response in at_once(&world, 5, Client::OpenAi, "failing", (&text, false)).await {
        assert_eq!((response.status, cache(&response)), (400, "miss"));
    }
    assert_eq!(
        world.primary.requests_with(&text).len(),
        5,
        "each has asked for itself"
    );
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "they waited for nothing"
    );
}

#[tokio::test]
async fn nobody_waits_for_an_answer_that_is_not_kept() {
    let cheap = model("cheap", &[("backup", "good")], "");
    let more = format!(
        "{cheap}money:
  prices: [{{ provider: primary, model: good, input: 100, output: 100 }}, {{ provider: backup, model: good, input: 0, output: 0 }}]
  budgets: [{{ name: all, amount: 1, period: day, downgrade_at: 1 }}]
  downgrades: {{ plain: cheap }}
"
    );
    let world = world("wait: 60s", &more).await;
    // Takes more than a hundredth of the budget.
    let body = crate::ask::with(
        Client::OpenAi.body("plain", &marker("spends ").repeat(300), false),
        "max_tokens",
        serde_json::json!(200),
    );
    world.envoy.send(Client::OpenAi.request(&body)).await.unwrap();
    let text = marker("cheaper");
    penstock_test_support::wait::eventually(super::FILLED, "a downgrade", async || {
        let began = Instant::now();
        let response = world
            .envoy
            .send(Client::OpenAi.ask("plain", &text, false))
            .await
            .ok()?;
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        (response.header("x-penstock-provider") == Some("backup")).then_some(())
    })
    .await;
    let began = Instant::now();
    for _ in 0..2 {
        let response = world
            .envoy
            .send(Client::OpenAi.ask("plain", &text, false))
            .await
            .unwrap();
        assert_eq!(
            (response.status, response.header("x-penstock-provider")),
            (200, Some("backup"))
        );
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn nobody_waits_longer_than_is_configured() {
    let slow = model("slow", &[("primary", "fault=slow-first-token:4s")], "");
    let world = world("wait: 500ms", &slow).await;
    let text = marker("patience");
    for response in at_once(&world, 3, Client::OpenAi, "slow", (&text, false)).await {
        assert_eq!(cache(&response), "miss");
    }
    assert_eq!(world.primary.requests_with(&text).len(), 3);
}

#[tokio::test]
async fn those_who_wait_go_on_when_the_first_leaves() {
    let slow = model("slow", &[("primary", "fault=slow-first-token:2s")], "");
    let world = world("wait: 60s", &slow).await;
    let text = marker("leaves");
    let first = Client::OpenAi
        .ask("slow", &text, true)
        .open(world.envoy.address());
    let gone = tokio::time::timeout(Duration::from_millis(500), first).await;
    assert!(gone.is_err(), "the first was answered");
    let began = Instant::now();
    let second = world
        .envoy
        .send(Client::OpenAi.ask("slow", &text, true))
        .await
        .unwrap();
    assert_eq!(second.status, 200);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}
