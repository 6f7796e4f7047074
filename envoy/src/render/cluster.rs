//! Clusters: one for each provider, with the filters that each attempt there passes.

use std::{net::IpAddr, time::Duration};

use penstock_config::{Config, DecisionService, Endpoint, Provider, Scheme, Service, Tls, Traces};

use super::{
    Context, RenderError, absolute, credential, filter,
    node::{Node, extension, list, map, socket_address, typed},
};

/// Where a plan ends that has no target left.
pub(super) const EXHAUSTED: &str = "penstock-exhausted";

/// Limits of ours live in the quota: with Envoy's default of three concurrent retries, a provider's outage
/// becomes our clients' errors.
pub(super) const NO_BREAKER: u32 = 1_000_000;
/// A translated body may be larger than the original.
const GROWTH: u64 = 4;
/// Providers close idle connections without a word; a request sent into one of those is lost.
const CONNECTION_IDLE: Duration = Duration::from_secs(60);
pub(super) const KEEPALIVE_SECONDS: u32 = 30;
/// Between two questions to a replica of the service whether it is well.
const HEALTH_INTERVAL: Duration = Duration::from_secs(1);
/// Replicas that there is time for to be asked, one after the other.
pub(super) const ATTEMPTS: u32 = 2;
/// A collector that does not answer for so long does without these spans.
pub(super) const COLLECTOR_TIMEOUT: Duration = Duration::from_secs(5);
/// Nothing listens there, and connecting is refused at once.
const CLOSED_PORT: u16 = 1;

pub(super) fn provider(context: &Context<'_>, provider: &Provider) -> Result<Node, RenderError> {
    let mut filters: Vec<Node> = filter::back(context, provider)?
        .placed(context)
        .into_iter()
        .collect();
    filters.extend(credential::injector(context, provider)?);
    to(context, provider, &provider.cluster(), filters)
}

/// A cluster that leads to a provider, with `filters` in the order of the request; an answer passes them from the last
/// to the first.
pub(super) fn to(
    context: &Context<'_>,
    provider: &Provider,
    name: &str,
    filters: Vec<Node>,
) -> Result<Node, RenderError> {
    let endpoint = &provider.endpoint;
    let cluster = map! {
        "name" => name,
        "connect_timeout" => provider.connect_timeout,
        "per_connection_buffer_limit_bytes" => body_buffer(context.config),
        "circuit_breakers" => no_breaker(),
        "upstream_connection_options" => map! {
            "tcp_keepalive" => map! {
                "keepalive_time" => KEEPALIVE_SECONDS,
                "keepalive_interval" => KEEPALIVE_SECONDS,
            },
        },
        "load_assignment" => map! {
            "cluster_name" => name,
            "endpoints" => list![
                locality(0, &endpoint.host, endpoint.port),
                // "No healthy host" is never retried, a refused connection is: an empty DNS answer ends up here.
                locality(1, "127.0.0.1", CLOSED_PORT),
            ],
        },
        "typed_extension_protocol_options" => map! {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions" => http(provider, filters),
        },
    };
    let server = format!("provider {:?}", provider.name);
    reached(context, cluster, endpoint, &provider.tls, &server)
}

/// Where token-quota leases limits.
pub(super) fn quota_service(context: &Context<'_>, service: &Service) -> Result<Node, RenderError> {
    let endpoint = &service.endpoint;
    let cluster = map! {
        "name" => service.cluster(),
        "connect_timeout" => service.timeout,
        "load_assignment" => map! {
            "cluster_name" => service.cluster(),
            "endpoints" => list![locality(0, &endpoint.host, endpoint.port)],
        },
        "typed_extension_protocol_options" => http2(),
    };
    reached(context, cluster, endpoint, &service.tls, "the quota service")
}

/// Where the service decides, in as many replicas as there are.
pub(super) fn service(context: &Context<'_>, service: &DecisionService) -> Result<Node, RenderError> {
    let endpoints: Vec<Node> = service
        .urls
        .iter()
        .map(|url| locality(0, &url.host, url.port))
        .collect();
    let cluster = map! {
        "name" => service.cluster(),
        // Soon enough that another replica can be asked if this one's machine is gone.
        "connect_timeout" => service.timeout / ATTEMPTS,
        "per_connection_buffer_limit_bytes" => body_buffer(context.config),
        "circuit_breakers" => no_breaker(),
        "health_checks" => list![map! {
            "timeout" => HEALTH_INTERVAL,
            "interval" => HEALTH_INTERVAL,
            "no_traffic_interval" => HEALTH_INTERVAL,
            "unhealthy_threshold" => 2_u32,
            "healthy_threshold" => 1_u32,
            "grpc_health_check" => map! {},
        }],
        "common_lb_config" => map! {
            // A request is better sent to a replica that may be well than to none.
            "healthy_panic_threshold" => map! { "value" => 1_u32 },
            // By default workers hear up to a second later who is well: of a replica that has come back, after the
            // other one may have gone.
            "update_merge_window" => "0s",
        },
        "load_assignment" => map! { "cluster_name" => service.cluster(), "endpoints" => endpoints },
        "typed_extension_protocol_options" => http2(),
    };
    match service
        .urls
        .iter()
        .find(|url| url.ip().is_none())
        .or(service.urls.first())
    {
        Some(url) => reached(context, cluster, url, &service.tls, "the service"),
        None => Ok(cluster),
    }
}

