//! A sidecar.

use penstock_envoy::render::istio::Shape;
use penstock_test_support::Provider;

use crate::mesh::{answered, ask, mounted, proxy};

#[tokio::test]
async fn a_patched_sidecar_answers_falls_back_and_holds_to_a_limit() {
    let primary = Provider::start("primary").unwrap();
    let backup = Provider::start("backup").unwrap();
    let yaml = format!(
        "listen: 127.0.0.1:8080
providers:
  - {{ name: primary, api: openai, base_url: '{}/v1' }}
  - {{ name: backup_2, api: anthropic, base_url: '{}' }}
models:
  - {{ name: plain, targets: [{{ provider: primary, model: good }}] }}
  - {{ name: flaky, targets: [{{ provider: primary, model: 'fault=status:503' }}, {{ provider: backup_2, model: good }}] }}
  - {{ name: twice, targets: [{{ provider: primary, model: good }}] }}
quota: {{ limits: [{{ name: twice, match: {{ model: [twice] }}, requests_per_minute: 2 }}] }}
",
        primary.url(),
        backup.url(),
    );
    let envoy = proxy(&yaml, Shape::Sidecar, mounted(), None).start().unwrap();
    answered(&envoy.send(ask("plain", "one")).await.unwrap(), "primary");
    answered(&envoy.send(ask("flaky", "two")).await.unwrap(), "backup_2");
    for _ in 0..2 {
        answered(&envoy.send(ask("twice", "three")).await.unwrap(), "primary");
    }
    let response = envoy.send(ask("twice", "three")).await.unwrap();
    assert_eq!(response.status, 429, "{}", response.text());
}
