//! The harness itself, on a real Envoy.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use penstock_test_support::Gateway;

const YAML: &str = "
providers:
  - { name: p, api: openai, base_url: \"http://127.0.0.1:1/v1\" }
models:
  - { name: m, targets: [ { provider: p, model: m } ] }
";

#[test]
fn an_envoy_ends_with_its_gateway() {
    let gateway = Gateway::start(YAML).unwrap();
    assert!(gateway.rss_kib().unwrap() > 10_000);
    let directory = gateway.directory().to_owned();
    let pid = std::fs::read_to_string(directory.join("pid")).unwrap();
    let process = std::path::Path::new("/proc").join(pid.trim());
    assert!(process.exists());
    drop(gateway);
    assert!(!process.exists());
    assert!(!directory.exists());
}

#[test]
fn a_configuration_that_is_wrong_is_reported_with_its_line() {
    let error = Gateway::start("providers: []\nmodles: []\n").unwrap_err();
    assert!(error.to_string().contains("modles"), "{error}");
}
