//! examples/regulated

use std::path::PathBuf;
use std::time::Duration;

use penstock_test_support::wait::eventually;
use penstock_test_support::{Provider, Request};
use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use super::site::{Example, FIRST, SECOND, Site};
use crate::ask::{Client, WAYS, marker};
use crate::read::{failed, said};

const THIRD: &str = "http://127.0.0.1:18083";
const CLINIC: &str = "psk-0123456789012345678901234567890123456789abc";
const AUDITOR: &str = "psk-abcdefghijabcdefghijabcdefghijabcdefghij123";
const APPROVED: &str = "gpt-5.2-2025-12-11";

struct Clinic {
    west: Provider,
    north: Provider,
    us: Provider,
    site: Site,
    yaml: PathBuf,
}

async fn clinic() -> Clinic {
    let [west, north, us] = ["west", "north", "us"].map(|name| Provider::start(name).unwrap());
    let site = Example::read("regulated")
        .provider(FIRST, &west)
        .provider(SECOND, &north)
        .provider(THIRD, &us)
        .env("PENSTOCK_PII_KEY", "key-of-the-placeholders-of-these-tests")
        .key(1, CLINIC)
        .key(2, AUDITOR)
        .start()
        .await;
    let yaml = site.service().directory().join("penstock.yaml");
    Clinic {
        west,
        north,
        us,
        site,
        yaml,
    }
}

fn ask(client: Client, text: &str, stream: bool) -> Request {
    client.ask("assistant", text, stream).header("x-api-key", CLINIC)
}

/// The first row that the ledger gives for a question, as text.
async fn row(site: &Site, query: &str, columns: usize) -> Vec<String> {
    let file = site.service().directory().join("penstock-data/ledger.sqlite");
    eventually(Duration::from_secs(10), "a row in the ledger", async || {
        let ledger = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        ledger
            .query_row(query, [], |row| {
                (0..columns).map(|column| row.get(column)).collect()
            })
            .ok()
    })
    .await
}

