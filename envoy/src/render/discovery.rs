//! The same configuration in files that Envoy watches: listeners, clusters, routes, and each filter of ours in one of
//! its own.
//!
//! What is written where follows from what a change costs. A listener that differs in anything is replaced and its
//! connections are drained, so nothing stands in it that a model, target or limit changes. A cluster that differs is
//! replaced by one with new connections. Routes and filters change for the requests that follow.

use std::path::{Path, PathBuf};

use penstock_config::Config;
use sha2::{Digest as _, Sha256};

use super::{
    Context, Options, RenderError, bootstrap, credential, filter, listener,
    node::{self, Node, map, typed},
    route,
};

/// A configuration in files that Envoy watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    /// What Envoy is started with, YAML. No change of what is in the files changes it.
    pub bootstrap: String,
    /// The files, in the order in which a change of them is to reach Envoy.
    pub resources: Vec<Resource>,
    /// What a user should know although Envoy will take it.
    pub notices: Vec<String>,
}

/// What a file holds, in the order in which changes are to reach Envoy: nothing before what it refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Where a secret is.
    Secret,
    /// A filter of a provider's cluster.
    UpstreamFilter,
    /// All clusters.
    Clusters,
    /// The routes of the listener.
    Routes,
    /// A filter of the listener.
    Filter,
    /// All listeners.
    Listeners,
}

/// One file that Envoy watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What it holds.
    pub kind: Kind,
    /// Its name in the directory.
    pub file: String,
    /// Its text, YAML.
    pub content: String,
    /// What tells this content from any other, if Envoy reports it.
    pub version: Option<Version>,
}

/// What tells the content of a file from any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The beginning of Envoy's statistics of this file.
    pub told_by: String,
    /// A hash of what the file holds.
    pub text: String,
}

/// The name of a file that Envoy watches.
#[derive(Clone, Debug)]
pub(super) struct ResourceFile(String);

impl ResourceFile {
    /// Clusters.
    pub(super) fn clusters() -> Self {
        Self(CLUSTERS.to_owned())
    }

    /// Listeners.
    pub(super) fn listeners() -> Self {
        Self("listeners.yaml".to_owned())
    }

    /// Routes.
    pub(super) fn routes() -> Self {
        Self("routes.yaml".to_owned())
    }

    /// A filter of the listener.
    pub(super) fn filter(name: &str) -> Self {
        Self(format!("{FILTER}{name}.yaml"))
    }

    /// Where Envoy is told to find it. Kubernetes swaps a link beside the files and touches none of them, so it is the
    /// directory that is watched.
    pub(super) fn source(&self, directory: &Path) -> Node {
        map! {
            "resource_api_version" => "V3",
            "path_config_source" => map! {
                "path" => directory.join(&self.0).as_path(),
                "watched_directory" => map! { "path" => directory },
            },
        }
    }
}

/// The file of all clusters.
pub const CLUSTERS: &str = "clusters.yaml";
/// What the names of files begin with that hold a filter.
pub const FILTER: &str = "filter-";
/// What the names of files begin with that say where a secret is.
pub const SECRET: &str = "secret-";

impl Resource {
    pub(super) fn new(
        kind: Kind,
        file: ResourceFile,
        told_by: impl Into<String>,
        resources: Node,
    ) -> Result<Self, RenderError> {
        let text = content_hash(&node::yaml(&resources)?);
        let document = map! { "version_info" => text.as_str(), "resources" => resources };
        Ok(Self {
            kind,
            file: file.0,
            content: node::yaml(&document)?,
            version: Some(Version {
                told_by: told_by.into(),
                text,
            }),
        })
    }
}

/// `config` in files of `directory`, and the bootstrap that makes Envoy read them there. Of `options`, the directory of
/// secrets is not used: all files are in one, as Kubernetes mounts them.
///
/// # Errors
/// When a filter or the certificate authorities are not there.
pub fn discovery(config: &Config, options: &Options, directory: &Path) -> Result<Discovery, RenderError> {
    let directory = super::absolute(directory.to_owned())?;
    let context = Context {
        secret_dir: directory.clone(),
        discovery: Some(directory),
        ..Context::new(config, options)?
    };
    let mut resources: Vec<Resource> = credential::files(&context)?
        .into_iter()
        .map(|(path, content)| secret(&path, content))
        .collect();
    for provider in &config.providers {
        resources.push(filter::back(&context, provider)?.resource(Kind::UpstreamFilter)?);
    }
    let clusters = bootstrap::clusters(&context)?;
    resources.push(all(
        Kind::Clusters,
        ResourceFile::clusters(),
        "cluster_manager.cds",
        "envoy.config.cluster.v3.Cluster",
        clusters,
    )?);
    resources.push(all(
        Kind::Routes,
        ResourceFile::routes(),
        "http.penstock.rds.penstock",
        "envoy.config.route.v3.RouteConfiguration",
        vec![route::configuration(config)],
    )?);
    for slot in listener::slots(&context)? {
        resources.push(slot.resource(Kind::Filter)?);
    }
    resources.push(all(
        Kind::Listeners,
        ResourceFile::listeners(),
        "listener_manager.lds",
        "envoy.config.listener.v3.Listener",
        bootstrap::listeners(&context)?,
    )?);
    Ok(Discovery {
        bootstrap: node::yaml(&bootstrap::bootstrap(&context)?)?,
        resources,
        notices: credential::notices(&context)?,
    })
}

/// Where Envoy finds listeners and clusters.
pub(super) fn dynamic_resources(directory: &PathBuf) -> Node {
    map! {
        "lds_config" => ResourceFile::listeners().source(directory),
        "cds_config" => ResourceFile::clusters().source(directory),
    }
}

fn all(
    kind: Kind,
    file: ResourceFile,
    told_by: &str,
    message: &str,
    nodes: Vec<Node>,
) -> Result<Resource, RenderError> {
    let resources: Vec<Node> = nodes.into_iter().map(|node| typed(message, node)).collect();
    Resource::new(kind, file, told_by, resources.into())
}

fn secret(path: &Path, content: String) -> Resource {
    let file = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Resource {
        kind: Kind::Secret,
        file,
        content,
        version: None,
    }
}

/// Enough of SHA-256 to tell versions of a file apart.
pub fn content_hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
