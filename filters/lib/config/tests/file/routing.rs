//! In which order targets are tried: what is refused, and what becomes of the rest.

use std::path::Path;

use penstock_config::slice::SchemaTranslation;
use penstock_config::{
    Config, Health,
    routing::{Capabilities, Capability, Strategy},
};

use crate::problems::{MODELS, PROVIDERS, SERVICE, assert_table};

fn load(text: &str) -> Config {
    match Config::from_yaml_str(&format!("{text}{SERVICE}"), Path::new("penstock.yaml")) {
        Ok(config) => config,
        Err(invalid) => panic!("{invalid}"),
    }
}

#[test]
fn strategies_are_checked() {
    assert_table(
        &[
            ("strategy: [priority, weight]", &[]),
            ("strategy: [canary, least_cost, least_latency, sticky]", &[]),
            (
                "strategy: [wieght]",
                &[
                    "penstock.yaml:2:27: models[0].strategy[0]: unknown value \"wieght\"; did you mean \"weight\"?",
                ],
            ),
            (
                "strategy: []",
                &["penstock.yaml:2:26: models[0].strategy: empty; leave it out for the order of the file"],
            ),
            (
                "strategy: [priority, priority]",
                &["penstock.yaml:2:37: models[0].strategy[1]: \"priority\" is listed already; keep one"],
            ),
            (
                "strategy: [weight, sticky]",
                &[
                    "penstock.yaml:2:35: models[0].strategy[1]: never used: weight leaves no two targets equal; write sticky before it",
                ],
            ),
            (
                "pin: x",
                &[
                    "penstock.yaml:2:21: models[0].pin: no target has the version \"x\"; write version: at the targets that have it",
                ],
            ),
        ],
        |text| {
            format!(
                "models:\n  - {{ name: m, {text}, targets: [{{ provider: openai, model: a }}] }}\n{PROVIDERS}{SERVICE}"
            )
        },
    );
}

#[test]
fn targets_are_checked() {
    assert_table(
        &[
            ("[priority]", "priority: 1000000, region: eu-west-1, version: v"),
            ("[weight]", "weight: 1"),
            ("[sticky]", "weight: 1"),
            ("[canary]", "canary: 0"),
            ("[canary]", "canary: 50"),
            ("[priority]", "capabilities: []"),
        ]
        .map(|(strategy, fields)| (format!("{strategy}|{fields}"), Vec::<&str>::new()))
        .iter()
        .map(|(text, none)| (text.as_str(), none.as_slice()))
        .collect::<Vec<_>>(),
        file,
    );
    assert_table(
        &[
            (
                "[priority]|weight: 1",
                &[
                    "penstock.yaml:3:54: models[0].targets[0].weight: never used: the model's strategy does not name weight or sticky; add it there, or leave this out",
                    "penstock.yaml:3:97: models[0].targets[1].weight: never used: the model's strategy does not name weight or sticky; add it there, or leave this out",
                ],
            ),
            (
                "[weight]|weight: 0",
                &[
                    "penstock.yaml:3:14: models[0].targets: every weight is 0, so nothing would be first; give one target more",
                ],
            ),
            (
                "[canary]|canary: 51",
                &["penstock.yaml:3:14: models[0].targets: canaries of 102 percent together; at most 100"],
            ),
            (
                "[canary]|canary: 101",
                &[
                    "penstock.yaml:3:54: models[0].targets[0].canary: must be 0 to 100",
                    "penstock.yaml:3:99: models[0].targets[1].canary: must be 0 to 100",
                ],
            ),
        ],
        file,
    );
    let single = |text: &str| {
        format!(
            "models:\n  - {{ name: m, targets: [{{ provider: openai, model: a, {text} }}] }}\n{PROVIDERS}{SERVICE}"
        )
    };
    assert_table(
        &[
            (
                "canary: 5",
                &[
                    "penstock.yaml:2:64: models[0].targets[0].canary: never used: the model's strategy does not name canary; add it there, or leave this out",
                ],
            ),
            (
                "region: EU",
                &[
                    "penstock.yaml:2:64: models[0].targets[0].region: not a region; use small letters and digits with - between, such as eu or eu-west-1",
                ],
            ),
            (
                "capabilities: [tool]",
                &[
                    "penstock.yaml:2:71: models[0].targets[0].capabilities[0]: unknown value \"tool\"; did you mean \"tools\"?",
                ],
            ),
            (
                "capabilities: [tools, tools]",
                &[
                    "penstock.yaml:2:78: models[0].targets[0].capabilities[1]: \"tools\" is listed already; keep one",
                ],
            ),
        ],
        single,
    );
}

