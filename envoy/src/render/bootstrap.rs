//! The whole of what Envoy is started with.

use super::{
    Context, RenderError, cache, cluster, discovery, listener,
    node::{Node, extension, list, map},
};

/// Each connection costs memory even when it says nothing; past this, new ones are refused.
const MOST_CONNECTIONS: u64 = 50_000;

/// Most that is given back to the system at once, in bytes.
const RELEASED: u64 = 64 << 20;
/// Labels in the names of the filters' counters, each followed by its value.
const LABELS: [&str; 12] = [
    "action",
    "client_api",
    "direction",
    "entity",
    "kind",
    "limit",
    "model",
    "outcome",
    "provider",
    "reason",
    "tenant",
    "vocabulary",
];

const MICROSECONDS: [u64; 14] = [
    10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 1_000_000,
];

/// Histograms of the filters, and the upper bounds that Prometheus counts their values under.
const HISTOGRAMS: [(&str, &[u64]); 3] = [
    ("penstock.count_us", &MICROSECONDS),
    ("penstock.pii_mask_us", &MICROSECONDS),
    // Thousandths of what the provider has counted.
    (
        "penstock.estimate_permille",
        &[
            500, 600, 700, 800, 850, 900, 950, 980, 990, 1_000, 1_010, 1_020, 1_050, 1_100, 1_150, 1_200,
            1_300, 1_500, 2_000,
        ],
    ),
];

pub(super) fn bootstrap(context: &Context<'_>) -> Result<Node, RenderError> {
    let bootstrap = fixed(context);
    let Some(directory) = &context.discovery else {
        let resources = map! {
            "listeners" => listeners(context)?,
            "clusters" => [clusters(context)?, fixed_clusters(context)?].concat(),
        };
        return Ok(bootstrap.with("static_resources", resources));
    };
    let resources = map! { "clusters" => fixed_clusters(context)? };
    Ok(bootstrap
        .with("dynamic_resources", discovery::dynamic_resources(directory))
        .with("static_resources", resources))
}

/// Everything that Envoy listens for.
pub(super) fn listeners(context: &Context<'_>) -> Result<Vec<Node>, RenderError> {
    let mut listeners = vec![listener::listener(context)?];
    let embeddings = context.config.embeddings();
    listeners.extend(embeddings.map(|(provider, endpoint)| cache::listener(provider, endpoint)));
    Ok(listeners)
}

/// The clusters that may come and go while Envoy runs.
pub(super) fn clusters(context: &Context<'_>) -> Result<Vec<Node>, RenderError> {
    let mut clusters = Vec::new();
    for provider in &context.config.providers {
        clusters.push(cluster::provider(context, provider)?);
    }
    let quota = context.config.quota.as_ref();
    if let Some(service) = quota.and_then(|quota| quota.service.as_ref()) {
        clusters.push(cluster::quota_service(context, service)?);
    }
    if let Some((provider, _)) = context.config.embeddings() {
        clusters.push(cache::embeddings(context, provider)?);
    }
    clusters.push(cluster::exhausted());
    Ok(clusters)
}

/// The access log that the service reads, and the tracer, demand clusters that Envoy is started with.
fn fixed_clusters(context: &Context<'_>) -> Result<Vec<Node>, RenderError> {
    let service = context.config.service.as_ref();
    let service = service.map(|service| cluster::service(context, service));
    let traces = context.config.telemetry.traces.as_ref();
    let traces = traces.map(|traces| cluster::traces(context, traces));
    service.into_iter().chain(traces).collect()
}

/// What is read once.
fn fixed(context: &Context<'_>) -> Node {
    map! {
        "node" => node(context),
        "admin" => map! { "address" => context.admin },
        // Compiling the filters leaves memory behind that Envoy would otherwise keep for good.
        "memory_allocator_manager" => map! {
            "bytes_to_release" => RELEASED,
            "memory_release_interval" => "1s",
        },
        "stats_config" => map! {
            "stats_tags" => LABELS.map(label).to_vec(),
            "histogram_bucket_settings" => HISTOGRAMS.map(buckets).to_vec(),
        },
        "overload_manager" => map! {
            "resource_monitors" => list![extension(
                "envoy.resource_monitors.global_downstream_max_connections",
                "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                map! { "max_active_downstream_connections" => MOST_CONNECTIONS },
            )],
        },
    }
}

/// Who this Envoy is: where the policy may change while it runs, what it must be started with instead.
fn node(context: &Context<'_>) -> Node {
    let environment = context.config.pii.as_ref().map(|pii| pii.key_env.as_str());
    let told = match (&context.discovery, environment) {
        (None, _) => map! { "policy_version" => context.config.policy_version() },
        (Some(_), Some(name)) => map! { "environment" => list![name] },
        (Some(_), None) => map! {},
    };
    map! {
        "id" => "penstock",
        "cluster" => "penstock",
        "metadata" => map! { "penstock" => told },
    }
}

/// Makes a tag of the label, so that `penstock.attempts.provider.x.outcome.200` becomes
/// `penstock_attempts{provider="x",outcome="200"}` for Prometheus. Envoy takes the first group out of the name and
/// the second as the value. Labels and values come in pairs after the statistic's own name, so that a model called
/// `tenant` is a value and no label.
fn label(name: &str) -> Node {
    map! {
        "tag_name" => name,
        "regex" => format!(r"^wasmcustom\.penstock\.[^.]+(?:\.[^.]+\.[^.]+)*?(\.{name}\.([^.]+))(?:\.[^.]+\.[^.]+)*$"),
    }
}

/// Envoy's own buckets end where these values begin, or are too wide to tell them apart. A histogram's labels are
/// part of its name here.
fn buckets((name, bounds): (&str, &[u64])) -> Node {
    map! {
        "match" => map! { "prefix" => format!("wasmcustom.{name}") },
        "buckets" => bounds.iter().copied().map(Node::from).collect::<Vec<_>>(),
    }
}
