//! Streams that outgrow what was set aside for them, with nothing left: finished at the expense of the next window, or
//! ended in order.

use super::world::{Tenant, at_most, billed, exact, left_in, number, until, world};
use crate::ask::{CLIENTS, Client};
use crate::read::said;

/// Text events of an answer, each of two tokens.
const EVENTS: u64 = 300;
/// What the limits of these tests admit.
const LIMIT: u64 = 200;
/// The answer that the model is expected to give.
const EXPECTED: u64 = 60;

pub fn models() -> String {
    let fault = format!("fault=events:{EVENTS},interval:2ms");
    let mut yaml = String::new();
    for (suffix, provider) in [("", "primary"), ("-anthropic", "primary-anthropic")] {
        let more = format!("default_output_tokens: {EXPECTED}");
        for name in ["overrun-cut", "overrun-finish", "overrun-full"] {
            yaml += &exact(&format!("{name}{suffix}"), &[(provider, &fault)], &more);
        }
    }
    yaml
}

pub fn limits() -> String {
    let limit = |name: &str, choice: &str| {
        format!(
            "    - {{ name: {name}, per: [tenant], match: {{ model: [{name}, {name}-anthropic] }}, tokens_per_minute: {LIMIT}, {choice} }}\n"
        )
    };
    limit("overrun-cut", "on_overrun: cut, reserve: learned")
        + &limit("overrun-finish", "on_overrun: finish")
        + &limit("overrun-full", "on_overrun: cut")
}

/// The text of the whole answer.
fn whole() -> String {
    (0..EVENTS).map(|n| format!("{n} ")).collect()
}

/// A request whose answer is longer than it may be. Where Anthropic's API demands a maximum, it is more than the limit.
fn request(client: Client, alias: &str) -> penstock_test_support::Request {
    client.ask(alias, "say something", true)
}

#[tokio::test]
async fn a_stream_that_may_not_outgrow_its_limit_ends_as_if_it_were_long_enough() {
    let (_, _logs) = world();
    for client in CLIENTS {
        for suffix in ["", "-anthropic"] {
            let tenant = Tenant::new("overrun-cut");
            let told = format!("{client:?}{suffix}");
            let response = tenant
                .send(request(client, &format!("overrun-cut{suffix}")))
                .await;
            let answer = said(client, &response).unwrap_or_else(|error| panic!("{told}: {error}"));
            let reason = match client {
                Client::OpenAi => "length",
                Client::Anthropic => "max_tokens",
            };
            assert_eq!(answer.finish, reason, "{told}: {}", response.text());
            // Whole words, as far as the limit goes.
            assert!(
                whole().starts_with(&answer.text) && answer.text.ends_with(' '),
                "{told}: {}",
                answer.text
            );
            let tokens = 2 * answer.text.split_whitespace().count() as u64;
            let input = number(&response, "x-penstock-input-tokens").unwrap();
            let room = LIMIT - input;
            assert!(
                (room - 10..=room + 10).contains(&tokens),
                "{told}: {tokens} of {room}"
            );
        }
    }
}

#[tokio::test]
async fn a_stream_is_not_cut_within_a_maximum_that_is_reserved_in_full_though_it_counts_for_more_here() {
    let (_, _logs) = world();
    // The provider counts in words, which are two tokens each.
    let most = LIMIT - 50;
    for client in CLIENTS {
        for suffix in ["", "-anthropic"] {
            let tenant = Tenant::new("overrun-full");
            let alias = format!("overrun-full{suffix}");
            let body = at_most(client, &alias, "say something", true, most);
            let response = tenant.send(client.request(&body)).await;
            let answer =
                said(client, &response).unwrap_or_else(|error| panic!("{client:?} {alias}: {error}"));
            let words = answer.text.split_whitespace().count() as u64;
            assert_eq!(words, most, "{client:?} {alias}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_may_outgrow_its_limit_is_whole_and_the_next_window_pays() {
    let (_, _logs) = world();
    for suffix in ["", "-anthropic"] {
        let client = Client::OpenAi;
        let alias = format!("overrun-finish{suffix}");
        let tenant = Tenant::new("overrun-finish");
        let response = tenant.send(request(client, &alias)).await;
        let answer = said(client, &response).unwrap();
        // A provider of Anthropic's API is given a maximum, if the client names none.
        assert_eq!(answer.text, whole(), "{alias}");
        assert_eq!(answer.finish, "stop");
        let used = billed(&response).await;
        assert!(used > LIMIT, "{used}");
        tenant.has_used(used).await;
        // The rest of this window and the whole of the next one are gone.
        let next = client.request(&at_most(client, &alias, "say something", true, LIMIT - 20));
        let response = tenant.send(next).await;
        assert_eq!(response.status, 429, "{}", response.text());
        assert_eq!(number(&response, "x-ratelimit-remaining-tokens"), Some(0));
        let wait = number(&response, "retry-after").unwrap();
        assert!((61..=120).contains(&wait), "{wait}");
    }
}

#[tokio::test]
async fn a_stream_that_was_ended_is_settled() {
    let (world, _logs) = world();
    let tenant = Tenant::new("overrun-settled");
    let response = tenant.send(request(Client::OpenAi, "overrun-cut")).await;
    let input = number(&response, "x-penstock-input-tokens").unwrap();
    let words = said(Client::OpenAi, &response)
        .unwrap()
        .text
        .split_whitespace()
        .count() as u64;
    // What the provider bills, whether it was let go or heard to its end.
    until(
        "what was used is what the client saw, or what was billed",
        async || {
            let id = response.header("x-penstock-request-id").unwrap();
            let usage = left_in(&world.gateway.logged(id).await, "usage");
            let billed = usage["input_tokens"]
                .as_u64()
                .zip(usage["output_tokens"].as_u64());
            let expected = billed.map_or(input + 2 * words, |(input, output)| input + output);
            tenant.left("probe").await == Some(super::world::DAY - expected)
        },
    )
    .await;
}
