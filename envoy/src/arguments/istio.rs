//! `penstock render istio`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use penstock_envoy::render::istio::Version;

use super::Filters;

const HELP: &str = "\
What is written, one file for each concern:
  envoyfilters.yaml    what Istio's Envoys do beyond what istiod tells them
  providers.yaml       a ServiceEntry and a DestinationRule for each provider
  proxy.yaml           what the proxies read: where secrets are, labels of statistics
  gateway.yaml         a gateway (without --gateway-selector), and what it listens for
  service.yaml         penstock-ext-proc, its configuration, and who may ask it
  workload-patch.yaml  what a Deployment of yours needs whose proxies are changed
  kustomization.yaml   kubectl apply -k DIR

No file holds a secret: they name keys of the Secret --secret, and which keys it needs is said. docs/istio.md has the rest.";

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct RenderIstio {
    /// The configuration
    #[arg(short, long, default_value = "penstock.yaml")]
    pub(crate) file: PathBuf,
    /// Directory for the manifests; without it, they go to standard output as one stream
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Which proxies are changed: a gateway that clients come to, or the sidecars beside workloads, which serve their own
    /// pod on its loopback interface and do without the service
    #[arg(long, value_enum, default_value_t = Shape::Gateway)]
    pub(crate) shape: Shape,
    /// The Istio of those proxies; older than 1.31 is refused
    #[arg(long, value_name = "VERSION", default_value_t = Version::NEWEST)]
    pub(crate) istio_version: Version,
    /// The namespace of the proxies and of all that is written
    #[arg(short, long, default_value = "penstock")]
    pub(crate) namespace: String,
    /// A label of the pods of a gateway of yours, such as istio=ingressgateway; without it, a gateway is written too
    #[arg(long, value_name = "KEY=VALUE", value_parser = label)]
    pub(crate) gateway_selector: Option<(String, String)>,
    /// A label of the pods whose sidecars are changed, with --shape sidecar; else penstock-sidecar=enabled
    #[arg(long, value_name = "KEY=VALUE", value_parser = label, conflicts_with = "gateway_selector")]
    pub(crate) workload_selector: Option<(String, String)>,
    /// The host that clients call the gateway by
    #[arg(long, default_value = "*")]
    pub(crate) host: String,
    /// A Secret with the gateway's certificate (type kubernetes.io/tls); without it, the gateway speaks plain HTTP
    #[arg(long, value_name = "NAME")]
    pub(crate) tls_secret: Option<String>,
    /// The Secret with credentials, each under the name that the configuration has for it
    #[arg(long, value_name = "NAME", default_value = "penstock-credentials")]
    pub(crate) secret: String,
    /// The image of penstock-ext-proc
    #[arg(long, value_name = "IMAGE", default_value = concat!("penstock-ext-proc:", env!("CARGO_PKG_VERSION")))]
    pub(crate) image: String,
    /// Where Envoy gets the filters: mount:/DIRECTORY in the proxy's container, or a URL below which they are, of which
    /// the digests of those here are demanded
    #[arg(
        long,
        value_name = "mount:/DIR|URL",
        default_value = "mount:/usr/lib/penstock"
    )]
    pub(crate) filters: String,
    /// The image that is mounted there (`make oci` builds it)
    #[arg(long, value_name = "IMAGE", default_value = concat!("penstock-filters:", env!("CARGO_PKG_VERSION")))]
    pub(crate) filters_image: String,
    #[command(flatten)]
    pub(crate) local: Filters,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Shape {
    Gateway,
    Sidecar,
}

fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() && !value.contains('=') => {
            Ok((key.to_owned(), value.to_owned()))
        }
        _ => Err("not a label; write it as KEY=VALUE".to_owned()),
    }
}
