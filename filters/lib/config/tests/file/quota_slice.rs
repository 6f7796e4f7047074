//! What becomes of `quota`.

use std::path::Path;

use penstock_chat::Tokens;
use penstock_config::{
    Config,
    slice::{Identity, Kind, Leases, Limit, Overrun, Reserve, Scope, Source, TokenQuota},
};

use crate::problems::{MODELS, PROVIDERS, problems};

fn config(quota: &str) -> Config {
    let file = format!("{PROVIDERS}{MODELS}{quota}");
    Config::from_yaml_str(&file, Path::new("penstock.yaml")).unwrap()
}

fn slice(quota: &str) -> TokenQuota {
    config(quota).token_quota().unwrap()
}

fn limits(limits: &str) -> Vec<Limit> {
    slice(&format!("quota:\n  limits:\n{limits}")).limits
}

#[test]
fn a_file_without_quota_counts_and_limits_nothing() {
    let ours = |scope: &str| Source::Metadata(vec!["penstock".to_owned(), scope.to_owned()]);
    let slice = slice("");
    assert_eq!(
        slice.identity,
        Identity {
            tenant: ours("tenant"),
            key: ours("key"),
            agent: ours("agent"),
        }
    );
    assert_eq!(
        (slice.limits, slice.tenants, slice.leases),
        (vec![], vec![], None)
    );
    assert_eq!(
        (slice.windows, slice.hold_ms, slice.charge_cached),
        (4_096, 120_000, false)
    );
    assert_eq!(
        (slice.max_request_bytes, slice.max_event_bytes),
        (16 << 20, 512 << 10)
    );
    assert_eq!(config("quota: { enabled: false }").token_quota(), None);
}

#[test]
fn each_amount_is_a_limit_of_its_own() {
    let limits = limits(
        "    - name: tenant-minute
      per: [tenant, model]
      match: { route: [messages], tenant: [acme, globex], model: [m] }
      requests_per_minute: 600
      tokens_per_minute: 100000
      reserve: learned
      on_overrun: cut
      shadow: true
    - { name: one-request, input_tokens: 200000, concurrent_requests: 8, tokens_per_day: 5, tokens_per_hour: 4 }
",
    );
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let tokens = Limit {
        name: "tenant-minute".to_owned(),
        per: vec![Scope::Tenant, Scope::Model],
        only: vec![
            (Scope::Tenant, names(&["acme", "globex"])),
            (Scope::Model, names(&["m"])),
            (Scope::Route, names(&["messages"])),
        ],
        kind: Kind::TokensPerMinute,
        amount: 100_000,
        reserve: Reserve::Learned,
        on_overrun: Overrun::Cut,
        shadow: true,
        initial_permille: None,
    };
    let requests = Limit {
        kind: Kind::RequestsPerMinute,
        amount: 600,
        // Nothing but tokens is reserved for an answer.
        reserve: Reserve::Full,
        on_overrun: Overrun::Finish,
        ..tokens.clone()
    };
    let global = |kind, amount| Limit {
        name: "one-request".to_owned(),
        per: vec![],
        only: vec![],
        kind,
        amount,
        reserve: Reserve::Full,
        on_overrun: Overrun::Finish,
        shadow: false,
        initial_permille: None,
    };
    assert_eq!(
        limits,
        [
            tokens,
            requests,
            global(Kind::TokensPerHour, 4),
            global(Kind::TokensPerDay, 5),
            global(Kind::ConcurrentRequests, 8),
            global(Kind::InputTokens, 200_000),
        ]
    );
}

#[test]
fn sources_and_leases_reach_the_filter() {
    let slice = slice(
        "identity:
  tenant: { header: X-Tenant }
  key: { metadata: [envoy.filters.http.jwt_authn, payload, sub] }
quota:
  windows: 128
  hold: 45s
  charge_cached: true
  tenants: [acme, 'globex.com']
  service: { url: 'http://127.0.0.1:50051', proxy: edge-1, refresh: 1s, timeout: 250ms, initial_share: 25 }
",
    );
    assert_eq!(slice.identity.tenant, Source::Header("x-tenant".to_owned()));
    assert_eq!(
        slice.identity.key,
        Source::Metadata(
            ["envoy.filters.http.jwt_authn", "payload", "sub"]
                .map(str::to_owned)
                .to_vec()
        )
    );
    assert_eq!(
        (slice.windows, slice.hold_ms, slice.charge_cached),
        (128, 45_000, true)
    );
    assert_eq!(slice.tenants, ["acme", "globex.com"]);
    assert_eq!(
        slice.leases,
        Some(Leases {
            cluster: "penstock-quota-service".to_owned(),
            proxy: Some("edge-1".to_owned()),
            refresh_ms: 1_000,
            initial_permille: 250,
            timeout_ms: 250,
        })
    );
}

