//! Money: reserved before, settled after, and never overspent.

use std::time::Duration;

use penstock_test_support::wait::eventually;
use tokio::task::JoinSet;

use crate::ask::{Client, marker};
use crate::read::failed;
use crate::world::model;

use super::world::World;

/// An output token costs a tenth of a cent.
fn yaml(budget: &str) -> String {
    format!(
        "models:\n{}{}keys: {{ anonymous: {{ tenant: demo }} }}\nmoney:\n  prices:\n    - {{ provider: primary, model: large, input: 0, output: 1000 }}\n    - {{ provider: primary, model: small, input: 0, output: 1 }}\n  downgrades: {{ large: small }}\n  budgets:\n    - {{ {budget} }}\n",
        model("large", &[("primary", "large")], ""),
        model("small", &[("primary", "small")], ""),
    )
}

fn ask(text: &str, most: u64) -> penstock_test_support::Request {
    let mut body = Client::OpenAi.body("large", text, false);
    body["max_tokens"] = most.into();
    Client::OpenAi.request(&body)
}

#[tokio::test]
async fn concurrent_callers_never_overspend_a_budget() {
    // The most that a request of ten tokens can cost is 0.01 dollars; a hundred of them fit.
    let world = World::start(
        "failure_mode: deny",
        &yaml("name: month, per: [tenant], amount: 1.00, period: month"),
    )
    .await;
    let text = marker("money");
    let mut callers = JoinSet::new();
    for _ in 0..16 {
        let (envoy, text) = (world.envoy.address(), text.clone());
        callers.spawn(async move {
            let mut cost = 0.0;
            let mut refused = None;
            // Settlements give back what was not used, so more than a hundred pass in the end.
            for _ in 0..60 {
                let response = ask(&text, 10).send(envoy).await.unwrap();
                match response.status {
                    200 => {
                        cost += response
                            .header("x-penstock-cost")
                            .unwrap()
                            .parse::<f64>()
                            .unwrap()
                    }
                    429 => refused = Some(response),
                    other => panic!("{other}: {}", response.text()),
                }
            }
            (cost, refused)
        });
    }
    let results = callers.join_all().await;
    let spent: f64 = results.iter().map(|(cost, _)| cost).sum();
    assert!(spent <= 1.0, "{spent}");
    assert!(spent > 0.8, "{spent}");
    let refused = results.into_iter().find_map(|(_, refused)| refused).unwrap();
    let said = failed(Client::OpenAi, &refused).unwrap();
    assert_eq!(said.code, "insufficient_quota", "{said:?}");
    assert!(refused.header("retry-after").is_some());
}

#[tokio::test]
async fn at_its_threshold_a_budget_makes_the_answer_come_from_the_cheaper_model() {
    let world = World::start(
        "failure_mode: deny",
        &yaml("name: month, amount: 0.10, period: month, thresholds: [50, 80], downgrade_at: 80"),
    )
    .await;
    let mut models = Vec::new();
    eventually(Duration::from_secs(60), "the cheaper model", async || {
        let response = world.envoy.send(ask("hello", 4)).await.unwrap();
        assert_eq!(response.status, 200, "{}", response.text());
        models.push(response.header("x-penstock-model").unwrap().to_owned());
        (models.last().is_some_and(|model| model == "small")).then_some(())
    })
    .await;
    assert_eq!(models.first().map(String::as_str), Some("large"), "{models:?}");
    world
        .service
        .until_metric(&["penstock_budget_threshold_total", "threshold=\"50\""], 1.0)
        .await;
    assert!(
        world.service.log().contains("budget_threshold"),
        "{}",
        world.service.log()
    );
}

#[tokio::test]
async fn an_estimate_says_what_a_request_would_cost_and_reserves_nothing() {
    let world = World::start(
        "failure_mode: deny",
        &yaml("name: month, per: [tenant], amount: 0.01, period: month"),
    )
    .await;
    let mut body = Client::OpenAi.body("large", "hello", false);
    body["max_tokens"] = 10.into();
    for _ in 0..3 {
        let request = penstock_test_support::Request::post("/v1/penstock/estimate", &body);
        let response = world.envoy.send(request).await.unwrap();
        assert_eq!(response.status, 200, "{}", response.text());
        let quote = response.json();
        assert_eq!(quote["estimate_micro_usd"], 10_000, "{quote}");
        assert_eq!(quote["would_pass"], true, "{quote}");
    }
    body["max_tokens"] = 11.into();
    let request = penstock_test_support::Request::post("/v1/penstock/estimate", &body);
    let quote = world.envoy.send(request).await.unwrap().json();
    assert_eq!(quote["would_pass"], false, "{quote}");
}

#[tokio::test]
async fn a_budget_survives_a_kill_of_the_service() {
    let mut world = World::start(
        "failure_mode: deny",
        &yaml("name: month, amount: 0.02, period: month"),
    )
    .await;
    let response = world.envoy.send(ask("hello", 20)).await.unwrap();
    let cost: f64 = response.header("x-penstock-cost").unwrap().parse().unwrap();
    assert!(cost > 0.0);
    world
        .service
        .until_metric(&["penstock_ledger_rows_total"], 1.0)
        .await;
    // A flush interval later it is on disk.
    eventually(Duration::from_secs(5), "the budget on disk", async || {
        let file = world.service.directory().join("penstock-data/ledger.sqlite-wal");
        file.metadata().ok().filter(|file| file.len() > 0).map(|_| ())
    })
    .await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.service.kill();
    world.service.restart().await.unwrap();
    let refused = eventually(Duration::from_secs(20), "an answer", async || {
        let response = world.envoy.send(ask("hello", 20)).await.unwrap();
        (response.status != 503).then_some(response)
    })
    .await;
    assert_eq!(refused.status, 429, "{}", refused.text());
}
