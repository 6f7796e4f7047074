//! Identity from dynamic metadata, as a filter that checks credentials leaves it.

use anyhow::Context;
use penstock_test_support::{Gateway, Provider};
use serde_json::{Value, json};

use super::world::{exact, providers};
use crate::ask::Client;

const FILTERS: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters";

/// Puts a filter in front that takes names out of headers, as one would out of a checked token.
fn with_identity(rendered: &str) -> anyhow::Result<String> {
    let mut bootstrap: Value = serde_saphyr::from_str(rendered)?;
    let rule = |header: &str, namespace: &str, key: &str| {
        json!({
            "header": header,
            "on_header_present": { "metadata_namespace": namespace, "key": key, "type": "STRING" },
            "remove": true,
        })
    };
    let filter = json!({
        "name": "identity",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config",
            "request_rules": [
                rule("x-checked-tenant", "penstock", "tenant"),
                rule("x-checked-key", "elsewhere", "key"),
            ],
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
async fn names_come_from_dynamic_metadata_and_from_nothing_a_client_sends() {
    let (primary, backup) = (
        Provider::start("primary").unwrap(),
        Provider::start("backup").unwrap(),
    );
    let yaml = format!(
        "providers:\n{}models:\n{}{}identity: {{ key: {{ metadata: [elsewhere, key] }} }}
quota:
  limits:
    - {{ name: tenants, per: [tenant], match: {{ model: [by-tenant] }}, requests_per_minute: 1 }}
    - {{ name: keys, per: [key], match: {{ model: [by-key] }}, requests_per_minute: 1 }}\n",
        providers(&primary, &backup),
        exact("by-tenant", &[("primary", "good")], ""),
        exact("by-key", &[("primary", "good")], ""),
    );
    let gateway = Gateway::builder(&yaml).rewrite(with_identity).start().unwrap();
    let status = async |model: &str, headers: &[(&str, &str)]| {
        let request = Client::OpenAi.ask(model, "hello", false);
        let request = headers
            .iter()
            .fold(request, |request, (name, value)| request.header(name, value));
        gateway.send(request).await.unwrap().status
    };
    for (model, header) in [("by-tenant", "x-checked-tenant"), ("by-key", "x-checked-key")] {
        assert_eq!(status(model, &[(header, "one")]).await, 200, "{model}");
        assert_eq!(status(model, &[(header, "one")]).await, 429, "{model}");
        assert_eq!(status(model, &[(header, "two")]).await, 200, "{model}");
        // Without it, everyone is the same caller.
        assert_eq!(status(model, &[]).await, 200, "{model}");
        for forged in ["x-tenant", "x-key", "x-penstock-tenant", "x-penstock-key"] {
            assert_eq!(status(model, &[(forged, "three")]).await, 429, "{model} {forged}");
        }
    }
}
