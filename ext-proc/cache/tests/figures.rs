//! What the store in memory costs: `cargo test --release -p penstock-cache --test figures -- --ignored --nocapture`.
//!
//! Prints `name value unit` lines: lookups in one partition of 384 dimensions at three sizes, how many of the nearest are
//! found, what an entry takes beside its texts, and how long storing and reading again take.

#[cfg(test)]
#[path = "store/samples.rs"]
#[allow(dead_code, reason = "it is the other tests', too")]
mod samples;

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use penstock_cache::store::{Limits, Memory, Store};
    use penstock_embed::Vector;

    use crate::samples::{Random, entry, now_ms, partition};

    const DIMENSION: usize = 384;
    const QUERIES: usize = 200;

    const LARGE: Limits = Limits {
        entries: 1_000_000,
        bytes: 1 << 32,
        file_bytes: 1 << 33,
    };

    /// Vectors to store, and vectors to look for.
    fn sample(kind: &str, count: usize, random: &mut Random) -> (Vec<Vector>, Vec<Vector>) {
        #[expect(clippy::cast_precision_loss)]
        let between = |low: f32, high: f32, random: &mut Random| {
            low + (high - low) * (random.next() % 1_000) as f32 / 1_000.0
        };
        let centres: Vec<Vector> = (0..count / 50).map(|_| random.vector(DIMENSION)).collect();
        let stored: Vec<Vector> = (0..count)
            .map(|number| match kind {
                "clustered" => {
                    let cosine = between(0.6, 0.95, random);
                    random.near(&centres[number % centres.len()], cosine)
                }
                _ => random.vector(DIMENSION),
            })
            .collect();
        let queries = (0..QUERIES).map(|_| match kind {
            "clustered" => {
                let centre = usize::try_from(random.next()).unwrap() % centres.len();
                let cosine = between(0.6, 0.95, random);
                random.near(&centres[centre], cosine)
            }
            "planted" => {
                let cosine = between(0.8, 0.98, random);
                let number = usize::try_from(random.next()).unwrap() % count;
                random.near(&stored[number], cosine)
            }
            _ => random.vector(DIMENSION),
        });
        let queries = queries.collect();
        (stored, queries)
    }

    fn resident_bytes() -> f64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1024.0
    }

    /// Time that this process has had a processor, in steps of 10 ms.
    fn processor_ms() -> f64 {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let fields = stat.rsplit(')').next().unwrap().split_whitespace();
        fields
            .skip(11)
            .take(2)
            .map(|ticks| ticks.parse::<f64>().unwrap() * 10.0)
            .sum()
    }

    #[expect(clippy::cast_precision_loss)]
    #[tokio::test]
    #[ignore = "takes minutes, and means something in a release build only"]
    async fn figures() {
        for kind in ["clustered", "planted", "random"] {
            for count in [1_000, 10_000, 100_000] {
                let mut random = Random(7 + count as u64);
                let (stored, queries) = sample(kind, count, &mut random);
                let directory = tempfile::tempdir().unwrap();
                let is_last = kind == "planted" && count == 100_000;
                let place = is_last.then(|| directory.path());
                let entries: Vec<_> = stored
                    .iter()
                    .enumerate()
                    .map(|(number, vector)| entry("p", &number.to_string(), Some(vector.clone())))
                    .collect();
                let (texts, before) = (
                    entries
                        .iter()
                        .map(|entry| entry.text.len() + entry.answer.model.len())
                        .sum::<usize>(),
                    resident_bytes(),
                );
                let store = Memory::open(LARGE, place, now_ms());
                let began = Instant::now();
                // The sample goes as it is stored, so that memory is the store's alone; what remains is counted off.
                let freed = count * (DIMENSION * 4 + 16);
                for entry in entries {
                    store.insert(entry, now_ms()).await.unwrap();
                }
                let took = began.elapsed().as_secs_f64();
                println!("insert.{kind}.{count} {:.0} entries/s", count as f64 / took);
                let grown = resident_bytes() - before + freed as f64 - texts as f64;
                println!(
                    "resident_per_entry.{kind}.{count} {:.0} bytes (rough)",
                    grown / count as f64
                );
                let counted = store.stats().bytes.unwrap() as f64;
                println!(
                    "counted_per_entry.{kind}.{count} {:.0} bytes",
                    counted / count as f64
                );
                let mut times = Vec::new();
                let mut found = 0;
                // Of vectors of any direction nothing is near.
                let floor = if kind == "random" { 0.0 } else { 0.5 };
                let (mut nearest, processor) = (Vec::new(), processor_ms());
                for query in &queries {
                    let began = Instant::now();
                    let near = store
                        .nearest(&partition("p"), query, floor, 4, now_ms())
                        .await
                        .unwrap();
                    times.push(began.elapsed());
                    nearest.push(near.first().map_or(-1.0, |near| near.cosine));
                }
                // What it would take on processors that nobody else uses.
                let processor = (processor_ms() - processor) / QUERIES as f64;
                println!("lookup_processor.{kind}.{count} {processor:.3} ms");
                for (query, cosine) in queries.iter().zip(nearest) {
                    let best = stored
                        .iter()
                        .map(|vector| vector.cosine(query))
                        .max_by(f32::total_cmp)
                        .unwrap();
                    found += usize::from(best - cosine < 1e-3);
                }
                times.sort();
                let ms = |part: usize| times[times.len() * part / 100].as_secs_f64() * 1e3;
                println!("lookup_p50.{kind}.{count} {:.3} ms", ms(50));
                println!("lookup_p99.{kind}.{count} {:.3} ms", ms(99));
                println!(
                    "recall_at_1.{kind}.{count} {:.3} ratio",
                    found as f64 / QUERIES as f64
                );
                if is_last {
                    let began = Instant::now();
                    store.close().await;
                    println!("close.{count} {:.2} s", began.elapsed().as_secs_f64());
                    let bytes = std::fs::metadata(directory.path().join("cache.sqlite"))
                        .unwrap()
                        .len();
                    println!("file_per_entry.{count} {} bytes", bytes / count as u64);
                    println!("lost_writes.{count} {} entries", store.stats().lost_writes);
                    drop(store);
                    let began = Instant::now();
                    let store = Memory::open(LARGE, place, now_ms());
                    println!("load.{count} {:.2} s", began.elapsed().as_secs_f64());
                    println!("loaded.{count} {} entries", store.stats().entries.unwrap());
                    store.close().await;
                }
            }
        }
    }
}
