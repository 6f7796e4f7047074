//! What operators see of requests: numbers that are those the clients were told, on the service's page and on Envoy's.

use std::time::Duration;

use anyhow::Context;
use penstock_test_support::wait::eventually;
use serde_json::{Value, json};

use super::world::World;
use crate::{
    ask::{Client, WAYS, marker, with},
    read::said,
    world::model,
};

/// Models for each way in which a request can end. A million input tokens cost a dollar, as many output tokens 1,000.
async fn world() -> World {
    let more = format!(
        "cache: {{ semantic: false }}
models:
{}{}{}{}{}keys: {{ anonymous: {{ tenant: demo, team: search }} }}
quota:
  limits:
    - {{ name: strict, strict: true, match: {{ model: [few] }}, requests_per_minute: 1 }}
    - {{ name: own, match: {{ model: [fewer] }}, requests_per_minute: 1 }}
pii: {{ key: {{ env: PII_TEST_KEY }} }}
money:
  prices:
    - {{ provider: primary, model: good, input: 1, output: 1000 }}
    - {{ provider: backup, model: good, input: 1, output: 1000 }}
",
        model("plain", &[("primary", "good")], ""),
        model(
            "moved",
            &[("primary", "fault=status:500"), ("backup", "good")],
            "retry: { same_target: 0 }"
        ),
        model("cut", &[("primary", "fault=cut:6")], ""),
        model("few", &[("primary", "good")], ""),
        model("fewer", &[("primary", "good")], ""),
    );
    World::start("failure_mode: deny", &more).await
}

/// Input and output tokens that the client was told.
fn told(client: Client, usage: &Value) -> (u64, u64) {
    let [input, output] = match client {
        Client::OpenAi => ["prompt_tokens", "completion_tokens"],
        Client::Anthropic => ["input_tokens", "output_tokens"],
    };
    (usage[input].as_u64().unwrap(), usage[output].as_u64().unwrap())
}

/// The sum of the samples of `name` whose labels hold all of `labels`.
fn sum(page: &str, name: &str, labels: &[&str]) -> f64 {
    page.lines()
        .filter(|line| line.split(['{', ' ']).next() == Some(name))
        .filter(|line| labels.iter().all(|label| line.contains(label)))
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
        .sum()
}

