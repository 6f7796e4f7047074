//! Limits and personal data at once: what is counted is settled, and what is masked comes back.

use penstock_test_support::client::Response;
use serde_json::{Value, json};

use super::values::{leaked, letter};
use super::world::{echo, world};
use crate::ask::{WAYS, marker, with};
use crate::read::said;

const DAY: u64 = 1_000_000;

pub fn models() -> String {
    echo("metered", "piece:6", "count_as: gpt-4o")
        + &echo("metered-once", "", "count_as: gpt-4o")
        + &crate::world::model(
            "metered-probe",
            &[("primary", "fault=status:400")],
            "count_as: gpt-4o",
        )
}

pub fn settings() -> String {
    format!(
        "{{ limits: [
            {{ name: metered, per: [tenant], match: {{ model: [metered, metered-anthropic, metered-probe] }}, tokens_per_day: {DAY} }},
            {{ name: once, per: [tenant], match: {{ model: [metered-once, metered-once-anthropic] }}, requests_per_minute: 1 }} ] }}"
    )
}

fn number(response: &Response, name: &str) -> u64 {
    response.header(name).unwrap().parse().unwrap()
}

/// What a tenant has used of its day, told by a request that costs nothing.
async fn used(tenant: &str) -> u64 {
    let (world, _) = world();
    let client = crate::ask::Client::OpenAi;
    let body = with(
        client.body("metered-probe", "how much", false),
        "max_tokens",
        json!(1),
    );
    let response = world.send(client.request(&body).header("x-tenant", tenant)).await;
    let reserved = number(&response, "x-penstock-input-tokens") + 1;
    DAY - number(&response, "x-ratelimit-remaining-tokens") - reserved
}

#[tokio::test]
async fn what_the_provider_billed_is_settled_and_values_come_back() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in ["metered", "metered-anthropic"] {
            let (tenant, word) = (marker("tenant"), marker("metered"));
            let text = letter(&word);
            let request = client.ask(alias, &text, stream).header("x-tenant", &tenant);
            let response = world.send(request).await;
            let case = format!("{client:?} {alias} {stream}");
            assert_eq!(said(client, &response).unwrap().text, text, "{case}");
            assert_eq!(
                leaked(&world.primary.requests_with(&word)[0].body),
                Vec::<String>::new()
            );
            let id = response.header("x-penstock-request-id").unwrap();
            let line = world.gateway.logged(id).await;
            let usage: Value = serde_json::from_str(line["usage"].as_str().unwrap()).unwrap();
            let billed = usage["input_tokens"].as_u64().unwrap() + usage["output_tokens"].as_u64().unwrap();
            assert!(billed > 0, "{line}");
            penstock_test_support::wait::eventually(
                std::time::Duration::from_secs(10),
                &format!("{billed} tokens of {case} are settled"),
                async || (used(&tenant).await == billed).then_some(()),
            )
            .await;
        }
    }
}

#[tokio::test]
async fn a_request_over_its_limit_is_refused_without_a_word_of_what_is_in_it() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        let (tenant, word) = (marker("tenant"), marker("once"));
        let text = letter(&word);
        for status in [200, 429] {
            let request = client
                .ask("metered-once", &text, stream)
                .header("x-tenant", &tenant);
            let response = world.send(request).await;
            assert_eq!(response.status, status, "{}", response.text());
            assert_eq!(leaked(&response.body).is_empty(), status == 429);
        }
        assert_eq!(world.primary.requests_with(&word).len(), 1);
    }
}
