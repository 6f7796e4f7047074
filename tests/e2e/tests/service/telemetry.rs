//! What is told of requests to whoever watches: spans to a collector, lines in the access log.

mod collector;
mod log;
mod spans;
mod trust;

use std::time::Duration;

use penstock_test_support::collector::{Attributes, Collector, Record, Span};
use penstock_test_support::wait::eventually;

use crate::world::model;

use super::world::World;

/// Envoy sends spans every five seconds, or sooner when there are several.
const LIMIT: Duration = Duration::from_secs(20);

/// The service, an Envoy and what they tell this collector. `traces` are further fields of the section.
async fn world(collector: &Collector, traces: &str) -> World {
    let url = collector.url();
    let more = format!(
        "models:\n{}{}{}{}keys: {{ anonymous: {{ tenant: demo, team: search }} }}\n\
         money: {{ prices: [ {{ provider: primary, model: good, input: 1, output: 10 }}, {{ provider: backup, model: good, input: 1, output: 10 }} ] }}\n\
         ledger: {{ otlp: {{ url: '{url}' }} }}\n\
         telemetry: {{ traces: {{ otlp: '{url}'{traces} }} }}\n",
        model("plain", &[("primary", "good")], ""),
        model("second", &[("backup", "good")], ""),
        model(
            "failing",
            &[
                ("primary", "fault=status:503"),
                ("primary", "fault=status:429"),
                ("backup", "good")
            ],
            ""
        ),
        model("cut", &[("primary", "fault=reset-midstream:3")], ""),
    );
    World::start("failure_mode: deny", &more).await
}

/// The span of a request, once it has ended.
async fn span_of(collector: &Collector, id: &str) -> Span {
    let is_it = |span: &Span| {
        span.is_server
            && span
                .attributes
                .get("penstock.request_id")
                .is_some_and(|of| of == id)
    };
    eventually(LIMIT, "the span of the request", async || {
        collector.spans().into_iter().find(is_it)
    })
    .await
}

/// The spans right below one, once there are `count`; in the order in which they ended.
async fn children_of(collector: &Collector, span: &Span, count: usize) -> Vec<Span> {
    eventually(LIMIT, "the spans below", async || {
        let spans = collector.spans().into_iter();
        let children: Vec<_> = spans.filter(|other| other.parent == span.id).collect();
        (children.len() >= count).then_some(children)
    })
    .await
}

/// What the ledger tells of a request.
async fn record_of(collector: &Collector, id: &str) -> Record {
    let is_it = |record: &Record| {
        record
            .attributes
            .get("penstock.request_id")
            .is_some_and(|of| of == id)
    };
    eventually(LIMIT, "the record of the request", async || {
        collector.records().into_iter().find(is_it)
    })
    .await
}

fn text<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    attributes.get(name)?.as_str()
}
