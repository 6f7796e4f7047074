//! Who asks, where something else than the service's keys tells.

use penstock_test_support::Gateway;

use crate::ask::CLIENTS;
use crate::read::failed;
use crate::world::{model, provider};

use super::world::World;

fn models() -> String {
    format!("models:\n{}", model("plain", &[("primary", "good")], ""))
}

/// In front of all filters, one of Envoy's own that nobody passes without a token.
fn with_jwt(bootstrap: &str) -> anyhow::Result<String> {
    const FILTERS: &str = "          http_filters:\n";
    const JWT: &str = r#"          - name: envoy.filters.http.jwt_authn
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
              providers:
                company:
                  issuer: company
                  local_jwks: { inline_string: '{"keys":[{"kty":"oct","alg":"HS256","kid":"a","k":"c2VjcmV0c2VjcmV0c2VjcmV0"}]}' }
              rules: [{ match: { prefix: / }, requires: { provider_name: company } }]
"#;
    anyhow::ensure!(bootstrap.contains(FILTERS), "no {FILTERS:?}");
    Ok(bootstrap.replacen(FILTERS, &format!("{FILTERS}{JWT}"), 1))
}

#[tokio::test]
async fn what_envoy_says_of_a_token_is_in_the_clients_dialect() {
    let target = provider("primary", "openai", "http://127.0.0.1:1/v1", "");
    for service in ["", "service: { failure_mode: deny }\n"] {
        let yaml = format!("{service}providers:\n{target}{}", models());
        let envoy = Gateway::builder(&yaml).rewrite(with_jwt).start().unwrap();
        for client in CLIENTS {
            let response = envoy.send(client.ask("plain", "hello", false)).await.unwrap();
            assert_eq!(response.status, 401, "{}", response.text());
            failed(client, &response).unwrap();
            assert!(response.text().contains("credential"), "{}", response.text());
        }
    }
}

#[tokio::test]
async fn who_could_not_be_asked_is_told_so_in_its_dialect() {
    let keys = format!("{}keys: {{ list: [] }}\n", models());
    let mut world = World::start("failure_mode: deny, timeout: 300ms", &keys).await;
    world.service.kill();
    for client in CLIENTS {
        let response = world
            .envoy
            .send(client.ask("plain", "hello", false))
            .await
            .unwrap();
        assert_eq!(response.status, 503);
        failed(client, &response).unwrap();
        assert!(
            response.text().contains("cannot check who asks"),
            "{}",
            response.text()
        );
    }
}
