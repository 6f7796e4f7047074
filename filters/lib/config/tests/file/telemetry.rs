//! Telemetry: what is refused, and what becomes of the rest.

use std::{path::Path, time::Duration};

use penstock_config::{
    Config, Telemetry,
    telemetry::{Metrics, Semconv},
};

use crate::problems::{MODELS, PROVIDERS, SERVICE, assert_table};

fn config(telemetry: &str) -> Config {
    let file = format!("{PROVIDERS}{MODELS}{SERVICE}{telemetry}");
    Config::from_yaml_str(&file, Path::new("penstock.yaml")).unwrap()
}

#[test]
fn the_default_is_no_part_of_the_policy_version() {
    let silent = config("");
    assert_eq!(silent.telemetry, Telemetry::default());
    assert_eq!(silent.telemetry.metrics.semconv, Semconv::V1_37);
    let spoken = config("telemetry: { metrics: { semconv: v1.37 } }\n");
    assert_eq!(spoken.policy_version(), silent.policy_version());
    let other = config("telemetry: { metrics: { semconv: v1.36 } }\n");
    assert_ne!(other.policy_version(), silent.policy_version());
}

#[test]
fn everything_that_is_said_is_taken() {
    let Metrics { semconv, otlp } = config(
        "telemetry: { metrics: { semconv: gen_ai_latest_experimental, otlp: { url: 'https://collector', \
         interval: 15s, tls: { server_name: c }, headers: { env: OTEL_EXPORTER_OTLP_HEADERS } } } }\n",
    )
    .telemetry
    .metrics;
    assert_eq!(semconv, Semconv::Latest);
    let otlp = otlp.unwrap();
    assert_eq!(otlp.interval, Duration::from_secs(15));
    assert_eq!(otlp.collector.endpoint.authority(), "collector");
    assert_eq!(otlp.collector.tls.server_name.as_deref(), Some("c"));
    assert_eq!(
        otlp.collector.headers_env.as_deref(),
        Some("OTEL_EXPORTER_OTLP_HEADERS")
    );
    let plain = config("telemetry: { metrics: { otlp: { url: 'http://c:4317' } } }\n");
    assert_eq!(
        plain.telemetry.metrics.otlp.unwrap().interval,
        Duration::from_secs(60)
    );
}

#[test]
fn what_it_says_is_checked() {
    assert_table(
        &[
            (
                "semconv: v1.38",
                &[
                    "penstock.yaml:1:34: telemetry.metrics.semconv: unknown value \"v1.38\"; did you mean \"v1.36\"?",
                ],
            ),
            (
                "semconv: latest",
                &[
                    "penstock.yaml:1:34: telemetry.metrics.semconv: unknown value \"latest\"; known: v1.36, v1.37, gen_ai_latest_experimental",
                ],
            ),
            (
                "otlp: { interval: 1ms }",
                &[
                    "penstock.yaml:1:31: telemetry.metrics.otlp.url: missing; write such as http://127.0.0.1:4317",
                    "penstock.yaml:1:43: telemetry.metrics.otlp.interval: at least 1s",
                ],
            ),
            (
                "otlp: { url: 'http://c:4318/v1/metrics' }",
                &[
                    "penstock.yaml:1:38: telemetry.metrics.otlp.url: holds a path, which gRPC decides itself; write such as http://127.0.0.1:4317",
                ],
            ),
            (
                "otlp: { url: 'http://c:4317', headers: 'api-key=x' }",
                &[
                    "penstock.yaml:1:64: telemetry.metrics.otlp.headers: a secret must not stand in this file; write { env: NAME }, such as { env: OTEL_EXPORTER_OTLP_HEADERS }",
                ],
            ),
        ],
        |text| format!("telemetry: {{ metrics: {{ {text} }} }}\n{PROVIDERS}{MODELS}{SERVICE}"),
    );
}