#[tokio::test]
async fn the_numbers_are_those_that_clients_were_told() {
    let world = world().await;
    let send = async |request| world.envoy.send(request).await.unwrap();
    let mut requests = 0.0;

    // Buffered and streamed, in both dialects.
    let (mut input, mut output) = (0, 0);
    for (client, stream) in WAYS {
        let mut body = client.body("plain", &marker("plain"), stream);
        if stream && client == Client::OpenAi {
            body = with(body, "stream_options", json!({"include_usage": true}));
        }
        let answer = said(client, &send(client.request(&body)).await).unwrap();
        let (more_input, more_output) = told(client, &answer.usage);
        (input, output) = (input + more_input, output + more_output);
        requests += 1.0;
    }
    // A target that fails, and one that answers.
    let moved = said(
        Client::OpenAi,
        &send(Client::OpenAi.ask("moved", &marker("moved"), false)).await,
    )
    .unwrap();
    let (moved_input, moved_output) = told(Client::OpenAi, &moved.usage);
    // One that breaks off after its beginning.
    let cut = send(Client::OpenAi.ask("cut", &marker("cut"), true)).await;
    assert!(said(Client::OpenAi, &cut).is_err(), "{}", cut.text());
    requests += 2.0;
    // Limits of the service's and of the filter's, a model that is not there, and personal data.
    for (alias, status) in [
        ("few", 200),
        ("few", 429),
        ("fewer", 200),
        ("fewer", 429),
        ("nobody", 404),
    ] {
        let response = send(Client::OpenAi.ask(alias, &marker("limited"), false)).await;
        assert_eq!(response.status, status, "{alias}: {}", response.text());
        requests += 1.0;
    }
    let masked = "write to ana.lopez@example.org and to bo.li@example.org";
    said(
        Client::OpenAi,
        &send(Client::OpenAi.ask("plain", masked, false)).await,
    )
    .map(|answer| {
        let (more_input, more_output) = told(Client::OpenAi, &answer.usage);
        (input, output) = (input + more_input, output + more_output);
    })
    .unwrap();
    // The same again, from the cache.
    let kept = marker("kept");
    let fills = world
        .service
        .metric(&["penstock_cache_fills_total"])
        .await
        .unwrap();
    let first = said(
        Client::OpenAi,
        &send(Client::OpenAi.ask("plain", &kept, false)).await,
    )
    .unwrap();
    let (more_input, more_output) = told(Client::OpenAi, &first.usage);
    (input, output) = (input + more_input, output + more_output);
    world
        .service
        .until_metric(&["penstock_cache_fills_total"], fills + 1.0)
        .await;
    eventually(Duration::from_secs(10), "a hit", async || {
        requests += 1.0;
        let again = send(Client::OpenAi.ask("plain", &kept, false)).await;
        assert_eq!(again.status, 200, "{}", again.text());
        (again.header("x-penstock-cache") == Some("hit-exact")).then_some(())
    })
    .await;
    requests += 2.0;

    world
        .service
        .until_metric(&["penstock_requests_total{"], requests)
        .await;
    let page = world.service.admin("/metrics").await.unwrap().text();
    let plain = r#"gen_ai_request_model="plain",gen_ai_response_model="good""#;
    let moved = r#"gen_ai_provider_name="backup",gen_ai_request_model="moved",gen_ai_response_model="good""#;
    let (money, moved_money) = (
        (input + 1_000 * output) as f64 / 1e6,
        (moved_input + 1_000 * moved_output) as f64 / 1e6,
    );
    for (name, labels, expected) in [
        (
            "penstock_requests_total",
            &[r#"model="plain""#, r#"provider="primary""#, r#"outcome="ok""#][..],
            6.0,
        ),
        (
            "penstock_requests_total",
            &[r#"model="plain""#, r#"provider="""#, r#"outcome="ok""#],
            1.0,
        ),
        (
            "penstock_requests_total",
            &[r#"model="moved""#, r#"provider="backup""#, r#"outcome="ok""#],
            1.0,
        ),
        (
            "penstock_requests_total",
            &[
                r#"model="cut""#,
                r#"provider="primary""#,
                r#"outcome="truncated""#,
            ],
            1.0,
        ),
        (
            "penstock_requests_total",
            &[r#"model="few""#, r#"provider="""#, r#"outcome="refused""#],
            1.0,
        ),
        (
            "penstock_requests_total",
            &[r#"model="_other""#, r#"provider="""#, r#"outcome="refused""#],
            2.0,
        ),
        ("penstock_requests_total", &[], requests),
        (
            "penstock_refusals_total",
            &[r#"reason="limit_exceeded""#, r#"model="few""#],
            1.0,
        ),
        (
            "penstock_refusals_total",
            &[r#"reason="token_quota""#, r#"model="_other""#],
            1.0,
        ),
        (
            "penstock_refusals_total",
            &[r#"reason="model_not_found""#, r#"model="_other""#],
            1.0,
        ),
        ("penstock_refusals_total", &[], 3.0),
        (
            "penstock_fallbacks_total",
            &[r#"model="moved""#, r#"provider="primary""#, r#"reason="500""#],
            1.0,
        ),
        ("penstock_fallbacks_total", &[], 1.0),
        ("penstock_pii_values_total", &[r#"kind="EMAIL_ADDRESS""#], 2.0),
        (
            "penstock_tokens_total",
            &[
                r#"tenant="demo""#,
                r#"team="search""#,
                r#"model="plain""#,
                r#"type="input""#,
            ],
            input as f64,
        ),
        (
            "penstock_tokens_total",
            &[r#"model="plain""#, r#"type="output""#],
            output as f64,
        ),
        (
            "penstock_cost_usd_total",
            &[r#"tenant="demo""#, r#"model="plain""#, r#"provider="primary""#],
            money,
        ),
        (
            "penstock_cost_usd_total",
            &[r#"model="moved""#, r#"provider="backup""#],
            moved_money,
        ),
        (
            "gen_ai_client_token_usage_sum",
            &[plain, r#"type="input""#],
            input as f64,
        ),
        (
            "gen_ai_client_token_usage_sum",
            &[plain, r#"type="output""#],
            output as f64,
        ),
        ("gen_ai_client_token_usage_count", &[plain], 12.0),
        (
            "gen_ai_client_token_usage_sum",
            &[moved, r#"type="input""#],
            moved_input as f64,
        ),
        (
            "gen_ai_client_token_usage_sum",
            &[moved, r#"type="output""#],
            moved_output as f64,
        ),
        ("gen_ai_server_request_duration_seconds_count", &[plain], 6.0),
        ("gen_ai_server_request_duration_seconds_count", &[moved], 1.0),
        (
            "gen_ai_server_request_duration_seconds_count",
            &[r#"model="cut""#, r#"error_type="incomplete""#],
            1.0,
        ),
        (
            "gen_ai_server_request_duration_seconds_count",
            &["error_type"],
            1.0,
        ),
        ("gen_ai_server_time_to_first_token_seconds_count", &[plain], 2.0),
        ("gen_ai_server_time_to_first_token_seconds_count", &[], 2.0),
        ("gen_ai_server_time_per_output_token_seconds_count", &[], 2.0),
    ] {
        let found = sum(&page, name, labels);
        assert!(
            (found - expected).abs() < 1e-9,
            "{name} {labels:?}: {found}, not {expected}\n{page}"
        );
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_told_apart() {
    let more = format!(
        "models:\n{}keys: {{ anonymous: {{ tenant: demo }} }}\n",
        model("slow", &[("primary", "fault=stall:3")], "")
    );
    let world = World::start("failure_mode: deny", &more).await;
    let mut open = Client::OpenAi
        .ask("slow", "hello", true)
        .open(world.envoy.address())
        .await
        .unwrap();
    open.next().await.unwrap();
    open.disconnect();
    world
        .service
        .until_metric(
            &[
                "penstock_requests_total{",
                r#"model="slow""#,
                r#"outcome="disconnected""#,
            ],
            1.0,
        )
        .await;
    world
        .service
        .until_metric(
            &[
                "gen_ai_server_request_duration_seconds_count{",
                r#"error_type="disconnected""#,
            ],
            1.0,
        )
        .await;
}

/// Which filters took how long, and that no client can name a series.
#[tokio::test]
async fn envoy_shows_what_filters_have_counted_and_no_word_of_a_client() {
    let world = world().await;
    for client in ["hello", "nobody"] {
        let request = Client::OpenAi
            .ask(
                if client == "nobody" { "zzmodel" } else { "plain" },
                "zztext",
                false,
            )
            .header("x-tenant", "zztenant");
        world.envoy.send(request).await.unwrap();
    }
    let counted = |page: &str, filter: &str, phase: &str| {
        let labels = [format!(r#"filter="{filter}""#), format!(r#"phase="{phase}""#)];
        sum(
            page,
            "penstock_filter_us_count",
            &labels.each_ref().map(String::as_str),
        )
    };
    let page = eventually(Duration::from_secs(20), "filters to be measured", async || {
        let page = world.envoy.admin("/stats/prometheus").await.unwrap().text();
        let downstream = ["token-quota", "pii-redaction", "schema-translation"];
        let done = downstream
            .iter()
            .all(|filter| counted(&page, filter, "response") >= 2.0)
            && counted(&page, "schema-translation-back", "request") >= 1.0;
        done.then_some(page)
    })
    .await;
    // A request took a filter some time, and less than a second.
    for filter in ["token-quota", "schema-translation-back"] {
        let labels = [format!(r#"filter="{filter}""#), r#"phase="request""#.to_owned()];
        let us = sum(
            &page,
            "penstock_filter_us_sum",
            &labels.each_ref().map(String::as_str),
        );
        assert!((1.0..2_000_000.0).contains(&us), "{filter}: {us}");
    }
    assert!(!page.contains("zz"), "{page}");
    for line in page
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let name = line.split(['{', ' ']).next().unwrap();
        let valid = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':'));
        assert!(valid && !name.as_bytes()[0].is_ascii_digit(), "{line}");
    }
    // Envoy's own, of the machines that run the filters: a few on the worker, and as many on the main thread.
    for name in [
        "envoy_wasm_envoy_wasm_runtime_v8_created",
        "envoy_wasm_envoy_wasm_runtime_v8_active",
    ] {
        assert!(sum(&page, name, &[]) >= 4.0, "{name} in\n{page}");
    }
    for plugin in [
        "token-quota",
        "pii-redaction",
        "schema-translation.front",
        "schema-translation.back",
    ] {
        let label = format!(r#"{{plugin="{plugin}"}} 0"#);
        let line = format!("envoy_wasm_vm_reload_success{label}");
        assert!(page.lines().any(|found| found == line), "{line} in\n{page}");
    }
}

/// A module that has what Envoy asks of one, and fails with each request: `proxy_on_request_headers` is `unreachable`.
const FAILS: &str = "AGFzbQEAAAABEANgAABgAX8Bf2ADf39/AX8DBAMAAQIFAwEAAQdIBAZtZW1vcnkCABdwcm94eV9hYmlfdmVyc2lvbl8wXzJfMQAABm1hbGxvYwABGHByb3h5X29uX3JlcXVlc3RfaGVhZGVycwACCg4DAgALBQBBgAgLAwAACw==";
const FILTERS: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters";

/// Puts it in front, as if it were ours.
fn with_a_filter_that_fails(rendered: &str) -> anyhow::Result<String> {
    let mut bootstrap: Value = serde_saphyr::from_str(rendered)?;
    let filter = json!({
        "name": "fails",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {
                "name": "penstock.fails",
                "failure_policy": "FAIL_RELOAD",
                "vm_config": {
                    "vm_id": "fails",
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": { "local": { "inline_bytes": FAILS } },
                },
            },
        },
    });
    let filters = bootstrap.pointer_mut(FILTERS).and_then(Value::as_array_mut);
    filters.context("no filter chain")?.insert(0, filter);
    Ok(bootstrap.to_string())
}

#[tokio::test]
async fn a_filter_that_fails_is_made_anew_and_counted() {
    let world = world().await;
    let envoy = world.envoy_with(with_a_filter_that_fails);
    eventually(Duration::from_secs(20), "two reloads", async || {
        let response = envoy
            .send(Client::OpenAi.ask("plain", "hello", false))
            .await
            .ok()?;
        assert_eq!(response.status, 503, "{}", response.text());
        let page = envoy.admin("/stats/prometheus").await.ok()?.text();
        (sum(&page, "envoy_wasm_vm_reload_success", &[r#"plugin="fails""#]) >= 2.0).then_some(())
    })
    .await;
}
