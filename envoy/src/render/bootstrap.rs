//! The whole of what Envoy is started with.

use super::{
    Context, RenderError, cluster, listener,
    node::{Node, extension, list, map},
};

/// Each connection costs memory even when it says nothing; past this, new ones are refused.
const MOST_CONNECTIONS: u64 = 50_000;

pub(super) fn bootstrap(context: &Context<'_>) -> Result<Node, RenderError> {
    let mut clusters = Vec::new();
    for provider in &context.config.providers {
        clusters.push(cluster::provider(context, provider)?);
    }
    clusters.push(cluster::exhausted());
    Ok(map! {
        "node" => map! {
            "id" => "penstock",
            "cluster" => "penstock",
            "metadata" => map! { "penstock" => map! { "policy_version" => context.config.policy_version() } },
        },
        "admin" => map! { "address" => context.admin },
        "overload_manager" => map! {
            "resource_monitors" => list![extension(
                "envoy.resource_monitors.global_downstream_max_connections",
                "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                map! { "max_active_downstream_connections" => MOST_CONNECTIONS },
            )],
        },
        "static_resources" => map! {
            "listeners" => list![listener::listener(context)?],
            "clusters" => clusters,
        },
    })
}
