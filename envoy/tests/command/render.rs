//! What Envoy is started with: golden files, and a real Envoy that checks them where there is one.

use std::{env, fs, path::Path, process::Command};

use penstock_config::Config;
use penstock_envoy::{
    binary,
    render::{self, Filter, Options, RenderError, Rendered},
    runtime_dir::{BOOTSTRAP, RuntimeDir},
};

use crate::support::{assert_golden, checkout, envoy, examples, filters};

fn options(wasm_dir: &Path, secret_dir: &Path) -> Options {
    Options {
        wasm_dir: wasm_dir.to_owned(),
        secret_dir: secret_dir.to_owned(),
        listen: None,
        admin: None,
        system_ca: None,
    }
}

fn example(name: &str) -> Config {
    Config::load(&checkout().join("examples").join(name).join("penstock.yaml")).unwrap()
}

fn rendered(text: &str) -> Rendered {
    let config = Config::from_yaml_str(text, Path::new("/etc/penstock/penstock.yaml")).unwrap();
    let filters = filters();
    render::bootstrap(&config, &options(filters.path(), Path::new("/run/penstock"))).unwrap()
}

/// `UPDATE_GOLDEN=1 cargo test -p penstock-envoy` writes them anew.
#[test]
fn examples_are_rendered_as_they_are_checked_in() {
    for name in examples() {
        let filters = filters();
        let options = Options {
            system_ca: Some("/etc/ssl/certs/ca-certificates.crt".into()),
            ..options(filters.path(), Path::new("/etc/penstock"))
        };
        let bootstrap = render::bootstrap(&example(&name), &options).unwrap().bootstrap;
        let bootstrap = bootstrap.replace(&*filters.path().to_string_lossy(), "/usr/lib/penstock");
        let golden =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("bootstrap/{}.yaml", name.replace('/', "-")));
        assert_golden(&golden, &bootstrap);
    }
}

#[test]
fn secret_files_name_the_secret_and_do_not_hold_it() {
    let rendered = rendered(
        "providers:
  - { name: a, api: openai, base_url: 'https://a/v1', credential: { env: HOME } }
  - { name: b, api: anthropic, base_url: 'https://b', credential: { file: secrets/b } }
  - { name: c, api: openai, flavor: azure, base_url: 'https://c/openai/v1', credential: { file: /c/key } }
  - { name: d, api: openai, base_url: 'https://d/v1', credential: { client: true } }
  - { name: e, api: openai, base_url: 'https://e/v1' }
models: [{ name: m, targets: [{ provider: a, model: x }] }]",
    );
    let files: Vec<_> = rendered
        .files
        .iter()
        .map(|(path, content)| (path.to_str().unwrap(), content.lines().last().unwrap().trim()))
        .collect();
    assert_eq!(
        files,
        [
            ("/run/penstock/provider-a.yaml", "environment_variable: HOME"),
            (
                "/run/penstock/provider-b.yaml",
                "filename: /etc/penstock/secrets/b"
            ),
            ("/run/penstock/provider-c.yaml", "filename: /c/key"),
        ]
    );
    assert!(
        !rendered
            .files
            .iter()
            .any(|(_, content)| content.contains(&env::var("HOME").unwrap()))
    );
    let headers: Vec<_> = rendered
        .bootstrap
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("header: ") || line.starts_with("header_value_prefix: "))
        .collect();
    assert_eq!(
        headers,
        [
            "header: authorization",
            "header_value_prefix: \"Bearer \"",
            "header: x-api-key",
            "header_value_prefix: \"\"",
            "header: api-key",
            "header_value_prefix: \"\"",
        ]
    );
}

#[test]
fn retries_suffice_for_the_longest_plan() {
    let rendered = rendered(
        "providers: [{ name: a, api: openai, base_url: 'https://a/v1' }]
models:
  - { name: short, targets: [{ provider: a, model: x }], retry: { same_target: 2 } }
  - { name: long, targets: [{ provider: a, model: x }, { provider: a, model: y }], retry: { same_target: 3, max_wait: 9s } }",
    );
    assert!(rendered.bootstrap.contains("num_retries: 9\n"));
    assert!(rendered.bootstrap.contains("max_interval: 14s\n"));
}

#[test]
fn a_missing_filter_is_named_with_what_builds_it() {
    for filter in Filter::ALL {
        let filters = filters();
        let missing = filters.path().join(filter.file());
        fs::remove_file(&missing).unwrap();
        let options = options(filters.path(), Path::new("/run"));
        let error = render::bootstrap(&example("pii"), &options).unwrap_err();
        assert!(
            matches!(&error, RenderError::NoFilter { path, package } if *path == missing && *package == filter.package()),
            "{error}"
        );
    }
}

