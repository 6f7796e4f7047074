//! The key: none is guessed, and without one nothing runs.

use penstock_test_support::{Gateway, Provider};

use super::world::{KEY_VARIABLE, gateway};

fn start(key: Option<&str>) -> anyhow::Result<Gateway> {
    let primary = Provider::start("primary").unwrap();
    let builder = gateway(&primary, &primary, "", "{}");
    match key {
        Some(key) => builder.env(KEY_VARIABLE, key).start(),
        None => builder.unset(KEY_VARIABLE).start(),
    }
}

#[test]
fn envoy_does_not_start_without_a_key_or_with_one_that_can_be_guessed() {
    let short = "fifteen-bytes-x";
    for key in [None, Some(""), Some(short)] {
        let error = format!("{:#}", start(key).expect_err("a gateway without a key"));
        assert!(error.contains(KEY_VARIABLE), "{key:?}: {error}");
        assert!(!error.contains(short), "{error}");
    }
    start(Some("sixteen-bytes-xx")).unwrap();
}
