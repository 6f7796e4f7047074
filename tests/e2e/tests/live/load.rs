//! Clients that ask without a pause, on connections that they keep, and streams that last for seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use penstock_test_support::client::Kept;
use penstock_test_support::wait::eventually;
use tokio::task::JoinSet;

use crate::ask::{Client, marker};
use crate::read::said;

use super::world::{World, request};

/// Connections that are kept.
const CLIENTS: usize = 12;
/// Streams at any time, each of six seconds.
const STREAMS: usize = 8;

/// A steady load.
pub struct Load {
    stop: Arc<AtomicBool>,
    rounds: Arc<AtomicU64>,
    clients: JoinSet<Result<(), String>>,
}

impl Load {
    /// Starts it, and waits until all of it is under way.
    pub async fn start(world: &World) -> Self {
        let mut load = Self {
            stop: Arc::default(),
            rounds: Arc::default(),
            clients: JoinSet::new(),
        };
        let address = world.gateway.address();
        for n in 0..CLIENTS {
            let (stop, rounds) = (Arc::clone(&load.stop), Arc::clone(&load.rounds));
            load.clients.spawn(async move {
                let mut connection = Kept::open(address).await.map_err(|error| format!("{error:#}"))?;
                while !stop.load(Ordering::Relaxed) {
                    let text = marker("load");
                    let response = connection
                        .send(request("key-load", "plain", &text, n % 2 == 0))
                        .await
                        .map_err(|error| format!("kept connection {n}: {error:#}"))?;
                    let answer = said(Client::OpenAi, &response)?;
                    if !answer.text.ends_with(&text) {
                        return Err(answer.text);
                    }
                    if response.header("connection").is_some() {
                        return Err(format!("connection {n} is drained: {:?}", response.headers));
                    }
                    rounds.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            });
        }
        let begun = Arc::new(AtomicU64::new(0));
        for n in 0..STREAMS {
            let (stop, begun) = (Arc::clone(&load.stop), Arc::clone(&begun));
            load.clients.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let failed = |error: anyhow::Error| format!("stream {n}: {error:#}");
                    let open = request("key-load", "slow", &marker("stream"), true).open(address);
                    let stream = open.await.map_err(failed)?;
                    begun.fetch_add(1, Ordering::Relaxed);
                    said(Client::OpenAi, &stream.rest().await.map_err(failed)?)?;
                }
                Ok(())
            });
        }
        eventually(Duration::from_secs(20), "the load to be under way", async || {
            let streams = begun.load(Ordering::Relaxed) >= STREAMS as u64;
            (streams && load.rounds.load(Ordering::Relaxed) > 0).then_some(())
        })
        .await;
        load
    }

    /// Whether requests are answered that were sent from now on.
    pub async fn rounds_go_on(&self) -> bool {
        let enough = self.rounds.load(Ordering::Relaxed) + 3 * CLIENTS as u64;
        let go_on = async || (self.rounds.load(Ordering::Relaxed) >= enough).then_some(());
        let waiting = eventually(Duration::from_secs(20), "the load to go on", go_on);
        tokio::time::timeout(Duration::from_secs(30), waiting)
            .await
            .is_ok()
    }

    /// Ends it once what is under way has ended.
    pub async fn finish(self) {
        self.stop.store(true, Ordering::Relaxed);
        let results = self.clients.join_all().await;
        let failures: Vec<String> = results.into_iter().filter_map(Result::err).collect();
        assert!(
            failures.is_empty(),
            "{} failed:\n{}",
            failures.len(),
            failures.join("\n")
        );
    }
}
