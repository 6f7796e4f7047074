//! `quota`, and what models say of how they are counted.

use std::path::Path;

use penstock_chat::Tokens;
use penstock_config::{
    Config,
    slice::{Identity, Kind, Leases, Limit, Overrun, Reserve, Scope, Source, TokenQuota},
};

use crate::problems::{MODELS, PROVIDERS, assert_table, problems};

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
fn fields_are_checked() {
    assert_table(
        &[
            (
                "quota: { window: 1 }",
                &["penstock.yaml:1:10: quota.window: unknown field; did you mean \"windows\"?"],
            ),
            (
                "quota: { windows: 63 }",
                &["penstock.yaml:1:19: quota.windows: must be 64 to 65536"],
            ),
            ("quota: { windows: 64 }", &[]),
            ("quota: { windows: 65536 }", &[]),
            (
                "quota: { windows: 65537 }",
                &["penstock.yaml:1:19: quota.windows: must be 64 to 65536"],
            ),
            (
                "quota: { hold: 29999ms }",
                &["penstock.yaml:1:16: quota.hold: at least 30s"],
            ),
            ("quota: { hold: 30s }", &[]),
            ("quota: { hold: 1h }", &[]),
            (
                "quota: { hold: 61m }",
                &["penstock.yaml:1:16: quota.hold: at most 1h"],
            ),
            (
                "quota: { default_output_tokens: 0 }",
                &[
                    "penstock.yaml:1:33: quota.default_output_tokens: must be more than zero; leave it out if it is not known",
                ],
            ),
            (
                "quota: { tenants: [a, '', a, other] }",
                &[
                    "penstock.yaml:1:30: quota.tenants[3]: \"other\" is what statistics call all tenants that are not listed; leave it out",
                ],
            ),
            (
                "quota: { tenants: [a, '', a] }",
                &[
                    "penstock.yaml:1:23: quota.tenants[1]: not a name; 1 to 256 bytes without control characters",
                    "penstock.yaml:1:27: quota.tenants[2]: \"a\" is listed already; keep one",
                ],
            ),
            (
                "quota: { enabled: false, windows: 1 }",
                &["penstock.yaml:1:35: quota.windows: must be 64 to 65536"],
            ),
        ],
        |text| format!("{text}\n{PROVIDERS}{MODELS}"),
    );
}

#[test]
fn sources_of_identity_are_checked() {
    assert_table(
        &[
            ("tenant: { metadata: [penstock, tenant] }", &[]),
            (
                "tenant: {}",
                &[
                    "penstock.yaml:1:30: quota.identity.tenant: exactly one source; write one of { metadata: [NAMESPACE, KEY] } or { header: NAME }",
                ],
            ),
            (
                "key: { metadata: [a, b], header: x-key }",
                &[
                    "penstock.yaml:1:27: quota.identity.key: exactly one source; write one of { metadata: [NAMESPACE, KEY] } or { header: NAME }",
                ],
            ),
            (
                "agent: { metadata: [penstock] }",
                &[
                    "penstock.yaml:1:41: quota.identity.agent.metadata: not a path; write the filter's namespace and the keys below it, such as [penstock, tenant]",
                ],
            ),
            (
                "tenant: { header: ':path' }",
                &[
                    "penstock.yaml:1:40: quota.identity.tenant.header: not the name of a header; write such as x-tenant",
                ],
            ),
            (
                "tenant: { header: x_tenant }",
                &[
                    "penstock.yaml:1:40: quota.identity.tenant.header: holds an underscore, and requests with such a header are refused; write - instead",
                ],
            ),
            (
                "tenant: { header: X-Penstock-Int-Tenant }",
                &[
                    "penstock.yaml:1:40: quota.identity.tenant.header: is removed from every request before a filter sees it; choose another",
                ],
            ),
            (
                "key: { header: x-api-key }",
                &[
                    "penstock.yaml:1:37: quota.identity.key.header: holds a credential, which nobody has checked here; let what checks it write a name into metadata or another header",
                ],
            ),
            (
                "user: { header: x-user }",
                &["penstock.yaml:1:22: quota.identity.user: unknown field; known: tenant, key, agent"],
            ),
        ],
        |text| format!("quota: {{ identity: {{ {text} }} }}\n{PROVIDERS}{MODELS}"),
    );
}

