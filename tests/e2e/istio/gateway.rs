//! A gateway.

use penstock_envoy::render::istio::Shape;
use penstock_test_support::{Gateway, Provider, Request, Service, provider::Options};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::mesh::{answered, ask, mounted, proxy};

const KEY: &str = "psk-0123456789012345678901234567890123456789abc";

/// Two providers, the service, and a gateway in front of them.
struct World {
    primary: Provider,
    _backup: Provider,
    _service: Service,
    envoy: Gateway,
}

impl World {
    async fn start() -> Self {
        let primary = Options::new("primary").api_key("key-of-primary").start().unwrap();
        let backup = Options::new("backup").api_key("key-of-backup").start().unwrap();
        let digest: String = Sha256::digest(KEY).iter().map(|byte| format!("{byte:02x}")).collect();
        let [one, other] = [primary.url(), backup.url()];
        let rest = format!(
            "providers:
  - {{ name: primary, api: openai, base_url: '{one}/v1', credential: {{ env: PRIMARY_KEY }} }}
  - {{ name: backup, api: anthropic, base_url: '{other}', credential: {{ file: keys/backup }} }}
  - {{ name: closed, api: openai, base_url: 'http://nowhere.invalid:1/v1' }}
models:
  - {{ name: plain, targets: [{{ provider: primary, model: good }}] }}
  - {{ name: flaky, targets: [{{ provider: primary, model: 'fault=status:503' }}, {{ provider: backup, model: good }}] }}
  - {{ name: unreachable, targets: [{{ provider: closed, model: x }}, {{ provider: backup, model: good }}] }}
  - {{ name: hopeless, targets: [{{ provider: primary, model: 'fault=status:503' }}] }}
  - {{ name: thrice, targets: [{{ provider: primary, model: good }}] }}
keys: {{ list: [{{ id: one, hash: 'sha256:{digest}', tenant: acme }}] }}
quota: {{ limits: [{{ name: thrice, per: [tenant], match: {{ model: [thrice] }}, requests_per_minute: 3 }}] }}
limits: {{ request_body: 1MiB }}
"
        );
        let service = Service::start(&format!("service: {{ failure_mode: deny }}\n{rest}")).await.unwrap();
        let yaml = format!(
            "listen: 0.0.0.0:8080\nservice: {{ listen: '0.0.0.0:50051', admin: '0.0.0.0:9902', data: /var/lib/penstock }}\n{rest}"
        );
        let address = service.url().trim_start_matches("http://").parse().unwrap();
        let envoy = proxy(&yaml, Shape::Gateway, mounted(), Some(address))
            .secret("PRIMARY_KEY", "key-of-primary")
            .secret("backup", "key-of-backup")
            .start()
            .unwrap();
        Self {
            primary,
            _backup: backup,
            _service: service,
            envoy,
        }
    }
}

fn with_key(request: Request) -> Request {
    request.header("authorization", &format!("Bearer {KEY}"))
}

#[tokio::test]
async fn a_patched_gateway_answers_falls_back_and_refuses() {
    let World {
        primary,
        envoy,
        _service,
        _backup,
    } = World::start().await;

    let response = envoy.send(with_key(ask("plain", "an answer"))).await.unwrap();
    answered(&response, "primary");
    let sent = primary.requests_with("an answer");
    assert_eq!(sent.len(), 1);
    let sent = format!("{:?}", sent[0]);
    assert!(sent.contains("key-of-primary") && !sent.contains("psk-"), "{sent}");
    assert!(!sent.contains("x-envoy-"), "{sent}");
    assert!(envoy.stat("cluster.outbound|").await.unwrap() > 0);

    let response = envoy.send(with_key(ask("flaky", "another"))).await.unwrap();
    answered(&response, "backup");
    // A name that nobody knows: the closed port of the second priority is what is retried.
    let response = envoy.send(with_key(ask("unreachable", "elsewhere"))).await.unwrap();
    answered(&response, "backup");
    let response = envoy.send(with_key(ask("hopeless", "nobody"))).await.unwrap();
    assert_eq!(response.status, 503, "{}", response.text());
    assert!(response.json()["error"]["message"].is_string());

    let response = envoy.send(ask("plain", "no key")).await.unwrap();
    assert_eq!(response.status, 401, "{}", response.text());
    assert_eq!(response.json()["error"]["code"], "invalid_api_key");
    assert!(primary.requests_with("no key").is_empty());

    for _ in 0..3 {
        let response = envoy.send(with_key(ask("thrice", "limited"))).await.unwrap();
        answered(&response, "primary");
    }
    let response = envoy.send(with_key(ask("thrice", "limited"))).await.unwrap();
    assert_eq!(response.status, 429, "{}", response.text());

    let response = envoy.send(with_key(Request::get("/nowhere"))).await.unwrap();
    assert_eq!(response.status, 404);
    assert_eq!(
        response.json()["error"]["message"],
        "there is nothing at this path"
    );
    let large = "x".repeat(600 << 10);
    let response = envoy.send(with_key(ask("plain", &large))).await.unwrap();
    answered(&response, "primary");
    let response = envoy.send(with_key(ask("plain", &large.repeat(2)))).await.unwrap();
    assert_eq!(response.status, 413, "{}", response.text());
}

#[tokio::test]
async fn a_patched_gateway_streams_and_takes_no_orders_from_clients() {
    let world = World::start().await;
    let body = json!({
        "model": "flaky", "stream": true, "messages": [{"role": "user", "content": "stream"}],
    });
    let request = with_key(Request::post("/v1/chat/completions", &body))
        .header("x-penstock-int-hold", "stream")
        .header("x-envoy-max-retries", "0");
    let response = world.envoy.send(request).await.unwrap();
    assert_eq!(response.status, 200, "{}", response.text());
    assert_eq!(response.header("x-penstock-provider"), Some("backup"));
    let events = response.events();
    assert!(events.len() > 2 && events.last().unwrap().data == "[DONE]", "{events:?}");
}
