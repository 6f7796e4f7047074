//! examples/budget

use std::time::Duration;

use penstock_test_support::client::Response;
use penstock_test_support::wait::eventually;
use penstock_test_support::{Provider, Request};
use serde_json::Value;

use super::site::{Example, FIRST, Site};
use crate::ask::{CLIENTS, Client, with};
use crate::read::failed;

const RESEARCH: &str = "psk-0123456789012345678901234567890123456789abc";
const FINANCE: &str = "psk-abcdefghijabcdefghijabcdefghijabcdefghij123";
/// An answer of the scripted provider is as long as its prompt.
const WORDS: usize = 10_000;

async fn site(primary: &Provider) -> Site {
    Example::read("budget")
        .provider(FIRST, primary)
        .env("PENSTOCK_APPROVE_KEY", "key-of-the-approvals-of-these-tests")
        .key(1, RESEARCH)
        .key(2, FINANCE)
        .start()
        .await
}

fn body(client: Client, text: &str, most: u64) -> Value {
    with(client.body("large", text, false), "max_tokens", most.into())
}

fn estimate(client: Client, body: &Value) -> Request {
    let request = Request::post("/v1/penstock/estimate", body);
    match client {
        Client::OpenAi => request,
        Client::Anthropic => request.header("anthropic-version", "2023-06-01"),
    }
}

fn served(response: &Response) -> &str {
    assert_eq!(response.status, 200, "{}", response.text());
    response.header("x-penstock-model").unwrap()
}

fn dollars(response: &Response) -> f64 {
    response.header("x-penstock-cost").unwrap().parse().unwrap()
}

/// What requests have reserved comes back when the service is told of their end.
async fn until_nearly_a_dollar_is_left(site: &Site) {
    eventually(Duration::from_secs(20), "reservations to come back", async || {
        let quote = site
            .send(estimate(Client::OpenAi, &body(Client::OpenAi, "Hello", 10)))
            .await
            .json();
        let left = quote["budgets"][1]["remaining_micro_usd"].as_u64();
        (left > Some(990_000)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_estimate_comes_before_and_what_is_dear_needs_its_token() {
    let primary = Provider::start("primary").unwrap();
    let site = site(&primary).await;
    for client in CLIENTS {
        let cheap = body(client, "Hello", 1000);
        let quote = site.send(estimate(client, &cheap)).await.json();
        let cents = quote["estimate_micro_usd"].as_u64().unwrap() / 10_000;
        assert_eq!((cents, &quote["would_pass"]), (3, &true.into()), "{quote}");
        let names: Vec<_> = quote["budgets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|budget| &budget["name"])
            .collect();
        assert_eq!(names, ["team-month", "guests-day"], "{quote}");
        let answer = site.send(client.request(&cheap)).await;
        assert_eq!(served(&answer), "gpt-5.5");
        assert!(dollars(&answer) < 0.001, "{}", dollars(&answer));

        let dear = body(client, "Hello", 20_000);
        let refused = site.send(client.request(&dear)).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
        assert!(failed(client, &refused).unwrap().message.contains("approval"));
        let quote = site.send(estimate(client, &dear)).await.json();
        let token = quote["approval"]["token"].as_str().unwrap();
        let approved = site
            .send(client.request(&dear).header("x-penstock-approve", token))
            .await;
        assert_eq!(served(&approved), "gpt-5.5");
        until_nearly_a_dollar_is_left(&site).await;
        let again = site
            .send(client.request(&dear).header("x-penstock-approve", token))
            .await;
        assert_eq!(again.status, 403, "a token is good once: {}", again.text());

        // It might take more than eighty cents of the dollar, so the cheaper model answers.
        let downgraded = site.send(client.request(&body(client, "Hello", 28_000))).await;
        assert_eq!(served(&downgraded), "gpt-5-mini");
        // A team with money left gets what it asked for, once that is approved.
        let dear = body(client, "Hello", 28_000);
        let quote = site
            .send(estimate(client, &dear).header("authorization", &format!("Bearer {RESEARCH}")))
            .await;
        let token = quote.json()["approval"]["token"].as_str().unwrap().to_owned();
        let request = client.request(&dear).header("x-penstock-approve", &token);
        let response = site
            .send(request.header("authorization", &format!("Bearer {RESEARCH}")))
            .await;
        assert_eq!(served(&response), "gpt-5.5");
        until_nearly_a_dollar_is_left(&site).await;
    }
}

#[tokio::test]
async fn a_dollar_buys_the_large_model_then_the_small_one_then_nothing() {
    let primary = Provider::start("primary").unwrap();
    let site = site(&primary).await;
    let long = body(Client::OpenAi, &"word ".repeat(WORDS), 11_000);
    let mut models = Vec::new();
    let mut spent = 0.0;
    let refused = loop {
        let response = site.send(Client::OpenAi.request(&long)).await;
        if response.status == 429 {
            break response;
        }
        models.push(served(&response).to_owned());
        spent += dollars(&response);
        assert!(models.len() < 20, "the budget is never spent: {models:?}");
        // What was reserved comes back when the service is told of the end.
        site.service()
            .until_metric(&["penstock_ledger_rows_total"], models.len() as f64)
            .await;
    };
    assert_eq!(models, ["gpt-5.5", "gpt-5.5", "gpt-5-mini", "gpt-5-mini"]);
    assert!(spent > 0.8 && spent <= 1.0, "{spent}");
    assert_eq!(
        failed(Client::OpenAi, &refused).unwrap().code,
        "insufficient_quota"
    );
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&wait), "{wait}");
    assert_eq!(refused.header("x-should-retry"), Some("false"));

    let small = body(Client::OpenAi, "Hello", 100);
    let request = Client::OpenAi
        .request(&small)
        .header("authorization", &format!("Bearer {RESEARCH}"));
    assert_eq!(
        served(&site.send(request).await),
        "gpt-5.5",
        "another team's budget is its own"
    );
    for threshold in ["50", "80"] {
        let parts = [
            "penstock_budget_threshold_total",
            "guests-day",
            &format!("\"{threshold}\""),
        ];
        site.service().until_metric(&parts, 1.0).await;
    }
    for (name, least) in [
        ("penstock_budget_downgrades_total", 2.0),
        ("penstock_budget_refusals_total", 1.0),
    ] {
        site.service().until_metric(&[name, "guests-day"], least).await;
    }
    let usage = Request::get("/v1/penstock/usage?group_by=team,served");
    let report = site
        .send(usage.header("authorization", &format!("Bearer {FINANCE}")))
        .await
        .json();
    let guests: Vec<_> = report["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|group| group["team"] == "guests" && group["cost_micro_usd"].as_u64() > Some(0))
        .map(|group| &group["served"])
        .collect();
    assert_eq!(guests, ["large", "small"], "{report}");
}
