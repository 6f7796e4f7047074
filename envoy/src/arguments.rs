//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// An AI gateway: proxy-wasm filters inside a stock Envoy.
#[derive(Debug, Parser)]
#[command(name = "penstock", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a configuration and say everything that is wrong with it
    Validate(Validate),
    /// Turn a configuration into that of a proxy
    Render(Render),
}

#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// The configuration
    #[arg(default_value = "penstock.yaml")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Render {
    #[command(subcommand)]
    pub(crate) proxy: Proxy,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Proxy {
    /// A bootstrap for a stock Envoy
    Envoy(RenderEnvoy),
}

#[derive(Debug, Args)]
pub(crate) struct RenderEnvoy {
    /// The configuration
    #[arg(short, long, default_value = "penstock.yaml")]
    pub(crate) file: PathBuf,
    /// Directory for envoy.yaml and the files it refers to; without it, everything goes to standard output
    #[arg(short, long)]
    pub(crate) output: Option<PathBuf>,
    /// Write it without having Envoy check it
    #[arg(long)]
    pub(crate) no_validate: bool,
    #[command(flatten)]
    pub(crate) filters: Filters,
    #[command(flatten)]
    pub(crate) envoy: Envoy,
}

#[derive(Debug, Args)]
pub(crate) struct Filters {
    /// Directory of the compiled filters; else beside this command, else target/wasm32-wasip1/release
    #[arg(long, env = "PENSTOCK_WASM_DIR", value_name = "DIR")]
    pub(crate) wasm_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Envoy {
    /// The Envoy to use; else .venv/bin/envoy, else `envoy` on the PATH
    #[arg(long, env = "ENVOY", value_name = "PATH")]
    pub(crate) envoy: Option<PathBuf>,
}
