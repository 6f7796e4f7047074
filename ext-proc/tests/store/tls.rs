//! A Redis that is reached with TLS.

use std::process::Command;

use penstock_ext_proc::store::Store;
use penstock_test_support::provider::tls::Authority;
use penstock_test_support::redis::{Kind, Redis};

use crate::accounts::{claim, settings, standing};

const URL: &str = "PENSTOCK_TEST_TLS_URL";

/// In a process of its own: whom a process trusts is read from its environment.
fn connects(url: &str, trust: &std::path::Path) -> bool {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["tls::child", "--exact", "--ignored", "--nocapture"])
        .env(URL, url)
        .env("SSL_CERT_FILE", trust)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).contains("test result: ok. 1 passed")
}

#[tokio::test]
#[ignore = "the child of another test"]
async fn child() {
    let store = Store::redis(&settings(std::env::var(URL).unwrap()))
        .await
        .unwrap();
    assert!(store.is_up());
    store.reserve("r", &[claim("a", 10, 4)], 60_000).await.unwrap();
    assert_eq!(standing(&store, "a").await, (0, 4));
}

#[test]
fn a_url_with_rediss_is_tls_to_who_is_trusted() {
    let server = Redis::start_with_tls(Kind::Redis, &Authority::new().unwrap()).unwrap();
    let url = server.tls_url().unwrap();
    assert!(connects(&url, &server.authority()));
    let stranger = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(stranger.path(), Authority::new().unwrap().pem()).unwrap();
    assert!(!connects(&url, stranger.path()));
    // No TLS where the URL asks for it.
    assert!(!connects(
        &server.url().replacen("redis", "rediss", 1),
        &server.authority()
    ));
}
