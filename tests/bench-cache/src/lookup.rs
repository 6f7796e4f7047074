//! What it takes to find the nearest in one partition, by the number of its entries, and how often it is the nearest.

use std::time::Instant;

use anyhow::Context;
use penstock_bench_harness::sample::quantile;
use penstock_cache::store::{Limits, Memory, Store};
use penstock_embed::Vector;

use crate::Scale;
use crate::entry::{self, PARTITION, now_ms};
use crate::report::{Figures, thousands};
use crate::truth::Truth;
use crate::vectors::{self, Vectors};

/// As many as the service asks for.
const CANDIDATES: usize = 4;
const RANDOM_QUERIES: usize = 200;

/// More than there are.
pub const LARGE: Limits = Limits {
    entries: 1_000_000,
    bytes: 1 << 32,
    file_bytes: 1 << 33,
};

/// What was measured with so many entries.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// In the partition.
    pub entries: usize,
    /// Median of a lookup.
    pub p50_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
    /// How often the first that is found is the nearest.
    pub recall: f64,
}

/// In the embedded store, with vectors of texts.
pub async fn embedded(vectors: &Vectors, scale: Scale, figures: &mut Figures) -> anyhow::Result<Vec<Point>> {
    let store = Memory::open(LARGE, None, now_ms());
    let mut points = Vec::new();
    let mut truth = Truth::new(vectors.queries.len());
    let mut stored = 0;
    for &size in scale.sizes {
        let more = vectors.stored.get(stored..size).context("too few vectors")?;
        for (number, vector) in (stored..).zip(more) {
            let text = vectors.texts.get(number).map(String::as_str).unwrap_or_default();
            store
                .insert(entry::entry(number, text, vector.clone()), now_ms())
                .await?;
        }
        stored = size;
        truth.extend(&vectors.queries, more);
        let point = measure(&store, &vectors.stored, &vectors.queries, &truth, size).await?;
        point.print("", figures)?;
        points.push(point);
    }
    Ok(points)
}

/// In the embedded store, with vectors of any direction: nothing is near to anything, and the nearest hardly nearer.
pub async fn random(count: usize, figures: &mut Figures) -> anyhow::Result<()> {
    let (stored, queries) = (vectors::random(count, 11)?, vectors::random(RANDOM_QUERIES, 12)?);
    let store = Memory::open(LARGE, None, now_ms());
    for (number, vector) in stored.iter().enumerate() {
        store
            .insert(entry::entry(number, "", vector.clone()), now_ms())
            .await?;
    }
    let mut truth = Truth::new(queries.len());
    truth.extend(&queries, &stored);
    let point = measure(&store, &stored, &queries, &truth, count).await?;
    let size = thousands(count);
    figures.line(&format!("lookup_{size}_random_ms"), point.p50_ms, "ms")?;
    figures.line(&format!("recall_{size}_random"), point.recall, "ratio")
}

/// Looks for each query in a store that holds the first `entries`.
pub async fn measure(
    store: &dyn Store,
    stored: &[Vector],
    queries: &[Vector],
    truth: &Truth,
    entries: usize,
) -> anyhow::Result<Point> {
    let mut times = Vec::new();
    let mut found = 0;
    for (number, query) in queries.iter().enumerate() {
        let began = Instant::now();
        let near = store
            .nearest(&PARTITION, query, 0.0, CANDIDATES, now_ms())
            .await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        let nearest = near
            .first()
            .and_then(|near| stored.get(entry::number(&near.entry)));
        found += usize::from(nearest.is_some_and(|nearest| truth.is_nearest(number, query, nearest)));
    }
    Ok(Point {
        entries,
        p50_ms: quantile(&times, 0.5),
        p99_ms: quantile(&times, 0.99),
        recall: found as f64 / queries.len() as f64,
    })
}

impl Point {
    /// Prints it. Targets are those of the embedded store.
    pub fn print(&self, prefix: &str, figures: &mut Figures) -> anyhow::Result<()> {
        let size = thousands(self.entries);
        let name = |what: &str, suffix: &str| format!("{prefix}{what}_{size}{suffix}");
        if prefix.is_empty() && self.entries == 100_000 {
            figures.at_most(&name("lookup", "_ms"), self.p50_ms, "ms", 2.0)?;
            figures.at_least(&name("recall", ""), self.recall, "ratio", 0.95)?;
        } else {
            figures.line(&name("lookup", "_ms"), self.p50_ms, "ms")?;
            figures.line(&name("recall", ""), self.recall, "ratio")?;
        }
        figures.line(&name("lookup", "_p99_ms"), self.p99_ms, "ms")
    }
}
