//! What a client, a model and an operator say about it.

use serde_json::Value;

use super::{cache, keep, until_hit, world};
use crate::{
    ask::{Client, marker},
    service::world::World,
    world::model,
};

async fn ask(world: &World, text: &str, headers: &[(&str, &str)]) -> String {
    let mut request = Client::OpenAi.ask("plain", text, false);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let response = world.envoy.send(request).await.unwrap();
    assert_eq!(response.status, 200, "{}", response.text());
    cache(&response).to_owned()
}

#[tokio::test]
async fn a_client_says_what_it_wants_of_the_cache() {
    let world = world("", "").await;
    let text = marker("control");
    assert_eq!(ask(&world, &text, &[("cache-control", "no-store")]).await, "miss");
    keep(&world, Client::OpenAi.ask("plain", &text, false)).await;
    assert_eq!(
        world.primary.requests_with(&text).len(),
        2,
        "what was not to be stored was"
    );
    assert_eq!(ask(&world, &text, &[]).await, "hit-exact");
    assert_eq!(
        ask(&world, &text, &[("cache-control", "max-age=3600")]).await,
        "hit-exact"
    );
    assert_eq!(
        ask(&world, &text, &[("cache-control", "no-cache")]).await,
        "bypass"
    );
    assert_eq!(
        ask(&world, &text, &[("x-penstock-cache-namespace", "mine")]).await,
        "miss"
    );
}

#[tokio::test]
async fn an_answer_is_used_as_long_as_its_model_says() {
    let world = world("ttl: 1s", "").await;
    let text = marker("ttl");
    keep(&world, Client::OpenAi.ask("plain", &text, false)).await;
    assert_eq!(ask(&world, &text, &[]).await, "hit-exact");
    penstock_test_support::wait::eventually(super::FILLED, "the end of an answer's time", async || {
        (ask(&world, &text, &[]).await == "miss").then_some(())
    })
    .await;
}

#[tokio::test]
async fn headers_that_an_answer_varies_by_must_agree() {
    let world = world("vary: [Accept-Language]", "").await;
    let text = marker("vary");
    let german = || {
        Client::OpenAi
            .ask("plain", &text, false)
            .header("accept-language", "de")
    };
    keep(&world, german()).await;
    assert_eq!(
        ask(&world, &text, &[("accept-language", "de")]).await,
        "hit-exact"
    );
    for headers in [
        &[("accept-language", "fr")][..],
        &[],
        &[("accept-language", "de"), ("accept-language", "fr")],
    ] {
        assert_eq!(ask(&world, &text, headers).await, "miss", "{headers:?}");
    }
}

#[tokio::test]
async fn a_model_may_do_without() {
    let without = model("without", &[("primary", "good")], "cache: { enabled: false }");
    let world = world("", &without).await;
    let text = marker("without");
    for _ in 0..2 {
        let response = world
            .envoy
            .send(Client::OpenAi.ask("without", &text, false))
            .await
            .unwrap();
        assert_eq!(cache(&response), "none");
    }
    assert_eq!(world.primary.requests_with(&text).len(), 2);
}

#[tokio::test]
async fn what_is_kept_can_be_forgotten() {
    let world = world("", "").await;
    let (kept, gone) = (marker("kept"), marker("gone"));
    keep(&world, Client::OpenAi.ask("plain", &kept, false)).await;
    keep(&world, Client::OpenAi.ask("plain", &gone, false)).await;
    let hit = until_hit(&world, || Client::OpenAi.ask("plain", &gone, false)).await;
    let key = hit.header("x-penstock-cache-key").unwrap().to_owned();
    let forget = async |query: &str| {
        let request = penstock_test_support::Request::delete(&format!("/v1/penstock/cache?{query}"));
        let response = world.envoy.send(request).await.unwrap();
        (response.status, response.json())
    };
    let (status, body) = forget("modell=plain").await;
    assert_eq!(status, 400, "{body}");
    let (status, body) = forget("tenant=somebody").await;
    assert_eq!(status, 403, "{body}");
    for query in ["model=other", "namespace=other", "older_than=1h"] {
        assert_eq!(forget(query).await.1["removed"], Value::from(0), "{query}");
    }
    assert_eq!(forget(&format!("key={key}")).await.1["removed"], Value::from(1));
    assert_eq!(ask(&world, &gone, &[]).await, "miss");
    assert_eq!(ask(&world, &kept, &[]).await, "hit-exact");
    let (_, body) = forget("model=plain").await;
    assert!(body["removed"].as_u64().unwrap() >= 1, "{body}");
    assert_eq!(ask(&world, &kept, &[]).await, "miss");
}
