//! How many tokens a request is: told with every answer, and without a provider by `count_tokens`.

use penstock_test_support::Request;
use penstock_test_support::client::Response;
use serde_json::{Value, json};

use super::world::{Tenant, exact, number, until, world};
use crate::ask::{CLIENTS, Client, WAYS, marker, with};
use crate::read::failed;

/// What `a_greeting` must count, at the least and at the most: its two words and the framing of one message.
const GREETING: std::ops::RangeInclusive<u64> = 3..=20;

/// Models of other families: estimated, with a factor.
pub fn models() -> String {
    exact("teapot", &[("primary", "fault=status:418")], "")
        + &exact("unwell", &[("primary", "fault=status:500")], "")
        + &crate::world::model(
            "estimated",
            &[("primary", "fault=status:400")],
            "count_as: claude-sonnet-4-5",
        )
        + &crate::world::model(
            "calibrated",
            &[("primary", "good")],
            "count_as: claude-sonnet-4-5",
        )
}

fn count_tokens(body: &Value) -> Request {
    Request::post("/v1/messages/count_tokens", body).header("anthropic-version", "2026-10-21")
}

async fn counted_for(tenant: &Tenant, body: &Value) -> u64 {
    let response = tenant.send(count_tokens(body)).await;
    assert_eq!(response.status, 200, "{}", response.text());
    let answer = response.json();
    let tokens = answer["input_tokens"].as_u64().expect("input_tokens");
    assert_eq!(answer, json!({"input_tokens": tokens}));
    assert_eq!(number(&response, "x-penstock-input-tokens"), Some(tokens));
    tokens
}

#[tokio::test]
async fn every_answer_tells_the_tokens_of_its_request() {
    let (_, _logs) = world();
    let tenant = Tenant::new("told");
    for (client, stream) in WAYS {
        for (alias, status) in [
            ("plain", 200),
            ("plain-anthropic", 200),
            ("probe", 400),
            ("unwell", 502),
            ("exit-closed", 503),
        ] {
            let response = tenant.send(client.ask(alias, "hello there", stream)).await;
            assert_eq!(response.status, status, "{client:?} {alias}: {}", response.text());
            let tokens = number(&response, "x-penstock-input-tokens").unwrap_or_default();
            assert!(
                GREETING.contains(&tokens),
                "{client:?} {alias} stream={stream}: {tokens}"
            );
        }
    }
}

#[tokio::test]
async fn a_provider_does_not_decide_what_a_request_is_said_to_count() {
    let (_, _logs) = world();
    let tenant = Tenant::new("estimated");
    let body = Client::Anthropic.body("estimated", "hello there", false);
    let estimated = counted_for(&tenant, &body).await;
    let response = tenant.send(Client::Anthropic.request(&body)).await;
    assert_eq!(number(&response, "x-penstock-input-tokens"), Some(estimated));
    let exact = counted_for(&tenant, &with(body, "model", json!("plain"))).await;
    assert_ne!(estimated, exact, "an estimate has a factor");
}

#[tokio::test]
async fn an_estimate_follows_what_the_provider_counts() {
    let (_, _logs) = world();
    let tenant = Tenant::new("calibrated");
    // A token each, and the provider counts words: the factor of the family is too high for it.
    let text = "hello ".repeat(4_000);
    let told = async |alias: &str| {
        let response = tenant.send(Client::OpenAi.ask(alias, &text, false)).await;
        assert_eq!(response.status, 200, "{}", response.text());
        number(&response, "x-penstock-input-tokens").unwrap()
    };
    let (exact, estimated) = (told("plain").await, told("calibrated").await);
    assert!(estimated > exact * 11 / 10, "{estimated} for {exact}");
    until("estimates to come down", async || {
        told("calibrated").await < exact * 11 / 10
    })
    .await;
    assert_eq!(told("plain").await, exact);
}

#[tokio::test]
async fn tokens_are_counted_the_way_a_request_is() {
    let (_, _logs) = world();
    let tenant = Tenant::new("same");
    let tools = json!([{"name": "get_weather", "description": "Tells the weather", "input_schema":
        {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]);
    let body = Client::Anthropic.body("probe", "hello there", false);
    let mut before = 0;
    for body in [
        body.clone(),
        with(
            body.clone(),
            "system",
            json!("be brief, and kind to those who ask"),
        ),
        with(body.clone(), "tools", tools),
        with(
            body.clone(),
            "messages",
            json!([{"role": "user", "content": "hello there ".repeat(100)}]),
        ),
    ] {
        let tokens = counted_for(&tenant, &body).await;
        let response = tenant.send(Client::Anthropic.request(&body)).await;
        assert_eq!(
            number(&response, "x-penstock-input-tokens"),
            Some(tokens),
            "{body}"
        );
        assert!(tokens > before.min(50), "{body}: {tokens}");
        before = tokens;
    }
}

#[tokio::test]
async fn counting_takes_no_tokens_and_asks_no_provider() {
    let (world, _logs) = world();
    let tenant = Tenant::new("free");
    let text = marker("free");
    // It needs no maximum of output tokens, as a message does.
    let body = json!({"model": "plain", "messages": [{"role": "user", "content": text}]});
    for _ in 0..10 {
        counted_for(&tenant, &body).await;
    }
    tenant.has_used(0).await;
    assert_eq!(world.primary.requests_with(&text).len(), 0);
}

async fn refused(what: &str, request: Request, status: u16, kind: &str) -> Response {
    let response = Tenant::new("count-refused").send(request).await;
    let error = failed(Client::Anthropic, &response).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(
        (response.status, error.kind.as_str()),
        (status, kind),
        "{what}: {error:?}"
    );
    response
}

#[tokio::test]
async fn what_cannot_be_counted_is_refused_in_anthropics_dialect() {
    let (_, _logs) = world();
    let good = Client::Anthropic.body("plain", "hello", false);
    refused(
        "unknown model",
        count_tokens(&with(good.clone(), "model", json!("nobody"))),
        404,
        "not_found_error",
    )
    .await;
    for (what, body) in [
        ("no model", json!({"messages": []})),
        ("no messages", json!({"model": "plain"})),
        (
            "messages of wrong type",
            with(good.clone(), "messages", json!("hello")),
        ),
        (
            "a role of wrong type",
            with(good.clone(), "messages", json!([{"role": 7, "content": "x"}])),
        ),
        ("an array", json!([])),
    ] {
        refused(what, count_tokens(&body), 400, "invalid_request_error").await;
    }
    for (what, body) in [
        ("no JSON", "hello"),
        ("nothing", ""),
        ("half", r#"{"model":"plain","#),
    ] {
        let request = Request::post_bytes("/v1/messages/count_tokens", body);
        refused(what, request, 400, "invalid_request_error").await;
    }
    let response = refused(
        "GET",
        Request::get("/v1/messages/count_tokens"),
        405,
        "invalid_request_error",
    )
    .await;
    assert_eq!(response.header("allow"), Some("POST"));
}

#[tokio::test]
async fn both_dialects_count_nearly_the_same() {
    let (_, _logs) = world();
    let text = "The quick brown fox jumps over the lazy dog. ".repeat(20);
    let mut counts = Vec::new();
    for client in CLIENTS {
        counts.push(super::world::counted(client, &text, false).await);
    }
    // Ten tokens a sentence, and a few of framing.
    assert!(
        counts.iter().all(|count| (200..=220).contains(count)),
        "{counts:?}"
    );
}