#[test]
fn limits_are_checked() {
    assert_table(
        &[
            (
                "{}",
                &[
                    "penstock.yaml:1:20: quota.limits[0].name: missing; give the limit a name",
                    "penstock.yaml:1:20: quota.limits[0]: limits nothing; write one of tokens_per_minute, tokens_per_hour, tokens_per_day, requests_per_minute, concurrent_requests, input_tokens",
                ],
            ),
            (
                "{ name: a b, input_tokens: 0 }",
                &[
                    "penstock.yaml:1:28: quota.limits[0].name: not a name; use letters, digits, - and _, at most 64",
                    "penstock.yaml:1:47: quota.limits[0].input_tokens: would admit nothing; write more than zero",
                ],
            ),
            (
                "{ name: a, tokens_per_day: 1000000000001, tokens_per_hour: -1 }",
                &[
                    "penstock.yaml:1:79: quota.limits[0].tokens_per_hour: wrong kind of value; write a whole number",
                ],
            ),
            (
                "{ name: a, tokens_per_day: 1000000000001 }",
                &[
                    "penstock.yaml:1:47: quota.limits[0].tokens_per_day: at most 1000000000000; leave it out if there is no limit",
                ],
            ),
            (
                "{ name: a, per: [tenat, key, key], tokens_per_day: 1 }",
                &[
                    "penstock.yaml:1:37: quota.limits[0].per[0]: unknown value \"tenat\"; did you mean \"tenant\"?",
                    "penstock.yaml:1:49: quota.limits[0].per[2]: \"key\" is listed already; keep one",
                ],
            ),
            (
                "{ name: a, match: { model: [mm], route: [stream], tenant: [], key: [a, a] }, tokens_per_day: 1 }",
                &[
                    "penstock.yaml:1:48: quota.limits[0].match.model[0]: no model is named \"mm\"; did you mean \"m\"?",
                    "penstock.yaml:1:61: quota.limits[0].match.route[0]: no route is named \"stream\"; known: chat-completions, messages",
                    "penstock.yaml:1:78: quota.limits[0].match.tenant: empty, so the limit would never apply; name one or leave it out",
                    "penstock.yaml:1:91: quota.limits[0].match.key[1]: \"a\" is listed already; keep one",
                ],
            ),
            (
                "{ name: a, match: { scope: [mm] }, tokens_per_day: 1 }",
                &[
                    "penstock.yaml:1:40: quota.limits[0].match.scope: unknown field; known: tenant, key, agent, model, route",
                ],
            ),
            (
                "{ name: a, reserve: half, on_overrun: cutt, tokens_per_day: 1 }",
                &[
                    "penstock.yaml:1:40: quota.limits[0].reserve: unknown value \"half\"; known: full, learned",
                    "penstock.yaml:1:58: quota.limits[0].on_overrun: unknown value \"cutt\"; did you mean \"cut\"?",
                ],
            ),
            (
                "{ name: a, reserve: full, on_overrun: cut, input_tokens: 1, requests_per_minute: 1 }",
                &[
                    "penstock.yaml:1:40: quota.limits[0].reserve: only has a meaning with tokens_per_minute, tokens_per_hour or tokens_per_day; leave it out",
                    "penstock.yaml:1:58: quota.limits[0].on_overrun: only has a meaning with tokens_per_minute, tokens_per_hour or tokens_per_day; leave it out",
                ],
            ),
            (
                "{ name: a, requests_per_minute: 1 }, { name: a, input_tokens: 1 }",
                &[
                    "penstock.yaml:1:65: quota.limits[1].name: \"a\" is the name of quota.limits[0] already; choose another",
                ],
            ),
        ],
        |text| format!("quota: {{ limits: [ {text} ] }}\n{PROVIDERS}{MODELS}"),
    );
}

