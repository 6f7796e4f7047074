//! Every way in which `penstock.yaml` can be wrong: its line, its column, its field and the remedy.

use std::path::Path;

use penstock_config::Config;

pub const PROVIDERS: &str = "\
providers:
  - { name: openai, api: openai, base_url: 'https://api.openai.com/v1', credential: { env: OPENAI_API_KEY } }
  - { name: claude, api: anthropic, base_url: 'https://api.anthropic.com', credential: { file: secrets/claude } }
";
pub const MODELS: &str = "\
models:
  - { name: m, targets: [{ provider: openai, model: a }] }
";

/// What only the service heeds is refused without it.
pub const SERVICE: &str = "service: {}\n";

pub fn problems(text: &str) -> Vec<String> {
    match Config::from_yaml_str(text, Path::new("penstock.yaml")) {
        Ok(_) => Vec::new(),
        Err(invalid) => invalid.to_string().lines().map(str::to_owned).collect(),
    }
}

pub fn assert_table(cases: &[(&str, &[&str])], file: impl Fn(&str) -> String) {
    for (text, expected) in cases {
        assert_eq!(problems(&file(text)), *expected, "{text}");
    }
}

#[test]
fn a_right_file_has_no_problem() {
    assert_eq!(problems(&format!("{PROVIDERS}{MODELS}")), Vec::<String>::new());
}

#[test]
fn the_shape_of_the_file_is_checked() {
    assert_table(
        &[
            (
                "",
                &[
                    "penstock.yaml:1:1: providers: missing; name at least one",
                    "penstock.yaml:1:1: models: missing; name at least one",
                ],
            ),
            (
                "- a",
                &["penstock.yaml:1:1: wrong kind of value; write a mapping (name: value)"],
            ),
            (
                "lissten: 1",
                &["penstock.yaml:1:1: lissten: unknown field; did you mean \"listen\"?"],
            ),
            (
                "providers:\n  - nam: x",
                &["penstock.yaml:2:5: providers[0].nam: unknown field; did you mean \"name\"?"],
            ),
            (
                "limits: { zzz: 1 }",
                &[
                    "penstock.yaml:1:11: limits.zzz: unknown field; known: request_body, response_body, event, stream_stall",
                ],
            ),
            (
                "providers: x",
                &["penstock.yaml:1:12: providers: wrong kind of value; write a list"],
            ),
            (
                "models:\n  - name: [a]",
                &["penstock.yaml:2:11: models[0].name: wrong kind of value; write a single word or text"],
            ),
            (
                "models:\n  - targets: [{ context_window: many }]",
                &[
                    "penstock.yaml:2:33: models[0].targets[0].context_window: wrong kind of value; write a whole number",
                ],
            ),
            (
                "listen: a\nlisten: b",
                &["penstock.yaml:2:1: \"listen\" is given twice; keep one"],
            ),
        ],
        str::to_owned,
    );
}

#[test]
fn top_level_fields_are_checked() {
    assert_table(
        &[
            (
                "listen: localhost:8080",
                &[
                    "penstock.yaml:1:9: listen: \"localhost:8080\" is not an IP address and a port; write such as 127.0.0.1:8080 or 0.0.0.0:8080",
                ],
            ),
            (
                "admin: 127.0.0.1:0",
                &[
                    "penstock.yaml:1:8: admin: port 0 is not one that clients could know; write 127.0.0.1:9901",
                ],
            ),
            (
                "admin: 127.0.0.1:8080",
                &["penstock.yaml:1:8: admin: listen has 127.0.0.1:8080 already; choose another port"],
            ),
            (
                "access_log: stdot",
                &[
                    "penstock.yaml:1:13: access_log: unknown value \"stdot\"; did you mean \"stdout\"? (a file needs a / in its path)",
                ],
            ),
            (
                "limits: { request_body: 16MB, event: 0KiB, response_body: 1GiB, stream_stall: 30 }",
                &[
                    "penstock.yaml:1:25: limits.request_body: \"16MB\" has a unit that is not known; write a whole number and a unit, such as 512KiB or 16MiB",
                    "penstock.yaml:1:38: limits.event: must be more than zero",
                    "penstock.yaml:1:59: limits.response_body: at most 128MiB",
                    "penstock.yaml:1:79: limits.stream_stall: \"30\" has no unit; write a whole number and a unit, such as 500ms, 30s or 5m",
                ],
            ),
            (
                "limits: { response_body: 1MiB, event: 2MiB }",
                &["penstock.yaml:1:39: limits.event: at most 1MiB"],
            ),
        ],
        |text| format!("{text}\n{PROVIDERS}{MODELS}"),
    );
}

