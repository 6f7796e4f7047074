//! Several Envoys and several replicas, which share Redis or Valkey.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use penstock_test_support::redis::{Kind, Redis};
use penstock_test_support::wait::eventually;
use tokio::task::JoinSet;

use crate::ask::{Client, marker};
use crate::world::model;

use super::limits::early_in_the_minute;
use super::world::World;

fn more(limits: &str) -> String {
    format!(
        "models:\n{}keys: {{ anonymous: {{ tenant: demo }} }}\nquota:\n  limits: [ {limits} ]\n",
        model("plain", &[("primary", "good")], "")
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_envoys_and_two_replicas_admit_exactly_what_they_share() {
    const LIMIT: usize = 50;
    for kind in [Kind::Redis, Kind::Valkey] {
        let redis = Redis::start(kind).unwrap();
        let section = format!(
            "failure_mode: deny, redis: {{ url: \"{}\", timeout: 2s }}, timeout: 5s",
            redis.url()
        );
        let limits = format!("{{ name: shared, strict: true, requests_per_minute: {LIMIT} }}");
        let world = World::start(&section, &more(&limits)).await;
        let replica = world.replica().await;
        let other = world.envoy(&[&replica]);
        early_in_the_minute(25).await;
        let text = marker("shared");
        let admitted = Arc::new(AtomicUsize::new(0));
        let mut callers = JoinSet::new();
        for n in 0..8 {
            let envoy = if n % 2 == 0 {
                world.envoy.address()
            } else {
                other.address()
            };
            let (text, admitted) = (text.clone(), Arc::clone(&admitted));
            callers.spawn(async move {
                for _ in 0..15 {
                    let response = Client::OpenAi
                        .ask("plain", &text, false)
                        .send(envoy)
                        .await
                        .unwrap();
                    match response.status {
                        200 => _ = admitted.fetch_add(1, Ordering::Relaxed),
                        429 => {}
                        other => panic!("{other}: {}", response.text()),
                    }
                }
            });
        }
        callers.join_all().await;
        assert_eq!(admitted.load(Ordering::Relaxed), LIMIT, "{kind:?}");
        assert_eq!(world.primary.requests_with(&text).len(), LIMIT);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_may_die_and_come_back_under_load() {
    let mut redis = Redis::start(Kind::Redis).unwrap();
    let section = format!(
        "failure_mode: deny, redis: {{ url: \"{}\" }}, timeout: 2s",
        redis.url()
    );
    let limits = "{ name: open, strict: true, requests_per_minute: 1000000 }, { name: closed, strict: true, match: { tenant: [nobody] }, requests_per_minute: 1, fail: closed }";
    let world = World::start(&section, &more(limits)).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for _ in 0..4 {
        let (envoy, stop) = (world.envoy.address(), Arc::clone(&stop));
        callers.spawn(async move {
            let mut sent = 0;
            while !stop.load(Ordering::Relaxed) {
                let response = Client::OpenAi
                    .ask("plain", "hello", false)
                    .send(envoy)
                    .await
                    .unwrap();
                assert_eq!(response.status, 200, "{}", response.text());
                sent += 1;
            }
            sent
        });
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    redis.stop();
    eventually(Duration::from_secs(10), "the store to be away", async || {
        (world.service.metric(&["penstock_store_up"]).await.ok()? == 0.0).then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    redis.restart().unwrap();
    world.service.until_metric(&["penstock_store_up"], 1.0).await;
    eventually(Duration::from_secs(20), "the settlements to arrive", async || {
        (world
            .service
            .metric(&["penstock_settlements_waiting"])
            .await
            .ok()?
            == 0.0)
            .then_some(())
    })
    .await;
    stop.store(true, Ordering::Relaxed);
    let sent: usize = callers.join_all().await.into_iter().sum();
    assert!(sent > 20, "{sent}");
    assert_eq!(
        world
            .service
            .metric(&["penstock_settlements_lost"])
            .await
            .unwrap(),
        0.0
    );
}

/// Under `deny` nobody else answers for a replica that dies, neither who asks nor where a request goes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_may_be_killed_under_load_without_a_failed_request() {
    const KILLS: usize = 6;
    let redis = Redis::start(Kind::Valkey).unwrap();
    let section = format!(
        "failure_mode: deny, redis: {{ url: \"{}\", timeout: 1s }}, timeout: 1s",
        redis.url()
    );
    let limits = "{ name: open, strict: true, requests_per_minute: 1000000 }";
    let mut world = World::start(&section, &more(limits)).await;
    let mut replica = world.replica().await;
    let both = world.envoy(&[&world.service, &replica]);
    let stop = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for _ in 0..6 {
        let (envoy, stop) = (both.address(), Arc::clone(&stop));
        callers.spawn(async move {
            let (mut sent, mut failed) = (0_usize, Vec::new());
            while !stop.load(Ordering::Relaxed) {
                let response = Client::OpenAi
                    .ask("plain", "hello", false)
                    .send(envoy)
                    .await
                    .unwrap();
                sent += 1;
                if response.status != 200 {
                    failed.push((response.status, response.text()));
                }
            }
            (sent, failed)
        });
    }
    for kill in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(1_000)).await;
        let victim = match kill % 2 {
            0 => &mut world.service,
            _ => &mut replica,
        };
        victim.kill();
        tokio::time::sleep(Duration::from_millis(700)).await;
        victim.restart().await.unwrap();
        // The next one dies when Envoy has found this one well.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
    }
    stop.store(true, Ordering::Relaxed);
    let ended = callers.join_all().await;
    let sent: usize = ended.iter().map(|(sent, _)| sent).sum();
    let failed: Vec<_> = ended.iter().flat_map(|(_, failed)| failed).collect();
    assert!(
        failed.is_empty(),
        "{} of {sent}: {:?}",
        failed.len(),
        failed.first()
    );
    assert!(sent > 50, "{sent}");
    let by_service = both.stat("penstock.decisions.outcome.used").await.unwrap();
    assert_eq!(by_service, u64::try_from(sent).unwrap());
}
