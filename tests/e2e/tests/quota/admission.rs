//! Many at once: no more are admitted than fit, no fewer, and nobody's use is lost.

use penstock_test_support::client::Response;
use tokio::task::JoinSet;

use super::world::{DAY, Tenant, at_most, billed, counted, exact, number, world};
use crate::ask::{Client, WAYS, marker};
use crate::read::said;

const REQUESTS: usize = 200;
const FIT: usize = 50;
/// Output that each request asks for.
const OUTPUT: u64 = 10_000;
/// Room for the input of each.
const INPUT: u64 = 100;

/// Models that answer nobody while the test runs, and the limits that each falls under: of tokens for so many requests,
/// of requests, of requests at once.
const CASES: &[(&str, [Option<usize>; 3])] = &[
    ("by-tokens", [Some(FIT), None, None]),
    ("by-requests", [None, Some(FIT), None]),
    ("by-concurrency", [None, None, Some(FIT)]),
    ("by-tokens-first", [Some(FIT), Some(55), Some(60)]),
    ("by-requests-first", [Some(55), Some(FIT), Some(60)]),
    ("by-concurrency-first", [Some(60), Some(55), Some(FIT)]),
];

pub fn models() -> String {
    let silent = |(name, _): &(&str, _)| {
        let patient = "timeouts: { first_token: 90s, answer: 90s }";
        exact(name, &[("primary", "fault=silence")], patient)
    };
    CASES.iter().map(silent).collect()
}

pub fn limits() -> String {
    let limit = |(name, fit): &(&str, [Option<usize>; 3])| {
        let [tokens, requests, concurrent] = *fit;
        let kinds = [
            ("tokens_per_hour", tokens.map(|fit| fit as u64 * (OUTPUT + INPUT))),
            ("requests_per_minute", requests.map(|fit| fit as u64)),
            ("concurrent_requests", concurrent.map(|fit| fit as u64)),
        ];
        let amounts: String = kinds
            .iter()
            .filter_map(|(kind, amount)| Some(format!(", {kind}: {}", (*amount)?)))
            .collect();
        format!("    - {{ name: {name}, per: [tenant], match: {{ model: [{name}] }}{amounts} }}\n")
    };
    CASES.iter().map(limit).collect()
}

/// Sends all requests at once; gives those that were refused, and the tasks of the others.
async fn flood(tenant: &Tenant, alias: &'static str, text: &str) -> (Vec<Response>, JoinSet<Response>) {
    let mut requests = JoinSet::new();
    for n in 0..REQUESTS {
        let tenant = tenant.clone();
        let body = at_most(Client::OpenAi, alias, text, n % 2 == 0, OUTPUT);
        requests.spawn(async move { tenant.send(Client::OpenAi.request(&body)).await });
    }
    let mut refused = Vec::new();
    while refused.len() < REQUESTS - FIT {
        refused.push(requests.join_next().await.unwrap().unwrap());
    }
    (refused, requests)
}

async fn admits_exactly_fifty(alias: &'static str) {
    let (world, _logs) = world();
    let tenant = Tenant::new(alias);
    let text = marker(alias);
    let (refused, admitted) = flood(&tenant, alias, &text).await;
    for response in &refused {
        assert_eq!(response.status, 429, "{alias}: {}", response.text());
    }
    assert_eq!(world.primary.wait_for(&text, FIT).await.len(), FIT, "{alias}");

    // What the limits say is what was let through, in each of them: all or none.
    let input = counted(Client::OpenAi, &text, false).await;
    let next = Client::OpenAi.request(&at_most(Client::OpenAi, alias, &text, false, OUTPUT));
    let held = FIT as u64 * (input + OUTPUT);
    assert_eq!(tenant.left("probe").await, Some(DAY - held), "{alias}");
    let response = tenant.send(next).await;
    assert_eq!(response.status, 429, "{alias}: {}", response.text());
    let [tokens, requests, _] = CASES.iter().find(|(name, _)| *name == alias).unwrap().1;
    let left = tokens.map(|fit| fit as u64 * (OUTPUT + INPUT) - held);
    // What is refused for the number of requests is not counted, so no limit on tokens is asked.
    if let Some(remaining) = number(&response, "x-ratelimit-remaining-tokens") {
        assert_eq!(remaining, left.unwrap_or(DAY - held), "{alias}");
    }
    if let Some(fit) = requests {
        let remaining = number(&response, "x-ratelimit-remaining-requests");
        assert_eq!(remaining, Some((fit - FIT) as u64), "{alias}");
    }

    // Their clients leave. Each had been sent to a provider, which reads what it was sent.
    drop(admitted);
    tenant.has_used(FIT as u64 * input).await;
}

#[tokio::test]
async fn of_two_hundred_at_once_exactly_as_many_tokens_are_admitted_as_fit() {
    admits_exactly_fifty("by-tokens").await;
}

#[tokio::test]
async fn of_two_hundred_at_once_exactly_as_many_requests_are_admitted_as_fit() {
    admits_exactly_fifty("by-requests").await;
}

#[tokio::test]
async fn of_two_hundred_at_once_exactly_as_many_run_as_may() {
    admits_exactly_fifty("by-concurrency").await;
}

#[tokio::test]
async fn of_several_limits_the_tightest_decides_and_the_others_lose_nothing() {
    for alias in ["by-tokens-first", "by-requests-first", "by-concurrency-first"] {
        admits_exactly_fifty(alias).await;
    }
}

#[tokio::test]
async fn workers_that_fight_over_one_window_lose_no_update() {
    const CLIENTS: usize = 20;
    const EACH: usize = 20;
    let (world, _logs) = world();
    let tenant = Tenant::new("fight");
    let mut clients = JoinSet::new();
    for n in 0..CLIENTS {
        let tenant = tenant.clone();
        clients.spawn(async move {
            let mut answers = Vec::new();
            for m in 0..EACH {
                let (client, stream) = WAYS[(n + m) % WAYS.len()];
                let text = "word ".repeat(1 + (n * EACH + m) % 17);
                let response = tenant.send(client.ask("plain", &text, stream)).await;
                said(client, &response).unwrap();
                answers.push(response);
            }
            answers
        });
    }
    let answers: Vec<Response> = clients.join_all().await.into_iter().flatten().collect();
    let mut used = 0;
    for answer in &answers {
        used += billed(answer).await;
    }
    tenant.has_used(used).await;
    for worker in 0..2 {
        let name = format!("worker_{worker}.downstream_cx_total");
        assert!(
            world.gateway.stat(&name).await.unwrap() > 0,
            "worker {worker} had nothing to do"
        );
    }
}

#[tokio::test]
async fn what_a_request_sets_aside_is_its_input_and_the_most_it_may_say() {
    let (_, _logs) = world();
    for (client, stream) in WAYS {
        let tenant = Tenant::new("aside");
        let body = at_most(client, "plain", "hello", stream, 777);
        let response = tenant.send(client.request(&body)).await;
        let name = match client {
            Client::OpenAi => "x-ratelimit-remaining-tokens",
            Client::Anthropic => "anthropic-ratelimit-tokens-remaining",
        };
        let expected = DAY - counted(client, "hello", stream).await - 777;
        assert_eq!(number(&response, name), Some(expected), "{client:?} {stream}");
    }
}
