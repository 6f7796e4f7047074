//! Tokens that Envoy itself has checked say who asks, as keys do.

use std::time::Duration;

use anyhow::Context;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use penstock_test_support::{Request, wait::eventually};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::ask::CLIENTS;
use crate::world::model;

use super::world::World;

const FILTERS: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters";
const KEY: &[u8] = b"key-of-whoever-gives-out-the-tokens-of-these-tests";

fn token(claims: &Value) -> String {
    let mut text = [json!({"alg": "HS256", "typ": "JWT"}), claims.clone()]
        .map(|part| BASE64.encode(part.to_string()))
        .join(".");
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).unwrap();
    mac.update(text.as_bytes());
    text = format!("{text}.{}", BASE64.encode(mac.finalize().into_bytes()));
    text
}

/// With Envoy's own filter for tokens in front.
fn checked(bootstrap: &str) -> anyhow::Result<String> {
    let mut bootstrap: Value = serde_saphyr::from_str(bootstrap)?;
    let keys = json!({"keys": [{"kty": "oct", "alg": "HS256", "k": BASE64.encode(KEY)}]});
    let filter = json!({
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": {"company": {
                "issuer": "https://login.example.com/",
                "payload_in_metadata": "claims",
                "local_jwks": {"inline_string": keys.to_string()},
                "from_headers": [{"name": "authorization", "value_prefix": "Bearer "}, {"name": "x-api-key"}],
            }},
            "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "company"}}],
        },
    });
    bootstrap
        .pointer_mut(FILTERS)
        .and_then(Value::as_array_mut)
        .context("no filter chain")?
        .insert(0, filter);
    Ok(bootstrap.to_string())
}

#[tokio::test]
async fn claims_say_who_asks_and_what_they_may() {
    let claim = |name: &str| format!("{{ metadata: [envoy.filters.http.jwt_authn, claims, {name}] }}");
    let more = format!(
        "models:\n{}{}identity: {{ tenant: {}, key: {}, team: {}, models: {} }}\nmoney: {{ prices: [ {{ provider: primary, model: good, input: 1, output: 1000 }} ], budgets: [ {{ name: of-team, per: [team], match: {{ tenant: [acme] }}, amount: 10, period: month }} ] }}\n",
        model("plain", &[("primary", "good")], ""),
        model("dear", &[("primary", "good")], ""),
        claim("tenant"),
        claim("sub"),
        claim("team"),
        claim("models"),
    );
    let world = World::start("failure_mode: deny", &more).await;
    let envoy = world.envoy_with(checked);
    let claims = json!({"iss": "https://login.example.com/", "sub": "jane", "tenant": "acme", "team": "search", "models": ["plain"]});
    let mut without_models = claims.clone();
    without_models.as_object_mut().unwrap().remove("models");
    let bearer = |claims: &Value| format!("Bearer {}", token(claims));
    for client in CLIENTS {
        for (asked, claims, status) in [
            ("plain", &claims, 200),
            ("dear", &claims, 403),
            ("plain", &without_models, 403),
        ] {
            let request = client
                .ask(asked, "hello", false)
                .header("authorization", &bearer(claims));
            let response = envoy.send(request).await.unwrap();
            assert_eq!(response.status, status, "{client:?} {asked}: {}", response.text());
        }
        let response = envoy.send(client.ask("plain", "hello", false)).await.unwrap();
        assert_eq!(response.status, 401, "{}", response.text());
    }
    let usage =
        || Request::get("/v1/penstock/usage?group_by=team,key").header("authorization", &bearer(&claims));
    eventually(
        Duration::from_secs(10),
        "both requests in the ledger",
        async || {
            let response = envoy.send(usage()).await.unwrap();
            assert_eq!(response.status, 200, "{}", response.text());
            let report = response.json();
            let rows = report["data"].as_array().unwrap();
            let row = rows
                .iter()
                .find(|row| row["team"] == "search" && row["key"] == "jane")?;
            (row["requests"].as_u64()? >= 2).then_some(())
        },
    )
    .await;
}
