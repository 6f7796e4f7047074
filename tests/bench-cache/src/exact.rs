//! The same request again, as a document and as a stream, beside a bare Envoy whose provider answers at once.

use std::time::Instant;

use anyhow::ensure;
use bytes::Bytes;
use penstock_bench_harness::sample::{median, quantile};
use penstock_bench_harness::traffic::fixture;

use crate::Scale;
use crate::client::Connection;
use crate::report::Figures;
use crate::side::World;

/// A side in a mode.
struct Lane<'w> {
    name: &'static str,
    gateway: &'w penstock_test_support::Gateway,
    body: Bytes,
    /// What its answers must say about the cache.
    cache: &'static str,
    /// Of each round.
    p50_us: Vec<f64>,
    p99_us: Vec<f64>,
}

/// Asks again and again for what is kept.
pub async fn measure(world: &World, scale: Scale, figures: &mut Figures) -> anyhow::Result<()> {
    // One of both fills for both.
    world.prime(&[fixture::request(false)]).await?;
    let lane = |name, gateway, stream, cache| Lane {
        name,
        gateway,
        body: fixture::request(stream),
        cache,
        p50_us: Vec::new(),
        p99_us: Vec::new(),
    };
    let mut lanes = [
        lane("bare", &world.bare, false, ""),
        lane("exact_hit", &world.ours, false, "hit-exact"),
        lane("bare_stream", &world.bare, true, ""),
        lane("exact_hit_stream", &world.ours, true, "hit-exact"),
    ];
    for number in 0..scale.rounds {
        lanes.rotate_left(1);
        for lane in &mut lanes {
            lane.round(number, scale).await?;
        }
    }
    lanes.sort_by_key(|lane| lane.name);
    let [bare, bare_stream, hit, hit_stream] = &lanes;
    for (bare, hit) in [(bare, hit), (bare_stream, hit_stream)] {
        for lane in [bare, hit] {
            figures.line(&format!("{}_us", lane.name), median(&lane.p50_us), "us")?;
            figures.line(&format!("{}_p99_us", lane.name), median(&lane.p99_us), "us")?;
        }
        let added = |ours: &[f64], bare: &[f64]| {
            let added: Vec<f64> = ours.iter().zip(bare).map(|(ours, bare)| ours - bare).collect();
            median(&added)
        };
        figures.at_most(
            &format!("{}_added_us", hit.name),
            added(&hit.p50_us, &bare.p50_us),
            "us",
            1_000.0,
        )?;
        figures.line(
            &format!("{}_added_p99_us", hit.name),
            added(&hit.p99_us, &bare.p99_us),
            "us",
        )?;
    }
    Ok(())
}

impl Lane<'_> {
    async fn round(&mut self, number: u32, scale: Scale) -> anyhow::Result<()> {
        let mut connection = Connection::open(self.gateway.address()).await?;
        let mut times = Vec::new();
        let (mut began, mut bytes) = (Instant::now(), 0);
        let mut warm = false;
        while !warm || began.elapsed() < scale.round_time {
            let answer = connection.ask(&self.body).await?;
            ensure!(
                answer.cache() == self.cache,
                "{}: the cache says {:?}",
                self.name,
                answer.cache()
            );
            bytes = answer.bytes;
            times.push(answer.took.as_secs_f64() * 1e6);
            // A tenth of the time before it counts, so that nothing is cold.
            if !warm && began.elapsed() > scale.round_time / 10 {
                warm = true;
                times.clear();
                began = Instant::now();
            }
        }
        let (p50, p99) = (quantile(&times, 0.5), quantile(&times, 0.99));
        eprintln!(
            "round {}: {:16} p50 {p50:7.1} us, p99 {p99:8.1} us of {} answers of {bytes} bytes",
            number + 1,
            self.name,
            times.len()
        );
        self.p50_us.push(p50);
        self.p99_us.push(p99);
        Ok(())
    }
}
