//! A changed configuration is taken up whole, or not at all.

use std::time::{Duration, Instant};

use penstock_test_support::wait::eventually;
use tokio::{io::AsyncWriteExt, net::TcpStream};

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
    // Envoy keeps a stream open from now on, on which it tells how requests went.
    let ask = Client::OpenAi.ask("plain", "hello", false);
    assert_eq!(world.envoy.send(ask).await.unwrap().status, 200);
    world
        .service
        .until_metric(&["penstock_target_attempts"], 1.0)
        .await;
    let start = Instant::now();
    assert!(
        world.service.terminate().unwrap().success(),
        "{}",
        world.service.log()
    );
    // Two seconds are those in which Envoy hears of it, and five the most that running requests would get.
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

#[tokio::test]
async fn slow_clients_of_the_admin_interface_keep_no_others_out() {
    let more = format!("models:\n{}", model("plain", &[("primary", "good")], ""));
    let world = World::start("failure_mode: deny", &more).await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(world.service.admin_address()).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
        slow.push(stream);
    }
    let files = world.service.files().unwrap();
    assert!(files < 150, "{files} files");
    // They are given up one after the other.
    let start = Instant::now();
    assert_eq!(world.service.admin("/healthz").await.unwrap().status, 200);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}
