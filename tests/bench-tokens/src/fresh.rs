//! Fresh Envoys: how long the first count takes in each VM, and how much memory stays resident once all of them have
//! counted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::agreement::Agreement;
use crate::side::{self, Side};
use crate::text::{self, Text, VOCABULARIES};

/// Memory is settled when it has stayed the same for so long: several times the interval at which Envoy's allocator gives
/// back what is free, as rendered.
const QUIET: Duration = Duration::from_secs(4);
const POLL: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(25);
/// By so much it may still move.
const SAME_MB: f64 = 0.25;

/// Resident memory in MB (2^20 bytes), by the name of a side.
pub type Megabytes = BTreeMap<&'static str, f64>;

/// What was seen of one start of all sides.
pub struct Start {
    /// Milliseconds of the first count in each worker, by the name of a side.
    pub first_use_ms: BTreeMap<&'static str, Vec<f64>>,
    /// Settled resident memory.
    pub resident_mb: Megabytes,
}

/// Starts every side and measures it. The sides go on running.
pub async fn measure(texts: &[Text], agreement: &mut Agreement) -> anyhow::Result<(Vec<Side>, Start)> {
    let mut sides = side::start().await?;
    let mut first_use_ms = BTreeMap::new();
    let first = [text::first()];
    for side in &mut sides {
        if !side.counts() {
            warm_bare(side, &first).await?;
            continue;
        }
        let times: &mut Vec<f64> = first_use_ms.entry(side.name).or_default();
        for worker in &mut side.workers {
            for vocabulary in VOCABULARIES {
                let answer = worker.count(vocabulary, 1, &first).await?;
                agreement.check(&format!("first, {vocabulary}"), side.name, &first, &answer.counts);
                if VOCABULARIES.first() == Some(&vocabulary) {
                    times.extend(answer.nanos.iter().map(|nanos| *nanos as f64 / 1e6));
                }
            }
            for text in texts {
                for vocabulary in VOCABULARIES {
                    let answer = worker.count(vocabulary, text.repetitions, &text.parts).await?;
                    agreement.check(
                        &format!("{}, {vocabulary}", text.name),
                        side.name,
                        &text.parts,
                        &answer.counts,
                    );
                }
            }
        }
    }
    let resident_mb = settled(&sides).await?;
    Ok((
        sides,
        Start {
            first_use_ms,
            resident_mb,
        },
    ))
}

/// Requests reach the bare workers too.
async fn warm_bare(side: &mut Side, parts: &[String]) -> anyhow::Result<()> {
    for worker in &mut side.workers {
        worker.exchange("", 0, Bytes::from(parts.concat())).await?;
    }
    Ok(())
}

/// Resident memory of every side, once none of them moves any more.
pub async fn settled(sides: &[Side]) -> anyhow::Result<Megabytes> {
    let start = Instant::now();
    let mut since = start;
    let mut resident = now(sides)?;
    while since.elapsed() < QUIET && start.elapsed() < PATIENCE {
        tokio::time::sleep(POLL).await;
        let moved = now(sides)?;
        if moved.iter().any(|(name, mb)| {
            resident
                .get(name)
                .is_none_or(|before| (mb - before).abs() > SAME_MB)
        }) {
            resident = moved;
            since = Instant::now();
        }
    }
    now(sides)
}

fn now(sides: &[Side]) -> anyhow::Result<Megabytes> {
    sides
        .iter()
        .map(|side| Ok((side.name, side.resident_mb()?)))
        .collect()
}
