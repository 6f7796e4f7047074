//! Measures what personal data costs inside Envoy: finding and masking it in ordinary text and in text built to be slow, the
//! memory of the filter, and what restoring adds to the events of a stream.
//!
//! Figures go to standard output, one `name value unit` a line; what they mean and what they should be is in
//! `docs/benchmarks.md`. What is measured on the way goes to standard error.

mod events;
mod hostile;
mod memory;
mod native;
mod report;
mod round;
mod text;

use clap::Parser;

/// Measures personal data in Envoy and prints `name value unit` lines.
#[derive(Debug, Parser)]
#[command(name = "penstock-bench-pii", version)]
struct Arguments {
    /// Rounds; each measures everything once, and times are medians over them.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=50))]
    rounds: u32,
    /// Starts of the Envoys whose memory is measured.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=15))]
    starts: u32,
    /// Only times the same texts in this process, without Envoy.
    #[arg(long)]
    native: bool,
    /// Only texts whose name has this in it; then only texts are timed.
    #[arg(long)]
    only: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut texts = text::all();
    if let Some(only) = &arguments.only {
        texts.retain(|text| text.name.contains(only));
    }
    if arguments.native {
        return native::print(&texts, arguments.rounds);
    }
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(run(&arguments, &texts))
}

async fn run(arguments: &Arguments, texts: &[text::Text]) -> anyhow::Result<()> {
    let rounds = round::measure(texts, arguments.rounds).await?;
    report::times(texts, &rounds)?;
    if arguments.only.is_some() {
        return Ok(());
    }
    let memory = memory::measure(arguments.starts).await?;
    report::memory(&memory)?;
    let events = events::measure(arguments.rounds).await?;
    report::events(&events)
}