/// A strategy and the fields of both targets.
fn file(text: &str) -> String {
    let (strategy, fields) = text.split_once('|').unwrap();
    let target = |model| format!("{{ provider: openai, model: {model}, {fields} }}");
    format!(
        "models:\n  - {{ name: m, strategy: {strategy},\n    targets: [ {}, {} ] }}\n{PROVIDERS}{SERVICE}",
        target("a"),
        target("b")
    )
}

#[test]
fn health_is_checked() {
    assert_table(
        &[
            (
                "{ consecutive_failures: 1, error_rate: 100, min_requests: 1, window: 1s, open: 1s, open_at_most: 1s, probe: 1s }",
                &[],
            ),
            (
                "{ consecutive_failures: 0 }",
                &["penstock.yaml:1:33: health.consecutive_failures: must be 1 to 1000"],
            ),
            (
                "{ error_rate: 101 }",
                &["penstock.yaml:1:23: health.error_rate: must be 1 to 100"],
            ),
            (
                "{ window: 999ms }",
                &["penstock.yaml:1:19: health.window: at least 1s"],
            ),
            (
                "{ open: 31s }",
                &["penstock.yaml:1:17: health.open: 31s is longer than the open_at_most of 30s"],
            ),
            (
                "{ probes: 1s }",
                &["penstock.yaml:1:11: health.probes: unknown field; did you mean \"probe\"?"],
            ),
        ],
        |text| format!("health: {text}\n{PROVIDERS}{MODELS}{SERVICE}"),
    );
}

#[test]
fn what_is_written_is_planned_with() {
    let config = load(
        "providers:
  - { name: a, api: openai, base_url: 'https://a.example/v1', credential: { client: true }, region: us }
  - { name: b, api: openai, base_url: 'https://b.example/v1', credential: { env: B } }
models:
  - name: m
    strategy: [canary, priority]
    pin: '1'
    targets:
      - { provider: a, model: x, priority: 2, canary: 5, version: '1', context_window: 100 }
      - { provider: a, model: y, region: eu-west-1, capabilities: [tools] }
      - { provider: b, model: x }
  - { name: n, targets: [{ provider: b, model: x }] }
health: { open: 3s }
",
    );
    let [m, n] = config.routing.as_slice() else {
        panic!("two models")
    };
    assert_eq!((m.alias.as_str(), m.pin.as_deref()), ("m", Some("1")));
    assert_eq!(m.strategy, [Strategy::Canary, Strategy::Priority]);
    let regions: Vec<_> = m.targets.iter().map(|route| route.region.as_deref()).collect();
    assert_eq!(regions, [Some("us"), Some("eu-west-1"), None]);
    let first = m.targets.first().unwrap();
    assert_eq!((first.priority, first.weight, first.canary), (2, 1, Some(5)));
    assert!(first.client_credential && first.context_window.is_some());
    assert_eq!(first.capabilities, Capabilities::ALL);
    assert_eq!(
        m.targets.get(1).unwrap().capabilities,
        Capabilities::default().with(Capability::Tools)
    );
    assert_eq!(n.strategy, [Strategy::Priority]);
    assert_eq!(config.health.open.as_secs(), 3);
    assert_eq!(config.health.open_at_most, Health::default().open_at_most);
}

#[test]
fn the_policy_version_changes_only_with_what_is_decided() {
    let version = |text: &str| load(&format!("{PROVIDERS}{text}")).policy_version().to_owned();
    let plain = version(MODELS);
    let model = |fields: &str| version(&format!("models:\n  - {{ name: m, {fields} }}\n"));
    for defaults in [
        "strategy: [priority], targets: [{ provider: openai, model: a, priority: 0 }]",
        "targets: [{ provider: openai, model: a, capabilities: [reasoning, tools, images, json_schema] }]",
    ] {
        assert_eq!(model(defaults), plain, "{defaults}");
    }
    for other in [
        "strategy: [weight], targets: [{ provider: openai, model: a }]",
        "targets: [{ provider: openai, model: a, region: eu }]",
        "targets: [{ provider: openai, model: a, priority: 1 }]",
    ] {
        assert_ne!(model(other), plain, "{other}");
    }
    assert_eq!(version(&format!("health: {{ window: 30s }}\n{MODELS}")), plain);
    assert_ne!(version(&format!("health: {{ window: 31s }}\n{MODELS}")), plain);
}

#[test]
fn filters_are_not_told() {
    let front = |text: &str| match load(&format!("{PROVIDERS}{text}")).front() {
        SchemaTranslation::Front(front) => front.models,
        SchemaTranslation::Back(_) => panic!("a back"),
    };
    let routed = "models:\n  - { name: m, strategy: [weight], targets: [{ provider: openai, model: a, weight: 3, region: eu }] }\n";
    assert_eq!(front(routed), front(MODELS));
}
