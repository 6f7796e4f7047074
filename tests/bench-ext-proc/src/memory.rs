//! Resident memory of the service after many requests by many keys.

use std::time::{Duration, Instant};

use crate::load::{self, Until};
use crate::side::Side;

/// The longest that all requests may take. What was not reached by then is missed.
const PATIENCE: Duration = Duration::from_secs(420);
/// Parts of all requests after which it is measured, in percent.
const PARTS: [u64; 3] = [10, 50, 100];
/// After the last settlement, so that the ledger has written what it holds.
const REST: Duration = Duration::from_secs(2);

/// What was measured.
pub struct Memory {
    /// Requests that were made.
    pub requests: u64,
    /// Whether those were all.
    pub is_whole: bool,
    /// Requests so far, and megabytes.
    pub samples: Vec<(u64, f64)>,
    /// Rows that the ledger has lost.
    pub lost: f64,
}

impl Memory {
    /// Megabytes that the second half of the requests has added.
    pub fn growth(&self) -> f64 {
        match self.samples.as_slice() {
            [.., (_, half), (_, whole)] => whole - half,
            _ => f64::NAN,
        }
    }
}

/// Asks a fresh service without Redis for so many requests.
pub async fn measure(requests: u64) -> anyhow::Result<Memory> {
    let mut side = Side::alone().await?;
    let start = Instant::now();
    let mut samples = vec![(0, side.resident_mb()?)];
    let mut asked = 0;
    for part in PARTS {
        let until = Until {
            requests: (requests * part / 100).saturating_sub(asked),
            time: PATIENCE.saturating_sub(start.elapsed()),
        };
        let count = load::many(side.target, until)?;
        side.settled(count).await?;
        tokio::time::sleep(REST).await;
        asked += count;
        samples.push((asked, side.resident_mb()?));
        eprintln!(
            "after {asked} requests, {:.0} s: {:.1} MB",
            start.elapsed().as_secs_f64(),
            side.resident_mb()?
        );
    }
    Ok(Memory {
        requests: asked,
        is_whole: asked >= requests,
        samples,
        lost: side.lost().await?,
    })
}
