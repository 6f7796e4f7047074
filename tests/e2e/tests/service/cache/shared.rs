//! Answers in Redis, for all replicas.

use penstock_test_support::redis::{Kind, Redis};

use super::{cache, keep, request};
use crate::{
    ask::{Client, marker},
    service::world::World,
    world::model,
};

async fn world(redis: &Redis) -> World {
    let text = format!(
        "cache: {{ store: redis, semantic: false }}\nmodels:\n{}",
        model("plain", &[("primary", "good")], "")
    );
    let section = format!("failure_mode: deny, redis: {{ url: '{}' }}", redis.url());
    World::start(&section, &text).await
}

#[tokio::test]
async fn what_one_replica_keeps_all_find() {
    let redis = Redis::start(Kind::Redis).unwrap();
    let world = world(&redis).await;
    let text = marker("replica");
    keep(&world, Client::OpenAi.ask("plain", &text, false)).await;
    let other = world.replica().await;
    let envoy = world.envoy(&[&other]);
    let response = envoy
        .send(request(
            Client::Anthropic,
            &Client::Anthropic.body("plain", &text, true),
        ))
        .await
        .unwrap();
    // Anthropic's clients say a maximum, which the answer fits in.
    assert_eq!(cache(&response), "hit-exact", "{}", response.text());
    assert_eq!(world.primary.requests_with(&text).len(), 1);
}

#[tokio::test]
async fn without_redis_requests_go_on_as_misses() {
    let redis = Redis::start(Kind::Redis).unwrap();
    let world = world(&redis).await;
    let text = marker("gone");
    keep(&world, Client::OpenAi.ask("plain", &text, false)).await;
    drop(redis);
    for _ in 0..3 {
        let response = world
            .envoy
            .send(Client::OpenAi.ask("plain", &text, false))
            .await
            .unwrap();
        assert_eq!(
            (response.status, cache(&response)),
            (200, "miss"),
            "{}",
            response.text()
        );
    }
    let log = world.service.log();
    assert_eq!(log.matches("cache: the store fails").count(), 1, "{log}");
}
