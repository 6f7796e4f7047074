//! One round: every side measured once, shortly after one another.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use penstock_bench_harness::sample::quantile;

use crate::load::{self, Until};
use crate::side::Side;

const LATENCY_TIME: Duration = Duration::from_millis(2_000);
const RATE_TIME: Duration = Duration::from_millis(4_000);
const WARM_UP_TIME: Duration = Duration::from_millis(2_000);

/// What was measured of each side, by its name.
pub type Round = BTreeMap<&'static str, Measured>;

/// What was measured of one side.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Median time to a decision at one connection, in microseconds.
    pub p50_us: f64,
    /// 99th percentile of it.
    pub p99_us: f64,
    /// Decisions a second.
    pub rate: f64,
    /// Processor time of the service for each of them, its settlement included, in microseconds.
    pub cpu_us: f64,
}

/// Asks every side for a while, so that nothing is cold.
pub async fn warm_up(sides: &mut [Side]) -> anyhow::Result<()> {
    for side in sides {
        rate(side, WARM_UP_TIME).await?;
    }
    Ok(())
}

/// Measures all sides; each round starts with another one.
pub async fn measure(sides: &mut [Side], number: u32) -> anyhow::Result<Round> {
    let count = sides.len();
    let first = usize::try_from(number)? % count.max(1);
    let mut round = Round::new();
    for index in (0..count).cycle().skip(first).take(count) {
        let Some(side) = sides.get_mut(index) else {
            continue;
        };
        let measured = measure_side(side).await?;
        eprintln!(
            "round {}: {:6} p50 {:6.1} us, p99 {:7.1} us, {:6.0} decisions/s, {:5.1} us of processor each",
            number + 1,
            side.name,
            measured.p50_us,
            measured.p99_us,
            measured.rate,
            measured.cpu_us,
        );
        round.insert(side.name, measured);
    }
    Ok(round)
}

async fn measure_side(side: &mut Side) -> anyhow::Result<Measured> {
    // First, so that nothing is cold when single requests are timed.
    let (rate, cpu_us) = rate(side, RATE_TIME).await?;
    let latencies = load::latencies(side.target, LATENCY_TIME)?;
    side.settled(u64::try_from(latencies.len())?).await?;
    let latencies: Vec<f64> = latencies
        .into_iter()
        .map(|latency| latency.as_secs_f64() * 1e6)
        .collect();
    Ok(Measured {
        p50_us: quantile(&latencies, 0.5),
        p99_us: quantile(&latencies, 0.99),
        rate,
        cpu_us,
    })
}

/// Decisions a second, and what each takes of the processor. The time ends when the last one is settled: what is
/// put off is not saved.
async fn rate(side: &mut Side, time: Duration) -> anyhow::Result<(f64, f64)> {
    let until = Until {
        requests: u64::MAX,
        time,
    };
    let (start, before) = (Instant::now(), side.processor_time()?);
    let count = load::many(side.target, until)?;
    side.settled(count).await?;
    let (took, after) = (start.elapsed(), side.processor_time()?);
    let count = count as f64;
    let cpu = after.saturating_sub(before);
    Ok((count / took.as_secs_f64(), cpu.as_secs_f64() * 1e6 / count))
}
