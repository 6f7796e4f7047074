//! Who has which placeholder for a value.

use std::collections::BTreeSet;

use penstock_test_support::{Gateway, Provider};

use super::values::placeholders;
use super::world::{KEY_VARIABLE, gateway};
use crate::ask::{Client, marker};

/// The placeholders of one value in requests of a tenant, each on a connection of its own.
async fn seen(
    gateway: &Gateway,
    primary: &Provider,
    tenant: Option<&str>,
    requests: usize,
) -> BTreeSet<String> {
    let word = marker("seen");
    let text = format!("{word} jane.doe@example.org");
    for _ in 0..requests {
        let mut request = Client::OpenAi.ask("echo", &text, false);
        if let Some(tenant) = tenant {
            request = request.header("x-tenant", tenant);
        }
        assert_eq!(gateway.send(request).await.unwrap().status, 200);
    }
    let arrived = primary.requests_with(&word);
    assert_eq!(arrived.len(), requests);
    arrived
        .iter()
        .flat_map(|request| placeholders(&String::from_utf8_lossy(&request.body)))
        .collect()
}

#[tokio::test]
async fn a_tenant_has_one_placeholder_for_a_value_and_shares_it_with_none() {
    let primary = Provider::start("primary").unwrap();
    let start = || gateway(&primary, &primary, "", "{}").concurrency(2);
    let first = start().start().unwrap();
    let acme = seen(&first, &primary, Some("acme"), 30).await;
    let globex = seen(&first, &primary, Some("globex"), 5).await;
    let nobody = seen(&first, &primary, None, 5).await;
    for placeholders in [&acme, &globex, &nobody] {
        assert_eq!(placeholders.len(), 1, "{placeholders:?}");
    }
    assert!(acme != globex && globex != nobody && nobody != acme);
    // Both workers have served.
    let stats = first
        .admin("/stats?filter=worker_._dispatch|worker_[01].downstream_cx_total")
        .await
        .unwrap()
        .text();
    let workers = stats
        .lines()
        .filter(|line| line.contains("downstream_cx_total") && !line.ends_with(" 0"))
        .count();
    assert_eq!(workers, 2, "{stats}");
    drop(first);
    let second = start().start().unwrap();
    assert_eq!(seen(&second, &primary, Some("acme"), 5).await, acme);
    drop(second);
    let other = start()
        .env(KEY_VARIABLE, "another-key-than-the-one-above")
        .start()
        .unwrap();
    assert_ne!(seen(&other, &primary, Some("acme"), 5).await, acme);
}
