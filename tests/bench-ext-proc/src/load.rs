//! Requests one after the other, and as many as go.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::task::{JoinSet, LocalSet};

use crate::proxy::Proxy;

/// Workers of the Envoy that asks; each has a connection and a thread.
const WORKERS: u64 = 2;
/// Requests that are under way at a time, of all workers.
pub const STREAMS: u64 = 32;

/// Whom to ask.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub address: SocketAddr,
    /// As [`Proxy::open`] has it.
    pub decides: bool,
}

/// When it is enough.
#[derive(Clone, Copy, Debug)]
pub struct Until {
    pub requests: u64,
    pub time: Duration,
}

/// Latencies of requests one after the other on one connection.
pub fn latencies(target: Target, time: Duration) -> anyhow::Result<Vec<Duration>> {
    let one_by_one = move || {
        run(async move {
            let proxy = Proxy::open(target.address, target.decides).await?;
            let start = Instant::now();
            let mut latencies = Vec::new();
            while start.elapsed() < time {
                latencies.push(proxy.request().await?);
            }
            proxy.close().await?;
            Ok(latencies)
        })
    };
    // The thread that calls is busy with a runtime of its own.
    std::thread::spawn(one_by_one)
        .join()
        .ok()
        .context("the client has panicked")?
}

/// Makes [`STREAMS`] requests at a time, and says how many there were.
pub fn many(target: Target, until: Until) -> anyhow::Result<u64> {
    let begun = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let begun = Arc::clone(&begun);
            std::thread::spawn(move || {
                run(worker(target, move || {
                    start.elapsed() < until.time && begun.fetch_add(1, Ordering::Relaxed) < until.requests
                }))
            })
        })
        .collect();
    let mut sum = 0;
    for worker in workers {
        sum += worker.join().ok().context("a worker has panicked")??;
    }
    Ok(sum)
}

/// The part of [`many`] of one worker, as long as there is `more`.
async fn worker(target: Target, more: impl Fn() -> bool + 'static) -> anyhow::Result<u64> {
    let proxy = Proxy::open(target.address, target.decides).await?;
    let more = Rc::new(more);
    let mut streams = JoinSet::new();
    for _ in 0..STREAMS / WORKERS {
        let (proxy, more) = (Rc::clone(&proxy), Rc::clone(&more));
        streams.spawn_local(async move {
            let mut count = 0;
            while more() {
                proxy.request().await?;
                count += 1;
            }
            anyhow::Ok(count)
        });
    }
    let mut sum = 0;
    while let Some(stream) = streams.join_next().await {
        sum += stream??;
    }
    proxy.close().await?;
    Ok(sum)
}

fn run<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, work)
}
