//! Measures what counting tokens costs inside Envoy: penstock-tokens, tiktoken-rs and bpe-openai, each as a filter of the
//! same shape, side by side in one run.
//!
//! The filter reads the host's clock around each count, so that nothing of Envoy and of this client is timed. Every
//! count is compared with that of the others, and the run fails if any two differ. Figures go to standard output, one
//! `name value unit` a line; what they mean is in `docs/benchmarks.md`. What is measured on the way goes to standard error.

mod agreement;
mod fresh;
mod report;
mod round;
mod side;
mod text;

use clap::Parser;
use penstock_bench_harness::{memory, sample};

use agreement::Agreement;

/// Measures counting in Envoy beside other crates and prints `name value unit` lines.
#[derive(Debug, Parser)]
#[command(name = "penstock-bench-tokens", version)]
struct Arguments {
    /// Starts of each Envoy; each gives a first use in every worker and a resident memory.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=15))]
    starts: u32,
    /// Rounds; each counts every text with every side, and times are medians over them.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=50))]
    rounds: u32,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let texts = text::all();
    let mut agreement = Agreement::default();
    let mut starts = Vec::new();
    let mut running = Vec::new();
    for number in 1..=arguments.starts {
        // Only the Envoys of the last start go on to be timed.
        running.clear();
        let (sides, start) = fresh::measure(&texts, &mut agreement).await?;
        eprintln!(
            "start {number}: first use {:.1?} ms, resident {:.1?} MB",
            start.first_use_ms, start.resident_mb
        );
        running = sides;
        starts.push(start);
    }
    eprintln!("warming up");
    round::warm_up(&mut running, &texts).await?;
    let mut rounds = Vec::new();
    for number in 0..arguments.rounds as usize {
        let round = round::measure(&mut running, &texts, number, &mut agreement).await?;
        let medians = round.iter().map(|((text, side), times)| {
            let median = sample::median(times);
            format!("{text} {side} {median:.0}")
        });
        eprintln!(
            "round {}: us: {}",
            number + 1,
            medians.collect::<Vec<_>>().join(", ")
        );
        rounds.push(round);
    }
    let resident = memory::settled(&side::gateways(&running)).await?;
    report::print(&starts, &rounds, &resident, &texts)?;
    agreement.verdict()
}