/// Where spans go.
pub(super) fn traces(context: &Context<'_>, traces: &Traces) -> Result<Node, RenderError> {
    let endpoint = &traces.endpoint;
    let cluster = map! {
        "name" => traces.cluster(),
        "connect_timeout" => COLLECTOR_TIMEOUT,
        "load_assignment" => map! {
            "cluster_name" => traces.cluster(),
            "endpoints" => list![locality(0, &endpoint.host, endpoint.port)],
        },
        "typed_extension_protocol_options" => http2(),
    };
    reached(context, cluster, endpoint, &traces.tls, "the collector of traces")
}

fn http2() -> Node {
    let options = typed(
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        map! { "explicit_http_config" => map! { "http2_protocol_options" => map! {} } },
    );
    map! { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions" => options }
}

fn no_breaker() -> Node {
    map! {
        "thresholds" => list![map! {
            "max_connections" => NO_BREAKER,
            "max_pending_requests" => NO_BREAKER,
            "max_requests" => NO_BREAKER,
            "max_retries" => NO_BREAKER,
        }],
    }
}

/// A cluster with how its endpoint is found and spoken to.
pub(super) fn reached(
    context: &Context<'_>,
    cluster: Node,
    endpoint: &Endpoint,
    trust: &Tls,
    server: &str,
) -> Result<Node, RenderError> {
    let cluster = cluster.with_all(discovery(endpoint));
    match endpoint.scheme {
        Scheme::Http => Ok(cluster),
        Scheme::Https => Ok(cluster.with("transport_socket", tls(context, endpoint, trust, server)?)),
    }
}

/// Room for the largest body of either direction, in bytes.
pub(super) fn body_buffer(config: &Config) -> u64 {
    let largest = config.limits.request_body.max(config.limits.response_body);
    largest.0.saturating_mul(GROWTH)
}

/// An address is known; a name is looked up again and again.
fn discovery(endpoint: &Endpoint) -> Node {
    if endpoint.ip().is_some() {
        return map! { "type" => "STATIC" };
    }
    map! {
        "cluster_type" => extension(
            "envoy.clusters.dns",
            "envoy.extensions.clusters.dns.v3.DnsCluster",
            map! {
                // Every address is a host of its own, so one of a family that this network cannot reach fails attempts.
                "dns_lookup_family" => "V4_PREFERRED",
                "respect_dns_ttl" => true,
            },
        ),
    }
}

/// The end of every plan: no host, so no further attempt.
pub(super) fn exhausted() -> Node {
    map! {
        "name" => EXHAUSTED,
        "type" => "STATIC",
        "load_assignment" => map! { "cluster_name" => EXHAUSTED },
    }
}

pub(super) fn locality(priority: u32, host: &str, port: u16) -> Node {
    map! {
        "priority" => priority,
        "lb_endpoints" => list![map! { "endpoint" => map! { "address" => socket_address(host, port) } }],
    }
}

fn http(provider: &Provider, mut filters: Vec<Node>) -> Node {
    let protocol = match provider.endpoint.scheme {
        Scheme::Http => (
            "explicit_http_config",
            map! { "http_protocol_options" => map! {} },
        ),
        Scheme::Https => (
            "auto_config",
            map! { "http_protocol_options" => map! {}, "http2_protocol_options" => map! {} },
        ),
    };
    // Envoy 1.40 has no decompressor for this place.
    filters.push(extension(
        "envoy.filters.http.upstream_codec",
        "envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec",
        map! {},
    ));
    let fields = map! {
        "common_http_protocol_options" => map! { "idle_timeout" => CONNECTION_IDLE },
        protocol.0 => protocol.1,
        "http_filters" => filters,
    };
    typed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", fields)
}

fn tls(context: &Context<'_>, endpoint: &Endpoint, trust: &Tls, server: &str) -> Result<Node, RenderError> {
    let name = match &trust.server_name {
        Some(name) => name,
        None => &endpoint.host,
    };
    let ca = match &trust.ca_file {
        Some(path) => absolute(context.config.resolve(path))?,
        None => context.system_ca.clone().ok_or_else(|| RenderError::NoTrust {
            server: server.to_owned(),
        })?,
    };
    let is_address = name.parse::<IpAddr>().is_ok();
    let mut fields = map! {
        "common_tls_context" => map! {
            "validation_context" => map! {
                "trusted_ca" => map! { "filename" => ca.as_path() },
                "match_typed_subject_alt_names" => list![map! {
                    "san_type" => if is_address { "IP_ADDRESS" } else { "DNS" },
                    "matcher" => map! { "exact" => name.as_str() },
                }],
            },
        },
    };
    if !is_address {
        fields = fields.with("sni", name.as_str());
    }
    Ok(extension(
        "envoy.transport_sockets.tls",
        "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        fields,
    ))
}
