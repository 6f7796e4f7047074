//! `quota: { enabled: false }`: the filter is not there.

use penstock_test_support::{Gateway, Provider};

use super::world::{exact, providers};
use crate::ask::{CLIENTS, WAYS};
use crate::read::{failed, said};

#[tokio::test]
async fn without_the_filter_everything_works_and_nothing_is_counted() {
    let (primary, backup) = (
        Provider::start("primary").unwrap(),
        Provider::start("backup").unwrap(),
    );
    let yaml = format!(
        "providers:\n{}models:\n{}{}quota: {{ enabled: false, limits: [ {{ name: none, requests_per_minute: 1 }} ] }}\n",
        providers(&primary, &backup),
        exact("plain", &[("primary", "good")], ""),
        exact("plain-anthropic", &[("primary-anthropic", "good")], ""),
    );
    let gateway = Gateway::start(&yaml).unwrap();
    for (client, stream) in WAYS {
        for alias in ["plain", "plain-anthropic"] {
            let response = gateway.send(client.ask(alias, "hello", stream)).await.unwrap();
            assert_eq!(said(client, &response).unwrap().text, "[primary] You said: hello");
            let told = response
                .headers
                .iter()
                .any(|(name, _)| name.contains("ratelimit") || name == "x-penstock-input-tokens");
            assert!(!told, "{:?}", response.headers);
        }
    }
    for client in CLIENTS {
        let response = gateway.send(client.ask("nobody", "hello", false)).await.unwrap();
        assert_eq!(response.status, 404);
        failed(client, &response).unwrap();
    }
    let loaded = gateway.admin("/config_dump").await.unwrap().text();
    assert!(loaded.contains("schema_translation") && !loaded.contains("token_quota"));
}
