//! Measures what the cache costs: hits through Envoy and the service beside a bare Envoy that asks a provider, and what
//! its stores take in time, memory and disk.
//!
//! Client and provider are one thread of this process. Figures go to standard output, one `name value unit` a line; what
//! they mean and what they should be is in `docs/benchmarks.md`. What is measured on the way goes to standard error.

mod client;
mod corpus;
mod entry;
mod exact;
mod footprint;
mod lookup;
mod plot;
mod provider;
mod questions;
mod report;
mod semantic;
mod shared;
mod side;
mod truth;
mod vectors;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use mimalloc::MiMalloc;

use crate::report::Figures;

/// The service's allocator, so that memory here says what it takes there.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Measures the cache, and prints `name value unit` lines.
#[derive(Debug, Parser)]
#[command(name = "penstock-bench-cache", version)]
struct Arguments {
    /// Rounds of requests; each measures every side once, and figures are medians over them.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=12))]
    rounds: u32,
    /// A few thousand entries and short rounds: whether it works, not how fast.
    #[arg(long)]
    quick: bool,
    /// Fail if a target is missed.
    #[arg(long)]
    check: bool,
    /// Only these parts; all without it.
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// Where to draw what a lookup takes by the number of entries, as SVG.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Most minutes to spend on embedding questions; what was embedded is kept for the next run. At least 20,000 are.
    #[arg(long, default_value_t = 6)]
    embed_minutes: u64,
    /// Directory of the weights of all-MiniLM-L6-v2 (`make model`).
    #[arg(
        long,
        env = "PENSTOCK_MODEL_DIR",
        value_name = "DIRECTORY",
        default_value = ".venv/model"
    )]
    model_dir: PathBuf,
    #[command(subcommand)]
    process: Option<Process>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The same requests through Envoy.
    Exact,
    /// Requests that mean the same.
    Semantic,
    /// Lookups in the embedded store.
    Lookup,
    /// Memory and disk of the embedded store.
    Footprint,
    /// Lookups in Redis.
    Redis,
}

#[derive(Debug, Subcommand)]
enum Process {
    /// Fills stores in a process of its own, which holds nothing else.
    #[command(hide = true)]
    Footprint(footprint::Arguments),
}

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Rounds of requests.
    pub rounds: u32,
    /// Time of one side in a round.
    pub round_time: Duration,
    /// Questions that are asked in a round.
    pub asked: usize,
    /// Numbers of entries at which lookups are measured.
    pub sizes: &'static [usize],
}

const FULL: Scale = Scale {
    rounds: 7,
    round_time: Duration::from_millis(1_500),
    asked: 100,
    sizes: &[1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000],
};

const QUICK: Scale = Scale {
    rounds: 1,
    round_time: Duration::from_millis(300),
    asked: 20,
    sizes: &[1_000, 3_000],
};

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if let Some(Process::Footprint(footprint)) = &arguments.process {
        runtime.block_on(footprint::measure(footprint))?;
        return Ok(ExitCode::SUCCESS);
    }
    let missed = runtime.block_on(run(&arguments))?;
    Ok(if arguments.check && missed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Whether a target was missed.
async fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let scale = match arguments.quick {
        true => QUICK,
        false => Scale {
            rounds: arguments.rounds,
            ..FULL
        },
    };
    let wants = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    let mut figures = Figures::default();
    if wants(Part::Exact) || wants(Part::Semantic) {
        let world = side::World::start(provider::start().await?).await?;
        if wants(Part::Exact) {
            exact::measure(&world, scale, &mut figures).await?;
        }
        if wants(Part::Semantic) {
            semantic::measure(&world, scale, &mut figures).await?;
        }
    }
    let stores = [Part::Lookup, Part::Footprint, Part::Redis];
    if stores.into_iter().any(wants) {
        let most = scale.sizes.last().copied().unwrap_or_default();
        let patience = Duration::from_secs(60 * arguments.embed_minutes);
        let vectors = vectors::prepare(&arguments.model_dir, most, patience).await?;
        figures.line("distinct_vectors", vectors.distinct as f64, "vectors")?;
        if wants(Part::Footprint) {
            footprint::spawn(&vectors.file, most)?;
        }
        let mut curves = plot::Curves::default();
        if wants(Part::Lookup) {
            curves.embedded = lookup::embedded(&vectors, scale, &mut figures).await?;
            lookup::random(most, &mut figures).await?;
        }
        if wants(Part::Redis) {
            curves.redis = shared::measure(&vectors, scale, &mut figures).await?;
        }
        if let Some(path) = &arguments.plot {
            std::fs::write(path, curves.svg())?;
        }
    }
    let cores = std::thread::available_parallelism()?.get();
    figures.line("cores", cores as f64, "cores")?;
    Ok(figures.missed)
}