#[test]
fn providers_are_checked() {
    let target = "models: [{ name: m, targets: [{ provider: p, model: a }] }]";
    assert_table(
        &[
            (
                "{}",
                &[
                    "penstock.yaml:2:5: providers[0].name: missing; give the provider a name",
                    "penstock.yaml:2:5: providers[0].api: missing; write openai or anthropic",
                    "penstock.yaml:2:5: providers[0].base_url: missing; write it as the SDK has it, such as https://api.openai.com/v1",
                    "penstock.yaml:3:43: models[0].targets[0].provider: no provider is named \"p\"; name one under providers",
                ],
            ),
            (
                "{ name: p, api: opnai, base_url: https://h/v1 }",
                &["penstock.yaml:2:21: providers[0].api: unknown value \"opnai\"; did you mean \"openai\"?"],
            ),
            (
                "{ name: p, api: openai, flavor: azuer, base_url: https://h/v1 }",
                &[
                    "penstock.yaml:2:37: providers[0].flavor: unknown value \"azuer\"; did you mean \"azure\"?",
                ],
            ),
            (
                "{ name: p, api: anthropic, flavor: vllm, base_url: https://h }",
                &["penstock.yaml:2:40: providers[0].flavor: means nothing with api: anthropic; leave it out"],
            ),
            (
                "{ name: p, api: openai, base_url: https://h/v1, api_version: '1' }",
                &[
                    "penstock.yaml:2:66: providers[0].api_version: only has a meaning with flavor: azure; leave it out",
                ],
            ),
            (
                "{ name: p, api: openai, flavor: azure, base_url: https://h/openai/v1, api_version: '1' }",
                &[
                    "penstock.yaml:2:88: providers[0].api_version: is for paths with deployments, which base_url must not hold; leave api_version out for the v1 path, or everything after the host out of base_url",
                ],
            ),
            (
                "{ name: p, api: openai, base_url: ftp://h/v1 }",
                &["penstock.yaml:2:39: providers[0].base_url: must begin with https:// or http://"],
            ),
            (
                "{ name: p, api: openai, base_url: https://u:secret@h/v1 }",
                &[
                    "penstock.yaml:2:39: providers[0].base_url: holds a user or a password; leave them out and use credential",
                ],
            ),
            (
                "{ name: p, api: openai, base_url: https://h/v1/chat/completions }",
                &[
                    "penstock.yaml:2:39: providers[0].base_url: names one endpoint; leave off what the SDK appends (/chat/completions, /v1/messages)",
                ],
            ),
            (
                "{ name: p, api: openai, base_url: https://api.openai.com }",
                &["penstock.yaml:2:39: providers[0].base_url: lacks /v1; write https://api.openai.com/v1"],
            ),
            (
                "{ name: p, api: anthropic, base_url: https://h/v1/ }",
                &[
                    "penstock.yaml:2:42: providers[0].base_url: ends with /v1, which api: anthropic appends by itself; leave /v1 off",
                ],
            ),
            (
                "{ name: p, api: openai, base_url: http://10.0.0.1/v1, credential: { env: K } }",
                &[
                    "penstock.yaml:2:39: providers[0].base_url: would send a credential in the clear; use https://, or say insecure: true for this provider",
                ],
            ),
            (
                "{ name: p, api: openai, base_url: http://10.0.0.1/v1, credential: { env: K }, insecure: true }",
                &[],
            ),
            (
                "{ name: p, api: openai, base_url: http://localhost/v1, credential: { env: K } }",
                &[],
            ),
            ("{ name: p, api: openai, base_url: http://10.0.0.1/v1 }", &[]),
            (
                "{ name: p, api: openai, base_url: http://h/v1, tls: { ca_file: x } }",
                &[
                    "penstock.yaml:2:57: providers[0].tls: means nothing with an http:// base_url; use https:// or leave it out",
                ],
            ),
            (
                "{ name: p, api: openai, base_url: https://h/v1, connect_timeout: 2m }",
                &["penstock.yaml:2:70: providers[0].connect_timeout: at most 1m"],
            ),
        ],
        |text| format!("providers:\n  - {text}\n{target}"),
    );
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    for secret in [
        "sk-very-secret",
        "12345678",
        "[sk-very-secret]",
        "{ env: sk-very-secret }",
        "{ environment: sk-very-secret }",
    ] {
        let provider = format!(
            "providers: [{{ name: p, api: openai, base_url: 'https://h/v1', credential: {secret} }}]"
        );
        let found = problems(&format!(
            "{provider}\nmodels: [{{ name: m, targets: [{{ provider: p, model: a }}] }}]"
        ));
        assert_eq!(found.len(), 1, "{found:?}");
        let message = found.concat();
        assert!(message.contains("providers[0].credential"), "{message}");
        assert!(
            !message.contains("very-secret") && !message.contains("12345678"),
            "{message}"
        );
    }
}