#[test]
fn a_service_that_says_nothing_has_its_defaults() {
    let slice = slice("quota: { service: { url: 'https://quota.internal' } }");
    let leases = slice.leases.unwrap();
    assert_eq!(
        (
            leases.refresh_ms,
            leases.initial_permille,
            leases.timeout_ms,
            leases.proxy
        ),
        (500, 100, 1_000, None)
    );
}

#[test]
fn models_are_counted_as_their_first_target_unless_they_say_otherwise() {
    let file = "\
models:
  - name: first
    targets: [{ provider: openai, model: gpt, max_output_tokens: 10 }, { provider: claude, model: sonnet, max_output_tokens: 20 }]
  - name: own
    count_as: llama-3
    default_output_tokens: 50
    targets: [{ provider: openai, model: x, max_output_tokens: 100 }, { provider: openai, model: y }]
quota: { default_output_tokens: 15 }
";
    let config = Config::from_yaml_str(&format!("{PROVIDERS}{file}"), Path::new("penstock.yaml")).unwrap();
    let models = config.token_quota().unwrap().models;
    let counted: Vec<_> = models
        .iter()
        .map(|model| {
            (
                model.name.as_str(),
                model.counted_as.as_str(),
                model.default_output_tokens,
                model.max_output_tokens,
            )
        })
        .collect();
    assert_eq!(
        counted,
        [
            ("first", "gpt", Tokens(15), Some(Tokens(20))),
            ("own", "llama-3", Tokens(50), None),
        ]
    );
}

#[test]
fn the_slice_survives_the_way_through_json() {
    let slice = slice(
        "identity: { tenant: { header: x-tenant } }
quota:
  tenants: [acme]
  limits: [{ name: a, per: [key], match: { model: [m] }, tokens_per_minute: 10, on_overrun: cut }]
  service: { url: 'http://127.0.0.1:50051' }
",
    );
    let json = serde_json::to_string(&slice).unwrap();
    assert_eq!(serde_json::from_str::<TokenQuota>(&json).unwrap(), slice);
}

#[test]
fn the_policy_version_covers_the_quota() {
    let version = |quota: &str| config(quota).policy_version().to_owned();
    let plain = version("");
    assert_eq!(
        version(
            "quota: { enabled: true, windows: 4096, hold: 120s, limits: [] }
identity: { key: { metadata: [penstock, key] } }"
        ),
        plain
    );
    let changes = [
        "quota: { enabled: false }",
        "quota: { windows: 4095 }",
        "quota: { hold: 1m }",
        "quota: { default_output_tokens: 1 }",
        "quota: { charge_cached: true }",
        "quota: { tenants: [a] }",
        "identity: { key: { header: x-key } }",
        "quota: { limits: [{ name: a, input_tokens: 1 }] }",
        "quota: { limits: [{ name: a, input_tokens: 1, shadow: true }] }",
        "quota: { limits: [{ name: a, tokens_per_hour: 1 }] }",
        "quota: { limits: [{ name: a, tokens_per_hour: 1, reserve: learned }] }",
        "quota: { service: { url: 'http://127.0.0.1:1' } }",
        "quota: { service: { url: 'http://127.0.0.1:1', initial_share: 0 } }",
    ];
    let mut versions: Vec<String> = changes.iter().map(|quota| version(quota)).collect();
    versions.push(plain);
    versions.sort();
    versions.dedup();
    assert_eq!(versions.len(), changes.len() + 1);
    let counted = MODELS.replace("name: m,", "name: m, count_as: gpt-4,");
    let counted =
        Config::from_yaml_str(&format!("{PROVIDERS}{counted}"), Path::new("penstock.yaml")).unwrap();
    assert!(!versions.iter().any(|version| version == counted.policy_version()));
}

/// Every example in a document that is a section by itself.
#[test]
fn examples_of_the_documentation_are_right() {
    let models = MODELS.replace("name: m,", "name: default,");
    let mut found = 0;
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs");
    for page in std::fs::read_dir(docs).unwrap() {
        let page = page.unwrap().path();
        if page.is_dir() {
            continue;
        }
        let text = std::fs::read_to_string(&page).unwrap();
        for example in text.split("```yaml\n").skip(1) {
            let example = example.split("```").next().unwrap();
            if ["identity:", "pii:", "quota:"]
                .iter()
                .any(|section| example.starts_with(section))
            {
                let problems = problems(&format!("{PROVIDERS}{models}{example}"));
                assert_eq!(problems, Vec::<String>::new(), "{}: {example}", page.display());
                found += 1;
            }
        }
    }
    assert!(found > 0);
}
