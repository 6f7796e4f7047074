//! examples/telemetry

use std::time::Duration;

use penstock_test_support::Provider;
use penstock_test_support::collector::Collector;
use penstock_test_support::wait::eventually;

use super::site::{Example, FIRST, SECOND};
use crate::ask::{Client, marker};
use crate::read::said;

const COLLECTOR: &str = "http://127.0.0.1:4317";
/// Of a caller that has its requests traced; the example traces a tenth of the others.
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test]
async fn the_collector_hears_of_a_request_and_of_the_providers_only_our_own_hears_of_its_trace() {
    let collector = Collector::start().unwrap();
    let mut primary = Provider::start("primary").unwrap();
    let backup = Provider::start("backup").unwrap();
    let site = Example::read("telemetry")
        .provider(FIRST, &primary)
        .provider(SECOND, &backup)
        .address(COLLECTOR, &collector.url())
        .start()
        .await;
    for (provider, is_told) in [("primary", false), ("backup", true)] {
        let text = marker("traced");
        let request = Client::OpenAi
            .ask("demo", &text, false)
            .header("traceparent", TRACE);
        let response = site.send(request).await;
        let answer = said(Client::OpenAi, &response).unwrap();
        assert!(answer.text.starts_with(&format!("[{provider}]")), "{answer:?}");
        let id = response.header("x-penstock-request-id").unwrap();
        let told_of = |attributes: &penstock_test_support::collector::Attributes| {
            attributes.get("penstock.request_id").is_some_and(|of| of == id)
        };
        eventually(Duration::from_secs(20), "the span and the record", async || {
            let span = collector
                .spans()
                .iter()
                .any(|span| span.is_server && told_of(&span.attributes));
            let record = collector
                .records()
                .iter()
                .any(|record| told_of(&record.attributes));
            (span && record).then_some(())
        })
        .await;
        let asked = if is_told { &backup } else { &primary };
        let heard = asked.requests_with(&text);
        let trace = heard.last().unwrap().header("traceparent");
        assert_eq!(trace.is_some(), is_told, "{trace:?}");
        primary.stop();
    }
}
