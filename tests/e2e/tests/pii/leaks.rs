//! Values and the key stand in nothing that the gateway writes.

use std::path::{Path, PathBuf};

use penstock_test_support::Provider;

use super::values::{leaked, letter};
use super::world::{KEY, gateway};
use crate::ask::{WAYS, marker};
use crate::world::model;

/// Every file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { files(&path) } else { vec![path] }
        })
        .collect()
}

#[tokio::test]
async fn values_and_the_key_are_in_no_log_and_nothing_that_the_admin_interface_tells() {
    let primary = Provider::start("primary").unwrap();
    let cases = [
        ("echoed", "fault=echo", ""),
        ("denied", "good", "pii: { action: deny }"),
        ("flagged", "fault=echo", "pii: { action: flag }"),
        ("screened", "fault=echo", "pii: { action: flag, response: mask }"),
        ("broken", "fault=echo,reset-midstream:3", ""),
        ("torn", "fault=echo,malformed-event:2", ""),
        ("failing", "fault=status:500", ""),
        ("pages", "fault=html", ""),
    ];
    let models: String = cases
        .iter()
        .map(|(name, fault, more)| model(name, &[("primary", fault)], more))
        .collect();
    let gateway = gateway(&primary, &primary, &models, "{}").start().unwrap();
    let _logs = gateway.witness();
    let mut ids = Vec::new();
    for (name, ..) in cases {
        for (client, stream) in WAYS {
            let text = letter(&marker("secret"));
            let request = client.ask(name, &text, stream).header("x-tenant", "acme");
            let response = gateway.send(request).await.unwrap();
            ids.extend(response.header("x-penstock-request-id").map(str::to_owned));
            let torn = client.body(name, &text, stream).to_string();
            let response = gateway.send(client.raw(&torn[..torn.len() - 2])).await.unwrap();
            assert_eq!(response.status, 400);
            ids.extend(response.header("x-penstock-request-id").map(str::to_owned));
        }
    }
    for id in ids {
        gateway.logged(&id).await;
    }
    let mut written: Vec<(String, Vec<u8>)> = files(gateway.directory())
        .into_iter()
        .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()))
        .collect();
    for name in ["envoy.log", "access.log", "envoy.yaml"] {
        assert!(
            written
                .iter()
                .any(|(path, content)| path.ends_with(name) && !content.is_empty()),
            "no {name}"
        );
    }
    for path in [
        "/stats",
        "/stats/prometheus",
        "/config_dump?include_eds",
        "/clusters",
        "/server_info",
        "/runtime",
        "/listeners",
    ] {
        let told = gateway.admin(path).await.unwrap();
        assert_eq!((told.status, told.body.is_empty()), (200, false), "{path}");
        written.push((path.to_owned(), told.body.to_vec()));
    }
    for (place, content) in written {
        assert!(
            !String::from_utf8_lossy(&content).contains(KEY),
            "the key is in {place}"
        );
        // The bootstrap holds the list that one of the values is from.
        let configured = place.ends_with(".yaml") || place.starts_with("/config_dump");
        let leaked: Vec<_> = leaked(&content)
            .into_iter()
            .filter(|value| !configured || value != "bluebird")
            .collect();
        assert_eq!(leaked, Vec::<String>::new(), "in {place}");
    }
}
