//! What a caller is told of its limits: that one is reached, when to come back, and how they stand while all is well.

use std::time::Duration;

use penstock_test_support::client::Response;
use penstock_test_support::wait::eventually;

use super::world::{Tenant, at_most, counted, exact, number, world};
use crate::ask::{CLIENTS, Client, WAYS, marker};
use crate::read::{Failed, failed, said};

/// Tokens that `small` admits in a minute.
const SMALL: u64 = 1_000;

pub fn models() -> String {
    let silent = ("primary", "fault=silence");
    exact("small", &[("primary", "good")], "")
        + &exact(
            "small-held",
            &[silent],
            "timeouts: { first_token: 90s, answer: 90s }",
        )
        + &exact("thrice", &[("primary", "good")], "")
        + &exact("brief", &[("primary", "good")], "")
}

pub fn limits() -> String {
    format!(
        "    - {{ name: small, per: [tenant], match: {{ model: [small, small-held] }}, tokens_per_minute: {SMALL} }}
    - {{ name: thrice, per: [tenant], match: {{ model: [thrice] }}, requests_per_minute: 3 }}
    - {{ name: brief, match: {{ model: [brief] }}, input_tokens: 50 }}\n"
    )
}

/// Limit, what remains and when it is whole again, of `requests` or `tokens`.
fn standing(client: Client, what: &str, response: &Response) -> Option<(u64, u64, String)> {
    let name = |part: &str| match client {
        Client::OpenAi => format!("x-ratelimit-{part}-{what}"),
        Client::Anthropic => format!("anthropic-ratelimit-{what}-{part}"),
    };
    Some((
        number(response, &name("limit"))?,
        number(response, &name("remaining"))?,
        response.header(&name("reset"))?.to_owned(),
    ))
}

fn is_rate_limit(client: Client, response: &Response) -> Failed {
    assert_eq!(response.status, 429, "{client:?}: {}", response.text());
    let error = failed(client, response).unwrap();
    assert_eq!(error.kind, "rate_limit_error", "{client:?}: {error:?}");
    if client == Client::OpenAi {
        assert_eq!(error.code, "rate_limit_exceeded");
    }
    error
}

/// The reset of a window of a minute that has just begun, in either API's form.
fn soon(client: Client, reset: &str) -> bool {
    match client {
        Client::OpenAi => reset == "1m0s" || reset.ends_with('s') && !reset.contains('h'),
        Client::Anthropic => reset.len() == "2026-11-21T05:00:00Z".len() && reset.ends_with('Z'),
    }
}

#[tokio::test]
async fn headers_are_right_while_all_is_well() {
    let (_, _logs) = world();
    for (client, stream) in WAYS {
        let tenant = Tenant::new("well");
        let body = at_most(client, "small", "hello", stream, 100);
        let response = tenant.send(client.request(&body)).await;
        said(client, &response).unwrap();
        let (limit, remaining, reset) = standing(client, "tokens", &response).expect("a standing");
        let input = counted(client, "hello", stream).await;
        assert_eq!(
            (limit, remaining),
            (SMALL, SMALL - input - 100),
            "{client:?} {stream}"
        );
        assert!(soon(client, &reset), "{client:?}: {reset}");
        // Nobody limits its requests, and how the gateway stands with its provider is none of its business.
        assert_eq!(
            standing(client, "requests", &response),
            None,
            "{client:?} {stream}"
        );
        for (name, _) in &response.headers {
            assert!(
                !name.contains("ratelimit-requests") && !name.ends_with("-remaining-requests"),
                "{name}"
            );
        }
        assert_eq!(response.header("retry-after"), None);

        let response = tenant.send(client.ask("thrice", "hello", stream)).await;
        let (limit, remaining, reset) = standing(client, "requests", &response).expect("a standing");
        assert_eq!((limit, remaining), (3, 2), "{client:?} {stream}");
        assert!(soon(client, &reset), "{client:?}: {reset}");
    }
}

