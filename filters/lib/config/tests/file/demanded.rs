//! What means nothing without the service is refused without it, each with its place.

use crate::problems::{MODELS, PROVIDERS, SERVICE, problems};

const MESSAGE: &str =
    "only the service heeds it, and there is none; add a section `service`, or leave this out";

#[test]
fn what_only_the_service_heeds_takes_one() {
    // What stands in the file beside providers and models, and the field that is told.
    let sections = [
        (
            "money: { budgets: [{ name: a, amount: 1, period: day }] }",
            "1:8: money",
        ),
        (
            "money: { prices: [{ provider: openai, model: a, input: 1, output: 1 }] }",
            "1:8: money",
        ),
        ("money: {}", "1:8: money"),
        ("ledger: { retention: 1d }", "1:9: ledger"),
        ("health: { window: 30s }", "1:9: health"),
        ("identity: { team: { header: x-team } }", "1:19: identity.team"),
        (
            "identity: { region: { header: x-region } }",
            "1:21: identity.region",
        ),
        (
            "identity: { models: { header: x-models } }",
            "1:21: identity.models",
        ),
        (
            "quota: { limits: [{ name: a, strict: true, requests_per_minute: 1 }] }",
            "1:38: quota.limits[0].strict",
        ),
    ];
    let sections = sections.map(|(text, field)| (format!("{text}\n{PROVIDERS}{MODELS}"), field));
    for (text, field) in sections {
        assert_eq!(
            problems(&text),
            [format!("penstock.yaml:{field}: {MESSAGE}")],
            "{text}"
        );
        assert_eq!(
            problems(&format!("{text}{SERVICE}")),
            Vec::<String>::new(),
            "{text}"
        );
    }
}

#[test]
fn what_plans_go_by_takes_one() {
    let model = |model: &str, target: &str| {
        format!(
            "models: [ {{ name: m{model}, targets: [ {{ provider: openai, model: a{target} }} ] }} ]\n{PROVIDERS}"
        )
    };
    let provider = |text: &str| {
        format!(
            "providers: [ {{ name: openai, api: openai, base_url: 'https://a.b/v1', credential: {{ env: A }}, {text} }} ]\n{MODELS}"
        )
    };
    for (text, field) in [
        (model(", strategy: [weight]", ""), "models[0].strategy"),
        (model(", strategy: [priority]", ""), "models[0].strategy"),
        (model("", ", priority: 1"), "models[0].targets[0].priority"),
        (model("", ", region: eu"), "models[0].targets[0].region"),
        (model("", ", version: '1'"), "models[0].targets[0].version"),
        (
            model("", ", capabilities: [tools]"),
            "models[0].targets[0].capabilities",
        ),
        (provider("region: eu"), "providers[0].region"),
        (
            provider("limits: [ { requests_per_minute: 1 } ]"),
            "providers[0].limits",
        ),
    ] {
        let found = problems(&text);
        let [problem] = found.as_slice() else {
            panic!("{text}: {found:?}")
        };
        assert!(problem.starts_with("penstock.yaml:1:"), "{problem}");
        assert!(problem.ends_with(&format!(": {field}: {MESSAGE}")), "{problem}");
        assert_eq!(
            problems(&format!("{text}{SERVICE}")),
            Vec::<String>::new(),
            "{text}"
        );
    }
}

#[test]
fn several_are_told_at_once() {
    let text = format!(
        "models: [ {{ name: m, strategy: [canary], pin: '1', targets: [ {{ provider: openai, model: a, canary: 5, version: '1' }} ] }} ]\nhealth: {{}}\n{PROVIDERS}"
    );
    let found = problems(&text);
    let fields: Vec<&str> = found
        .iter()
        .filter_map(|problem| problem.split(": ").nth(1))
        .collect();
    assert_eq!(
        fields,
        [
            "models[0].strategy",
            "models[0].pin",
            "models[0].targets[0].canary",
            "models[0].targets[0].version",
            "health",
        ]
    );
}

#[test]
fn what_envoy_does_alone_takes_none() {
    for text in [
        "quota: { limits: [{ name: a, strict: false, requests_per_minute: 1 }] }",
        "identity: { tenant: { header: x-tenant } }",
        "pii: { key: { env: PENSTOCK_PII_KEY } }",
    ] {
        let text = format!("{text}\n{PROVIDERS}{MODELS}");
        assert_eq!(problems(&text), Vec::<String>::new(), "{text}");
    }
}