#[test]
fn models_are_checked() {
    assert_table(
        &[
            (
                "{ }",
                &[
                    "penstock.yaml:5:5: models[0].name: missing; write what clients ask for",
                    "penstock.yaml:5:5: models[0].targets: missing; name at least one provider and model",
                ],
            ),
            (
                "{ name: m, targets: [] }",
                &["penstock.yaml:5:25: models[0].targets: 0 targets; name 1 to 16"],
            ),
            (
                "{ name: m, targets: [{ provider: opena, model: a }] }",
                &[
                    "penstock.yaml:5:38: models[0].targets[0].provider: no provider is named \"opena\"; did you mean \"openai\"?",
                ],
            ),
            (
                "{ name: m, targets: [{ provider: openai, model: a }, { provider: openai, model: a }] }",
                &[
                    "penstock.yaml:5:58: models[0].targets[1]: same provider and model as targets[0] and never reached; use retry.same_target to try one again",
                ],
            ),
            (
                "{ name: m, targets: [{ provider: openai, model: a, context_window: 0, max_output_tokens: 1 }] }",
                &[
                    "penstock.yaml:5:72: models[0].targets[0].context_window: must be more than zero; leave it out if it is not known",
                ],
            ),
            (
                "{ name: m, targets: [{ provider: openai, model: a, context_window: 10, max_output_tokens: 20 }] }",
                &[
                    "penstock.yaml:5:95: models[0].targets[0].max_output_tokens: 20 is more than the context_window of 10",
                ],
            ),
            (
                "{ name: m, commit: complet, on_loss: fail, targets: [{ provider: openai, model: a }] }",
                &[
                    "penstock.yaml:5:24: models[0].commit: unknown value \"complet\"; did you mean \"complete\"?",
                    "penstock.yaml:5:42: models[0].on_loss: unknown value \"fail\"; known: warn, reject",
                ],
            ),
            (
                "{ name: m, retry: { same_target: 11, max_wait: 1500ms }, targets: [{ provider: openai, model: a }] }",
                &[
                    "penstock.yaml:5:38: models[0].retry.same_target: at most 10",
                    "penstock.yaml:5:52: models[0].retry.max_wait: whole seconds, which is what a provider's Retry-After counts in; write such as 2s",
                ],
            ),
            (
                "{ name: m, timeouts: { first_token: 20m }, targets: [{ provider: openai, model: a }] }",
                &[
                    "penstock.yaml:5:41: models[0].timeouts.first_token: 20m is longer than the 10m that the whole answer may take; make first_token shorter or answer longer",
                ],
            ),
            (
                "{ name: m, timeouts: { answer: 90m }, targets: [{ provider: openai, model: a }] }",
                &["penstock.yaml:5:36: models[0].timeouts.answer: at most 1h"],
            ),
        ],
        |text| format!("{PROVIDERS}models:\n  - {text}"),
    );
}

#[test]
fn names_are_unique() {
    let twice = "models:\n  - { name: m, targets: [{ provider: openai, model: a }] }\n  - { name: m, targets: [{ provider: claude, model: a }] }";
    assert_eq!(
        problems(&format!("{PROVIDERS}{twice}")),
        ["penstock.yaml:6:13: models[1].name: \"m\" is the name of models[0] already; choose another"]
    );
}

#[test]
fn a_faulty_provider_is_not_reported_again_by_its_targets() {
    let file = "providers: [{ name: p, api: x, base_url: 'https://h' }]\nmodels: [{ name: m, targets: [{ provider: p, model: a }] }]";
    assert_eq!(
        problems(file),
        ["penstock.yaml:1:29: providers[0].api: unknown value \"x\"; known: openai, anthropic"]
    );
}

#[test]
fn the_clients_credential_goes_to_one_provider_of_a_model() {
    let file = "\
providers:
  - { name: a, api: openai, base_url: 'http://127.0.0.1:1/v1', credential: { client: true } }
  - { name: b, api: openai, base_url: 'http://127.0.0.1:2/v1', credential: { client: true } }
models:
  - { name: m, targets: [{ provider: a, model: x }, { provider: a, model: y }, { provider: b, model: x }] }
";
    let problems = problems(file);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].contains("models[0].targets[2]: the client's credential goes to provider \"a\" already"),
        "{problems:?}"
    );
}
