//! `shadow: true`: a limit that counts and reports, and lets everybody through.

use super::world::{Tenant, at_most, exact, left_in, world};
use crate::ask::{Client, WAYS};
use crate::read::said;

pub fn models() -> String {
    exact("shadowed", &[("primary", "good")], "") + &exact("half-shadowed", &[("primary", "good")], "")
}

pub fn limits() -> String {
    "    - { name: shadow-tokens, per: [tenant], match: { model: [shadowed] }, tokens_per_hour: 100, shadow: true }
    - { name: shadow-requests, per: [tenant], match: { model: [shadowed] }, requests_per_minute: 2, shadow: true }
    - { name: shadow-input, match: { model: [shadowed] }, input_tokens: 1, shadow: true }
    - { name: shadow-none, per: [tenant], match: { model: [half-shadowed] }, requests_per_minute: 1, shadow: true }
    - { name: real, per: [tenant], match: { model: [half-shadowed] }, requests_per_minute: 2 }\n"
        .to_owned()
}

async fn count(name: &str, limit: &str) -> u64 {
    let (world, _) = world();
    world
        .gateway
        .stat(&format!("penstock.{name}.limit.{limit}."))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_shadow_limit_reports_and_lets_through() {
    let (world, _logs) = world();
    let tenant = Tenant::new("shadowed");
    for (client, stream) in WAYS {
        // More than the limit will ever admit, which would be an error of another kind.
        let body = at_most(client, "shadowed", "hello", stream, 5_000);
        let response = tenant.send(client.request(&body)).await;
        said(client, &response).unwrap();
        assert!(
            !response.headers.iter().any(|(_, value)| value == "100"),
            "a shadow is shown"
        );
        let line = world
            .gateway
            .logged(response.header("x-penstock-request-id").unwrap())
            .await;
        let exceeded = left_in(&line, "quota")["exceeded"].to_string();
        assert!(
            exceeded.contains("shadow-tokens") && exceeded.contains("shadow-input"),
            "{line}"
        );
    }
    for (limit, expected) in [("shadow-tokens", 4), ("shadow-requests", 2), ("shadow-input", 4)] {
        assert_eq!(count("quota_shadow_refusals", limit).await, expected, "{limit}");
        assert_eq!(count("quota_refusals", limit).await, 0, "{limit}");
    }
}

#[tokio::test]
async fn a_shadow_does_not_weaken_the_limit_beside_it() {
    let (_, _logs) = world();
    let tenant = Tenant::new("half-shadowed");
    let client = Client::OpenAi;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(
            tenant
                .send(client.ask("half-shadowed", "hello", false))
                .await
                .status,
        );
    }
    assert_eq!(statuses, [200, 200, 429, 429]);
    assert_eq!(count("quota_refusals", "real").await, 2);
    assert_eq!(count("quota_shadow_refusals", "shadow-none").await, 1);
}
