//! Whose requests count together: by tenant, key, agent, model and route, and nobody chooses who he is.

use penstock_test_support::Request;

use super::world::{Tenant, exact, world};
use crate::ask::{Client, marker};

/// Two models for each scope, whose limit admits one request a minute.
const SCOPES: &[&str] = &["tenant", "key", "agent", "model", "route"];

pub fn models() -> String {
    let mut yaml =
        exact("scope-all", &[("primary", "good")], "") + &exact("scope-some", &[("primary", "good")], "");
    for scope in SCOPES {
        yaml += &exact(&format!("scope-{scope}"), &[("primary", "good")], "");
        yaml += &exact(&format!("scope-{scope}-2"), &[("primary", "good")], "");
    }
    yaml
}

pub fn limits() -> String {
    let mut yaml = "    - { name: scope-all, per: [tenant, key, agent, model, route], match: { model: [scope-all] }, requests_per_minute: 1 }
    - { name: scope-some, match: { model: [scope-some], tenant: [acme, globex], route: [messages] }, requests_per_minute: 1 }\n"
        .to_owned();
    for scope in SCOPES {
        yaml += &format!(
            "    - {{ name: scope-{scope}, per: [{scope}], match: {{ model: [scope-{scope}, scope-{scope}-2] }}, requests_per_minute: 1 }}\n"
        );
    }
    yaml
}

/// A request, and whether it is admitted.
async fn admitted(request: Request) -> bool {
    let (world, _) = world();
    let response = world.gateway.send(request).await.unwrap();
    match response.status {
        200 => true,
        429 => false,
        other => panic!("{other}: {}", response.text()),
    }
}

fn ask(model: &str, tenant: &str, key: &str, agent: &str) -> Request {
    let request = Client::OpenAi.ask(model, "hello", false);
    [("x-tenant", tenant), ("x-key", key), ("x-agent", agent)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .fold(request, |request, (name, value)| request.header(name, value))
}

#[tokio::test]
async fn callers_share_a_window_only_if_the_limits_scope_is_the_same() {
    let (_, _logs) = world();
    let name = || marker("caller");
    let (one, two) = (name(), name());
    // Each limit sees its own scope and nothing else.
    assert!(admitted(ask("scope-tenant", &one, &name(), &name())).await);
    assert!(!admitted(ask("scope-tenant-2", &one, &name(), &name())).await);
    assert!(admitted(ask("scope-tenant", &two, &name(), &name())).await);
    assert!(admitted(ask("scope-key", &name(), &one, &name())).await);
    assert!(!admitted(ask("scope-key-2", &name(), &one, &name())).await);
    assert!(admitted(ask("scope-key", &name(), &two, &name())).await);
    assert!(admitted(ask("scope-agent", &name(), &name(), &one)).await);
    assert!(!admitted(ask("scope-agent-2", &name(), &name(), &one)).await);
    assert!(admitted(ask("scope-agent", &name(), &name(), &two)).await);
    assert!(admitted(ask("scope-model", &name(), &name(), &name())).await);
    assert!(!admitted(ask("scope-model", &name(), &name(), &name())).await);
    assert!(admitted(ask("scope-model-2", &name(), &name(), &name())).await);
    assert!(admitted(ask("scope-route", &name(), &name(), &name())).await);
    assert!(!admitted(ask("scope-route-2", &name(), &name(), &name())).await);
    assert!(admitted(Client::Anthropic.ask("scope-route", "hello", false)).await);
    assert!(!admitted(Client::Anthropic.ask("scope-route-2", "hello", false)).await);
}

#[tokio::test]
async fn any_difference_in_a_combination_of_scopes_is_another_caller() {
    let (_, _logs) = world();
    let (tenant, key, agent) = (marker("t"), marker("k"), marker("a"));
    assert!(admitted(ask("scope-all", &tenant, &key, &agent)).await);
    assert!(!admitted(ask("scope-all", &tenant, &key, &agent)).await);
    assert!(admitted(ask("scope-all", &tenant, &key, "")).await);
    assert!(admitted(ask("scope-all", &tenant, "", &agent)).await);
    assert!(admitted(ask("scope-all", "", &key, &agent)).await);
    // What follows the joint of two names cannot be moved over it.
    assert!(admitted(ask("scope-all", "ab", "c", &agent)).await);
    assert!(admitted(ask("scope-all", "a", "bc", &agent)).await);
    assert!(!admitted(ask("scope-all", "a", "bc", &agent)).await);
}

#[tokio::test]
async fn who_has_no_name_shares_one_window_with_all_who_have_none() {
    let (_, _logs) = world();
    let own = marker("anonymous");
    let anonymous = |headers: &[(&str, &str)]| {
        let request = Client::OpenAi.ask("scope-tenant", "hello", false);
        headers
            .iter()
            .fold(request, |request, (name, value)| request.header(name, value))
    };
    assert!(admitted(anonymous(&[])).await);
    for headers in [
        &[][..],
        // An empty name, one that is no name, and the name that stands for none.
        &[("x-tenant", "")],
        &[("x-tenant", &"x".repeat(300))],
        &[("x-tenant", "anonymous")],
        // Two names, of which one is the client's own.
        &[("x-tenant", &own), ("x-tenant", "acme")],
        // Headers that nobody has configured, among them the gateway's own.
        &[("x-penstock-tenant", &own)],
        &[("x-penstock-int-tenant", &own)],
        &[("x-tenant-id", &own)],
        &[("x-key", &own)],
        &[("authorization", &format!("Bearer {own}"))],
    ] {
        assert!(!admitted(anonymous(headers)).await, "{headers:?} made a tenant");
    }
}

#[tokio::test]
async fn a_limit_holds_for_those_it_names_and_for_nobody_else() {
    let (_, _logs) = world();
    let ask = |client: Client, tenant: &str| {
        client
            .ask("scope-some", "hello", false)
            .header("x-tenant", tenant)
    };
    assert!(admitted(ask(Client::Anthropic, "acme")).await);
    // One window for both, since it is told apart by nothing.
    assert!(!admitted(ask(Client::Anthropic, "globex")).await);
    for _ in 0..2 {
        assert!(admitted(ask(Client::Anthropic, "initech")).await);
        assert!(admitted(ask(Client::OpenAi, "acme")).await);
    }
}

#[tokio::test]
async fn a_provider_does_not_learn_who_asked() {
    let (world, _logs) = world();
    let tenant = Tenant::new("secret");
    let text = marker("secret");
    tenant.send(Client::OpenAi.ask("plain", &text, false)).await;
    let asked = world.primary.wait_for(&text, 1).await;
    let told = asked[0]
        .headers
        .iter()
        .any(|(_, value)| value.contains(&tenant.name));
    assert!(!told, "{:?}", asked[0].headers);
}