#[test]
fn without_quota_there_is_no_filter_for_it() {
    let filters = filters();
    fs::remove_file(filters.path().join(Filter::TokenQuota.file())).unwrap();
    let config = "providers: [{ name: a, api: openai, base_url: 'http://127.0.0.1:1/v1' }]
models: [{ name: m, targets: [{ provider: a, model: x }] }]
quota: { enabled: false, service: { url: 'http://127.0.0.1:50051' } }";
    let config = Config::from_yaml_str(config, Path::new("penstock.yaml")).unwrap();
    let rendered = render::bootstrap(&config, &options(filters.path(), Path::new("/run"))).unwrap();
    assert!(!rendered.bootstrap.contains("token-quota"));
    assert!(!rendered.bootstrap.contains("penstock-quota-service"));
}

/// Who is over a limit is refused before anything else is done.
#[test]
fn quota_comes_before_translation_and_leases_over_a_cluster_of_its_own() {
    let rendered = rendered(
        "providers: [{ name: a, api: openai, base_url: 'http://127.0.0.1:1/v1' }]
models: [{ name: m, targets: [{ provider: a, model: x }] }]
quota: { service: { url: 'http://127.0.0.1:50051', timeout: 250ms } }",
    );
    let text = &rendered.bootstrap;
    let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("no {needle}"));
    assert!(at("name: penstock.token-quota\n") < at("name: penstock.schema-translation.front\n"));
    assert_eq!(text.matches("vm_id: penstock.token-quota\n").count(), 1);
    let cluster = &text[at("- name: penstock-quota-service\n")..at("- name: penstock-exhausted\n")];
    assert!(cluster.contains("connect_timeout: 0.250s\n"), "{cluster}");
    assert!(cluster.contains("port_value: 50051\n"), "{cluster}");
    assert!(cluster.contains("http2_protocol_options: {}\n"), "{cluster}");
    assert!(text.contains("\"cluster\": \"penstock-quota-service\""));
}

/// Envoy takes no longer time than that from the service, and gives up on a request that stands still for so long.
#[test]
fn envoy_waits_for_the_longest_queue_that_there_may_be() {
    let rendered = rendered(
        "service: { timeout: 2s }
providers: [{ name: a, api: openai, base_url: 'http://127.0.0.1:1/v1', limits: [{ requests_per_minute: 1, queue: { deadline: 300s } }] }]
models: [{ name: m, targets: [{ provider: a, model: x }], timeouts: { first_token: 1s, answer: 1s }, retry: { same_target: 0, max_wait: 1s } }]
limits: { stream_stall: 1s }",
    );
    let seconds = |field: &str| -> f64 {
        let line = rendered
            .bootstrap
            .lines()
            .find(|line| line.trim().starts_with(field));
        let value = line.unwrap().trim().trim_start_matches(field);
        value
            .trim_start_matches(": ")
            .trim_end_matches('s')
            .parse()
            .unwrap()
    };
    // What the service asks for: the queue, counting a long body, and its own timeout.
    assert!(seconds("max_message_timeout") > 300.0 + 30.0 + 2.0);
    assert!(seconds("stream_idle_timeout") > seconds("max_message_timeout"));
}

#[test]
fn other_addresses_replace_those_of_the_file() {
    let filters = filters();
    let options = Options {
        listen: Some("127.0.0.1:18".parse().unwrap()),
        admin: Some("127.0.0.1:19".parse().unwrap()),
        ..options(filters.path(), Path::new("/run"))
    };
    let bootstrap = render::bootstrap(&example("quickstart"), &options)
        .unwrap()
        .bootstrap;
    assert!(bootstrap.contains("port_value: 18\n") && bootstrap.contains("port_value: 19\n"));
    assert!(!bootstrap.contains("port_value: 8080\n") && !bootstrap.contains("port_value: 9901\n"));
}

