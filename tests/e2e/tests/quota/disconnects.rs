//! Clients that leave, at any moment and in numbers: nothing stays reserved for them.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::world::{DAY, Tenant, exact, until, world};
use crate::ask::{Client, WAYS, marker};

const STREAMS: usize = 500;
/// Streams at once: as many as the limit on concurrency admits.
const AT_ONCE: usize = 50;
/// Text events of an answer, each of two tokens.
const EVENTS: usize = 30;

pub fn models() -> String {
    let fault = format!("fault=events:{EVENTS},interval:10ms");
    exact("storm", &[("primary", &fault)], "")
        + &exact("storm-anthropic", &[("primary-anthropic", &fault)], "")
        + &exact(
            "storm-held",
            &[("primary", "fault=silence")],
            "timeouts: { first_token: 60s, answer: 60s }",
        )
}

pub fn limits() -> String {
    format!(
        "    - {{ name: storm, per: [tenant], match: {{ model: [storm, storm-anthropic, storm-held] }}, concurrent_requests: {AT_ONCE} }}\n"
    )
}

/// A number that looks random and is the same in every run.
fn scattered(n: usize) -> usize {
    let mixed = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40).unwrap()
}

/// Begins an answer and leaves in the middle of it. Counts the pieces of the body that it has seen.
async fn leave(tenant: &Tenant, n: usize) -> usize {
    let (client, _) = WAYS[n % WAYS.len()];
    let alias = if n % 8 < 4 { "storm" } else { "storm-anthropic" };
    let patience = scattered(n) % (EVENTS + 10);
    loop {
        let open = tenant.open(client.ask(alias, "tell me more", true));
        if patience < 8 {
            // Some leave before they have heard anything.
            let _ = timeout(Duration::from_millis(patience as u64 * 2), open).await;
            return 0;
        }
        let mut stream = open.await.unwrap();
        if stream.status == 429 {
            // A place is free once Envoy has noticed that another client has left.
            continue;
        }
        assert_eq!(stream.status, 200);
        for seen in 0..patience - 8 {
            if stream.next().await.unwrap().is_none() {
                return seen;
            }
        }
        stream.disconnect();
        return patience - 8;
    }
}

#[tokio::test]
async fn five_hundred_streams_cut_by_their_clients_leave_no_reservation() {
    let (world, _logs) = world();
    let tenant = Tenant::new("storm");
    let mut clients = JoinSet::new();
    for client in 0..AT_ONCE {
        let tenant = tenant.clone();
        clients.spawn(async move {
            let mut seen = 0;
            for n in (client..STREAMS).step_by(AT_ONCE) {
                seen += leave(&tenant, n).await;
            }
            seen
        });
    }
    let seen: usize = clients.join_all().await.into_iter().sum();
    assert!(seen > STREAMS, "hardly a stream was read: {seen} pieces");

    // What is used is what was settled, to the token, and nothing is held.
    let settled = async || {
        let stats = ["storm", "storm-anthropic"];
        let mut sum = 0;
        for model in stats {
            let stat = |direction| {
                let name = format!("penstock.tokens.direction.{direction}.model.{model}.tenant.other");
                async move { world.gateway.stat(&name).await.unwrap() }
            };
            sum += stat("input").await + stat("output").await;
        }
        sum
    };
    until("what is left is the limit without what was settled", async || {
        tenant.left("probe").await == Some(DAY - settled().await)
    })
    .await;
    let used = settled().await;
    let most = STREAMS as u64 * (100 + 2 * EVENTS as u64);
    assert!(
        used > seen as u64 && used < most,
        "{used} tokens for {seen} pieces"
    );

    // All places are free, and no more than there ever were.
    let text = marker("held");
    let mut held = JoinSet::new();
    for _ in 0..=AT_ONCE {
        let (tenant, text) = (tenant.clone(), text.clone());
        held.spawn(async move { tenant.send(Client::OpenAi.ask("storm-held", &text, true)).await });
    }
    let refused = held.join_next().await.unwrap().unwrap();
    assert_eq!(refused.status, 429, "{}", refused.text());
    world.primary.wait_for(&text, AT_ONCE).await;
    assert_eq!(held.len(), AT_ONCE);
}

#[tokio::test]
async fn a_client_that_never_finishes_its_request_holds_nothing() {
    let (world, _logs) = world();
    let tenant = Tenant::new("unfinished");
    for client in [Client::OpenAi, Client::Anthropic] {
        let text = marker("unfinished");
        let slow = client
            .ask("plain", &format!("{text} {}", "word ".repeat(1_000)), false)
            .trickled(100, Duration::from_millis(200));
        let sent = timeout(Duration::from_millis(500), tenant.open(slow)).await;
        assert!(sent.is_err(), "answered before it was asked");
        assert_eq!(world.primary.requests_with(&text).len(), 0);
    }
    tenant.has_used(0).await;
}
