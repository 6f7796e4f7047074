//! What a further worker adds to the resident memory of each side.

use std::net::SocketAddr;
use std::time::Duration;

use penstock_bench_harness::memory::Megabytes;
use penstock_bench_harness::traffic::{client, fixture};

use crate::round::CONNECTIONS;
use crate::side;

const WORKERS: u32 = 3;
/// The same for each worker, however many there are.
const TRAFFIC_TIME: Duration = Duration::from_secs(2);

/// What each worker after the first adds, from sides with one and with more workers after traffic.
pub async fn per_worker(provider: SocketAddr) -> anyhow::Result<Megabytes> {
    let one = after_traffic(provider, 1).await?;
    let more = after_traffic(provider, WORKERS).await?;
    Ok(more
        .into_iter()
        .map(|(name, more)| {
            let one = one.get(name).copied().unwrap_or(f64::NAN);
            (name, (more - one) / f64::from(WORKERS - 1))
        })
        .collect())
}

async fn after_traffic(provider: SocketAddr, workers: u32) -> anyhow::Result<Megabytes> {
    let sides = side::start(provider, workers)?;
    for side in &sides {
        let address = side.gateway.address();
        // The kernel spreads connections over the workers: enough of them for each to get some.
        let connections = CONNECTIONS.saturating_mul(usize::try_from(workers)?);
        client::rate(
            address,
            &fixture::request(false),
            connections,
            TRAFFIC_TIME.saturating_mul(workers),
        )
        .await?;
        client::event_delays(address, &fixture::request(true)).await?;
    }
    let resident = side::resident(&sides)?;
    eprintln!("resident with {workers} workers: {resident:.1?} MB");
    Ok(resident)
}
