//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use penstock_envoy::process;

pub(crate) mod istio;
pub(crate) mod keys;

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
    /// Check a configuration, start Envoy and the service with it and stay until they end
    Run(Run),
    /// Make, list and revoke the keys that callers show
    Keys(keys::Keys),
    /// Becomes another program, which then ends together with the process that started it
    #[command(name = process::EXEC, hide = true)]
    Exec(Exec),
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
    /// Resources of Kubernetes and Istio
    Istio(istio::RenderIstio),
}

#[derive(Debug, Args)]
pub(crate) struct RenderEnvoy {
    /// The configuration
    #[arg(short, long, default_value = "penstock.yaml")]
    pub(crate) file: PathBuf,
    /// Directory for envoy.yaml and the files it refers to; without it, everything goes to standard output
    #[arg(short, long)]
    pub(crate) output: Option<PathBuf>,
    /// Where Envoy takes clients, in place of the configuration's `listen`: in a container, 0.0.0.0:8080
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// Directory of files that Envoy watches, in the place of one bootstrap. Rendered into it again, a changed
    /// configuration reaches the running Envoy without a restart: models, targets, limits, providers and what is done
    /// about personal data change for the requests that follow, no stream is cut and no connection is drained. It is
    /// checked first, and written file by file; what only a restart brings into force (admin, service) is refused.
    /// Envoy is started with `-c DIR/envoy.yaml`. See docs/xds.md
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    pub(crate) xds: Option<PathBuf>,
    /// With --xds: how long a provider's cluster is kept that nothing refers to any more, since requests under way may
    /// still move on to it
    #[arg(long, value_name = "SECONDS", default_value_t = 30, requires = "xds")]
    pub(crate) grace: u64,
    /// With --xds: write also what a running Envoy cannot take up, to start it anew at once
    #[arg(long, requires = "xds")]
    pub(crate) restart: bool,
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

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The configuration
    #[arg(short, long, default_value = "penstock.yaml")]
    pub(crate) file: PathBuf,
    /// Worker threads of Envoy; else one for each CPU
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) concurrency: Option<u32>,
    /// Log level of Envoy
    #[arg(long, default_value = "warning", value_parser = ["trace", "debug", "info", "warning", "error", "critical", "off"])]
    pub(crate) log_level: String,
    /// Seconds that running requests are given at the end
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    pub(crate) drain_time: u64,
    /// Do without the service: static plans, no keys, no budgets
    #[arg(long)]
    pub(crate) no_service: bool,
    /// The service to start; else penstock-ext-proc beside this command, else on the PATH
    #[arg(long, env = "PENSTOCK_EXT_PROC", value_name = "PATH")]
    pub(crate) service: Option<PathBuf>,
    /// Keep the rendered files there instead of in a temporary directory
    #[arg(long, value_name = "DIR")]
    pub(crate) runtime_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) filters: Filters,
    #[command(flatten)]
    pub(crate) envoy: Envoy,
}

#[derive(Debug, Args)]
pub(crate) struct Exec {
    /// The process that must be the parent
    pub(crate) parent: i32,
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    pub(crate) command: Vec<std::ffi::OsString>,
}