#[test]
fn a_limit_that_another_hides_is_refused() {
    let hidden = |place: &str, first: &str| {
        vec![format!(
            "penstock.yaml:{place}: never reached: quota.limits[{first} holds for the same requests and refuses first; remove one"
        )]
    };
    let cases = [
        // The larger of two, in either order, and the later of two that are equal.
        (
            "tokens_per_minute: 5",
            "tokens_per_minute: 6",
            hidden(
                "4:35: quota.limits[1].tokens_per_minute",
                "0].tokens_per_minute of 5",
            ),
        ),
        (
            "tokens_per_minute: 6",
            "tokens_per_minute: 5",
            hidden(
                "3:35: quota.limits[0].tokens_per_minute",
                "1].tokens_per_minute of 5",
            ),
        ),
        (
            "tokens_per_minute: 5",
            "tokens_per_minute: 5",
            hidden(
                "4:35: quota.limits[1].tokens_per_minute",
                "0].tokens_per_minute of 5",
            ),
        ),
        // A day that admits less than a minute.
        (
            "tokens_per_minute: 6",
            "tokens_per_day: 5",
            hidden(
                "3:35: quota.limits[0].tokens_per_minute",
                "1].tokens_per_day of 5",
            ),
        ),
        ("tokens_per_minute: 5", "tokens_per_day: 6", vec![]),
        ("requests_per_minute: 6", "tokens_per_day: 5", vec![]),
        // What is written in another order is the same.
        (
            "input_tokens: 5, match: { key: [a, b], agent: [c] }",
            "input_tokens: 6, match: { agent: [c], key: [b, a] }",
            hidden("4:30: quota.limits[1].input_tokens", "0].input_tokens of 5"),
        ),
        (
            "tokens_per_hour: 5, per: [key, tenant]",
            "tokens_per_hour: 5, per: [tenant, key]",
            hidden("4:33: quota.limits[1].tokens_per_hour", "0].tokens_per_hour of 5"),
        ),
        // Where windows open apart from each other, both can be the first to refuse.
        ("tokens_per_hour: 5", "tokens_per_hour: 5, per: [key]", vec![]),
        (
            "tokens_per_hour: 5",
            "tokens_per_hour: 5, match: { key: [a] }",
            vec![],
        ),
        (
            "concurrent_requests: 5",
            "concurrent_requests: 5, per: [key]",
            hidden(
                "4:37: quota.limits[1].concurrent_requests",
                "0].concurrent_requests of 5",
            ),
        ),
        (
            "concurrent_requests: 5, per: [key]",
            "concurrent_requests: 6",
            vec![],
        ),
        (
            "input_tokens: 5",
            "input_tokens: 6, match: { key: [a] }",
            hidden("4:30: quota.limits[1].input_tokens", "0].input_tokens of 5"),
        ),
        ("input_tokens: 5, match: { key: [a] }", "input_tokens: 6", vec![]),
        (
            "input_tokens: 5, match: { key: [a, b] }",
            "input_tokens: 6, match: { key: [b, c] }",
            vec![],
        ),
        (
            "concurrent_requests: 5, per: [key]",
            "concurrent_requests: 5",
            hidden(
                "3:37: quota.limits[0].concurrent_requests",
                "1].concurrent_requests of 5",
            ),
        ),
        (
            "tokens_per_day: 5, shadow: true",
            "tokens_per_day: 5",
            hidden("3:32: quota.limits[0].tokens_per_day", "1].tokens_per_day of 5"),
        ),
        ("tokens_per_minute: 5", "tokens_per_day: 5", vec![]),
        // The looser one does not refuse what the stricter does.
        (
            "tokens_per_hour: 5, reserve: learned",
            "tokens_per_hour: 6",
            vec![],
        ),
        (
            "tokens_per_hour: 5",
            "tokens_per_hour: 6, on_overrun: cut",
            vec![],
        ),
        (
            "tokens_per_hour: 5, on_overrun: cut",
            "tokens_per_hour: 6, reserve: learned",
            hidden("4:33: quota.limits[1].tokens_per_hour", "0].tokens_per_hour of 5"),
        ),
        ("tokens_per_hour: 5, shadow: true", "tokens_per_hour: 6", vec![]),
    ];
    for (first, second, expected) in cases {
        let file = format!(
            "quota:\n  limits:\n  - {{ name: a, {first} }}\n  - {{ name: b, {second} }}\n{PROVIDERS}{MODELS}"
        );
        assert_eq!(problems(&file), expected, "{file}");
    }
}

