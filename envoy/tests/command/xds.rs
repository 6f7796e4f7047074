//! Files that a running Envoy watches: what they hold, and which of them a change touches.

use std::{
    collections::BTreeMap,
    env, fs,
    path::Path,
    process::{Command, Output},
};

use penstock_config::Config;
use penstock_envoy::render::{self, Discovery, Options};
use tempfile::TempDir;

use crate::support::{checkout, filters};

const BASE: &str = "listen: 127.0.0.1:1
admin: 127.0.0.1:9
providers:
  - { name: a, api: openai, base_url: 'http://127.0.0.1:9/v1', credential: { file: secrets/a } }
  - { name: b, api: openai, base_url: 'http://127.0.0.1:9/v1' }
models: [{ name: m, targets: [{ provider: a, model: x }] }]
quota: { limits: [{ name: l, requests_per_minute: 10 }] }
";

fn discovery(text: &str) -> Discovery {
    let config = Config::from_yaml_str(text, Path::new("/etc/penstock/penstock.yaml")).unwrap();
    let filters = filters();
    let options = Options {
        wasm_dir: filters.path().to_owned(),
        secret_dir: "/unused".into(),
        listen: None,
        admin: None,
        system_ca: Some("/etc/ssl/certs/ca-certificates.crt".into()),
    };
    let rendered = render::discovery(&config, &options, Path::new("/etc/penstock/xds")).unwrap();
    let plain = |text: &str| text.replace(&*filters.path().to_string_lossy(), "/usr/lib/penstock");
    Discovery {
        bootstrap: plain(&rendered.bootstrap),
        resources: rendered
            .resources
            .into_iter()
            .map(|resource| render::Resource {
                content: without_version(&plain(&resource.content)),
                ..resource
            })
            .collect(),
        ..rendered
    }
}

/// The version is a hash of a content that names this test's directory of filters.
fn without_version(content: &str) -> String {
    let lines = content.lines().filter(|line| !line.starts_with("version_info:"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// The files that differ between two configurations, and whether the bootstrap does.
fn changed(before: &str, after: &str) -> (Vec<String>, bool) {
    let files = |discovery: &Discovery| -> BTreeMap<String, String> {
        let files = discovery.resources.iter();
        files
            .map(|resource| (resource.file.clone(), resource.content.clone()))
            .collect()
    };
    let (before, after) = (discovery(before), discovery(after));
    let (old, new) = (files(&before), files(&after));
    let mut names: Vec<String> = old.keys().chain(new.keys()).cloned().collect();
    names.sort();
    names.dedup();
    names.retain(|name| old.get(name) != new.get(name));
    // These carry the version of the policy, or what everything is about.
    names.retain(|name| {
        !["filter-log.yaml", "filter-front.yaml", "filter-token-quota.yaml"].contains(&&**name)
    });
    (names, before.bootstrap != after.bootstrap)
}

/// `UPDATE_GOLDEN=1 cargo test -p penstock-envoy` writes them anew.
#[test]
fn an_example_is_rendered_as_it_is_checked_in() {
    let file = checkout().join("examples/limits/penstock.yaml");
    let discovery = discovery(&fs::read_to_string(file).unwrap());
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("bootstrap/xds/limits");
    let mut files: Vec<(&str, &str)> = vec![("envoy.yaml", &discovery.bootstrap)];
    files.extend(
        discovery
            .resources
            .iter()
            .map(|file| (&*file.file, &*file.content)),
    );
    if env::var_os("UPDATE_GOLDEN").is_some() {
        let _ = fs::remove_dir_all(&golden);
        fs::create_dir_all(&golden).unwrap();
        for (name, content) in &files {
            fs::write(golden.join(name), content).unwrap();
        }
    }
    for (name, content) in &files {
        let expected = fs::read_to_string(golden.join(name)).unwrap_or_default();
        assert!(
            *content == expected,
            "{name} differs from what is checked in; see UPDATE_GOLDEN"
        );
    }
    assert_eq!(fs::read_dir(&golden).unwrap().count(), files.len());
}

#[test]
fn what_changes_often_touches_neither_listener_nor_bootstrap() {
    let with = |from: &str, to: &str| BASE.replace(from, to);
    let none: [&str; 0] = [];
    for (after, expected) in [
        (
            with("requests_per_minute: 10", "requests_per_minute: 20"),
            &none[..],
        ),
        (
            with(
                "quota: { limits: [{ name: l, requests_per_minute: 10 }] }\n",
                "quota: { enabled: false }\n",
            ),
            &none,
        ),
        (with("name: m,", "name: n,"), &none),
        (
            with(
                "[{ provider: a, model: x }]",
                "[{ provider: a, model: x }, { provider: b, model: y }]",
            ),
            &["routes.yaml"],
        ),
        (
            with(
                "name: m,",
                "name: m, timeouts: { first_token: 50s, answer: 500s },",
            ),
            &["routes.yaml"],
        ),
        (
            with("secrets/a", "secrets/other"),
            &["clusters.yaml", "secret-provider-a-", "secret-provider-a-"],
        ),
        (
            with(
                "  - { name: b,",
                "  - { name: c, api: openai, base_url: 'http://127.0.0.1:8/v1' }\n  - { name: b,",
            ),
            &["clusters.yaml", "filter-provider-c.yaml", "routes.yaml"],
        ),
        (
            with("quota:", "limits: { stream_stall: 10s }\nquota:"),
            &["filter-provider-a.yaml", "filter-provider-b.yaml"],
        ),
    ] {
        let (files, bootstrap) = changed(BASE, &after);
        assert_eq!(files.len(), expected.len(), "{files:?}, expected {expected:?}");
        for (file, expected) in files.iter().zip(expected) {
            assert!(file.starts_with(expected), "{files:?}, expected {expected:?}");
        }
        assert!(!bootstrap, "{after}");
    }
}

#[test]
fn what_is_listened_with_replaces_the_listener_and_what_is_read_once_the_bootstrap() {
    let with = |from: &str, to: &str| changed(BASE, &BASE.replace(from, to));
    assert_eq!(
        with("127.0.0.1:1\n", "127.0.0.1:2\n"),
        (vec!["listeners.yaml".to_owned()], false)
    );
    assert_eq!(with("127.0.0.1:9\nprov", "127.0.0.1:8\nprov"), (Vec::new(), true));
}

/// `penstock render envoy --xds` of a file beside the directory.
fn render(directory: &TempDir, filters: &TempDir, text: &str, more: &[&str]) -> Output {
    let file = directory.path().join("penstock.yaml");
    fs::write(&file, text).unwrap();
    Command::new(env!("CARGO_BIN_EXE_penstock"))
        .args(["render", "envoy", "--no-validate", "--file"])
        .arg(&file)
        .arg("--wasm-dir")
        .arg(filters.path())
        .arg("--xds")
        .arg(directory.path().join("xds"))
        .args(more)
        .output()
        .unwrap()
}

fn files(directory: &TempDir) -> BTreeMap<String, (String, std::time::SystemTime)> {
    let entries = fs::read_dir(directory.path().join("xds")).unwrap();
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let modified = entry.metadata().unwrap().modified().unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, (fs::read_to_string(entry.path()).unwrap(), modified))
        })
        .collect()
}

