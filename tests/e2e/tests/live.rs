//! A changed configuration reaches a running Envoy: no request fails for it, no stream is cut, no connection is drained.

mod load;
mod world;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use penstock_test_support::client::Response;
use penstock_test_support::wait::eventually;

use crate::ask::{Client, marker};
use crate::read::said;
use load::Load;
use world::{Policy, World};

const SOON: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_targets_models_and_keys_change_under_load_and_nobody_notices() {
    let mut policy = Policy {
        used: 3,
        ..Policy::default()
    };
    let mut world = World::start(&policy).await;
    // What has been used of a limit before it is changed.
    for _ in 0..policy.used {
        assert_eq!(world.ask("counted", "first").await.status, 200);
    }
    let load = Load::start(&world).await;

    // A limit: what was used counts on.
    policy.limit = policy.used + 1;
    world.change(&policy).await;
    assert_eq!(world.ask("counted", "last").await.status, 200);
    let refused = world.ask("counted", "refused").await;
    assert_eq!(refused.status, 429, "{}", refused.text());
    assert_eq!(refused.header("x-ratelimit-limit-requests"), Some("4"));

    // A provider, a model on it, and another first target of the model that everybody asks for.
    policy.added = true;
    world.change(&policy).await;
    assert_eq!(provider_of(&world.ask("added", "hello").await), "backup");
    assert_eq!(provider_of(&world.ask("plain", "hello").await), "backup");
    assert!(load.rounds_go_on().await, "the load has stopped");

    // A model goes.
    policy.removed = true;
    world.change(&policy).await;
    assert_eq!(world.ask("removed", "hello").await.status, 404);

    // Keys: one comes, one goes.
    assert_eq!(world.ask_with("key-two", "plain", "hello").await.status, 401);
    policy.keys = vec!["key-load", "key-two"];
    world.change(&policy).await;
    eventually(SOON, "the new key to be known and the old one not", async || {
        let statuses = [
            world.ask_with("key-two", "plain", "hello").await.status,
            world.ask_with("key-one", "plain", "hello").await.status,
        ];
        (statuses == [200, 401]).then_some(())
    })
    .await;

    // The provider goes again, and with it its cluster.
    policy.added = false;
    let published = world.change(&policy).await;
    assert!(published.taken && !published.drains, "{published:?}");
    let clusters = world.gateway.admin("/clusters").await.unwrap().text();
    assert!(!clusters.contains("provider-backup::"), "{clusters}");
    assert_eq!(
        provider_of(&world.ask_with("key-two", "plain", "hello").await),
        "primary"
    );
    assert!(load.rounds_go_on().await, "the load has stopped");

    load.finish().await;
    for counter in [
        "listener_manager.listener_modified",
        "listener_manager.listener_removed",
        "listener_manager.lds.update_rejected",
        "cluster_manager.cds.update_rejected",
        "rds.penstock.update_rejected",
        "http_filter.penstock.token-quota.update_rejected",
        "http_filter.penstock.schema-translation.update_rejected",
        "http.penstock.downstream_cx_drain_close",
        "http.penstock.downstream_rq_rx_reset",
        "http.penstock.downstream_rq_5xx",
        "http.penstock.downstream_rq_idle_timeout",
        "downstream_cx_length_ms.unknown",
    ] {
        assert_eq!(world.gateway.stat(counter).await.unwrap(), 0, "{counter}");
    }
    let line = world.gateway.access_log().pop().unwrap();
    assert_eq!(line["policy_version"].as_str(), Some(&*world.policy_version()));
}

#[tokio::test]
async fn a_stream_under_way_keeps_its_limits_and_its_provider_and_is_settled() {
    let mut policy = Policy {
        added: true,
        ..Policy::default()
    };
    let mut world = World::start(&policy).await;
    let text = marker("under way");
    let mut stream = world.open("slow-added", &text).await;
    assert_eq!(stream.status, 200);
    stream.read_until("data:").await.unwrap();
    let held = async |world: &World| {
        let name = "quota_reserved.limit.streams.kind.concurrent_requests";
        world.gateway.stat(name).await.unwrap()
    };
    eventually(SOON, "its reservation to be told", async || {
        (held(&world).await == 1).then_some(())
    })
    .await;

    // Its model, its target and its provider's cluster are gone while it runs.
    policy.added = false;
    policy.limit = 50;
    world.change(&policy).await;
    assert_eq!(world.ask("slow-added", "hello").await.status, 404);
    let rest = stream.rest().await.unwrap();
    assert!(rest.aborted.is_none(), "{:?}", rest.aborted);
    assert!(rest.text().ends_with("data: [DONE]\n\n"), "{}", rest.text());
    eventually(SOON, "its reservation to be given back", async || {
        (held(&world).await == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_an_envoy_refuses_leaves_everything_as_it_was() {
    let mut policy = Policy::default();
    let mut world = World::start(&policy).await;
    let before = files(&world.gateway.watched());
    // Envoy has no such file of certificate authorities.
    policy.more =
        "  - { name: broken, api: openai, base_url: 'https://127.0.0.1:1', tls: { ca_file: nowhere.pem } }\n";
    let error = world.try_change(&policy).await.unwrap_err();
    assert!(format!("{error:#}").contains("Envoy refuses"), "{error:#}");
    assert_eq!(files(&world.gateway.watched()), before);
    assert_eq!(provider_of(&world.ask("plain", "hello").await), "primary");
}

fn provider_of(response: &Response) -> String {
    said(Client::OpenAi, response).unwrap();
    response
        .header("x-penstock-provider")
        .unwrap_or_default()
        .to_owned()
}

fn files(directory: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap()))
        .collect()
}
