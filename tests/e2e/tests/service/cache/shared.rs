//! Answers in Redis, for all replicas.

use penstock_test_support::redis::{Kind, Redis};

use super::{cache, keep, meaning};
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
        .send(Client::Anthropic.ask("plain", &text, true))
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

#[tokio::test]
async fn what_means_the_same_is_found_by_the_query_engine() {
    let redis = Redis::start(Kind::Stack).unwrap();
    let section = format!(
        "failure_mode: deny, redis: {{ url: '{}', timeout: 2s }}, timeout: 10s",
        redis.url()
    );
    let world = meaning::world_in(&section, "words", "store: redis", "").await;
    let word = marker("engine");
    let first = format!("Please tell me how I can enable the login of my account for {word}");
    keep(&world, Client::OpenAi.ask("plain", &first, false)).await;
    let other = world.replica().await;
    let envoy = world.envoy(&[&other]);
    let same = format!("How can I enable the login of my account for {word} please tell me");
    let response = envoy
        .send(Client::OpenAi.ask("plain", &same, false))
        .await
        .unwrap();
    assert_eq!(cache(&response), "hit-semantic", "{}", response.text());
    let near = format!("How can I disable the login of my account for {word} please tell me");
    let response = envoy
        .send(Client::OpenAi.ask("plain", &near, false))
        .await
        .unwrap();
    assert_eq!(cache(&response), "miss");
}
