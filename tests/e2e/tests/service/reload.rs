//! A changed configuration is taken up whole, or not at all.

use std::time::Duration;

use penstock_test_support::wait::eventually;

use crate::ask::Client;
use crate::world::model;

use super::world::World;

#[tokio::test]
async fn a_bad_file_is_refused_with_the_reason_and_the_old_one_stays() {
    let more = format!(
        "models:\n{}keys: {{ anonymous: {{ tenant: demo }} }}\n",
        model("plain", &[("primary", "good")], "")
    );
    let mut world = World::start("failure_mode: deny", &more).await;
    let ready = async |world: &World| world.service.admin("/readyz").await.unwrap().text();
    assert!(ready(&world).await.starts_with("ready\n"));
    world.rewrite(|yaml| yaml.replace("tenant: demo", "tennant: demo"));
    let lines = eventually(Duration::from_secs(5), "the refusal to be told", async || {
        let lines = ready(&world).await;
        lines.contains("not taken up").then_some(lines)
    })
    .await;
    assert!(
        lines.starts_with("ready\n") && lines.contains("tennant"),
        "{lines}"
    );
    assert_eq!(
        world.service.metric(&["penstock_config_current"]).await.unwrap(),
        0.0
    );
    let response = world
        .envoy
        .send(Client::OpenAi.ask("plain", "hello", false))
        .await
        .unwrap();
    assert_eq!(response.status, 200, "{}", response.text());

    world.rewrite(|yaml| yaml.replace("keys: { anonymous: { tennant: demo } }\n", "keys: { list: [] }\n"));
    eventually(Duration::from_secs(5), "the new one to be in force", async || {
        let response = world
            .envoy
            .send(Client::OpenAi.ask("plain", "hello", false))
            .await
            .unwrap();
        (response.status == 401).then_some(())
    })
    .await;
    assert_eq!(
        world.service.metric(&["penstock_config_current"]).await.unwrap(),
        1.0
    );
}

#[tokio::test]
async fn asked_to_end_it_says_so_first_and_ends_cleanly() {
    let more = format!("models:\n{}", model("plain", &[("primary", "good")], ""));
    let mut world = World::start("failure_mode: deny", &more).await;
    assert!(
        world.service.terminate().unwrap().success(),
        "{}",
        world.service.log()
    );
}
