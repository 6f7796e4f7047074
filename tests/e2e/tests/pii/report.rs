//! What is told of personal data: a header, the access log, counters.

use penstock_test_support::Provider;
use serde_json::{Value, json};

use super::world::{echo, gateway, world};
use crate::ask::{CLIENTS, Client, WAYS, marker};
use crate::read::said;

pub fn models() -> String {
    echo(
        "reported",
        "",
        "pii: { entities: { PHONE_NUMBER: { action: flag }, IBAN_CODE: { action: hash }, SWIFT_CODE: { action: deny } } }",
    )
}

const TEXT: &str = "jane.doe@example.org, john.doe@example.org, jane.doe@example.org, +44 20 7946 0958, IBAN DE89 3704 0044 0532 0130 00";

#[tokio::test]
async fn kinds_and_counts_are_in_a_header_and_in_the_access_log() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        let response = world.send(client.ask("reported", TEXT, stream)).await;
        said(client, &response).unwrap();
        let mut told: Vec<_> = response.header("x-penstock-pii").unwrap().split(", ").collect();
        told.sort_unstable();
        assert_eq!(told, ["EMAIL_ADDRESS=3", "IBAN_CODE=1", "PHONE_NUMBER=1"]);
        let id = response.header("x-penstock-request-id").unwrap();
        let line = world.gateway.logged(id).await;
        let logged: Value = serde_json::from_str(line["pii"].as_str().unwrap()).unwrap();
        assert_eq!(
            logged,
            json!({"found": {"EMAIL_ADDRESS": 3, "IBAN_CODE": 1, "PHONE_NUMBER": 1}})
        );
    }
}

#[tokio::test]
async fn a_request_without_personal_data_is_not_spoken_of() {
    let (world, _logs) = world();
    let text = marker("plain");
    let response = world.send(Client::OpenAi.ask("echo", &text, false)).await;
    assert_eq!(response.header("x-penstock-pii"), None);
    let id = response.header("x-penstock-request-id").unwrap();
    assert_eq!(world.gateway.logged(id).await["pii"], Value::Null);
}

/// The sum of the Prometheus lines that contain all of `parts`.
async fn sum(parts: &[&str]) -> u64 {
    let (world, _) = world();
    let text = world.gateway.admin("/stats/prometheus").await.unwrap().text();
    text.lines()
        .filter(|line| !line.starts_with('#') && parts.iter().all(|part| line.contains(part)))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}

/// A gateway of its own, since others count the same kinds, and one without limits, which would refuse before.
#[tokio::test]
async fn values_and_refusals_are_counted_and_logged() {
    let primary = Provider::start("primary").unwrap();
    let gateway = gateway(&primary, &primary, &models(), "{ enabled: false }")
        .start()
        .unwrap();
    let _logs = gateway.witness();
    for (client, stream) in WAYS {
        let response = gateway.send(client.ask("reported", TEXT, stream)).await.unwrap();
        said(client, &response).unwrap();
    }
    for client in CLIENTS {
        let compressed = client
            .ask("reported", "x", false)
            .header("content-encoding", "br");
        for (request, expected) in [
            (
                client.ask("reported", "BIC DEUTDEFF500", false),
                json!({"found": {"SWIFT_CODE": 1}, "denied": true}),
            ),
            (
                client.raw("{"),
                json!({"unscannable": "not_json", "denied": true}),
            ),
            (
                compressed,
                json!({"unscannable": "content_encoding", "denied": true}),
            ),
        ] {
            let response = gateway.send(request).await.unwrap();
            let line = gateway
                .logged(response.header("x-penstock-request-id").unwrap())
                .await;
            let logged: Value = serde_json::from_str(line["pii"].as_str().unwrap_or("null")).unwrap();
            assert_eq!(logged, expected, "{line}");
        }
    }
    let text = gateway.admin("/stats/prometheus").await.unwrap().text();
    for (name, labels, count) in [
        (
            "penstock_pii_entities",
            r#"action="mask",direction="request",entity="EMAIL_ADDRESS""#,
            12,
        ),
        (
            "penstock_pii_entities",
            r#"action="hash",direction="request",entity="IBAN_CODE""#,
            4,
        ),
        (
            "penstock_pii_entities",
            r#"action="flag",direction="request",entity="PHONE_NUMBER""#,
            4,
        ),
        (
            "penstock_pii_entities",
            r#"action="deny",direction="request",entity="SWIFT_CODE""#,
            2,
        ),
        (
            "penstock_pii_unscannable",
            r#"outcome="deny",reason="not_json""#,
            2,
        ),
        (
            "penstock_pii_unscannable",
            r#"outcome="deny",reason="content_encoding""#,
            2,
        ),
        ("penstock_pii_restored", "", 12),
        ("penstock_refusals", r#"reason="personal_data""#, 2),
    ] {
        let line = format!("{name}{{{labels}}} {count}");
        assert!(
            text.lines().any(|told| told == line),
            "no {line} in\n{}",
            lines(&text)
        );
    }
}

fn lines(text: &str) -> String {
    let lines: Vec<_> = text
        .lines()
        .filter(|line| line.contains("penstock_") && (line.contains("pii") || line.contains("refusals")))
        .collect();
    lines.join("\n")
}

#[tokio::test]
async fn the_time_that_it_took_is_measured() {
    let (world, _logs) = world();
    world.send(Client::OpenAi.ask("echo", TEXT, false)).await;
    penstock_test_support::wait::eventually(
        std::time::Duration::from_secs(10),
        "a histogram of time",
        async || (sum(&["penstock_pii_mask_us_count"]).await > 0).then_some(()),
    )
    .await;
}
