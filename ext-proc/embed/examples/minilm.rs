//! What the local embedder costs on this machine: `cargo run --release -p penstock-embed --features minilm --example
//! minilm -- DIRECTORY [THREADS]` prints `name value unit` lines.

use std::{
    env, fs,
    num::NonZeroUsize,
    path::Path,
    time::{Duration, Instant},
};

use penstock_embed::{EmbedError, Embedder, Limits, LoadError, MiniLm};

const ROUNDS: usize = 100;
const BATCH: usize = 32;

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("usage: minilm DIRECTORY [THREADS]")]
    Usage,
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Embed(#[from] EmbedError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

#[expect(clippy::print_stdout, reason = "the figures")]
#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = env::args().skip(1);
    let directory = arguments.next().ok_or(Error::Usage)?;
    let threads = arguments
        .next()
        .map_or(Ok(NonZeroUsize::MIN), |threads| threads.parse());
    let threads = threads.map_err(|_| Error::Usage)?;
    let limits = Limits {
        budget: Duration::from_secs(60),
        ..Limits::default()
    };

    let before = resident()?;
    let start = Instant::now();
    let model = MiniLm::load(Path::new(&directory), threads, limits)?;
    println!("embed.load_ms {} ms", start.elapsed().as_millis());
    println!(
        "embed.resident_mb {} MB",
        resident()?.saturating_sub(before) / 1_024
    );

    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let start = Instant::now();
        model.embed(&question(round)).await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    for (name, share) in [("min", 0), ("p50", 50), ("p99", 99)] {
        let time = times.get(ROUNDS * share / 100).copied().unwrap_or_default();
        println!("embed.question_ms.{name} {time:.2} ms");
    }

    let mut rates = Vec::new();
    for round in 1..=10 {
        let questions: Vec<String> = (0..BATCH).map(|i| question(round * 1_000 + i)).collect();
        let start = Instant::now();
        futures_util::future::try_join_all(questions.iter().map(|question| model.embed(question))).await?;
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        rates.push(BATCH as f64 / start.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    println!(
        "embed.batch_per_s.p50 {:.0} 1/s",
        rates.get(5).copied().unwrap_or_default()
    );
    println!(
        "embed.batch_per_s.max {:.0} 1/s",
        rates.last().copied().unwrap_or_default()
    );
    println!(
        "embed.resident_after_mb {} MB",
        resident()?.saturating_sub(before) / 1_024
    );
    Ok(())
}

/// Twelve words, other ones each time.
fn question(number: usize) -> String {
    format!("How do I change the billing address of account {number} before next month?")
}

/// In KiB.
fn resident() -> Result<usize, std::io::Error> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_default())
}