#[tokio::test]
async fn over_a_limit_is_429_in_the_clients_dialect_with_the_time_to_wait() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        let tenant = Tenant::new("over");
        let text = marker("over");
        let body = at_most(client, "small-held", &text, stream, 600);
        let running = tokio::spawn({
            let (tenant, request) = (tenant.clone(), client.request(&body));
            async move { tenant.send(request).await }
        });
        world.primary.wait_for(&text, 1).await;
        let response = tenant.send(client.request(&body)).await;
        let error = is_rate_limit(client, &response);
        assert!(error.message.contains("`small`"), "{error:?}");
        let wait = number(&response, "retry-after").expect("retry-after");
        assert!((1..=60).contains(&wait), "{wait}");
        let input = number(&response, "x-penstock-input-tokens").expect("a count");
        let (limit, remaining, _) = standing(client, "tokens", &response).expect("a standing");
        assert_eq!((limit, remaining), (SMALL, SMALL - input - 600));
        assert_eq!(
            world.primary.requests_with(&text).len(),
            1,
            "a refused request was sent"
        );
        running.abort();
    }
}

#[tokio::test]
async fn requests_over_a_limit_are_429_and_leave_the_others_alone() {
    let (_, _logs) = world();
    for client in CLIENTS {
        let tenant = Tenant::new("thrice");
        for left in [2, 1, 0] {
            let response = tenant.send(client.ask("thrice", "hello", false)).await;
            said(client, &response).unwrap();
            assert_eq!(standing(client, "requests", &response).unwrap().1, left);
        }
        let response = tenant.send(client.ask("thrice", "hello", true)).await;
        let error = is_rate_limit(client, &response);
        assert!(error.message.contains("requests per minute"), "{error:?}");
        assert_eq!(standing(client, "requests", &response).unwrap().1, 0);
        let other = Tenant::new("thrice-other");
        said(client, &other.send(client.ask("thrice", "hello", false)).await).unwrap();
    }
}

#[tokio::test]
async fn a_request_that_can_never_fit_is_told_so_and_is_not_sent() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        let tenant = Tenant::new("never");
        let text = marker("never");
        let long = format!("{text} {}", "word ".repeat(100));
        let cases = [
            ("small", at_most(client, "small", &text, stream, SMALL), true),
            ("brief", at_most(client, "brief", &long, stream, 10), false),
        ];
        for (limit, body, names_tokens) in cases {
            let response = tenant.send(client.request(&body)).await;
            let error = failed(client, &response).unwrap();
            assert_eq!(
                (response.status, error.kind.as_str()),
                (400, "invalid_request_error"),
                "{error:?}"
            );
            assert!(error.message.contains(&format!("`{limit}`")), "{error:?}");
            assert_eq!(response.header("retry-after"), None);
            if names_tokens {
                assert!(number(&response, "x-penstock-input-tokens").is_some());
            }
        }
        assert_eq!(world.primary.requests_with(&text).len(), 0);
        tenant.has_used(0).await;
    }
}

#[tokio::test]
async fn who_comes_back_when_told_is_admitted() {
    let (_, _logs) = world();
    let tenant = Tenant::new("back");
    let client = Client::OpenAi;
    for _ in 0..3 {
        said(client, &tenant.send(client.ask("thrice", "hello", false)).await).unwrap();
    }
    let refused = tenant.send(client.ask("thrice", "hello", false)).await;
    is_rate_limit(client, &refused);
    let wait = Duration::from_secs(number(&refused, "retry-after").unwrap());
    let begun = std::time::Instant::now();
    let response = eventually(wait + Duration::from_secs(5), "admission", async || {
        let response = tenant.send(client.ask("thrice", "hello", false)).await;
        (response.status != 429).then_some(response)
    })
    .await;
    said(client, &response).unwrap();
    assert!(
        begun.elapsed() + Duration::from_secs(2) > wait,
        "{wait:?} was too long"
    );
}
