//! examples/quickstart

use std::time::Duration;

use penstock_test_support::wait::eventually;
use penstock_test_support::{Provider, Request};

use super::site::{Example, FIRST, SECOND};
use crate::ask::{CLIENTS, Client, WAYS, marker};
use crate::read::said;

#[tokio::test]
async fn the_demo_answers_falls_over_and_says_what_was_used() {
    let mut primary = Provider::start("primary").unwrap();
    let backup = Provider::start("backup").unwrap();
    let site = Example::read("quickstart")
        .provider(FIRST, &primary)
        .provider(SECOND, &backup)
        .start()
        .await;
    for (client, stream) in WAYS {
        for model in ["demo", "gpt-4o", "claude-sonnet-5-5"] {
            let response = site.send(client.ask(model, "hello", stream)).await;
            assert!(said(client, &response).unwrap().text.starts_with("[primary]"));
        }
    }
    for (client, stream) in [(Client::OpenAi, false), (Client::Anthropic, true)] {
        let response = site.send(client.ask("demo-flaky", "hello", stream)).await;
        assert!(said(client, &response).unwrap().text.starts_with("[backup]"));
        assert_eq!(
            response.header("x-penstock-attempts"),
            Some("primary:503,primary:503,backup-anthropic:200")
        );
    }
    // After five failures in a row it is left alone for a while.
    eventually(Duration::from_secs(20), "the circuit to open", async || {
        let response = site.send(Client::OpenAi.ask("demo-flaky", "hello", false)).await;
        assert!(
            said(Client::OpenAi, &response)
                .unwrap()
                .text
                .starts_with("[backup]")
        );
        (response.header("x-penstock-attempts") == Some("backup-anthropic:200")).then_some(())
    })
    .await;
    let wrong = Client::OpenAi.ask("demo", "hello", false).header(
        "authorization",
        "Bearer psk-0123456789012345678901234567890123456789abc",
    );
    assert_eq!(site.send(wrong).await.status, 401);
    let report = eventually(Duration::from_secs(10), "all in the ledger", async || {
        let report = site
            .send(Request::get("/v1/penstock/usage?group_by=tenant"))
            .await
            .json();
        (report["data"][0]["requests"].as_u64() >= Some(15)).then_some(report)
    })
    .await;
    assert_eq!(report["data"][0]["tenant"], "demo", "{report}");

    primary.stop();
    for client in CLIENTS {
        let text = marker("without");
        let response = site.send(client.ask("demo", &text, false)).await;
        assert!(said(client, &response).unwrap().text.starts_with("[backup]"));
    }
}
