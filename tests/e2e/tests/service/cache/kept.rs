//! What is kept: masked, apart for each tenant, and over a restart.

use serde_json::{Value, json};

use super::{cache, keep, world};
use crate::{
    ask::{Client, marker},
    service::world::World,
    world::model,
};

const PII: &str = "pii: { key: { env: PII_TEST_KEY } }\n";

#[tokio::test]
async fn personal_data_is_kept_masked_and_comes_back_to_whom_it_belongs() {
    let world = world(
        "",
        &format!("{}{PII}", model("echo", &[("primary", "fault=echo")], "")),
    )
    .await;
    let word = marker("masked");
    let ask = |address: &str| Client::OpenAi.ask("echo", &format!("{word} {address}"), false);
    let first = keep(&world, ask("anna@example.com")).await;
    assert!(first.text().contains("anna@example.com"), "{}", first.text());
    let again = world.envoy.send(ask("anna@example.com")).await.unwrap();
    assert_eq!(cache(&again), "hit-exact");
    assert!(again.text().contains("anna@example.com"), "{}", again.text());
    // Another value is another placeholder.
    let other = world.envoy.send(ask("bert@example.com")).await.unwrap();
    assert_eq!(cache(&other), "miss");
    assert!(other.text().contains("bert@example.com") && !other.text().contains("anna"));
    for entry in std::fs::read_dir(world.service.directory().join("penstock-data")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let found = bytes.windows(16).any(|window| window == b"anna@example.com");
        assert!(!found, "a value is on the disk");
    }
}

#[tokio::test]
async fn an_answer_of_one_tenant_is_none_for_another() {
    let models = format!(
        "identity: {{ tenant: {{ header: x-tenant }} }}\ncache: {{ semantic: false }}\nmodels:\n{}{}",
        model("plain", &[("primary", "good")], ""),
        model("shared", &[("primary", "good")], "cache: { share: all }"),
    );
    let world = World::start("failure_mode: deny", &models).await;
    let text = marker("tenant");
    let ask = |model: &str, tenant: &str| Client::OpenAi.ask(model, &text, false).header("x-tenant", tenant);
    keep(&world, ask("plain", "acme")).await;
    keep(&world, ask("shared", "acme")).await;
    for (model, tenant, expected) in [
        ("plain", "acme", "hit-exact"),
        ("plain", "globex", "miss"),
        ("shared", "globex", "hit-exact"),
        ("shared", "acme", "hit-exact"),
    ] {
        let response = world.envoy.send(ask(model, tenant)).await.unwrap();
        assert_eq!(cache(&response), expected, "{model} {tenant}");
    }
}

#[tokio::test]
async fn answers_outlive_the_service() {
    let mut world = world("", "").await;
    let text = marker("restart");
    keep(&world, Client::OpenAi.ask("plain", &text, false)).await;
    world.service.terminate().unwrap();
    world.service.restart().await.unwrap();
    let again = super::until_hit(&world, || Client::OpenAi.ask("plain", &text, false)).await;
    assert_eq!(again.status, 200);
    assert_eq!(world.primary.requests_with(&text).len(), 1);
}

#[tokio::test]
async fn a_hit_is_written_down_and_costs_nothing() {
    let world = world(
        "",
        "money:\n  prices: [{ provider: primary, model: good, input: 1, output: 1 }]\n",
    )
    .await;
    let text = marker("ledger");
    keep(&world, Client::OpenAi.ask("plain", &text, false)).await;
    let again = world
        .envoy
        .send(Client::OpenAi.ask("plain", &text, false))
        .await
        .unwrap();
    let id = again.header("x-penstock-request-id").unwrap().to_owned();
    let logged = world.envoy.logged(&id).await;
    assert_eq!(logged["cache"], json!("hit-exact"));
    world
        .service
        .until_metric(&["penstock_cache_requests_total", "hit-exact"], 1.0)
        .await;
    assert!(
        world
            .service
            .metric(&["penstock_cache_saved_tokens_total", "output"])
            .await
            .unwrap()
            > 0.0
    );
    assert!(
        world
            .service
            .metric(&["penstock_cache_saved_micro_usd_total"])
            .await
            .unwrap()
            > 0.0
    );
    let report: Value = penstock_test_support::wait::eventually(super::FILLED, "two rows", async || {
        let request = penstock_test_support::Request::get("/v1/penstock/usage?group_by=model");
        let report = world.envoy.send(request).await.ok()?.json();
        (report.to_string().contains("\"requests\":2")).then_some(report)
    })
    .await;
    assert!(report.to_string().contains("plain"), "{report}");
}
