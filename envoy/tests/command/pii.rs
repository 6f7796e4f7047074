//! What becomes of `pii`: a filter in its place, and a key that stands nowhere.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::support::filters;

const KEY: &str = "PENSTOCK_TEST_PII_KEY";
const VALUE: &str = "0123456789abcdef";

/// A configuration that names the key, and filters.
struct Place {
    directory: TempDir,
    filters: TempDir,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = format!(
            "access_log: none
providers: [{{ name: a, api: openai, base_url: 'http://127.0.0.1:1/v1' }}]
models: [{{ name: m, targets: [{{ provider: a, model: x }}] }}]
pii: {{ key: {{ env: {KEY} }}, patterns: [{{ name: EMPLOYEE_ID, regex: 'E-\\d{{6}}' }}] }}\n"
        );
        fs::write(directory.path().join("penstock.yaml"), config).unwrap();
        Self {
            directory,
            filters: filters(),
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("penstock.yaml")
    }

    /// An Envoy that takes what it is given as long as it has a key.
    fn envoy(&self) -> PathBuf {
        let envoy = self.directory.path().join("envoy");
        fs::write(
            &envoy,
            format!("#!/bin/sh\n[ ${{#{KEY}}} -ge 16 ] || {{ echo no key >&2; exit 1; }}\n"),
        )
        .unwrap();
        fs::set_permissions(&envoy, fs::Permissions::from_mode(0o755)).unwrap();
        envoy
    }

    fn run(&self, key: Option<&str>, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_penstock"));
        command
            .args(arguments)
            .env_remove(KEY)
            .env("TMPDIR", self.directory.path())
            .env("PENSTOCK_WASM_DIR", self.filters.path())
            .env("ENVOY", self.envoy());
        if let Some(key) = key {
            command.env(KEY, key);
        }
        command.output().unwrap()
    }

    fn render(&self, key: Option<&str>) -> Output {
        self.run(key, &["render", "envoy", "--file", self.file().to_str().unwrap()])
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn the_filter_stands_between_quota_and_translation_and_is_given_the_name_of_its_key() {
    let output = Place::new().render(Some(VALUE));
    assert_eq!(text(&output.stderr), "");
    let bootstrap = text(&output.stdout);
    let at = |needle: &str| bootstrap.find(needle).unwrap_or_else(|| panic!("no {needle}"));
    let (quota, filter, front) = (
        at("- name: penstock.token-quota\n"),
        at("- name: penstock.pii-redaction\n"),
        at("- name: penstock.schema-translation\n"),
    );
    assert!(quota < filter && filter < front);
    let (before, rest) = bootstrap.split_at(filter);
    let (own, after) = rest.split_at(front - filter);
    for line in [
        "allow_on_headers_stop_iteration: true",
        "failure_policy: FAIL_RELOAD",
        "vm_id: penstock.pii-redaction",
        "\"key_env\": \"PENSTOCK_TEST_PII_KEY\",",
        "\"regex\": \"E-\\\\d{6}\",",
    ] {
        assert!(own.lines().any(|own| own.trim() == line), "{line}: {own}");
    }
    let lines: Vec<_> = own.lines().map(str::trim).collect();
    let variables = [
        "environment_variables:",
        "host_env_keys:",
        "- PENSTOCK_TEST_PII_KEY",
    ];
    assert!(lines.windows(3).any(|lines| lines == variables), "{own}");
    assert!(own.contains("penstock_pii_redaction.wasm"), "{own}");
    // No other VM is given it.
    assert!(!before.contains(KEY) && !after.contains(KEY));
}

#[test]
fn a_file_that_says_nothing_of_it_needs_no_filter() {
    let place = Place::new();
    let config = fs::read_to_string(place.file()).unwrap();
    let config: Vec<_> = config.lines().filter(|line| !line.starts_with("pii")).collect();
    fs::write(place.file(), config.join("\n")).unwrap();
    fs::remove_file(place.filters.path().join("penstock_pii_redaction.wasm")).unwrap();
    let output = place.run(
        None,
        &[
            "render",
            "envoy",
            "--no-validate",
            "--file",
            place.file().to_str().unwrap(),
        ],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "");
    let bootstrap = text(&output.stdout);
    assert!(!bootstrap.contains("pii-redaction") && !bootstrap.contains("environment_variables"));
}

#[test]
fn the_key_stands_in_nothing_that_is_written() {
    let place = Place::new();
    let out = place.directory.path().join("out");
    let file = place.file();
    let arguments = [
        "render",
        "envoy",
        "--file",
        file.to_str().unwrap(),
        "--output",
        out.to_str().unwrap(),
    ];
    for output in [place.render(Some(VALUE)), place.run(Some(VALUE), &arguments)] {
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(!text(&output.stdout).contains(VALUE) && !text(&output.stderr).contains(VALUE));
    }
    let written = files(&out);
    assert!(!written.is_empty());
    for file in written {
        assert!(
            !fs::read_to_string(&file).unwrap().contains(VALUE),
            "{}",
            file.display()
        );
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

#[test]
fn a_key_that_is_missing_or_short_is_said_and_keeps_run_from_starting() {
    let place = Place::new();
    let file = place.file();
    let file = file.to_str().unwrap();
    let short = &VALUE[1..];
    for (key, wrong) in [
        (None, format!("pii.key: environment variable {KEY} is not set")),
        (
            Some(short),
            format!("pii.key: environment variable {KEY} holds 15 bytes; a key has at least 16"),
        ),
    ] {
        let warning =
            format!("penstock: {wrong}; no Envoy starts with this configuration before that is mended\n");
        // Where a configuration is rendered for another machine, Envoy still checks it.
        for output in [place.render(key), place.run(key, &["validate", file])] {
            assert!(output.status.success(), "{}", text(&output.stderr));
            assert!(
                text(&output.stderr).ends_with(&warning),
                "{}",
                text(&output.stderr)
            );
            assert!(!text(&output.stderr).contains(short) && !text(&output.stdout).contains(short));
        }
        let output = place.run(key, &["run", "--file", file]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stderr), format!("{file}: {wrong}\n"));
    }
    let output = place.run(Some(VALUE), &["validate", file]);
    assert_eq!(
        text(&output.stderr).lines().count(),
        1,
        "{}",
        text(&output.stderr)
    );
}
