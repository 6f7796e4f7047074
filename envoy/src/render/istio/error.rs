//! Why a configuration cannot be rendered for a mesh.

use std::{net::SocketAddr, path::PathBuf};

use thiserror::Error;

use super::{super::RenderError, version::VersionError};

/// Why a configuration cannot be rendered for a mesh.
#[derive(Debug, Error)]
pub enum IstioError {
    /// The Istio is too old.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// The plain rendering fails.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// Two providers would be one host.
    #[error("providers {one:?} and {other:?} would both be the host {host}; give one of them another name")]
    SameHost {
        /// The first.
        one: String,
        /// The second.
        other: String,
        /// Of both.
        host: String,
    },
    /// A credential's file cannot be a key of a Secret.
    #[error(
        "provider {provider:?}: {key:?} cannot be a key of a Secret; name the file of its credential with letters, digits, \
         -, _ and ."
    )]
    Key {
        /// The provider.
        provider: String,
        /// The file's name.
        key: String,
    },
    /// The authorities of a provider are not here, where they are read from.
    #[error("provider {provider:?}: cannot read tls.ca_file {}", path.display())]
    Authority {
        /// The provider.
        provider: String,
        /// Where they should be.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nobody would reach the service.
    #[error(
        "service.{field} is {address}, which nobody outside of the service's own pod reaches; write {field}: 0.0.0.0:{}",
        address.port()
    )]
    Loopback {
        /// The field.
        field: &'static str,
        /// What it has.
        address: SocketAddr,
    },
    /// There would be no disk where the service writes.
    #[error(
        "service.data is {}, where the service's pod has no disk; write such as data: /var/lib/penstock",
        .0.display()
    )]
    Data(PathBuf),
    /// Istio's Envoy has no part that the cache needs.
    #[error(
        "cache: Istio's Envoy lacks the metadata matcher by which answers are shown to the service; leave cache out, or use \
         `penstock render envoy` with an Envoy of your own"
    )]
    Cache,
    /// Sidecars ask nobody for keys.
    #[error(
        "this configuration lets in those who have a key (keys), and sidecars do not ask the service, which looks at keys; \
         leave keys out for sidecars, or say with keys.anonymous who everybody is"
    )]
    Keys,
}
