//! What attempts have done decides where the next request goes.

use std::time::Duration;

use penstock_test_support::wait::eventually;

use crate::ask::{Client, marker};
use crate::world::model;

use super::world::World;

#[tokio::test]
async fn a_target_that_fails_is_left_alone_and_tried_again_later() {
    let key = marker("outage");
    let more = format!(
        "models:\n{}health: {{ consecutive_failures: 3, open: 1s, open_at_most: 2s }}\nkeys: {{ anonymous: {{ tenant: demo }} }}\n",
        model(
            "plain",
            &[
                ("primary", &format!("fault=status:500,times:3,key:{key}")),
                ("backup", "good")
            ],
            "retry: { same_target: 0 }"
        )
    );
    let world = World::start("failure_mode: deny", &more).await;
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
