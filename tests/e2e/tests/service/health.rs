//! What attempts have done decides where the next request goes.

use std::time::Duration;

use penstock_test_support::wait::eventually;

use crate::ask::{Client, marker};
use crate::world::model;

use super::world::World;

/// A first target with this fault, and a second that answers.
async fn outage(fault: &str, more: &str) -> World {
    let faulty = format!("fault={fault},key:{}", marker("outage"));
    let more = format!(
        "models:\n{}keys: {{ anonymous: {{ tenant: demo }} }}\n{more}",
        model(
            "plain",
            &[("primary", &faulty), ("backup", "good")],
            "retry: { same_target: 0 }"
        )
    );
    World::start("failure_mode: deny", &more).await
}

#[tokio::test]
async fn a_target_that_fails_is_left_alone_and_tried_again_later() {
    let world = outage(
        "status:500,times:3",
        "health: { consecutive_failures: 3, open: 1s, open_at_most: 2s }\n",
    )
    .await;
    let ask = async || {
        let response = world
            .envoy
            .send(Client::OpenAi.ask("plain", "hello", false))
            .await
            .unwrap();
        assert_eq!(response.status, 200, "{}", response.text());
        response.header("x-penstock-attempts").unwrap().to_owned()
    };
    // It fails until its circuit opens; then it is not asked.
    eventually(Duration::from_secs(20), "the circuit to open", async || {
        (ask().await == "backup:200").then_some(())
    })
    .await;
    assert!(
        world
            .service
            .metric(&["penstock_circuit_open", "primary"])
            .await
            .unwrap()
            >= 1.0
    );
    // Its time is over: one request tries it, finds it well, and all go there again.
    eventually(Duration::from_secs(20), "the first target again", async || {
        (ask().await == "primary:200").then_some(())
    })
    .await;
    eventually(Duration::from_secs(20), "the circuit to close", async || {
        let open = world
            .service
            .metric(&["penstock_circuit_open", "primary"])
            .await
            .ok()?;
        (open == 0.0).then_some(())
    })
    .await;
    assert_eq!(ask().await, "primary:200");
}

/// With the settings that hold where none are given: five failures open a circuit, which is tried again after 2, 4, 8,
/// 16 and then 30 seconds.
#[tokio::test]
async fn a_minute_of_outage_loses_no_request_and_is_over_within_a_probe() {
    const EVERY: Duration = Duration::from_secs(4);
    const LONGEST_PROBE: Duration = Duration::from_secs(30);
    // At 0, 4, 8, 12 and 16 s; then the probes at 20, 24, 32 and 48 s.
    let world = outage("status:503,times:9", "").await;
    let start = tokio::time::Instant::now();
    let mut ticks = tokio::time::interval(EVERY);
    let mut last_failure = Duration::ZERO;
    let back = loop {
        ticks.tick().await;
        let response = world
            .envoy
            .send(Client::OpenAi.ask("plain", "hello", false))
            .await
            .unwrap();
        assert_eq!(response.status, 200, "{}", response.text());
        let attempts = response.header("x-penstock-attempts").unwrap();
        let now = start.elapsed();
        match attempts {
            "primary:200" => break now,
            "primary:503,backup:200" => last_failure = now,
            "backup:200" => {}
            other => panic!("{other}"),
        }
        assert!(now < Duration::from_secs(120), "never back");
    };
    assert!(last_failure > Duration::from_secs(40), "{last_failure:?}");
    assert!(
        back - last_failure <= LONGEST_PROBE + EVERY,
        "{back:?} {last_failure:?}"
    );
}
