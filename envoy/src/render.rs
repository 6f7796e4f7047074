//! `penstock.yaml` as a bootstrap for a stock Envoy, and the files beside it.
//!
//! Rendering reads no secret and starts nothing; paths come out absolute, so that Envoy may run anywhere.

mod access_log;
mod bootstrap;
mod cache;
mod cluster;
mod code;
mod credential;
mod discovery;
mod filter;
pub mod istio;
mod listener;
mod local_reply;
mod node;
mod route;
mod service;
mod slot;
mod told;
mod tracing;
mod trust;

use std::{net::SocketAddr, path::PathBuf};

use penstock_config::Config;
use thiserror::Error;

pub use code::Code;
pub use discovery::{CLUSTERS, Discovery, FILTER, Kind, Resource, SECRET, Version, content_hash, discovery};
pub use filter::Filter;

/// What rendering needs to know of this machine.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the compiled filters are.
    pub wasm_dir: PathBuf,
    /// Where [`Rendered::files`] will be; Envoy watches it for changes.
    pub secret_dir: PathBuf,
    /// Instead of the configuration's `listen`.
    pub listen: Option<SocketAddr>,
    /// Instead of the configuration's `admin`.
    pub admin: Option<SocketAddr>,
    /// The system's certificate authorities in PEM; `None` looks where Linux distributions and macOS keep them.
    pub system_ca: Option<PathBuf>,
}

/// What Envoy is started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The bootstrap, YAML.
    pub bootstrap: String,
    /// Absolute path and content of what the bootstrap refers to; it holds names of secrets and none of them.
    pub files: Vec<(PathBuf, String)>,
    /// What a user should know although Envoy will start.
    pub notices: Vec<String>,
}

/// Why a configuration could not be rendered.
#[derive(Debug, Error)]
pub enum RenderError {
    /// A compiled filter is not where it should be.
    #[error("no filter at {}; build it with `cargo build --release --target wasm32-wasip1 -p {package}`, or name its directory with --wasm-dir", path.display())]
    NoFilter {
        /// Where it was looked for.
        path: PathBuf,
        /// What builds it.
        package: &'static str,
    },
    /// No certificate authorities to check a server against.
    #[error(
        "no certificate authorities found for {server}; install ca-certificates, or name a file in tls.ca_file"
    )]
    NoTrust {
        /// A provider by its name, or a service.
        server: String,
    },
    /// A path that should be absolute cannot be made so.
    #[error("cannot make {} absolute", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A plugin configuration is not JSON.
    #[error("cannot write a plugin configuration as JSON")]
    Json(#[from] serde_json::Error),
    /// The bootstrap is not YAML.
    #[error("cannot write the bootstrap as YAML")]
    Yaml(#[from] serde_saphyr::SerializeError),
}

/// The bootstrap for `config`, and the files it refers to.
///
/// # Errors
/// When a filter or the certificate authorities are not there.
pub fn bootstrap(config: &Config, options: &Options) -> Result<Rendered, RenderError> {
    let context = Context::new(config, options)?;
    let files = credential::files(&context)?;
    Ok(Rendered {
        bootstrap: node::yaml(&bootstrap::bootstrap(&context)?)?,
        files,
        notices: credential::notices(&context)?,
    })
}

/// What all parts of a rendering read.
struct Context<'a> {
    config: &'a Config,
    code: Code,
    secret_dir: PathBuf,
    /// Where Envoy reads from files what may change while it runs; else all of it stands in the bootstrap.
    discovery: Option<PathBuf>,
    /// Whether directories that the configuration names are another machine's, so that nothing is looked for here.
    elsewhere: bool,
    listen: SocketAddr,
    admin: SocketAddr,
    system_ca: Option<PathBuf>,
}

impl<'a> Context<'a> {
    fn new(config: &'a Config, options: &Options) -> Result<Self, RenderError> {
        Ok(Self {
            config,
            code: Code::Here(absolute(options.wasm_dir.clone())?),
            secret_dir: absolute(options.secret_dir.clone())?,
            discovery: None,
            elsewhere: false,
            listen: options.listen.unwrap_or(config.listen),
            admin: options.admin.unwrap_or(config.admin),
            system_ca: options.system_ca.clone().or_else(trust::system_ca),
        })
    }
}

fn absolute(path: PathBuf) -> Result<PathBuf, RenderError> {
    std::path::absolute(&path).map_err(|source| RenderError::Path { path, source })
}
