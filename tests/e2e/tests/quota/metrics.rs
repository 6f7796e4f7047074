//! What operators see: tokens, refusals, reservations, estimates and time, in series that no caller can multiply.

use penstock_test_support::client::Response;
use serde_json::Value;
use tokio::task::JoinSet;

use super::world::{Tenant, exact, left_in, until, world};
use crate::ask::{Client, WAYS};
use crate::read::said;

pub fn models() -> String {
    exact("metered", &[("primary", "good")], "")
        + &exact("refused-often", &[("primary", "good")], "")
        + &exact("decided", &[("primary", "good")], "")
        + &exact("flooded", &[("primary", "good")], "")
        + &exact(
            "reserving",
            &[("primary", "fault=silence")],
            "timeouts: { first_token: 60s, answer: 60s }",
        )
        + &crate::world::model("gauged", &[("primary", "gpt-4o")], "")
}

pub fn limits() -> String {
    "    - { name: refused-often, per: [tenant], match: { model: [refused-often] }, requests_per_minute: 1 }
    - { name: decided, per: [tenant], match: { model: [decided] }, requests_per_minute: 1 }
    - { name: reserving, per: [tenant], match: { model: [reserving] }, tokens_per_hour: 1000000 }\n"
        .to_owned()
}

/// Prometheus lines of this project's statistics that contain all of `parts`.
async fn lines(parts: &[&str]) -> Vec<String> {
    let (world, _) = world();
    let text = world.gateway.admin("/stats/prometheus").await.unwrap().text();
    text.lines()
        .filter(|line| {
            !line.starts_with('#')
                && line.contains("penstock")
                && parts.iter().all(|part| line.contains(part))
        })
        .map(str::to_owned)
        .collect()
}

/// The sum of the values of these lines.
async fn sum(parts: &[&str]) -> u64 {
    let value = |line: &String| line.rsplit(' ').next()?.parse::<u64>().ok();
    lines(parts).await.iter().filter_map(value).sum()
}

#[tokio::test]
async fn tokens_are_counted_by_direction_model_and_tenant() {
    let (world, _logs) = world();
    let stranger = Tenant::new("stranger").name;
    for (tenant, label) in [
        ("acme", "acme"),
        ("globex", "globex"),
        (stranger.as_str(), "other"),
    ] {
        let tenant = Tenant {
            name: tenant.to_owned(),
        };
        let (mut input, mut output) = (0, 0);
        for (client, stream) in WAYS {
            let response = tenant.send(client.ask("metered", "hello there", stream)).await;
            said(client, &response).unwrap();
            let line = world
                .gateway
                .logged(response.header("x-penstock-request-id").unwrap())
                .await;
            let usage = left_in(&line, "usage");
            input += usage["input_tokens"].as_u64().unwrap();
            output += usage["output_tokens"].as_u64().unwrap();
        }
        for (direction, expected) in [("input", input), ("output", output)] {
            until(&format!("{expected} {direction} tokens of {label}"), async || {
                let of = [
                    "penstock_tokens{",
                    &format!("\"{label}\""),
                    "\"metered\"",
                    &format!("\"{direction}\""),
                ];
                sum(&of).await == expected
            })
            .await;
        }
    }
    assert_eq!(lines(&[&stranger]).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_flood_of_tenants_makes_no_series() {
    let (_, _logs) = world();
    let mut requests = JoinSet::new();
    for n in 0..300 {
        let tenant = Tenant::new("flood.tenant.acme");
        let (client, stream) = WAYS[n % WAYS.len()];
        requests.spawn(async move { tenant.send(client.ask("flooded", "hello", stream)).await.status });
    }
    assert!(requests.join_all().await.iter().all(|status| *status == 200));
    until("all are settled", async || {
        sum(&["penstock_tokens{", "\"flooded\"", "\"input\""]).await >= 300
    })
    .await;
    assert_eq!(lines(&["penstock_tokens{", "\"flooded\""]).await.len(), 2);
    assert_eq!(lines(&["flood_tenant"]).await, Vec::<String>::new());
}

#[tokio::test]
async fn refusals_are_counted_by_limit_and_by_reason() {
    let (_, _logs) = world();
    let tenant = Tenant::new("refused-often");
    let before = sum(&["penstock_refusals{", "\"token_quota\""]).await;
    for n in 0..4 {
        let response = tenant
            .send(Client::Anthropic.ask("refused-often", "hello", false))
            .await;
        assert_eq!(response.status == 429, n > 0);
    }
    until("three refusals by the limit", async || {
        sum(&[
            "penstock_quota_refusals{",
            "\"refused-often\"",
            "\"requests_per_minute\"",
        ])
        .await
            == 3
    })
    .await;
    let after = sum(&["penstock_refusals{", "\"token_quota\""]).await;
    assert!(
        after >= before + 3,
        "{before} to {after}: {:?}",
        lines(&["penstock_refusals"]).await
    );
    // What the filter refuses before it counts is found where it has always been.
    for (body, reason) in [
        (
            Client::OpenAi.body("nobody", "hello", false).to_string(),
            "model_not_found",
        ),
        ("{".to_owned(), "invalid_request"),
    ] {
        let before = sum(&["penstock_refusals{", &format!("\"{reason}\"")]).await;
        tenant.send(Client::OpenAi.raw(body)).await;
        let after = sum(&["penstock_refusals{", &format!("\"{reason}\"")]).await;
        assert!(
            after > before,
            "{reason}: {:?}",
            lines(&["penstock_refusals"]).await
        );
    }
}

#[tokio::test]
async fn what_is_reserved_is_shown_and_comes_back() {
    let (world, _logs) = world();
    let tenant = Tenant::new("reserving");
    let body = super::world::at_most(Client::OpenAi, "reserving", "hold this", true, 5_000);
    let reserved = async || sum(&["penstock_quota_reserved{", "\"reserving\""]).await;
    let running = tokio::spawn(async move { tenant.send(Client::OpenAi.request(&body)).await });
    world.primary.wait_for("hold this", 1).await;
    until("a reservation is shown", async || {
        (5_001..5_100).contains(&reserved().await)
    })
    .await;
    running.abort();
    until("nothing is reserved", async || reserved().await == 0).await;
}

#[tokio::test]
async fn estimates_and_time_are_measured() {
    let (_, _logs) = world();
    let tenant = Tenant::new("gauged");
    for _ in 0..3 {
        said(
            Client::OpenAi,
            &tenant
                .send(Client::OpenAi.ask("gauged", "hello there", false))
                .await,
        )
        .unwrap();
    }
    until("histograms are filled", async || {
        sum(&["penstock_estimate_permille_count", "\"gauged\""]).await == 3
            && sum(&["penstock_count_us_count"]).await > 0
    })
    .await;
}

#[tokio::test]
async fn a_decision_is_in_the_access_log() {
    let (world, _logs) = world();
    let tenant = Tenant::new("decided");
    let refused = async || tenant.send(Client::OpenAi.ask("decided", "hello", false)).await;
    let decision = async |response: &Response| -> Value {
        let line = world
            .gateway
            .logged(response.header("x-penstock-request-id").unwrap())
            .await;
        left_in(&line, "quota")
    };
    let admitted = decision(&refused().await).await;
    assert!(admitted["input_tokens"].as_u64().unwrap() > 0, "{admitted}");
    assert!(admitted["limits"].to_string().contains("decided"), "{admitted}");
    assert_eq!(
        decision(&refused().await).await["refused_by"],
        "decided/requests_per_minute"
    );
}
