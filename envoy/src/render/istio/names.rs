//! What things are called in a mesh: hosts, and the clusters that istiod makes of them.

use std::collections::BTreeMap;

use penstock_config::{Config, DecisionService, Endpoint, Provider};

use super::{super::node::Node, IstioError};

/// The service, its account, its pods and its configuration.
pub(super) const SERVICE: &str = "penstock-ext-proc";
/// What Kubernetes' own names end with.
const IN_CLUSTER: &str = ".svc.cluster.local";

/// Clusters of the plain rendering, by their names in the mesh.
pub(super) struct Names {
    clusters: BTreeMap<String, String>,
    /// What token-quota calls the cluster that it leases from, and what it is called in the mesh.
    leasing: Option<(String, String)>,
}

impl Names {
    pub(super) fn new(config: &Config, namespace: &str) -> Result<Self, IstioError> {
        let mut clusters = BTreeMap::new();
        let mut hosts: BTreeMap<String, &str> = BTreeMap::new();
        for provider in &config.providers {
            let host = provider_host(provider);
            if let Some(other) = hosts.insert(host.clone(), &provider.name) {
                return Err(IstioError::SameHost {
                    one: other.to_owned(),
                    other: provider.name.clone(),
                    host,
                });
            }
            clusters.insert(provider.cluster(), outbound(&host, provider.endpoint.port));
        }
        if let Some(service) = &config.service {
            clusters.insert(service.cluster().to_owned(), service_cluster(service, namespace));
        }
        let mut leasing = None;
        let quota = config.quota.as_ref().and_then(|quota| quota.service.as_ref());
        if let Some(service) = quota
            && let Some(host) = in_mesh(&service.endpoint)
        {
            let name = outbound(&host, service.endpoint.port);
            leasing = Some((service.cluster().to_owned(), name.clone()));
            clusters.insert(service.cluster().to_owned(), name);
        }
        Ok(Self { clusters, leasing })
    }

    /// The cluster that istiod makes, where it makes one in the place of this.
    pub(super) fn of(&self, cluster: &str) -> Option<&str> {
        self.clusters.get(cluster).map(String::as_str)
    }

    /// The same tree with clusters as they are called in the mesh. What the filters call a provider stays as it is: the
    /// matcher finds the cluster by that.
    pub(super) fn applied(&self, node: Node) -> Node {
        node.mapped(&|key, value| match (key, value) {
            ("cluster" | "cluster_name", Node::Text(name)) => {
                Node::Text(self.of(&name).unwrap_or(&name).to_owned())
            }
            (_, Node::Block(text)) => Node::Block(self.leasing(text)),
            (_, value) => value,
        })
    }

    /// A plugin configuration: token-quota calls the cluster that it leases from by its name.
    fn leasing(&self, configuration: String) -> String {
        match &self.leasing {
            Some((plain, name)) => {
                let [plain, name] = [plain, name].map(|cluster| format!("\"cluster\": \"{cluster}\""));
                configuration.replace(&plain, &name)
            }
            None => configuration,
        }
    }
}

/// The host under which a mesh knows a provider. Not the provider's own name: applications in the mesh that speak to it
/// themselves are to go on as they did, and two providers may be at one address.
pub(super) fn provider_host(provider: &Provider) -> String {
    let label = provider.name.to_ascii_lowercase().replace('_', "-");
    format!("{}.provider.penstock.internal", label.trim_matches('-'))
}

/// The host under which Kubernetes knows the service.
pub(super) fn service_host(namespace: &str) -> String {
    format!("{SERVICE}.{namespace}{IN_CLUSTER}")
}

pub(super) fn service_cluster(service: &DecisionService, namespace: &str) -> String {
    outbound(&service_host(namespace), service.listen.port())
}

/// The full name of a Service of Kubernetes, if that is what an address is.
fn in_mesh(endpoint: &Endpoint) -> Option<String> {
    let host = endpoint.host.trim_end_matches('.');
    if host.ends_with(IN_CLUSTER) {
        return Some(host.to_owned());
    }
    host.strip_suffix(".svc")
        .map(|name| format!("{name}{IN_CLUSTER}"))
}

/// As istiod calls the cluster of a port of a host.
fn outbound(host: &str, port: u16) -> String {
    format!("outbound|{port}||{host}")
}