#[test]
fn a_rendering_touches_what_differs_and_a_broken_file_touches_nothing() {
    let (directory, filters) = (tempfile::tempdir().unwrap(), filters());
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let first = render(&directory, &filters, BASE, &[]);
    assert!(first.status.success(), "{}", said(&first));
    assert!(said(&first).contains("start Envoy with -c"), "{}", said(&first));
    let before = files(&directory);

    let broken = render(
        &directory,
        &filters,
        &BASE.replace("provider: a", "provider: z"),
        &[],
    );
    assert_eq!(broken.status.code(), Some(1), "{}", said(&broken));
    assert_eq!(files(&directory), before);

    let moved = render(
        &directory,
        &filters,
        &BASE.replace("admin: 127.0.0.1:9", "admin: 127.0.0.1:8"),
        &[],
    );
    assert_eq!(moved.status.code(), Some(1), "{}", said(&moved));
    assert!(
        said(&moved).contains("cannot take this up: admin stands in"),
        "{}",
        said(&moved)
    );
    assert_eq!(files(&directory), before);

    let same = render(&directory, &filters, BASE, &[]);
    assert!(said(&same).contains("nothing differs"), "{}", said(&same));
    assert_eq!(files(&directory), before);

    let without_a = BASE
        .lines()
        .filter(|line| !line.contains("name: a,"))
        .map(|line| format!("{}\n", line.replace("provider: a", "provider: b")))
        .collect::<String>();
    let changed = render(&directory, &filters, &without_a, &["--grace", "0"]);
    assert!(changed.status.success(), "{}", said(&changed));
    let after = files(&directory);
    let touched: Vec<&str> = after
        .iter()
        .filter(|(name, file)| before.get(*name) != Some(file))
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        touched,
        [
            "clusters.yaml",
            "filter-front.yaml",
            "filter-log.yaml",
            "filter-token-quota.yaml",
            "routes.yaml"
        ]
    );
    assert!(
        !after.keys().any(|name| name.contains("provider-a")),
        "{:?}",
        after.keys()
    );
    assert!(!after["clusters.yaml"].0.contains("provider-a"));

    let moved = BASE.replace("admin: 127.0.0.1:9", "admin: 127.0.0.1:8");
    let restarted = render(&directory, &filters, &moved, &["--restart"]);
    assert!(restarted.status.success(), "{}", said(&restarted));
    assert!(files(&directory)["envoy.yaml"].0.contains("port_value: 8\n"));
}
