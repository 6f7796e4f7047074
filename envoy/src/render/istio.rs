//! `penstock.yaml` as resources of Kubernetes and Istio: patches of what istiod gives its proxies, hosts for the
//! providers, and the service in pods of its own.
//!
//! The values of all patches are those of the plain rendering, taken apart; nothing is rendered here twice. No resource
//! holds a secret: they name keys of one Secret, and which keys is said.

mod downstream;
mod fetch;
mod gateway;
mod kubernetes;
mod names;
mod patch;
mod proxy;
mod service;
mod tree;
mod upstream;
mod version;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use penstock_config::{AccessLog, Config, Endpoint, Scheme};
use thiserror::Error;

pub use self::{
    fetch::Fetch,
    version::{LEAST_ENVOY, RELEASES, Version, VersionError},
};
use self::{names::Names, patch::Target, proxy::Needs, service::Pods};
use super::{
    Context, RenderError,
    code::Code,
    node::{self, Node, map},
};

/// Where the proxy finds the files that say where secrets are.
const SDS_DIR: &str = "/etc/penstock/sds";
/// Where the proxy finds the secrets.
const CREDENTIALS_DIR: &str = "/etc/penstock/credentials";
/// Where the proxy finds certificate authorities of providers.
const AUTHORITIES_DIR: &str = "/etc/penstock/authorities";
/// The system's certificate authorities in Istio's proxy image.
const SYSTEM_CA: &str = "/etc/ssl/certs/ca-certificates.crt";
const GATEWAY: &str = "GATEWAY";
const SIDECAR: &str = "SIDECAR_OUTBOUND";
/// Pods whose sidecars are changed.
const SIDECAR_LABEL: (&str, &str) = ("penstock-sidecar", "enabled");

/// Which proxies are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One that clients come to, which asks the service.
    Gateway,
    /// One beside each workload, without the service on the way of a request.
    Sidecar,
}

/// Where Envoy gets the code of the filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filters {
    /// In a directory of the proxy's container.
    Mounted(PathBuf),
    /// From a server.
    Fetched(Fetch),
}

/// What rendering needs to know of the mesh.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which proxies are changed.
    pub shape: Shape,
    /// Their Istio.
    pub version: Version,
    /// The namespace of the proxies and of all resources.
    pub namespace: String,
    /// A label of the proxies' pods; without it, those of a gateway that is rendered too, or sidecars that are asked to.
    pub selector: Option<(String, String)>,
    /// The host that clients call the gateway by; `*` is any.
    pub host: String,
    /// A Secret with the gateway's certificate; without it, it speaks plain HTTP.
    pub tls_secret: Option<String>,
    /// The Secret with credentials.
    pub secret: String,
    /// The image of the service.
    pub image: String,
    /// The image whose files are the filters, where they are mounted.
    pub filters_image: String,
    /// Where the code of the filters is.
    pub filters: Filters,
    /// The text of the configuration, which the service is given.
    pub configuration: String,
}

/// What is applied to a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifests {
    /// File names and their YAML, each of one concern; `kustomization.yaml` is among them.
    pub files: Vec<(&'static str, String)>,
    /// What has to be done or known besides.
    pub notices: Vec<String>,
}

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

impl Options {
    /// The label by which proxies are chosen.
    fn selector(&self) -> (&str, &str) {
        match (&self.selector, self.shape) {
            (Some((key, value)), _) => (key, value),
            (None, Shape::Gateway) => ("app", gateway::NAME),
            (None, Shape::Sidecar) => SIDECAR_LABEL,
        }
    }
}

