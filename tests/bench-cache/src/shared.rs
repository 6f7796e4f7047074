//! Lookups in Redis with the query engine, through the store that replicas share.

use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::future::try_join_all;
use penstock_cache::store::{Redis, Settings, Store};
use penstock_test_support::redis::{Kind, Redis as Server};

use crate::Scale;
use crate::entry::{self, now_ms};
use crate::lookup::{self, Point};
use crate::report::{Figures, thousands};
use crate::truth::Truth;
use crate::vectors::Vectors;

/// Numbers of entries at which lookups are measured, if they are reached.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// The time that filling may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// Entries that are on their way at once.
const AT_ONCE: usize = 32;

/// What was measured, as far as it could be filled in time.
pub async fn measure(vectors: &Vectors, scale: Scale, figures: &mut Figures) -> anyhow::Result<Vec<Point>> {
    let server = match Server::start(Kind::Stack) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("no lookups in Redis: {error:#}");
            return Ok(Vec::new());
        }
    };
    let settings = Settings {
        timeout: Duration::from_secs(10),
        ..Settings::default()
    };
    let store = Redis::new(redis::Client::open(server.url())?, settings);
    let mut truth = Truth::new(vectors.queries.len());
    let mut points = Vec::new();
    let (began, mut stored) = (Instant::now(), 0);
    let most = scale.sizes.last().copied().unwrap_or_default();
    for size in SIZES.into_iter().filter(|size| *size <= most) {
        let filling = Instant::now();
        let more = vectors.stored.get(stored..size).context("too few vectors")?;
        let mut count = 0;
        for chunk in more.chunks(AT_ONCE) {
            let entries = (stored + count..).zip(chunk).map(|(number, vector)| {
                let text = vectors.texts.get(number).map(String::as_str).unwrap_or_default();
                store.insert(entry::entry(number, text, vector.clone()), now_ms())
            });
            try_join_all(entries).await?;
            count += chunk.len();
            if began.elapsed() > PATIENCE {
                eprintln!(
                    "Redis holds {} entries after {PATIENCE:?}: that is all",
                    stored + count
                );
                return Ok(points);
            }
        }
        let rate = count as f64 / filling.elapsed().as_secs_f64();
        figures.line(
            &format!("redis_insert_rate_{}_per_s", thousands(size)),
            rate,
            "entries/s",
        )?;
        stored = size;
        truth.extend(&vectors.queries, more);
        let point = lookup::measure(&store, &vectors.stored, &vectors.queries, &truth, size).await?;
        point.print("redis_", figures)?;
        points.push(point);
    }
    Ok(points)
}
