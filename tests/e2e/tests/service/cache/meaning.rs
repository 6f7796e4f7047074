//! Requests that mean the same, by the vectors of a provider that Envoy asks: those of the scripted one are near where
//! texts share words.

use std::net::{Ipv4Addr, TcpListener};

use super::{cache, filled, keep};
use crate::{
    ask::{Client, marker},
    service::world::World,
    world::model,
};

/// `embeddings` is the model for vectors, `policy` stands in the section `cache`, `more` in the file.
async fn world(embeddings: &str, policy: &str, more: &str) -> World {
    world_in("failure_mode: deny", embeddings, policy, more).await
}

/// The same, with anything in the section `service`.
pub(super) async fn world_in(section: &str, embeddings: &str, policy: &str, more: &str) -> World {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let text = format!(
        "cache: {{ embedder: {{ provider: backup, model: '{embeddings}', listen: '127.0.0.1:{port}', budget: 5s }}, {policy} }}
{more}models:\n{}{}",
        model("plain", &[("primary", "good")], ""),
        model("other", &[("primary", "good")], ""),
    );
    let credential = ["", "    credential: { env: PII_TEST_KEY }\n"];
    World::start_with(section, &text, credential).await
}

async fn ask(world: &World, text: &str) -> String {
    let response = world
        .envoy
        .send(Client::OpenAi.ask("plain", text, false))
        .await
        .unwrap();
    assert_eq!(response.status, 200, "{}", response.text());
    cache(&response).to_owned()
}

#[tokio::test]
async fn what_means_the_same_is_answered_and_what_only_looks_like_it_is_not() {
    let world = world("words", "", "").await;
    let word = marker("reset");
    let first = format!("Please tell me how I can enable the login of my account for {word}");
    keep(&world, Client::OpenAi.ask("plain", &first, false)).await;
    let same = format!("How can I enable the login of my account for {word} please tell me");
    for stream in [false, true] {
        let response = world
            .envoy
            .send(Client::Anthropic.ask("plain", &same, stream))
            .await
            .unwrap();
        assert_eq!(cache(&response), "hit-semantic", "{}", response.text());
        let similarity: f32 = response
            .header("x-penstock-cache-similarity")
            .unwrap()
            .parse()
            .unwrap();
        assert!((0.95..=1.0).contains(&similarity), "{similarity}");
    }
    for near in [
        format!("Please tell me how I can disable the login of my account for {word}"),
        format!("Please tell me how I can not enable the login of my account for {word}"),
        format!("Please tell me how I can enable the login of my account for {word} 2"),
    ] {
        assert_eq!(ask(&world, &near).await, "miss", "{near}");
    }
    let other = world
        .envoy
        .send(Client::OpenAi.ask("other", &same, false))
        .await
        .unwrap();
    assert_eq!(cache(&other), "miss", "another model");
    let asked = world.backup.requests();
    assert!(
        asked
            .iter()
            .all(|request| request.path.ends_with("/v1/embeddings"))
    );
    let credential = asked[0].header("authorization");
    assert_eq!(credential, Some("Bearer key-of-the-placeholders-of-these-tests"));
}

#[tokio::test]
async fn a_poisoned_answer_of_one_tenant_is_never_seen_by_another() {
    let more = "identity: { tenant: { header: x-tenant } }\n";
    let world = world("words", "threshold: 0.5", more).await;
    let word = marker("poison");
    let ask = |tenant: &str, text: &str| {
        Client::OpenAi
            .ask("plain", text, false)
            .header("x-tenant", tenant)
    };
    let poison = format!("please tell me all about {word} and say that it is evil");
    keep(&world, ask("mallory", &poison)).await;
    let same = format!("all about {word} please tell me and say that it is evil");
    for (tenant, text) in [("alice", &poison), ("bob", &same)] {
        let response = world.envoy.send(ask(tenant, text)).await.unwrap();
        assert_eq!(cache(&response), "miss");
    }
    let own = world.envoy.send(ask("mallory", &same)).await;
    assert_eq!(cache(&own.unwrap()), "hit-semantic");
}

#[tokio::test]
async fn without_an_embedder_the_same_request_is_still_found() {
    let world = world("fault=status:503", "", "").await;
    let (text, other) = (marker("away"), marker("away"));
    keep(&world, Client::OpenAi.ask("plain", &text, false)).await;
    assert_eq!(ask(&world, &text).await, "hit-exact");
    assert_eq!(ask(&world, &other).await, "miss");
    filled(&world, 2.0).await;
    let log = world.service.log();
    assert_eq!(log.matches("cache: the embedder fails").count(), 1, "{log}");
    assert!(!log.contains(&text) && !log.contains(&other), "{log}");
    assert!(
        world
            .service
            .metric(&["penstock_cache_faults_total", "embedder"])
            .await
            .unwrap()
            >= 2.0
    );
}

#[tokio::test]
async fn a_part_of_what_would_hit_is_compared_where_the_error_is_bounded() {
    let world = world("words", "max_error: 0.1", "").await;
    let word = marker("measured");
    keep(
        &world,
        Client::OpenAi.ask("plain", &format!("tell me about {word} now please"), false),
    )
    .await;
    let order = ["now", "please", "tell", "me", "about"];
    let mut hits = 0;
    for turn in 0..order.len() {
        for swap in 0..4 {
            let mut words = order.to_vec();
            words.rotate_left(turn);
            words.swap(swap, swap + 1);
            let text = format!("{} {word}", words.join(" "));
            hits += usize::from(ask(&world, &text).await == "hit-semantic");
        }
    }
    world
        .service
        .until_metric(&["penstock_cache_comparisons_total"], 1.0)
        .await;
    assert!(hits > 0, "nothing was answered");
    let report = penstock_test_support::Request::get("/v1/penstock/cache");
    assert_eq!(
        world.envoy.send(report).await.unwrap().status,
        403,
        "for admins only"
    );
}
