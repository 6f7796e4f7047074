//! Resident memory.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use penstock_test_support::Gateway;

/// Memory is settled when it has stayed the same for so long: several times the interval at which Envoy's allocator gives
/// back what is free, as rendered.
const QUIET: Duration = Duration::from_secs(4);
const POLL: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(25);
/// By so much it may still move.
const SAME_MB: f64 = 0.25;

/// Megabytes (2^20 bytes) by the name of an Envoy.
pub type Megabytes = BTreeMap<&'static str, f64>;

/// Resident memory of each, now.
pub fn now(gateways: &[(&'static str, &Gateway)]) -> anyhow::Result<Megabytes> {
    gateways
        .iter()
        .map(|(name, gateway)| {
            let kib = u32::try_from(gateway.rss_kib()?)?;
            Ok((*name, f64::from(kib) / 1024.0))
        })
        .collect()
}

/// Resident memory of each, once none of them moves any more.
pub async fn settled(gateways: &[(&'static str, &Gateway)]) -> anyhow::Result<Megabytes> {
    let start = Instant::now();
    let mut since = start;
    let mut resident = now(gateways)?;
    while since.elapsed() < QUIET && start.elapsed() < PATIENCE {
        tokio::time::sleep(POLL).await;
        let moved = now(gateways)?;
        if moved.iter().any(|(name, mb)| {
            resident
                .get(name)
                .is_none_or(|before| (mb - before).abs() > SAME_MB)
        }) {
            resident = moved;
            since = Instant::now();
        }
    }
    now(gateways)
}
