//! Answers that are used again.

mod control;
mod exact;
mod flight;
mod kept;
mod meaning;
mod minilm;
mod shared;

use super::world::World;
use crate::world::model;
use penstock_test_support::{Request, client::Response, wait::eventually};

/// Long enough for the service to hear of an answer's end.
const FILLED: std::time::Duration = std::time::Duration::from_secs(10);

/// A cache that knows the same request only, and models that all have it: `plain`, and more.
async fn world(cache: &str, more: &str) -> World {
    world_with(&format!("semantic: false, {cache}"), more).await
}

/// The same, with anything in the section `cache`.
async fn world_with(cache: &str, more: &str) -> World {
    let models = format!(
        "cache: {{ {cache} }}\nmodels:\n{}{more}",
        model("plain", &[("primary", "good")], "")
    );
    World::start("failure_mode: deny", &models).await
}

/// What the cache had.
fn cache(response: &Response) -> &str {
    response.header("x-penstock-cache").unwrap_or("none")
}

/// Waits until so many answers were kept or found unfit.
async fn filled(world: &World, count: f64) {
    world
        .service
        .until_metric(&["penstock_cache_fills_total"], count)
        .await;
}

/// Sends it, and waits until its answer is kept.
async fn keep(world: &World, request: Request) -> Response {
    let before = world
        .service
        .metric(&["penstock_cache_fills_total"])
        .await
        .unwrap();
    let response = world.envoy.send(request).await.unwrap();
    filled(world, before + 1.0).await;
    response
}

/// Waits until the service says so many times that it kept an answer.
async fn stored(world: &World) -> f64 {
    world
        .service
        .metric(&["penstock_cache_fills_total", "stored"])
        .await
        .unwrap()
}

/// Waits until no request is on its way to the answer of this one.
async fn until_hit(world: &World, request: impl Fn() -> Request) -> Response {
    eventually(FILLED, "a hit", async || {
        let response = world.envoy.send(request()).await.ok()?;
        cache(&response).starts_with("hit").then_some(response)
    })
    .await
}
