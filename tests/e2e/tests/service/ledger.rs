//! What is written down of each request, and who may read it.

use std::time::Duration;

use penstock_test_support::wait::eventually;

use crate::ask::{Client, WAYS};
use crate::world::model;

use super::world::World;

#[tokio::test]
async fn usage_tells_what_each_model_has_cost_its_tenant() {
    let more = format!(
        "models:\n{}keys: {{ anonymous: {{ tenant: demo, team: search }} }}\nmoney: {{ prices: [ {{ provider: primary, model: good, input: 1, output: 1000 }} ] }}\n",
        model("plain", &[("primary", "good")], "")
    );
    let world = World::start("failure_mode: deny", &more).await;
    for (client, stream) in WAYS {
        let response = world
            .envoy
            .send(client.ask("plain", "hello", stream))
            .await
            .unwrap();
        assert_eq!(response.status, 200, "{}", response.text());
    }
    let usage = || penstock_test_support::Request::get("/v1/penstock/usage?group_by=team,model");
    let report = eventually(
        Duration::from_secs(10),
        "four requests in the ledger",
        async || {
            let response = world.envoy.send(usage()).await.unwrap();
            assert_eq!(response.status, 200, "{}", response.text());
            let report = response.json();
            (report["data"][0]["requests"] == 4).then_some(report)
        },
    )
    .await;
    let group = &report["data"][0];
    assert_eq!(
        (&group["team"], &group["model"]),
        (&"search".into(), &"plain".into()),
        "{report}"
    );
    assert!(group["cost_micro_usd"].as_u64().unwrap() > 0, "{report}");
    assert!(group["input_tokens"].as_u64().unwrap() > 0, "{report}");

    let wrong = penstock_test_support::Request::get("/v1/penstock/usage?group_by=nothing");
    let response = world.envoy.send(wrong).await.unwrap();
    assert_eq!(response.status, 400, "{}", response.text());
}

#[tokio::test]
async fn a_kill_loses_no_more_than_a_flush_interval() {
    let more = format!(
        "models:\n{}keys: {{ anonymous: {{ tenant: demo }} }}\n",
        model("plain", &[("primary", "good")], "")
    );
    let mut world = World::start("failure_mode: deny", &more).await;
    for _ in 0..10 {
        let response = world
            .envoy
            .send(Client::OpenAi.ask("plain", "hello", false))
            .await
            .unwrap();
        assert_eq!(response.status, 200, "{}", response.text());
    }
    world
        .service
        .until_metric(&["penstock_ledger_rows_total"], 10.0)
        .await;
    world.service.kill();
    world.service.restart().await.unwrap();
    let report = eventually(Duration::from_secs(20), "the report", async || {
        let request = penstock_test_support::Request::get("/v1/penstock/usage?group_by=model");
        let response = world.envoy.send(request).await.unwrap();
        (response.status == 200).then(|| response.json())
    })
    .await;
    assert_eq!(report["data"][0]["requests"], 10, "{report}");
}
