//! Traces: what is refused, and what becomes of the rest.

use std::path::Path;

use penstock_config::{Config, Scheme, Telemetry};

use crate::problems::{MODELS, PROVIDERS, assert_table};

fn config(telemetry: &str) -> Config {
    let file = format!("{PROVIDERS}{MODELS}{telemetry}");
    Config::from_yaml_str(&file, Path::new("penstock.yaml")).unwrap()
}

#[test]
fn the_default_is_nothing_and_no_part_of_the_policy_version() {
    let silent = config("");
    assert_eq!(silent.telemetry, Telemetry::default());
    assert_eq!(silent.telemetry.traces, None);
    assert_eq!(
        config("telemetry: {}\n").policy_version(),
        silent.policy_version()
    );
    let traced = config("telemetry: { traces: { otlp: { url: 'http://c:4317' } } }\n");
    assert_ne!(traced.policy_version(), silent.policy_version());
}

#[test]
fn everything_that_is_said_is_taken() {
    let traces = |section: &str| {
        let config = config(&format!("telemetry: {{ traces: {{ {section} }} }}\n"));
        config.telemetry.traces.unwrap()
    };
    let all = traces(
        "otlp: { url: 'https://collector', tls: { server_name: c } }, sample: 0.25, propagate: [openai]",
    );
    assert_eq!(all.endpoint.scheme, Scheme::Https);
    assert_eq!(
        (all.endpoint.host.as_str(), all.endpoint.port),
        ("collector", 443)
    );
    assert_eq!(all.tls.server_name.as_deref(), Some("c"));
    assert_eq!(
        (all.sample, all.propagate.as_slice()),
        (2_500, ["openai".to_owned()].as_slice())
    );
    for (sample, expected) in [
        ("0", 0),
        ("1", 10_000),
        ("1.0", 10_000),
        ("0.0001", 1),
        ("0.12345", 1_235),
    ] {
        assert_eq!(
            traces(&format!("otlp: {{ url: 'http://c:4317' }}, sample: {sample}")).sample,
            expected,
            "{sample}"
        );
    }
    let least = traces("otlp: { url: 'http://c:4317' }");
    assert_eq!((least.sample, least.propagate.len()), (10_000, 0));
}

#[test]
fn only_the_providers_that_are_named_are_told_a_trace() {
    let config = config("telemetry: { traces: { otlp: { url: 'http://c:4317' }, propagate: [openai] } }\n");
    for provider in &config.providers {
        let slice = serde_json::to_value(config.back(provider)).unwrap();
        let told = slice["trace"] == true;
        assert_eq!(told, provider.name == "openai", "{slice}");
    }
}

#[test]
fn what_it_says_is_checked() {
    assert_table(
        &[
            (
                "{}",
                &[
                    "penstock.yaml:1:22: telemetry.traces.otlp.url: missing; write such as http://127.0.0.1:4317",
                ],
            ),
            (
                "{ otlp: { url: collector } }",
                &["penstock.yaml:1:37: telemetry.traces.otlp.url: must begin with https:// or http://"],
            ),
            (
                "{ otlp: { url: 'http://a b' } }",
                &[
                    "penstock.yaml:1:37: telemetry.traces.otlp.url: not a URL; write such as http://127.0.0.1:4317",
                ],
            ),
            (
                "{ otlp: { url: 'http://c:4318/v1/traces' } }",
                &[
                    "penstock.yaml:1:37: telemetry.traces.otlp.url: holds a path, which gRPC decides itself; write such as http://127.0.0.1:4317",
                ],
            ),
            (
                "{ otlp: { url: 'http://c:4317' }, sample: 1.5 }",
                &[
                    "penstock.yaml:1:64: telemetry.traces.sample: must be 0 to 1: the share of requests that are traced",
                ],
            ),
            (
                "{ otlp: { url: 'http://c:4317' }, sample: -0.1 }",
                &[
                    "penstock.yaml:1:64: telemetry.traces.sample: must be 0 to 1: the share of requests that are traced",
                ],
            ),
            (
                "{ otlp: { url: 'http://c:4317' }, sample: .nan }",
                &[
                    "penstock.yaml:1:64: telemetry.traces.sample: must be 0 to 1: the share of requests that are traced",
                ],
            ),
            (
                "{ otlp: { url: 'http://c:4317' }, sample: 0.00001 }",
                &[
                    "penstock.yaml:1:64: telemetry.traces.sample: at least 0.0001, or 0 for none: Envoy does not choose more finely",
                ],
            ),
            (
                "{ otlp: { url: 'http://c:4317', tls: { ca_file: ca.pem } } }",
                &[
                    "penstock.yaml:1:59: telemetry.traces.otlp.tls: means nothing with an http:// url; use https:// or leave it out",
                ],
            ),
            (
                "{ otlp: { url: 'http://c:4317' }, propagate: [opnai] }",
                &[
                    "penstock.yaml:1:68: telemetry.traces.propagate[0]: no provider is named \"opnai\"; did you mean \"openai\"?",
                ],
            ),
        ],
        |traces| format!("telemetry: {{ traces: {traces} }}\n{PROVIDERS}{MODELS}"),
    );
}
