//! `penstock run` while its file changes.

use std::fs;

use rustix::process::Signal;

use crate::run::{self, Gateway, signal};

/// Replaces the file by what `change` makes of it.
fn rewrite(gateway: &Gateway, change: impl FnOnce(&str) -> String) {
    let file = gateway.directory.path().join("penstock.yaml");
    let text = change(&fs::read_to_string(&file).unwrap());
    let beside = file.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, file).unwrap();
}

#[test]
fn a_changed_file_reaches_envoy_and_a_bad_one_leaves_the_old_in_force() {
    let Some(mut gateway) = run::start() else { return };
    rewrite(&gateway, |text| text.replace("name: m,", "name: renamed,"));
    let said = gateway.until("has taken it up");
    assert!(said.contains("filter-front.yaml"), "{said}");
    let front = "/config_dump?resource=ecds_filters";
    assert!(gateway.admin(front).contains("renamed"));

    rewrite(&gateway, |text| text.replace("provider: a", "provider: z"));
    let said = gateway.until("is not taken up");
    assert!(said.contains("no provider is named \"z\""), "{said}");

    rewrite(&gateway, |text| {
        text.replace("provider: z", "provider: a")
            .replace("admin: ", "admin: 127.0.0.1:1 # ")
    });
    let said = gateway.until("cannot take this up: admin");
    assert_eq!(said.matches("is not taken up").count(), 1, "{said}");
    assert!(gateway.admin(front).contains("renamed"));

    signal(&gateway.child, Signal::TERM);
    assert_eq!(gateway.child.wait().unwrap().code(), Some(0));
}
