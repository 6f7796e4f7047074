//! `penstock keys`, as it is typed.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use penstock_config::{Config, KeyHash};
use penstock_test_support::redis::{Kind, Redis};
use tempfile::TempDir;

const FILE: &str = "service: {}
providers: [{ name: p, api: openai, base_url: 'https://api.example.com/v1', credential: { env: KEY } }]
models: [{ name: default, targets: [{ provider: p, model: a }] }]
";

fn penstock(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_penstock"))
        .arg("keys")
        .args(arguments)
        .current_dir(directory)
        .env_remove("PENSTOCK_REDIS_URL")
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", err(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("penstock.yaml"), FILE).unwrap();
    directory
}

#[test]
fn a_new_key_is_printed_alone_and_its_entry_is_read_by_the_configuration() {
    let directory = directory();
    let made = penstock(
        directory.path(),
        &[
            "new",
            "--tenant",
            "acme",
            "--id",
            "prod",
            "--model",
            "default",
            "--tag",
            "a=b=c",
            "--expires",
            "30d",
            "--priority",
            "5",
            "--requests-per-minute",
            "60",
        ],
    );
    let secret = out(&made).trim_end().to_owned();
    assert!(penstock_keys::secret::is_key(&secret) && !err(&made).contains(&secret));
    let said = err(&made);
    let entry = said.lines().find(|line| line.contains("hash:")).unwrap();
    fs::write(
        directory.path().join("penstock.yaml"),
        format!("{FILE}keys:\n  list:\n{entry}\n"),
    )
    .unwrap();
    let config = Config::load(&directory.path().join("penstock.yaml")).unwrap();
    let key = config.keys.unwrap().list.remove(0);
    assert_eq!((key.id.as_str(), key.hash), ("prod", KeyHash::of(&secret)));
    assert_eq!(key.holder.tags, [("a".to_owned(), "b=c".to_owned())]);
    assert_eq!(key.holder.limits.requests_per_minute, Some(60));

    let listed = out(&penstock(directory.path(), &["list"]));
    assert!(
        listed.contains("prod") && !listed.contains(&key.hash.to_hex()),
        "{listed}"
    );
    let again = penstock(directory.path(), &["new", "--tenant", "acme", "--id", "prod"]);
    assert!(err(&again).contains("choose another") && !again.status.success());
}

#[test]
fn what_makes_no_key_is_refused_and_says_why() {
    let directory = directory();
    for (arguments, reason) in [
        (&["new", "--tenant", ""][..], "tenant: not a name"),
        (&["new", "--tenant", "t", "--id", "a b"], "id: not a name"),
        (&["new", "--tenant", "t", "--model", "nope"], "no model \"nope\""),
        (&["new", "--tenant", "t", "--expires", "soon"], "not a time"),
        (
            &["new", "--tenant", "t", "--expires", "2020-01-01T00:00:00Z"],
            "over already",
        ),
        (&["new", "--tenant", "t", "--tag", "x"], "NAME=VALUE"),
        (
            &["new", "--tenant", "t", "--tokens-per-day", "0"],
            "would admit nothing",
        ),
        (&["new", "--tenant", "t", "--priority", "10"], "10"),
        (
            &["new", "--tenant", "t", "--file", "missing.yaml"],
            "missing.yaml",
        ),
        (&["new", "--tenant", "t", "--redis"], "no Redis is known"),
        (&["revoke", "k"], "no Redis is known"),
    ] {
        let output = penstock(directory.path(), arguments);
        assert!(
            !output.status.success() && output.stdout.is_empty(),
            "{arguments:?}"
        );
        assert!(err(&output).contains(reason), "{arguments:?}: {}", err(&output));
    }
}

#[test]
fn keys_in_redis_are_made_listed_and_revoked() {
    let redis = Redis::start(Kind::Redis).unwrap();
    let directory = directory();
    let hash = KeyHash::of("in the file");
    let text = FILE.replace(
        "service: {}",
        &format!("service: {{ redis: {{ url: '{}' }} }}", redis.url()),
    );
    let keys = format!("keys: {{ redis: true, list: [{{ id: filed, hash: '{hash}', tenant: acme }}] }}\n");
    fs::write(directory.path().join("penstock.yaml"), format!("{text}{keys}")).unwrap();
    let made = penstock(
        directory.path(),
        &["new", "--tenant", "acme", "--id", "k", "--redis"],
    );
    assert!(penstock_keys::secret::is_key(out(&made).trim_end()));
    let list = || out(&penstock(directory.path(), &["list", "--redis"]));
    assert!(
        list().contains("redis { id: \"k\"") && !list().contains("revoked"),
        "{}",
        list()
    );

    for id in ["k", "filed"] {
        out(&penstock(directory.path(), &["revoke", id]));
    }
    assert_eq!(list().matches("revoked: true").count(), 2, "{}", list());
    let nobody = penstock(directory.path(), &["revoke", "nobody"]);
    assert!(err(&nobody).contains("no key \"nobody\""), "{}", err(&nobody));
}
