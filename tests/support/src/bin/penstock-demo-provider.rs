//! The scripted provider as a program, for `make run`, benchmarks and tests in other languages.

use std::io::Write;
use std::net::SocketAddr;

use clap::{Parser, ValueEnum};
use penstock_test_support::provider::{self, Options};
use rustix::process::{Signal, getppid, set_parent_process_death_signal};

/// Answers like OpenAI and Anthropic would, without a model behind it.
///
/// POST …/chat/completions and …/v1/messages. A model named `fault=…` fails on demand, for example
/// `fault=status:429`, `fault=reset-midstream:3`, `fault=slow-first-token:2s`. `GET /_requests` shows what arrived.
#[derive(Debug, Parser)]
#[command(name = "penstock-demo-provider", version)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:18081")]
    listen: SocketAddr,
    /// The name its answers start with.
    #[arg(long, default_value = "demo")]
    name: String,
    /// The only credential that is taken; any will do without it.
    #[arg(long)]
    api_key: Option<String>,
    /// How its OpenAI API differs from OpenAI's.
    #[arg(long, value_enum, default_value = "openai")]
    flavor: Flavor,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Flavor {
    Openai,
    Vllm,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let parent = getppid();
    set_parent_process_death_signal(Some(Signal::TERM))?;
    // The parent may have gone before the line above took effect.
    if getppid() != parent {
        return Ok(());
    }
    let provider = Options {
        api_key: arguments.api_key,
        flavor: match arguments.flavor {
            Flavor::Openai => provider::Flavor::OpenAi,
            Flavor::Vllm => provider::Flavor::Vllm,
        },
        listen: arguments.listen,
        ..Options::new(&arguments.name)
    }
    .start()?;
    writeln!(
        std::io::stdout(),
        "provider {} listens on {}",
        provider.name(),
        provider.url()
    )?;
    loop {
        std::thread::park();
    }
}
