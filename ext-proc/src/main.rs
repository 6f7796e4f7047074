//! `penstock-ext-proc`: the service beside Envoy.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use mimalloc::MiMalloc;
use penstock_ext_proc::server;

/// A decision is many small allocations that other threads free; the system's allocator takes a sixth of its time for them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Decides for Envoy what needs memory of other requests: keys, plans, money, limits.
#[derive(Debug, Parser)]
#[command(name = "penstock-ext-proc", version)]
struct Arguments {
    /// The configuration
    #[arg(short, long, default_value = "penstock.yaml")]
    file: PathBuf,
    /// Seconds that running requests are given at the end
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    drain_time: u64,
    /// Directory of the weights of all-MiniLM-L6-v2 (`make model`), where the configuration names none
    #[arg(long, env = "PENSTOCK_MODEL_DIR", value_name = "DIRECTORY")]
    model_dir: Option<PathBuf>,
}

/// 0: ended when it was asked to. 1: it could not go on, and standard error says why. 2: wrong arguments (from clap).
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let drain = Duration::from_secs(arguments.drain_time);
    match server::run(&arguments.file, drain, arguments.model_dir.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("penstock-ext-proc: {error:#}");
            ExitCode::FAILURE
        }
    }
}