#[test]
fn a_real_envoy_accepts_every_kind_of_configuration() {
    let Some(envoy) = envoy() else { return };
    let every_field = "
listen: '[::1]:8080'
access_log: /dev/stderr
limits: { request_body: 1KiB, response_body: 128MiB, event: 1MiB, stream_stall: 1h }
providers:
  - { name: by-name, api: openai, base_url: 'https://api.openai.com/v1', credential: { env: PENSTOCK_NOT_SET } }
  - { name: by-address, api: openai, flavor: vllm, base_url: 'http://127.0.0.1:8000/v1', connect_timeout: 500ms }
  - { name: v6, api: anthropic, base_url: 'https://[::1]/x', credential: { file: nowhere/key }, tls: { server_name: h } }
  - { name: azure, api: openai, flavor: azure, base_url: 'https://h', api_version: 2024-10-21, credential: { client: true } }
models:
  - name: 'a \"name\": with # signs'
    targets: [{ provider: by-name, model: x }, { provider: by-address, model: y }, { provider: v6, model: z }]
    retry: { same_target: 10, max_wait: 1m }
    timeouts: { first_token: 1h, answer: 1h }
    default_output_tokens: 100
    count_as: gpt-4
identity: { tenant: { header: x-tenant }, key: { metadata: [envoy.filters.http.jwt_authn, payload, sub] } }
quota:
  windows: 65536
  tenants: ['a \"tenant\": with # signs']
  limits:
    - { name: all, per: [tenant, key, agent, model, route], match: { route: [messages] }, tokens_per_minute: 1000000000000 }
  service: { url: 'https://quota.internal:443', tls: { server_name: h } }
service: { redis: { url: 'redis://r:1' } }
cache: { store: redis, embedder: { provider: by-name, model: 'an \"embedder\"', dimensions: 8, listen: '127.0.0.1:1' } }
pii:
  key: { env: PENSTOCK_NOT_SET }
  patterns: [{ name: QUOTED, regex: '\"\\d+\": # \\{', context: ['a \"word\": with # signs'] }]
  deny_lists: [{ name: LISTED, words: ['a \"word\": with # signs'] }]
";
    let every_field = Config::from_yaml_str(every_field, Path::new("/etc/penstock/penstock.yaml")).unwrap();
    let silent = "access_log: none
providers: [{ name: a, api: openai, base_url: 'https://a/v1' }]
models: [{ name: m, targets: [{ provider: a, model: x }] }]";
    let silent = Config::from_yaml_str(silent, Path::new("penstock.yaml")).unwrap();
    let examples = examples();
    for config in examples
        .iter()
        .map(|name| example(name))
        .chain([every_field, silent])
    {
        let filters = filters();
        let directory = RuntimeDir::temporary().unwrap();
        let rendered = render::bootstrap(&config, &options(filters.path(), directory.path())).unwrap();
        directory.write(&rendered).unwrap();
        binary::validate(&envoy, &directory.path().join(BOOTSTRAP), &[]).unwrap();
    }
}

#[test]
fn what_envoy_refuses_is_said_in_few_lines() {
    let Some(envoy) = envoy() else { return };
    let filters = filters();
    let directory = RuntimeDir::temporary().unwrap();
    let mut rendered =
        render::bootstrap(&example("quickstart"), &options(filters.path(), directory.path())).unwrap();
    rendered.bootstrap = rendered.bootstrap.replace("exact: stream", "exact_: stream");
    directory.write(&rendered).unwrap();
    let error = binary::validate(&envoy, &directory.path().join(BOOTSTRAP), &[])
        .unwrap_err()
        .to_string();
    assert!(error.contains("exact_") && error.lines().count() <= 5, "{error}");
}

#[test]
fn the_command_says_what_is_wrong_and_fails() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("penstock.yaml");
    fs::write(&file, "lissten: x\n").unwrap();
    let cases = [
        (
            vec!["validate", file.to_str().unwrap()],
            1,
            "penstock.yaml:1:1: lissten: unknown field; did you mean \"listen\"?\n",
        ),
        (
            vec!["validate", "/nowhere/penstock.yaml"],
            1,
            "cannot read /nowhere/penstock.yaml: No such file",
        ),
        (vec!["valdate"], 2, "unrecognized subcommand 'valdate'"),
    ];
    for (arguments, code, message) in cases {
        let output = Command::new(env!("CARGO_BIN_EXE_penstock"))
            .args(&arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(message), "{stderr}");
        assert_eq!(
            stderr.matches("No such file").count().min(1),
            stderr.matches("No such file").count(),
            "{stderr}"
        );
    }
}

#[test]
fn a_bootstrap_may_take_clients_elsewhere_than_the_file_says() {
    let directory = tempfile::tempdir().unwrap();
    let filters = filters();
    let file = checkout().join("examples/quickstart/penstock.yaml");
    let render = |listen: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_penstock"))
            .args(["render", "envoy", "--no-validate", "--file"])
            .arg(&file)
            .arg("--wasm-dir")
            .arg(filters.path())
            .arg("--output")
            .arg(directory.path())
            .args(listen)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        fs::read_to_string(directory.path().join("envoy.yaml")).unwrap()
    };
    let written = render(&[]);
    let elsewhere = render(&["--listen", "0.0.0.0:8080"]);
    let line = |address: &str| format!("address: \"{address}\"\n        port_value: 8080\n");
    assert_eq!(
        elsewhere,
        written.replace(&line("127.0.0.1"), &line("0.0.0.0")),
        "nothing else differs"
    );
    assert_ne!(elsewhere, written);
}
