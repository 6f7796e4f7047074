//! Measures what the service costs: `penstock-ext-proc`, without Redis and with it, beside a service of the same kind that
//! answers at once. All are asked by the same client in one run, in interleaved rounds, on loopback.
//!
//! The client does what an Envoy does for a request: ext_authz's check, ext_proc's stream with headers and body, and
//! in the end an entry of the access log, by which the service settles what it has reserved. Figures go to standard output,
//! one `name value unit` a line; what they mean and what they should be is in `docs/benchmarks.md`. What is measured on the
//! way goes to standard error.

mod call;
mod config;
mod load;
mod memory;
mod message;
mod noop;
mod process;
mod proxy;
mod report;
mod round;
mod side;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use penstock_test_support::redis::{Kind, Redis};

use crate::side::Side;

/// Measures the service beside one that answers at once, and prints `name value unit` lines.
#[derive(Debug, Parser)]
#[command(name = "penstock-bench-ext-proc", version)]
struct Arguments {
    /// Rounds; each measures every side once, and figures are medians over them.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=15))]
    rounds: u32,
    /// Requests after which memory is measured; zero leaves it out.
    #[arg(long, default_value_t = 1_000_000)]
    requests: u64,
    /// Fail if a target is missed.
    #[arg(long)]
    check: bool,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Only serves, and answers at once.
    #[command(hide = true)]
    Noop,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if let Some(Part::Noop) = arguments.part {
        noop::serve()?;
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let missed = runtime.block_on(run(&arguments))?;
    Ok(if arguments.check && missed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Whether a target was missed.
async fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let mut rounds = Vec::new();
    {
        let redis = Redis::start(Kind::Redis)?;
        let mut sides = [Side::noop()?, Side::alone().await?, Side::with(&redis).await?];
        round::warm_up(&mut sides).await?;
        for number in 0..arguments.rounds {
            rounds.push(round::measure(&mut sides, number).await?);
        }
    }
    let memory = match arguments.requests {
        0 => None,
        requests => Some(memory::measure(requests).await?),
    };
    report::print(&rounds, memory.as_ref())
}