#[tokio::test]
async fn data_leaves_masked_stays_in_the_region_and_meets_the_approved_version_only() {
    let Clinic {
        mut west,
        mut north,
        us,
        site,
        yaml,
    } = clinic().await;
    for (client, stream) in WAYS {
        let mark = marker("patient");
        let text = format!("{mark}: patient P-12345678, jane.doe@example.org, has a fever");
        let response = site.send(ask(client, &text, stream)).await;
        assert!(
            said(client, &response).unwrap().text.contains(&text),
            "{}",
            response.text()
        );
        assert_eq!(response.header("x-penstock-model"), Some(APPROVED));
        let asked = west.requests_with(&mark);
        assert_eq!(asked.len(), 1);
        assert!(
            asked
                .iter()
                .all(|asked| !asked.mentions("12345678") && !asked.mentions("jane.doe"))
        );

        let card = site.send(ask(client, "card 4111 1111 1111 1111", stream)).await;
        assert_eq!(card.status, 400, "{}", card.text());
        let message = failed(client, &card).unwrap().message;
        assert!(
            message.contains("CREDIT_CARD") && !message.contains("4111"),
            "{message}"
        );
    }
    let image = json!({"model": "assistant", "messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]}]});
    let image = Client::OpenAi.request(&image).header("x-api-key", CLINIC);
    assert_eq!(site.send(image).await.status, 400);
    let seed = json!({"model": "assistant", "seed": 1, "max_tokens": 10, "messages": [{"role": "user", "content": "hello"}]});
    let same_api = Client::OpenAi.request(&seed).header("x-api-key", CLINIC);
    assert_eq!(site.send(same_api).await.status, 200);
    let lossy = json!({"model": "assistant", "top_k": 1, "max_tokens": 10, "messages": [{"role": "user", "content": "hello"}]});
    let lossy = Client::Anthropic.request(&lossy).header("x-api-key", CLINIC);
    let lossy = site.send(lossy).await;
    assert_eq!(lossy.status, 400, "{}", lossy.text());
    assert!(lossy.text().contains("top_k"), "{}", lossy.text());

    west.stop();
    let response = site.send(ask(Client::OpenAi, "hello", false)).await;
    assert!(
        said(Client::OpenAi, &response)
            .unwrap()
            .text
            .starts_with("[north]")
    );
    assert_eq!(response.header("x-penstock-model"), Some(APPROVED));
    north.stop();
    let response = site.send(ask(Client::OpenAi, "hello", false)).await;
    assert!(response.status >= 500, "{}", response.text());
    assert_eq!(us.requests().len(), 0);
    assert!(yaml.is_file());
}

#[tokio::test]
async fn the_auditor_finds_who_asked_what_was_sent_and_which_policy_was_in_force() {
    let Clinic { west, site, yaml, .. } = clinic().await;
    let mark = marker("audit");
    let text = format!("{mark}: patient P-12345678, jane.doe@example.org");
    let response = site.send(ask(Client::OpenAi, &text, false)).await;
    let id = response.header("x-penstock-request-id").unwrap();
    let policy = response.header("x-penstock-policy").unwrap();
    let query = format!(
        "SELECT key, team, targets, pii, decision, proxy_policy, service_policy, tags FROM requests WHERE id = '{id}'"
    );
    let found = row(&site, &query, 8).await;
    let [key, team, targets, pii, decision, proxy, service, tags] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (key.as_str(), team.as_str(), decision.as_str()),
        ("clinic-records", "records", "admitted")
    );
    assert_eq!(*targets, format!("eu-west/{APPROVED}:200"));
    assert!(
        pii.contains("PATIENT_ID=1") && pii.contains("EMAIL_ADDRESS=1"),
        "{pii}"
    );
    // Envoy and service have the same file here but for the service's addresses, which only the service's has.
    assert_eq!((proxy.as_str(), service.len()), (policy, 12));
    assert!(tags.contains("triage"), "{tags}");

    let body = row(
        &site,
        &format!("SELECT CAST(body AS TEXT) FROM bodies WHERE id = '{id}'"),
        1,
    )
    .await;
    let sent = west.requests_with(&mark);
    assert!(sent.iter().all(|asked| asked.mentions("[EMAIL_")));
    assert!(
        body.iter()
            .all(|body| body.contains(&mark) && body.contains("[EMAIL_")),
        "{body:?}"
    );
    assert!(
        body.iter()
            .all(|body| !body.contains("12345678") && !body.contains("jane.doe")),
        "{body:?}"
    );

    let usage =
        Request::get("/v1/penstock/usage?group_by=tag:purpose,provider_model").header("x-api-key", AUDITOR);
    let report = site.send(usage).await.json();
    assert_eq!(report["data"][0]["tag:purpose"], "triage", "{report}");
    assert_eq!(report["data"][0]["provider_model"], APPROVED, "{report}");

    // Another version is used as soon as the file says so, and is told apart.
    let text = std::fs::read_to_string(&yaml).unwrap();
    let changed = text.replace("pin: approved-2026-03", "pin: candidate-2026-09");
    assert_ne!(changed, text);
    let new = yaml.with_extension("new");
    std::fs::write(&new, changed).unwrap();
    std::fs::rename(new, &yaml).unwrap();
    let other = eventually(Duration::from_secs(10), "the candidate", async || {
        let response = site.send(ask(Client::OpenAi, "hello", false)).await;
        (response.header("x-penstock-model") == Some("gpt-6.2-sol")).then_some(response)
    })
    .await;
    let id = other.header("x-penstock-request-id").unwrap();
    let later = row(
        &site,
        &format!("SELECT service_policy FROM requests WHERE id = '{id}'"),
        1,
    )
    .await;
    assert!(later.first() != Some(service), "{later:?}");
}

#[tokio::test]
async fn nobody_comes_in_without_a_key_or_without_the_service() {
    let Clinic { west, mut site, .. } = clinic().await;
    assert_eq!(
        site.send(Client::OpenAi.ask("assistant", "hello", false))
            .await
            .status,
        401
    );
    let mark = marker("closed");
    site.service.take();
    for (client, stream) in WAYS {
        let response = site.send(ask(client, &mark, stream)).await;
        assert_eq!(response.status, 503, "{}", response.text());
        failed(client, &response).unwrap();
    }
    assert_eq!(west.requests_with(&mark).len(), 0);
}
