//! Who may ask, and for what.

use std::time::{Duration, Instant};

use penstock_test_support::client::Request;
use penstock_test_support::wait::eventually;
use sha2::{Digest, Sha256};

use crate::ask::{CLIENTS, Client, marker};
use crate::read::failed;
use crate::world::model;

use super::world::World;

const KEY: &str = "psk-0123456789012345678901234567890123456789abc";
const OTHER: &str = "psk-abcdefghijabcdefghijabcdefghijabcdefghij123";

fn hash(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

fn yaml() -> String {
    format!(
        "models:\n{}{}keys:\n  list:\n    - {{ id: acme-one, hash: \"{}\", tenant: acme, team: search, models: [plain] }}\n    - {{ id: old, hash: \"{}\", tenant: acme, expires: 2020-01-01T00:00:00Z }}\n",
        model("plain", &[("primary", "good")], ""),
        model("dear", &[("primary", "good")], ""),
        hash(KEY),
        hash(OTHER),
    )
}

#[tokio::test]
async fn only_the_right_key_is_admitted_and_it_reaches_no_provider() {
    let world = World::start("failure_mode: deny", &yaml()).await;
    for client in CLIENTS {
        for (key, status) in [
            (Some(KEY), 200),
            (Some(OTHER), 401),
            (Some("sk-other"), 401),
            (None, 401),
        ] {
            let text = marker("key");
            let mut request = client.ask("plain", &text, false);
            if let Some(key) = key {
                request = match client {
                    Client::OpenAi => request.header("authorization", &format!("Bearer {key}")),
                    Client::Anthropic => request.header("x-api-key", key),
                };
            }
            let response = world.envoy.send(request).await.unwrap();
            assert_eq!(response.status, status, "{key:?}: {}", response.text());
            let asked = world.primary.requests_with(&text);
            assert_eq!(asked.len(), usize::from(status == 200));
            for request in asked {
                assert!(!format!("{request:?}").contains("psk-"), "{request:?}");
            }
            if status == 401 {
                failed(client, &response).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn while_the_service_is_away_nobody_comes_in_who_needs_a_key() {
    const SECTION: &str = "failure_mode: static_plan, timeout: 300ms";
    let mut guarded = World::start(SECTION, &yaml()).await;
    let open = yaml().replace("keys:\n", "keys:\n  anonymous: { tenant: guests }\n");
    let mut open = World::start(SECTION, &open).await;
    guarded.service.kill();
    open.service.kill();
    for client in CLIENTS {
        for key in [Some(KEY), Some("psk-wrong"), None] {
            let text = marker("away");
            let mut request = client.ask("plain", &text, false);
            if let Some(key) = key {
                request = request.header("x-api-key", key);
            }
            let response = guarded.envoy.send(request.clone()).await.unwrap();
            assert_eq!(response.status, 503, "{key:?}: {}", response.text());
            failed(client, &response).unwrap();
            assert!(response.text().contains("who asks"), "{}", response.text());
            assert!(guarded.primary.requests_with(&text).is_empty());

            let response = open.envoy.send(request).await.unwrap();
            assert_eq!(
                (response.status, response.header("x-penstock-plan")),
                (200, Some("static")),
                "{key:?}: {}",
                response.text()
            );
        }
    }
    let models = Request::get("/v1/models");
    assert_eq!(guarded.envoy.send(models).await.unwrap().status, 503);
}

#[tokio::test]
async fn a_service_that_needs_a_key_lets_nobody_pass_whom_envoy_has_not_asked() {
    let open = format!("models:\n{}", model("plain", &[("primary", "good")], ""));
    let mut world = World::start("failure_mode: static_plan", &open).await;
    world.rewrite(|yaml| format!("{yaml}keys: {{ list: [] }}\n"));
    world.service.kill();
    world.service.restart().await.unwrap();
    let refused = eventually(Duration::from_secs(5), "the keys to be in force", async || {
        let request = Client::Anthropic.ask("plain", "hello", false);
        let response = world.envoy.send(request).await.unwrap();
        (response.status == 503).then_some(response)
    })
    .await;
    failed(Client::Anthropic, &refused).unwrap();
    assert!(refused.text().contains("who asks"), "{}", refused.text());
}

#[tokio::test]
async fn a_model_that_the_key_may_not_use_is_forbidden() {
    let world = World::start("failure_mode: deny", &yaml()).await;
    for client in CLIENTS {
        let request = client.ask("dear", "hello", false).header("x-api-key", KEY);
        let response = world.envoy.send(request).await.unwrap();
        assert_eq!(response.status, 403, "{}", response.text());
        failed(client, &response).unwrap();
    }
}

#[tokio::test]
async fn a_key_that_is_taken_out_is_refused_within_a_second() {
    let mut world = World::start("failure_mode: deny", &yaml()).await;
    let ask = || {
        Client::OpenAi
            .ask("plain", "hello", false)
            .header("x-api-key", KEY)
    };
    assert_eq!(world.envoy.send(ask()).await.unwrap().status, 200);
    world.rewrite(|yaml| yaml.replace("id: acme-one,", "id: acme-one, revoked: true,"));
    let start = Instant::now();
    eventually(Duration::from_secs(5), "the key to be refused", async || {
        (world.envoy.send(ask()).await.unwrap().status == 401).then_some(())
    })
    .await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn names_that_a_client_sends_are_not_the_callers() {
    let yaml = format!(
        "{}quota:\n  limits:\n    - {{ name: others, match: {{ tenant: [globex] }}, requests_per_minute: 1 }}\n",
        yaml()
    );
    let world = World::start("failure_mode: deny", &yaml).await;
    for _ in 0..3 {
        let request = Client::OpenAi
            .ask("plain", "hello", false)
            .header("x-api-key", KEY)
            .header("x-penstock-tenant", "globex")
            .header("x-penstock-int-input-tokens", "0")
            .header("tenant", "globex");
        assert_eq!(world.envoy.send(request).await.unwrap().status, 200);
    }
}