#[test]
fn the_service_is_checked() {
    assert_table(
        &[
            (
                "{}",
                &["penstock.yaml:1:19: quota.service.url: missing; write such as http://127.0.0.1:50051"],
            ),
            (
                "{ url: 127.0.0.1 50051 }",
                &["penstock.yaml:1:26: quota.service.url: not a URL; write such as http://127.0.0.1:50051"],
            ),
            (
                "{ url: 'http://h:1/lease', tls: { server_name: x } }",
                &[
                    "penstock.yaml:1:26: quota.service.url: holds a path, which gRPC decides itself; write such as http://127.0.0.1:50051",
                ],
            ),
            (
                "{ url: 'http://h:1', tls: { server_name: x } }",
                &[
                    "penstock.yaml:1:45: quota.service.tls: means nothing with an http:// url; use https:// or leave it out",
                ],
            ),
            (
                "{ url: 'https://h:1', tls: { server_name: x }, refresh: 99ms, timeout: 31s, initial_share: 101, proxy: 'a b' }",
                &[
                    "penstock.yaml:1:75: quota.service.refresh: at least 100ms",
                    "penstock.yaml:1:90: quota.service.timeout: at most 30s",
                    "penstock.yaml:1:110: quota.service.initial_share: is a percentage, at most 100",
                    "penstock.yaml:1:122: quota.service.proxy: not a name; use letters, digits, - and _, at most 64",
                ],
            ),
        ],
        |text| format!("quota: {{ service: {text} }}\n{PROVIDERS}{MODELS}"),
    );
}

#[test]
fn what_models_say_of_their_counting_is_checked() {
    assert_table(
        &[
            (
                "default_output_tokens: 0, count_as: ''",
                &[
                    "penstock.yaml:5:39: models[0].default_output_tokens: must be more than zero; leave it out if it is not known",
                    "penstock.yaml:5:52: models[0].count_as: not a name; 1 to 256 bytes without control characters",
                ],
            ),
            (
                "default_output_tokens: 11, targets: [{ provider: openai, model: a, max_output_tokens: 10 }]",
                &[
                    "penstock.yaml:5:39: models[0].default_output_tokens: 11 is more than the max_output_tokens of 10 that any target gives",
                ],
            ),
            (
                "default_output_tokens: 11, targets: [{ provider: openai, model: a, max_output_tokens: 10 }, { provider: openai, model: b }]",
                &[],
            ),
        ],
        |text| {
            let targets = if text.contains("targets") {
                ""
            } else {
                ", targets: [{ provider: openai, model: a }]"
            };
            format!("{PROVIDERS}models:\n  - {{ name: m, {text}{targets} }}")
        },
    );
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
        "quota:
  windows: 128
  hold: 45s
  charge_cached: true
  tenants: [acme, 'globex.com']
  identity:
    tenant: { header: X-Tenant }
    key: { metadata: [envoy.filters.http.jwt_authn, payload, sub] }
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
        "quota:
  tenants: [acme]
  identity: { tenant: { header: x-tenant } }
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
        version("quota: { enabled: true, windows: 4096, hold: 120s, limits: [] }"),
        plain
    );
    let changes = [
        "quota: { enabled: false }",
        "quota: { windows: 4095 }",
        "quota: { hold: 1m }",
        "quota: { default_output_tokens: 1 }",
        "quota: { charge_cached: true }",
        "quota: { tenants: [a] }",
        "quota: { identity: { key: { header: x-key } } }",
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

/// Every example in a document that is a `quota` by itself.
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
            if example.starts_with("quota:") {
                let problems = problems(&format!("{PROVIDERS}{models}{example}"));
                assert_eq!(problems, Vec::<String>::new(), "{}: {example}", page.display());
                found += 1;
            }
        }
    }
    assert!(found > 0);
}
