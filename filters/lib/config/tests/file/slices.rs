//! What each part of Penstock is given of a configuration.

use std::{path::Path, time::Duration};

use penstock_config::{
    AccessLog, Config, Provider,
    slice::{Back, Commit, FailureMode, FailureModes, FrontService, OnLoss, SchemaTranslation, Withheld},
};

const FILE: &str = "\
providers:
  - { name: openai, api: openai, base_url: 'https://api.openai.com/v1/' }
  - { name: local, api: openai, flavor: vllm, base_url: 'http://localhost:8000/v1' }
  - { name: deployments, api: openai, flavor: azure, base_url: 'https://x.openai.azure.com', api_version: 2024-10-21 }
  - { name: azure, api: openai, flavor: azure, base_url: 'https://x.openai.azure.com/openai/v1' }
  - { name: claude, api: anthropic, base_url: 'https://[::1]:444/proxy', credential: { client: true } }
defaults:
  commit: complete
  timeouts: { answer: 5m }
models:
  - name: one
    targets: [{ provider: openai, model: gpt, context_window: 10 }, { provider: claude, model: sonnet }]
  - name: two
    targets: [{ provider: local, model: llama }]
    commit: first_event
    on_loss: reject
    retry: { same_target: 0 }
    timeouts: { first_token: 1500ms }
";

fn config(text: &str) -> Config {
    Config::from_yaml_str(text, Path::new("/etc/penstock/penstock.yaml")).unwrap()
}

fn back(config: &Config, name: &str) -> Back {
    let provider: &Provider = config
        .providers
        .iter()
        .find(|provider| provider.name == name)
        .unwrap();
    match config.back(provider) {
        SchemaTranslation::Back(back) => back,
        SchemaTranslation::Front(_) => panic!("front"),
    }
}

#[test]
fn each_provider_has_its_path_and_authority() {
    let config = config(FILE);
    let cases = [
        ("openai", "api.openai.com", "/v1/chat/completions"),
        ("local", "localhost:8000", "/v1/chat/completions"),
        (
            "deployments",
            "x.openai.azure.com",
            "/openai/deployments/{model}/chat/completions?api-version=2024-10-21",
        ),
        ("azure", "x.openai.azure.com", "/openai/v1/chat/completions"),
        ("claude", "[::1]:444", "/proxy/v1/messages"),
    ];
    for (name, authority, path) in cases {
        let back = back(&config, name);
        assert_eq!(
            (back.authority.as_str(), back.path.as_str()),
            (authority, path),
            "{name}"
        );
    }
}

#[test]
fn models_inherit_what_they_do_not_say() {
    let SchemaTranslation::Front(front) = config(FILE).front() else {
        panic!("back")
    };
    let [one, two] = front.models.as_slice() else {
        panic!("{:?}", front.models)
    };

    assert_eq!((one.commit, one.on_loss), (Commit::Complete, OnLoss::Warn));
    assert_eq!((one.retry.same_target, one.retry.max_wait_s), (1, 2));
    assert_eq!((one.first_token_ms, one.answer_ms), (60_000, 300_000));
    let targets: Vec<_> = one
        .targets
        .iter()
        .map(|t| (t.cluster.as_str(), t.client_credential))
        .collect();
    assert_eq!(targets, [("provider-openai", false), ("provider-claude", true)]);

    assert_eq!((two.commit, two.on_loss), (Commit::FirstEvent, OnLoss::Reject));
    assert_eq!((two.retry.same_target, two.retry.max_wait_s), (0, 2));
    assert_eq!((two.first_token_ms, two.answer_ms), (1_500, 300_000));
}

#[test]
fn slices_survive_the_way_through_json() {
    let config = config(FILE);
    for slice in config
        .providers
        .iter()
        .map(|provider| config.back(provider))
        .chain([config.front()])
    {
        let json = serde_json::to_string(&slice).unwrap();
        assert_eq!(serde_json::from_str::<SchemaTranslation>(&json).unwrap(), slice);
    }
}

#[test]
fn defaults_are_those_of_the_documentation() {
    let config = config(FILE);
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.admin.to_string(), "127.0.0.1:9901");
    assert_eq!(config.access_log, AccessLog::Stdout);
    assert_eq!(config.limits.request_body.to_string(), "16MiB");
    assert_eq!(config.limits.response_body.to_string(), "16MiB");
    assert_eq!(config.limits.event.to_string(), "512KiB");
    assert_eq!(config.limits.stream_stall, Duration::from_secs(60));
    assert!(
        config
            .providers
            .iter()
            .all(|provider| provider.connect_timeout == Duration::from_secs(2))
    );
}

#[test]
fn relative_paths_start_at_the_file() {
    let config = config(FILE);
    assert_eq!(
        config.resolve(Path::new("secrets/a")),
        Path::new("/etc/penstock/secrets/a")
    );
    assert_eq!(config.resolve(Path::new("/run/a")), Path::new("/run/a"));
}

#[test]
fn the_policy_version_changes_with_the_meaning_only() {
    let version = config(FILE).policy_version().to_owned();
    assert_eq!(version.len(), 12);
    assert!(version.bytes().all(|byte| byte.is_ascii_hexdigit()));

    let commented = format!("# a comment\nlisten: 127.0.0.1:8080\n{FILE}");
    assert_eq!(config(&commented).policy_version(), version);
    let elsewhere = Config::from_yaml_str(FILE, Path::new("other.yaml")).unwrap();
    assert_eq!(elsewhere.policy_version(), version);

    for changed in [
        FILE.replace("model: gpt", "model: gpt2"),
        FILE.replace("answer: 5m", "answer: 6m"),
    ] {
        assert_ne!(config(&changed).policy_version(), version);
    }
}

/// Ledgers and logs hold it: it must not change because the code did.
#[test]
fn the_policy_version_is_stable() {
    assert_eq!(config(FILE).policy_version(), "d5d728a470ea");
}

#[test]
fn without_a_service_no_filter_is_told_of_one() {
    let config = config(FILE);
    let slices = config.providers.iter().map(|provider| config.back(provider));
    for slice in slices.chain([config.front()]) {
        let json = serde_json::to_string(&slice).unwrap();
        assert!(!json.contains("service") && !json.contains("trail"), "{json}");
    }
    let quota = serde_json::to_string(&config.token_quota().unwrap()).unwrap();
    assert!(!quota.contains("service"), "{quota}");
}

#[test]
fn a_target_is_withheld_under_its_alias_only() {
    let service = FrontService {
        needs_caller: true,
        failure_mode: FailureModes {
            chat_completions: FailureMode::StaticPlan,
            messages: FailureMode::Deny,
        },
        withheld: vec![Withheld {
            alias: "one".into(),
            targets: vec![("claude".into(), "sonnet".into())],
        }],
    };
    for (alias, provider, model, expected) in [
        ("one", "claude", "sonnet", true),
        ("two", "claude", "sonnet", false),
        ("one", "openai", "sonnet", false),
        ("one", "claude", "opus", false),
    ] {
        assert_eq!(
            service.withholds(alias, provider, model),
            expected,
            "{alias} {provider} {model}"
        );
    }
    let json = serde_json::to_string(&service).unwrap();
    assert_eq!(serde_json::from_str::<FrontService>(&json).unwrap(), service);
}
