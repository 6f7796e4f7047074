//! Measures what the gateway costs: bare Envoy and Penstock side by side, in interleaved rounds, on loopback.
//!
//! Client and provider run in one thread of this process, so that one clock times both ends of an event and one
//! of two cores is left to Envoy. Figures go to standard output, one `name value unit` a line; what they mean and
//! what they should be is in `docs/benchmarks.md`. What is measured on the way goes to standard error.

mod memory;
mod report;
mod round;
mod sample;
mod side;

use clap::Parser;
use penstock_bench_harness::traffic::provider;

/// Measures the gateway beside a bare Envoy and prints `name value unit` lines.
#[derive(Debug, Parser)]
#[command(name = "penstock-bench", version)]
struct Arguments {
    /// Rounds; each measures every side once, and figures are medians over them.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=15))]
    rounds: u32,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(run(arguments.rounds))
}

async fn run(rounds: u32) -> anyhow::Result<()> {
    let provider = provider::start().await?;
    let growth = memory::per_worker(provider).await?;
    let sides = side::start(provider, 1)?;
    let mut measured = Vec::new();
    for number in 0..rounds {
        measured.push(round::measure(&sides, number).await?);
    }
    let resident = side::resident(&sides)?;
    report::print(&measured, &resident, &growth)
}
