//! What a proxy's container is given so that the patches find what they name: filters, secrets, authorities.

use std::path::Path;

use penstock_config::{Config, Credential, Provider};

use super::{
    super::{
        Context, bootstrap, credential,
        node::{self, Node, list, map},
    },
    AUTHORITIES_DIR, CREDENTIALS_DIR, IstioError, Options, SDS_DIR,
    kubernetes::{config_map, config_volume, mount, secret_env, secret_volume},
    upstream::name_of,
};
use crate::render::Code;

const FILTERS: &str = "penstock-filters";
const SDS: &str = "penstock-sds";
const CREDENTIALS: &str = "penstock-credentials";
const AUTHORITIES: &str = "penstock-authorities";
const BOOTSTRAP: &str = "penstock-bootstrap";
/// Where Istio's injector looks for what is added to Envoy's bootstrap.
const BOOTSTRAP_FILE: &str = "custom_bootstrap.json";

/// What a proxy's pod needs.
pub(super) struct Needs {
    /// Resources in files of their own.
    pub(super) config_maps: Vec<Node>,
    pub(super) volumes: Vec<Node>,
    pub(super) mounts: Vec<Node>,
    pub(super) env: Vec<Node>,
    /// Keys of the Secret.
    pub(super) keys: Vec<String>,
}

impl Needs {
    pub(super) fn new(context: &Context<'_>, options: &Options) -> Result<Self, IstioError> {
        let namespace = &options.namespace;
        let mut needs = Self {
            config_maps: vec![statistics(context, namespace)?],
            volumes: Vec::new(),
            mounts: Vec::new(),
            env: Vec::new(),
            keys: keys(context.config),
        };
        if let Code::Mounted(directory) = &context.code {
            let image =
                map! { "reference" => options.filters_image.as_str(), "pullPolicy" => "IfNotPresent" };
            needs.volumes.push(map! { "name" => FILTERS, "image" => image });
            needs.mounts.push(mount(FILTERS, &directory.to_string_lossy()));
        }
        let sds: Vec<_> = credential::files(context)?
            .into_iter()
            .filter_map(|(path, content)| {
                let name = path.file_name()?.to_string_lossy().into_owned();
                Some((name, Node::Block(content)))
            })
            .collect();
        if !sds.is_empty() {
            needs.config_maps.push(config_map(namespace, SDS, sds));
            needs.volumes.push(config_volume(SDS, SDS));
            needs.mounts.push(mount(SDS, SDS_DIR));
            needs
                .volumes
                .push(secret_volume(CREDENTIALS, &options.secret, &needs.keys));
            needs.mounts.push(mount(CREDENTIALS, CREDENTIALS_DIR));
        }
        let authorities = authorities(context.config)?;
        if !authorities.is_empty() {
            needs
                .config_maps
                .push(config_map(namespace, AUTHORITIES, authorities));
            needs.volumes.push(config_volume(AUTHORITIES, AUTHORITIES));
            needs.mounts.push(mount(AUTHORITIES, AUTHORITIES_DIR));
        }
        if let Some(pii) = &context.config.pii {
            needs.env.push(secret_env(&pii.key_env, &options.secret));
            needs.keys.push(pii.key_env.clone());
        }
        Ok(needs)
    }

    /// The proxy's container: the injector fills in what is not here.
    pub(super) fn container(&self, more: Node) -> Node {
        let mut container = map! { "name" => "istio-proxy", "image" => "auto" }.with_all(more);
        if !self.env.is_empty() {
            container = container.with("env", self.env.clone());
        }
        match self.mounts.is_empty() {
            true => container,
            false => container.with("volumeMounts", self.mounts.clone()),
        }
    }
}

/// Has Istio's injector add our statistics' labels and histograms to the bootstrap.
pub(super) fn annotations() -> Node {
    map! { "sidecar.istio.io/bootstrapOverride" => BOOTSTRAP }
}

fn statistics(context: &Context<'_>, namespace: &str) -> Result<Node, IstioError> {
    let ours = bootstrap::bootstrap(context)?.only(&["stats_config", "memory_allocator_manager"]);
    let json = serde_json::to_string_pretty(&ours).map_err(super::super::RenderError::from)?;
    let data = vec![(BOOTSTRAP_FILE.to_owned(), Node::Block(json + "\n"))];
    Ok(config_map(namespace, BOOTSTRAP, data))
}

/// The configuration with each secret of a provider where the Secret is mounted: there it can be changed while Envoy runs,
/// which a variable cannot.
pub(super) fn relocated(config: &mut Config) -> Result<(), IstioError> {
    for provider in &mut config.providers {
        if let Some(key) = key(provider)? {
            provider.credential = Credential::File(Path::new(CREDENTIALS_DIR).join(key));
        }
    }
    Ok(())
}

/// What a provider's secret is called in the Secret: as the variable, or as the file.
fn key(provider: &Provider) -> Result<Option<String>, IstioError> {
    let key = match &provider.credential {
        Credential::None | Credential::Client => return Ok(None),
        Credential::Env(name) => name.clone(),
        Credential::File(path) => path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
    };
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if key.is_empty() || !key.bytes().all(valid) {
        return Err(IstioError::Key {
            provider: provider.name.clone(),
            key,
        });
    }
    Ok(Some(key))
}

/// The keys of all providers, each once.
fn keys(config: &Config) -> Vec<String> {
    let mut keys: Vec<String> = config
        .providers
        .iter()
        .filter_map(|provider| match &provider.credential {
            Credential::File(path) => Some(path.file_name()?.to_string_lossy().into_owned()),
            _ => None,
        })
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The authorities of providers whose certificates the system does not trust. They are no secret.
fn authorities(config: &Config) -> Result<Vec<(String, Node)>, IstioError> {
    let mut files = Vec::new();
    for provider in &config.providers {
        let Some(path) = &provider.tls.ca_file else {
            continue;
        };
        let path = config.resolve(path);
        let text = std::fs::read_to_string(&path).map_err(|source| IstioError::Authority {
            provider: provider.name.clone(),
            path,
            source,
        })?;
        files.push((format!("{}.pem", name_of(provider)), Node::Block(text)));
    }
    Ok(files)
}

/// What is added to a workload so that the sidecar beside it serves the listener.
pub(super) fn workload_patch(needs: &Needs, label: (&str, &str)) -> Result<String, IstioError> {
    let (key, value) = label;
    let patch = map! {
        "spec" => map! {
            "template" => map! {
                "metadata" => map! {
                    "labels" => map! { key => value, "sidecar.istio.io/inject" => "true" },
                    "annotations" => annotations(),
                },
                "spec" => map! {
                    "containers" => list![needs.container(map! {})],
                    "volumes" => needs.volumes.clone(),
                },
            },
        },
    };
    Ok(node::yaml(&patch).map_err(super::super::RenderError::from)?)
}
