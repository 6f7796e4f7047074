//! One round: every side measured once, shortly after one another.

use std::collections::BTreeMap;
use std::time::Duration;

use penstock_bench_harness::traffic::{client, fixture};

use crate::sample::quantile_us;
use crate::side::Side;

/// Connections at which the rate is measured.
pub const CONNECTIONS: usize = 16;
const LATENCY_TIME: Duration = Duration::from_millis(1_500);
const RATE_TIME: Duration = Duration::from_millis(2_000);
const STREAMS: usize = 3;

/// What was measured of each side, by its name.
pub type Round = BTreeMap<&'static str, Measured>;

/// What was measured of one side.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Median latency at one connection, in microseconds.
    pub p50_us: f64,
    /// 99th percentile of it.
    pub p99_us: f64,
    /// Requests a second at [`CONNECTIONS`] connections.
    pub rate_rps: f64,
    /// Median time of an event from the provider to the client, in microseconds.
    pub event_us: f64,
}

/// Measures all sides; each round starts with another one.
pub async fn measure(sides: &[Side], number: u32) -> anyhow::Result<Round> {
    let first = usize::try_from(number)? % sides.len().max(1);
    let mut round = Round::new();
    for side in sides.iter().cycle().skip(first).take(sides.len()) {
        let measured = measure_side(side).await?;
        eprintln!(
            "round {}: {:16} p50 {:6.1} us, p99 {:7.1} us, {:6.0} requests/s, event {:6.1} us",
            number + 1,
            side.name,
            measured.p50_us,
            measured.p99_us,
            measured.rate_rps,
            measured.event_us,
        );
        round.insert(side.name, measured);
    }
    Ok(round)
}

async fn measure_side(side: &Side) -> anyhow::Result<Measured> {
    let address = side.gateway.address();
    let request = fixture::request(false);
    // First, so that nothing is cold when single requests are timed.
    let rate_rps = client::rate(address, &request, CONNECTIONS, RATE_TIME).await?;
    let latencies = client::latencies(address, &request, LATENCY_TIME).await?;
    let stream = fixture::request(true);
    let mut delays = Vec::new();
    for _ in 0..STREAMS {
        delays.extend(client::event_delays(address, &stream).await?);
    }
    Ok(Measured {
        p50_us: quantile_us(latencies.clone(), 0.5),
        p99_us: quantile_us(latencies, 0.99),
        rate_rps,
        event_us: quantile_us(delays, 0.5),
    })
}
