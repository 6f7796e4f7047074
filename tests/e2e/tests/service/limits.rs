//! Limits that the service holds for each request.

use std::time::{Duration, Instant};

use crate::ask::{CLIENTS, Client, marker};
use crate::read::failed;
use crate::world::model;

use super::world::World;

#[tokio::test]
async fn a_strict_limit_admits_its_number_and_says_when_to_come_again() {
    let more = format!(
        "models:\n{}keys: {{ anonymous: {{ tenant: demo }} }}\nquota:\n  limits: [ {{ name: few, strict: true, per: [tenant], requests_per_minute: 5 }} ]\n",
        model("plain", &[("primary", "good")], "")
    );
    let world = World::start("failure_mode: deny", &more).await;
    early_in_the_minute(10).await;
    for count in 0..8 {
        let client = CLIENTS[count % 2];
        let response = world
            .envoy
            .send(client.ask("plain", "hello", false))
            .await
            .unwrap();
        assert_eq!(
            response.status,
            if count < 5 { 200 } else { 429 },
            "{}",
            response.text()
        );
        if count >= 5 {
            failed(client, &response).unwrap();
            let wait: u64 = response.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
        }
    }
}

/// Waits until a minute has so many seconds left: a window that ends in the middle of a test admits more.
pub async fn early_in_the_minute(seconds: u64) {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let left = 60 - now.as_secs() % 60;
    if left < seconds {
        tokio::time::sleep(Duration::from_secs(left)).await;
    }
}

#[tokio::test]
async fn what_a_provider_takes_no_more_goes_to_the_next_or_waits() {
    let more = format!(
        "models:\n{}{}keys: {{ anonymous: {{ tenant: demo }} }}\n",
        model("both", &[("primary", "good"), ("backup", "good")], ""),
        model("one", &[("primary", "good")], ""),
    );
    let world = World::start_with(
        "failure_mode: deny",
        &more,
        [
            "limits: [ { requests_per_minute: 2, queue: { size: 1, deadline: 1s } } ]",
            "",
        ],
    )
    .await;
    early_in_the_minute(20).await;
    let ask = async |name: &str| {
        let text = marker("provider");
        let response = world
            .envoy
            .send(Client::OpenAi.ask(name, &text, false))
            .await
            .unwrap();
        (
            response.status,
            response.header("x-penstock-provider").map(str::to_owned),
            response,
        )
    };
    for provider in ["primary", "primary", "backup", "backup"] {
        let (status, by, response) = ask("both").await;
        assert_eq!(
            (status, by.as_deref()),
            (200, Some(provider)),
            "{}",
            response.text()
        );
    }
    // There is no other target: it waits, and is told when there may be room.
    let began = Instant::now();
    let (status, _, response) = ask("one").await;
    assert_eq!(status, 429, "{}", response.text());
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    assert!(response.header("retry-after").is_some());
}
