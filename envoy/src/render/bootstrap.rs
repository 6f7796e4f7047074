//! The whole of what Envoy is started with.

use super::{
    Context, RenderError, cluster, listener,
    node::{Node, extension, list, map},
};

/// Each connection costs memory even when it says nothing; past this, new ones are refused.
const MOST_CONNECTIONS: u64 = 50_000;

/// Most that is given back to the system at once, in bytes.
const RELEASED: u64 = 64 << 20;
/// Labels in the names of the filters' counters, each followed by its value.
const LABELS: [&str; 4] = ["client_api", "outcome", "provider", "reason"];

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
        // Compiling the filters leaves memory behind that Envoy would otherwise keep for good.
        "memory_allocator_manager" => map! {
            "bytes_to_release" => RELEASED,
            "memory_release_interval" => "1s",
        },
        "stats_config" => map! { "stats_tags" => LABELS.map(label).to_vec() },
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

/// Makes a tag of the label, so that `penstock.attempts.provider.x.outcome.200` becomes
/// `penstock_attempts{provider="x",outcome="200"}` for Prometheus. Envoy takes the first group out of the name and
/// the second as the value.
fn label(name: &str) -> Node {
    map! {
        "tag_name" => name,
        "regex" => format!(r"^wasmcustom\.penstock\..*?(\.{name}\.([^.]+))"),
    }
}
