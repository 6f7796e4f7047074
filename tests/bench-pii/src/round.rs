//! Times of finding and masking, by the host's clock, in each of two workers.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use penstock_bench_harness::bootstrap;
use penstock_bench_harness::config::{NO_QUOTA, penstock_yaml};
use penstock_bench_harness::probe::{self, Connection};
use penstock_bench_harness::sample::median;
use penstock_test_support::Gateway;

use crate::text::{Size, Text};

/// The median of one round in microseconds, by the name of a text and its size.
pub type Round = BTreeMap<(&'static str, Size), f64>;

const WORKERS: u32 = 2;
/// How long each worker counts before anything is timed: V8 first compiles without optimizing, and again, in the
/// background, what has run often.
const WARM_UP: Duration = Duration::from_secs(5);

/// Starts the probe, warms it up and searches every text so many times.
pub async fn measure(texts: &[Text], rounds: u32) -> anyhow::Result<Vec<Round>> {
    let yaml = penstock_yaml("openai", "http://127.0.0.1:9/v1", "any", NO_QUOTA);
    let gateway = Gateway::builder(&yaml)
        .concurrency(WORKERS)
        .rewrite(|rendered| bootstrap::probe(rendered, "probe_pii.wasm"))
        .start()?;
    let mut workers = probe::workers(gateway.address(), WORKERS as usize).await?;
    eprintln!("warming up");
    for worker in &mut workers {
        let start = Instant::now();
        while start.elapsed() < WARM_UP {
            for text in texts.iter().filter(|text| text.size != Size::Large) {
                worker.count("", 1, &text.parts).await?;
            }
        }
    }
    let mut measured = Vec::new();
    for number in 0..rounds as usize {
        measured.push(round(&mut workers, texts, number).await?);
        eprintln!("round {} of {rounds}", number + 1);
    }
    Ok(measured)
}

/// One round; each starts with another text.
async fn round(workers: &mut [Connection], texts: &[Text], number: usize) -> anyhow::Result<Round> {
    let mut round = Round::new();
    let first = number * 7 % texts.len().max(1);
    for text in texts.iter().cycle().skip(first).take(texts.len()) {
        let mut times = Vec::new();
        for worker in workers.iter_mut() {
            let answer = worker.count("", 1, &text.parts).await?;
            times.extend(answer.nanos.iter().map(|nanos| *nanos as f64 / 1e3));
        }
        round.insert((text.name, text.size), median(&times));
    }
    Ok(round)
}