/// The resources for `config`.
///
/// # Errors
/// When the Istio is too old, or the mesh has no place for something that the configuration asks for.
pub fn manifests(config: &Config, options: &Options) -> Result<Manifests, IstioError> {
    options.version.check()?;
    let mut notices = Vec::new();
    let config = adapted(config, options, &mut notices)?;
    let context = context(&config, options);
    let names = Names::new(&config, &options.namespace)?;
    let needs = Needs::new(&context, options)?;
    let target = Target {
        namespace: &options.namespace,
        label: options.selector(),
        context: match options.shape {
            Shape::Gateway => GATEWAY,
            Shape::Sidecar => SIDECAR,
        },
        version: options.version,
    };
    let mut upstream = upstream::patches(&context, &names, &target)?;
    if let Filters::Fetched(fetch) = &options.filters {
        upstream.insert(0, target.add("CLUSTER", fetch.cluster(&context)?));
    }
    let downstream = match options.shape {
        Shape::Gateway => downstream::gateway(&context, &names, &target, &options.host)?,
        Shape::Sidecar => downstream::sidecar(&context, &names, &target)?,
    };
    let mut files = vec![
        (
            "envoyfilters.yaml",
            vec![
                target.filter("penstock-providers", upstream),
                target.filter("penstock-clients", downstream),
            ],
        ),
        ("providers.yaml", providers(&config, &options.namespace)),
        ("proxy.yaml", needs.config_maps.clone()),
    ];
    let mut keys = needs.keys.clone();
    let number = context.listen.port();
    if options.shape == Shape::Gateway {
        let mut gateway = match options.selector {
            None => gateway::workload(options, &needs, number),
            Some(_) => Vec::new(),
        };
        gateway.extend(gateway::listener(options, number));
        files.push(("gateway.yaml", gateway));
        if let Some(service) = &config.service {
            let pods = Pods {
                config: &config,
                service,
                options,
            };
            pods.check()?;
            keys.extend(pods.keys().into_iter().map(str::to_owned));
            notices.extend(unshared(&pods));
            files.push(("service.yaml", pods.resources()));
        }
    }
    keys.sort_unstable();
    keys.dedup();
    notices.extend(demanded(options, &keys));
    let mut written = Vec::new();
    for (name, nodes) in files {
        written.push((name, documents(&nodes)?));
    }
    let resources: Vec<Node> = written.iter().map(|(name, _)| Node::from(*name)).collect();
    if options.shape == Shape::Sidecar || options.selector.is_some() {
        written.push((
            "workload-patch.yaml",
            proxy::workload_patch(&needs, options.selector())?,
        ));
        notices.push(format!(
            "the proxies' own Deployment needs what is in workload-patch.yaml: kubectl -n {} patch deployment NAME \
             --patch-file workload-patch.yaml",
            options.namespace
        ));
    }
    written.push(("kustomization.yaml", kustomization(resources)?));
    Ok(Manifests {
        files: written,
        notices,
    })
}

/// The configuration as the proxies of a mesh can have it.
fn adapted(config: &Config, options: &Options, notices: &mut Vec<String>) -> Result<Config, IstioError> {
    let mut config = config.clone();
    if options.shape == Shape::Sidecar {
        if config.needs_key() {
            return Err(IstioError::Keys);
        }
        if config.keys.is_some() {
            notices.push("sidecars ask nobody for a key; whoever runs in a pod is let in".to_owned());
        }
        config = config.without_service();
        config.keys = None;
    }
    if config.cache.is_some() && config.service.is_some() {
        return Err(IstioError::Cache);
    }
    config.cache = None;
    if let AccessLog::File(_) = config.access_log {
        notices.push(
            "access_log: Istio's proxies have no disk to write to; it goes to standard output".to_owned(),
        );
        config.access_log = AccessLog::Stdout;
    }
    if let Some(service) = &mut config.service {
        // One address, which stands for all replicas: istiod knows them. To be asked again after one has died takes a
        // matcher that Istio's Envoy does not have.
        service.urls = vec![Endpoint {
            scheme: Scheme::Http,
            host: "127.0.0.1".to_owned(),
            port: service.listen.port(),
            prefix: String::new(),
        }];
    }
    proxy::relocated(&mut config)?;
    Ok(config)
}

fn context<'a>(config: &'a Config, options: &Options) -> Context<'a> {
    let code = match &options.filters {
        Filters::Mounted(directory) => Code::Mounted(directory.clone()),
        Filters::Fetched(fetch) => fetch.code(),
    };
    Context {
        config,
        code,
        secret_dir: PathBuf::from(SDS_DIR),
        discovery: None,
        elsewhere: true,
        listen: config.listen,
        admin: config.admin,
        system_ca: Some(Path::new(SYSTEM_CA).to_owned()),
    }
}

fn providers(config: &Config, namespace: &str) -> Vec<Node> {
    let both = |provider| {
        [
            upstream::service_entry(provider, namespace),
            upstream::destination_rule(provider, namespace),
        ]
    };
    config.providers.iter().flat_map(both).collect()
}

fn unshared(pods: &Pods<'_>) -> Option<String> {
    pods.is_shared().then(|| {
        "each replica of the service keeps its ledger in its pod, and loses it with the pod; write ledger.otlp to keep it"
            .to_owned()
    })
}

/// The Secret that is to be there, which nothing here makes.
fn demanded(options: &Options, keys: &[String]) -> Option<String> {
    let literals: Vec<String> = keys.iter().map(|key| format!("--from-file={key}=FILE")).collect();
    (!keys.is_empty()).then(|| {
        format!(
            "pods wait until there is a Secret with the keys {}: kubectl -n {} create secret generic {} {}",
            keys.join(", "),
            options.namespace,
            options.secret,
            literals.join(" ")
        )
    })
}

fn documents(nodes: &[Node]) -> Result<String, RenderError> {
    let mut text = String::new();
    for (index, node) in nodes.iter().enumerate() {
        if index > 0 {
            text.push_str("---\n");
        }
        text.push_str(&node::yaml(node)?);
    }
    Ok(text)
}

fn kustomization(resources: Vec<Node>) -> Result<String, RenderError> {
    let node = map! {
        "apiVersion" => "kustomize.config.k8s.io/v1beta1",
        "kind" => "Kustomization",
        "resources" => resources,
    };
    Ok(node::yaml(&node)?)
}
