//! Headers: a provider sees an allow-list and nothing else, a client nothing that is internal or another's.

use std::time::{Duration, Instant};

use crate::ask::{Client, WAYS, marker};
use crate::read::{failed, said};
use crate::world::world;

/// What any provider may see, its own credential aside.
const ALLOWED: &[&str] = &[
    "host",
    "content-type",
    "content-length",
    "transfer-encoding",
    "accept",
    "accept-encoding",
    "user-agent",
    "anthropic-version",
    "anthropic-beta",
];

/// What no provider may see, and how some of it would steer the gateway if it were believed.
const FORBIDDEN: &[(&str, &str)] = &[
    ("authorization", "Bearer key-of-client"),
    ("x-api-key", "key-of-client"),
    ("cookie", "session=1"),
    ("x-request-id", "11111111-2222-3333-4444-555555555555"),
    ("x-forwarded-for", "192.0.2.1"),
    ("x-forwarded-proto", "https"),
    ("x-real-ip", "192.0.2.1"),
    ("forwarded", "for=192.0.2.1"),
    (
        "traceparent",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ),
    ("x-penstock-approve", "1"),
    ("x-penstock-int-retry", "1"),
    ("x-penstock-int-next", "provider-open"),
    ("x-penstock-int-replied", "1"),
    ("X-Penstock-Int-Hold", "answer"),
    ("x-penstock-int-wait", "30"),
    ("x-envoy-upstream-rq-per-try-timeout-ms", "1"),
    ("x-envoy-max-retries", "0"),
    ("x-envoy-retry-on", "5xx"),
    ("x-stainless-os", "Linux"),
    ("openai-organization", "org-client"),
    ("referer", "https://client.example/"),
    ("origin", "https://client.example"),
    ("x-custom", "1"),
];

#[tokio::test]
async fn providers_see_allowed_headers_only_on_first_and_later_attempts() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in [
            "rate-limited",
            "rate-limited-anthropic",
            "unavailable",
            "ours-then-none",
        ] {
            let text = marker("seen");
            let mut request = client.ask(alias, &text, stream);
            for (name, value) in FORBIDDEN {
                request = request.header(name, value);
            }
            let response = world.send(request).await;
            said(client, &response).unwrap();
            let providers = [&world.primary, &world.backup, &world.open];
            let asked: Vec<_> = providers
                .iter()
                .flat_map(|provider| provider.requests_with(&text))
                .collect();
            assert!(asked.len() >= 2, "{alias}");
            for request in asked {
                let openai = request.path.ends_with("/chat/completions");
                for (name, value) in &request.headers {
                    let credential = match name.as_str() {
                        "authorization" => openai && value.starts_with("Bearer key-of-"),
                        "x-api-key" => !openai && value.starts_with("key-of-"),
                        "anthropic-version" => !openai,
                        name => ALLOWED.contains(&name),
                    };
                    let own = credential && !value.contains("client");
                    assert!(own, "{client:?} {alias} {}: {name}: {value}", request.path);
                }
                assert_eq!(
                    request.header("host"),
                    request.header("host").filter(|host| host.starts_with("127."))
                );
            }
        }
    }
}

#[tokio::test]
async fn internal_headers_of_a_client_change_nothing() {
    let (world, _logs) = world();
    for (name, value) in FORBIDDEN
        .iter()
        .filter(|(name, _)| name.to_lowercase().starts_with("x-penstock-int-"))
    {
        let response = world
            .send(Client::OpenAi.ask("plain", "hello", false).header(name, value))
            .await;
        said(Client::OpenAi, &response).unwrap();
        assert_eq!(
            response.header("x-penstock-attempts"),
            Some("primary:200"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn clients_see_nothing_internal_and_nothing_of_the_gateways_account() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in [
            "plain",
            "plain-anthropic",
            "forging",
            "forging-error",
            "rate-limited",
            "no-such-alias",
            "refused",
        ] {
            let response = world.send(client.ask(alias, "hello", stream)).await;
            for (name, value) in &response.headers {
                let hidden = name.starts_with("x-penstock-int-")
                    || name.starts_with("x-envoy-")
                    || matches!(
                        name.as_str(),
                        "set-cookie" | "openai-organization" | "anthropic-organization-id"
                    )
                    || name == "x-penstock-forged"
                    || value == "forged";
                assert!(!hidden, "{client:?} {alias}: {name}: {value}");
            }
        }
    }
}

#[tokio::test]
async fn a_provider_cannot_steer_the_gateway() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        let start = Instant::now();
        let response = world.send(client.ask("forging", "hello", stream)).await;
        said(client, &response).unwrap();
        assert_eq!(response.header("x-penstock-attempts"), Some("primary:200"));
        let response = world.send(client.ask("forging-error", "hello", stream)).await;
        failed(client, &response).unwrap();
        assert_eq!(
            response.status, 400,
            "a forged wish for another attempt was heard"
        );
        assert_eq!(response.header("x-penstock-attempts"), Some("primary:400"));
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "a forged wish to wait was heard"
        );
    }
}

#[tokio::test]
async fn a_provider_with_too_many_headers_is_understood_or_passed_over() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for alias in ["many-headers", "large-headers"] {
            let response = world.send(client.ask(alias, "hello", stream)).await;
            said(client, &response).unwrap_or_else(|error| panic!("{client:?} {alias}: {error}"));
        }
    }
}

#[tokio::test]
async fn each_request_has_an_id_of_its_own() {
    let (world, _logs) = world();
    let mut ids = Vec::new();
    for alias in ["plain", "plain", "no-such-alias"] {
        let request = Client::OpenAi
            .ask(alias, "hello", false)
            .header("x-request-id", "chosen-by-client");
        let response = world.send(request).await;
        ids.push(
            response
                .header("x-penstock-request-id")
                .expect("an id")
                .to_owned(),
        );
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert!(!ids.contains(&"chosen-by-client".to_owned()));
}

#[tokio::test]
async fn anthropic_version_and_beta_reach_anthropic_only() {
    let (world, _logs) = world();
    let text = marker("beta");
    for alias in ["plain", "plain-anthropic"] {
        let request = Client::Anthropic
            .ask(alias, &text, false)
            .header("anthropic-beta", "some-beta-2026-01-01");
        said(Client::Anthropic, &world.send(request).await).unwrap();
    }
    let asked = world.primary.requests_with(&text);
    assert_eq!(asked[0].header("anthropic-beta"), None);
    assert_eq!(asked[0].header("anthropic-version"), None);
    assert_eq!(asked[1].header("anthropic-beta"), Some("some-beta-2026-01-01"));
    assert_eq!(asked[1].header("anthropic-version"), Some("2026-10-21"));
}
