//! Where attempts go: a host of the mesh for each provider, and what istiod's cluster of it does not have by itself.

use std::time::Duration;

use penstock_config::{Provider, Scheme};

use super::{
    super::{
        Context, RenderError, cluster,
        node::{Node, list, map},
    },
    AUTHORITIES_DIR,
    kubernetes::resource,
    names::{Names, provider_host},
    patch::Target,
};

/// Fields of a cluster that istiod makes from the `ServiceEntry` and the `DestinationRule`, or from a Service.
const OF_ISTIOD: [&str; 8] = [
    "name",
    "type",
    "cluster_type",
    "connect_timeout",
    "circuit_breakers",
    "upstream_connection_options",
    "load_assignment",
    "transport_socket",
];

const KEEPALIVE: Duration = Duration::from_secs(cluster::KEEPALIVE_SECONDS as u64);

/// Filters, buffers and the closed port of each provider's cluster, and the clusters that nothing in the mesh has.
pub(super) fn patches(
    context: &Context<'_>,
    names: &Names,
    target: &Target<'_>,
) -> Result<Vec<Node>, RenderError> {
    let mut patches = Vec::new();
    for provider in &context.config.providers {
        let plain = cluster::provider(context, provider)?;
        patches.push(merged(names, target, plain, map! {}));
    }
    if let Some(service) = &context.config.service {
        let plain = cluster::service(context, service)?;
        // No `DestinationRule` says it.
        let timeout = plain.clone().only(&["connect_timeout"]);
        patches.push(merged(names, target, plain, timeout));
    }
    let quota = context.config.quota.as_ref();
    if let Some(service) = quota.and_then(|quota| quota.service.as_ref())
        && names.of(service.cluster()).is_none()
    {
        patches.push(target.add("CLUSTER", cluster::quota_service(context, service)?));
    }
    patches.push(target.add("CLUSTER", cluster::exhausted()));
    Ok(patches)
}

fn merged(names: &Names, target: &Target<'_>, plain: Node, more: Node) -> Node {
    let name = plain.text("name").unwrap_or_default().to_owned();
    let name = names.of(&name).unwrap_or(&name).to_owned();
    let further: Vec<Node> = plain
        .clone()
        .take("load_assignment")
        .and_then(|assignment| assignment.take("endpoints"))
        .map(Node::items)
        .unwrap_or_default()
        .into_iter()
        // The endpoints themselves are istiod's.
        .skip_while(|locality| !is_further(locality))
        .collect();
    let fields = more.with_all(names.applied(plain.without(&OF_ISTIOD)));
    let fields = match further.is_empty() {
        true => fields,
        // Lists are appended to.
        false => fields.with("load_assignment", map! { "endpoints" => further }),
    };
    target.cluster(&name, fields)
}

fn is_further(locality: &Node) -> bool {
    locality
        .clone()
        .take("priority")
        .is_some_and(|priority| priority != Node::Number(0))
}

/// The host of a provider.
pub(super) fn service_entry(provider: &Provider, namespace: &str) -> Node {
    let endpoint = &provider.endpoint;
    // Of HTTPS, sidecars make nothing that other traffic could meet.
    let (name, protocol) = match endpoint.scheme {
        Scheme::Http => ("http", "HTTP"),
        Scheme::Https => ("https", "HTTPS"),
    };
    let spec = map! {
        "hosts" => list![provider_host(provider)],
        "exportTo" => list!["."],
        "location" => "MESH_EXTERNAL",
        "resolution" => "DNS",
        "ports" => list![map! { "number" => endpoint.port, "name" => name, "protocol" => protocol }],
        "endpoints" => list![map! { "address" => endpoint.host.as_str() }],
    };
    resource(
        "networking.istio.io/v1",
        "ServiceEntry",
        namespace,
        &name_of(provider),
    )
    .with("spec", spec)
}

/// How the host is connected to.
pub(super) fn destination_rule(provider: &Provider, namespace: &str) -> Node {
    let spec = map! {
        "host" => provider_host(provider),
        "exportTo" => list!["."],
        "trafficPolicy" => map! {
            "connectionPool" => map! {
                "tcp" => map! {
                    "maxConnections" => cluster::NO_BREAKER,
                    "connectTimeout" => provider.connect_timeout,
                    "tcpKeepalive" => map! { "time" => KEEPALIVE, "interval" => KEEPALIVE },
                },
                "http" => map! {
                    "http1MaxPendingRequests" => cluster::NO_BREAKER,
                    "http2MaxRequests" => cluster::NO_BREAKER,
                    "maxRetries" => cluster::NO_BREAKER,
                },
            },
            "tls" => tls(provider),
        },
    };
    resource(
        "networking.istio.io/v1",
        "DestinationRule",
        namespace,
        &name_of(provider),
    )
    .with("spec", spec)
}

fn tls(provider: &Provider) -> Node {
    if provider.endpoint.scheme == Scheme::Http {
        return map! { "mode" => "DISABLE" };
    }
    let name = match &provider.tls.server_name {
        Some(name) => name,
        None => &provider.endpoint.host,
    };
    let authorities = match &provider.tls.ca_file {
        Some(_) => format!("{AUTHORITIES_DIR}/{}.pem", name_of(provider)),
        None => "system".to_owned(),
    };
    map! {
        "mode" => "SIMPLE",
        "sni" => name.as_str(),
        "subjectAltNames" => list![name.as_str()],
        "caCertificates" => authorities,
    }
}

/// What the resources of a provider are called.
pub(super) fn name_of(provider: &Provider) -> String {
    let host = provider_host(provider);
    format!("provider-{}", host.split('.').next().unwrap_or_default())
}
