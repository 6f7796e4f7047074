//! The ledger: what is refused, and what becomes of the rest.

use std::{path::Path, time::Duration};

use penstock_config::{Bodies, Config, Ledger, Scheme};

use crate::problems::{MODELS, PROVIDERS, SERVICE, assert_table};

const PII: &str = "pii: { key: { env: PENSTOCK_PII_KEY } }\n";
const DAY: Duration = Duration::from_secs(86_400);

fn config(ledger: &str) -> Config {
    let file = format!("{PROVIDERS}{MODELS}{SERVICE}{ledger}");
    Config::from_yaml_str(&file, Path::new("penstock.yaml")).unwrap()
}

#[test]
fn the_default_is_no_part_of_the_policy_version() {
    let silent = config("");
    assert_eq!(silent.ledger, Ledger::default());
    assert_eq!(silent.ledger.retention, 90 * DAY);
    assert_eq!(silent.ledger.flush, Duration::from_millis(500));
    let spoken = config("ledger: { retention: 2160h, flush: 500ms, audit: { bodies: none } }\n");
    assert_eq!(spoken.policy_version(), silent.policy_version());
    let other = config("ledger: { retention: 91d }\n");
    assert_ne!(other.policy_version(), silent.policy_version());
}

#[test]
fn everything_that_is_said_is_taken() {
    let ledger = config(&format!(
        "{PII}ledger: {{ retention: 30d, flush: 100ms, audit: {{ bodies: masked }}, \
         otlp: {{ url: 'http://collector:4317', headers: {{ env: OTEL_EXPORTER_OTLP_HEADERS }} }} }}\n"
    ))
    .ledger;
    assert_eq!(
        (ledger.retention, ledger.flush),
        (30 * DAY, Duration::from_millis(100))
    );
    assert_eq!(ledger.bodies, Bodies::Masked);
    let otlp = ledger.otlp.unwrap();
    assert_eq!(
        (otlp.endpoint.scheme, otlp.endpoint.authority().as_str()),
        (Scheme::Http, "collector:4317")
    );
    assert_eq!(otlp.headers_env.as_deref(), Some("OTEL_EXPORTER_OTLP_HEADERS"));
}

#[test]
fn what_it_says_is_checked() {
    assert_table(
        &[
            (
                "retention: 90",
                &[
                    "penstock.yaml:1:22: ledger.retention: \"90\" has no unit; write a whole number and a unit, such as 36h or 90d",
                ],
            ),
            (
                "retention: 1h",
                &["penstock.yaml:1:22: ledger.retention: at least 1d"],
            ),
            (
                "retention: 4000d",
                &["penstock.yaml:1:22: ledger.retention: at most 3650d"],
            ),
            ("flush: 2s", &["penstock.yaml:1:18: ledger.flush: at most 1s"]),
            ("flush: 1ms", &["penstock.yaml:1:18: ledger.flush: at least 10ms"]),
            (
                "flush: 1d",
                &[
                    "penstock.yaml:1:18: ledger.flush: \"1d\" has a unit that is not known; write a whole number and a unit, such as 500ms, 30s or 5m",
                ],
            ),
            (
                "otlp: {}",
                &["penstock.yaml:1:17: ledger.otlp.url: missing; write such as http://127.0.0.1:4317"],
            ),
            (
                "otlp: { url: 'http://c:4318/v1/logs' }",
                &[
                    "penstock.yaml:1:24: ledger.otlp.url: holds a path, which gRPC decides itself; write such as http://127.0.0.1:4317",
                ],
            ),
            (
                "otlp: { url: 'http://c:4317', headers: 'api-key=x' }",
                &[
                    "penstock.yaml:1:50: ledger.otlp.headers: a secret must not stand in this file; write { env: NAME }, such as { env: OTEL_EXPORTER_OTLP_HEADERS }",
                ],
            ),
            (
                "otlp: { url: 'http://c:4317', headers: { file: x } }",
                &[
                    "penstock.yaml:1:50: ledger.otlp.headers: come from an environment variable only; write { env: NAME }, such as { env: OTEL_EXPORTER_OTLP_HEADERS }",
                ],
            ),
            (
                "audit: { bodies: masked }",
                &[
                    "penstock.yaml:1:28: ledger.audit.bodies: nobody masks without pii at the top level of the file; add that, or write none",
                ],
            ),
            (
                "audit: { bodies: mask }",
                &[
                    "penstock.yaml:1:28: ledger.audit.bodies: unknown value \"mask\"; did you mean \"masked\"?",
                ],
            ),
            (
                "bodies: masked",
                &["penstock.yaml:1:11: ledger.bodies: unknown field; known: retention, flush, otlp, audit"],
            ),
        ],
        |text| format!("ledger: {{ {text} }}\n{PROVIDERS}{MODELS}{SERVICE}"),
    );
}

#[test]
fn bodies_are_kept_only_where_every_model_masks() {
    const BODIES: &str = "ledger: { audit: { bodies: masked } }\n";
    let refused = |pii: &str, model: &str, setting: &str| {
        let pii = format!("pii: {{ key: {{ env: PENSTOCK_PII_KEY }}{pii} }}\n");
        let models = format!(
            "models:\n  - {{ name: m, targets: [{{ provider: openai, model: a }}] }}\n  - {{ name: n, targets: [{{ provider: openai, model: a }}]{model} }}\n"
        );
        let found = crate::problems::problems(&format!("{BODIES}service: {{}}\n{PROVIDERS}{models}{pii}"));
        let expected = setting.split_once('=').map(|(model, setting)| {
            format!(
                "penstock.yaml:1:28: ledger.audit.bodies: what model {model} is asked would be kept unmasked, for its {setting}; mask it there, or write none"
            )
        });
        assert_eq!(found, Vec::from_iter(expected), "{pii}{models}");
    };
    for (pii, model, setting) in [
        ("", "", ""),
        (", action: redact", "", ""),
        (", action: flag", "", "m=pii.action: flag"),
        (", action: ignore", "", "m=pii.action: ignore"),
        (", on_unscannable: pass", "", "m=pii.on_unscannable: pass"),
        (", entities: { CREDIT_CARD: { action: ignore } }", "", ""),
        ("", ", pii: { action: flag }", "n=pii.action: flag"),
        (
            "",
            ", pii: { on_unscannable: pass }",
            "n=pii.on_unscannable: pass",
        ),
        (
            "",
            ", pii: { entities: { EMAIL_ADDRESS: { action: flag } } }",
            "n=pii.entities.EMAIL_ADDRESS.action: flag",
        ),
    ] {
        refused(pii, model, setting);
    }
}
