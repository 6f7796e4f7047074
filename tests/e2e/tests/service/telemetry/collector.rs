//! A collector that is away, silent or full: traffic goes on as if it were there, and what is lost is counted.

use std::time::{Duration, Instant};

use penstock_test_support::collector::{Collector, Manner};
use penstock_test_support::wait::eventually;

use crate::ask::Client;

use super::{LIMIT, World, world};

/// Enough for several batches of spans, each of which is lost.
const REQUESTS: usize = 40;

/// Answers come as ever.
async fn goes_on(world: &World) {
    for stream in [false, true] {
        for _ in 0..REQUESTS / 2 {
            let start = Instant::now();
            let request = Client::OpenAi.ask("plain", "hello", stream);
            let response = world.envoy.send(request).await.unwrap();
            assert_eq!(response.status, 200, "{}", response.text());
            assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        }
    }
}

/// Waits for a counter of Envoy's to be more than nothing.
async fn counted(world: &World, name: &str) {
    eventually(LIMIT, name, async || {
        world
            .envoy
            .stat(name)
            .await
            .is_ok_and(|count| count > 0)
            .then_some(())
    })
    .await;
}

/// Lines of Envoy's log that are about spans: not one for each batch, let alone for each request.
fn complaints(world: &World) -> usize {
    let log = std::fs::read_to_string(world.envoy.directory().join("envoy.log")).unwrap();
    let about =
        |line: &&str| line.contains("tracing") || line.contains("OTLP") || line.contains("OpenTelemetry");
    log.lines().filter(about).count()
}

#[tokio::test]
async fn a_collector_that_is_not_there_costs_spans_and_nothing_else() {
    let collector = Collector::start().unwrap();
    let mut world = world(&collector, "").await;
    world.rewrite(|yaml| yaml.replace(&collector.url(), "http://127.0.0.1:1"));
    world.envoy = world.envoy(&[&world.service]);
    goes_on(&world).await;
    counted(&world, "cluster.penstock-traces.upstream_cx_connect_fail").await;
    assert!(complaints(&world) <= 1, "{} lines", complaints(&world));
}

#[tokio::test]
async fn a_collector_that_is_full_costs_spans_and_nothing_else() {
    let collector = Collector::start().unwrap();
    let world = world(&collector, "").await;
    collector.behave(Manner::Full);
    goes_on(&world).await;
    counted(&world, "tracing.opentelemetry.spans_sent").await;
    eventually(LIMIT, "calls", async || (collector.calls() > 1).then_some(())).await;
    assert_eq!(collector.spans().len(), 0);
    assert!(complaints(&world) <= 1, "{} lines", complaints(&world));
    // It has room again.
    collector.behave(Manner::Right);
    goes_on(&world).await;
    eventually(LIMIT, "spans", async || {
        (!collector.spans().is_empty()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_collector_that_says_nothing_costs_spans_and_nothing_else() {
    let collector = Collector::start().unwrap();
    let world = world(&collector, "").await;
    collector.behave(Manner::Silent);
    goes_on(&world).await;
    counted(&world, "cluster.penstock-traces.upstream_rq_timeout").await;
    assert!(complaints(&world) <= 1, "{} lines", complaints(&world));
}
