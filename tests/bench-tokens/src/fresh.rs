//! Fresh Envoys: how long the first count takes in each VM, and how much memory stays resident once all of them have
//! counted.

use std::collections::BTreeMap;

use bytes::Bytes;
use penstock_bench_harness::memory::{self, Megabytes};

use crate::agreement::Agreement;
use crate::side::{self, Side};
use crate::text::{self, Text, VOCABULARIES};

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
    let resident_mb = memory::settled(&side::gateways(&sides)).await?;
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
