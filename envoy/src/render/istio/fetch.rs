//! Filters from a server, each under the digest of what is here.

use std::path::Path;

use http::Uri;
use penstock_config::{Endpoint, Scheme, Tls};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::super::{
    Context, Filter, RenderError, cluster,
    code::Code,
    node::{Node, list, map},
};

const CLUSTER: &str = "penstock-filters";
const CONNECT_TIMEOUT: &str = "5s";

/// A server with the filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    base: String,
    endpoint: Endpoint,
    digests: Vec<(Filter, String)>,
}

/// Why filters cannot be fetched from there.
#[derive(Debug, Error)]
pub enum FetchError {
    /// It is no URL.
    #[error(
        "{0:?} is not where filters are; write mount:/DIRECTORY, or such as https://files.example.com/penstock"
    )]
    Url(String),
    /// What is to be fetched is not here, so that its digest is not known.
    #[error(transparent)]
    Missing(#[from] RenderError),
    /// What is to be fetched cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The filter.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Fetch {
    /// From below `url`, as they are in `wasm_dir`.
    ///
    /// # Errors
    /// When that is no URL, or a filter is not here.
    pub fn new(url: &str, wasm_dir: &Path) -> Result<Self, FetchError> {
        let endpoint = endpoint(url).ok_or_else(|| FetchError::Url(url.to_owned()))?;
        let mut digests = Vec::new();
        for filter in Filter::ALL {
            digests.push((filter, digest(filter, wasm_dir)?));
        }
        let base = format!("{}/", url.trim_end_matches('/'));
        Ok(Self {
            base,
            endpoint,
            digests,
        })
    }

    pub(super) fn code(&self) -> Code {
        Code::Fetched {
            base: self.base.clone(),
            cluster: CLUSTER.to_owned(),
            digests: self.digests.clone(),
        }
    }

    /// The cluster that leads to the server.
    pub(super) fn cluster(&self, context: &Context<'_>) -> Result<Node, RenderError> {
        let Endpoint { host, port, .. } = &self.endpoint;
        let cluster = map! {
            "name" => CLUSTER,
            "connect_timeout" => CONNECT_TIMEOUT,
            "load_assignment" => map! {
                "cluster_name" => CLUSTER,
                "endpoints" => list![cluster::locality(0, host, *port)],
            },
        };
        cluster::reached(context, cluster, &self.endpoint, &Tls::default(), "the filters")
    }
}

fn endpoint(url: &str) -> Option<Endpoint> {
    let uri: Uri = url.parse().ok()?;
    let (scheme, port) = match uri.scheme_str()? {
        "http" => (Scheme::Http, 80),
        "https" => (Scheme::Https, 443),
        _ => return None,
    };
    if uri.query().is_some() || url.contains('@') {
        return None;
    }
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
    Some(Endpoint {
        scheme,
        host: host.to_ascii_lowercase(),
        port: uri.port_u16().unwrap_or(port),
        prefix: String::new(),
    })
}

fn digest(filter: Filter, directory: &Path) -> Result<String, FetchError> {
    let path = directory.join(filter.file());
    if !path.is_file() {
        let package = filter.package();
        return Err(RenderError::NoFilter { path, package }.into());
    }
    let bytes = std::fs::read(&path).map_err(|source| FetchError::Read { path, source })?;
    Ok(Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
