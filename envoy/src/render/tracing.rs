//! Traces: one span for each request, one for each attempt below it and for each question to the service, and what they
//! tell of it.
//!
//! A tag is read when its span ends, so it sees what the filters have left by then. Envoy's own tags that repeat what a
//! client has sent are overwritten.

use penstock_config::{Config, Traces};

use super::{
    access_log::{CLIENT_PATH, REQUEST_ID},
    cluster,
    node::{Node, extension, list, map},
    told,
};

/// Longest path in a span, in bytes.
const PATH: u32 = 256;

pub(super) fn tracing(config: &Config, traces: &Traces) -> Node {
    map! {
        "provider" => extension(
            "envoy.tracers.opentelemetry",
            "envoy.config.trace.v3.OpenTelemetryConfig",
            map! {
                "grpc_service" => map! {
                    "envoy_grpc" => map! {
                        "cluster_name" => traces.cluster(),
                        "authority" => traces.endpoint.authority(),
                    },
                    "timeout" => cluster::COLLECTOR_TIMEOUT,
                },
                "service_name" => "penstock",
                "resource_detectors" => list![resource(config)],
            },
        ),
        // Nobody outside chooses which requests are traced, but by being part of a trace.
        "client_sampling" => map! { "value" => Node::Real(0.0) },
        "random_sampling" => map! { "value" => Node::Real(f64::from(traces.sample) / 100.0) },
        "spawn_upstream_span" => true,
        "no_context_propagation" => traces.propagate.is_empty(),
        "operation" => told::span_name(),
        "upstream_operation" => "chat %UPSTREAM_CLUSTER_RAW%",
        "custom_tags" => tags(config),
    }
}

fn resource(config: &Config) -> Node {
    extension(
        "envoy.tracers.opentelemetry.resource_detectors.static_config",
        "envoy.extensions.tracers.opentelemetry.resource_detectors.v3.StaticConfigResourceDetectorConfig",
        map! {
            "attributes" => map! {
                "service.version" => env!("CARGO_PKG_VERSION"),
                "penstock.policy_version" => config.policy_version(),
            },
        },
    )
}

/// The names are those of OpenTelemetry's conventions for generative AI (`semantic-conventions-genai`,
/// `model/gen-ai/registry.yaml`, read 2026-11-28; none of them is stable yet). What has no name there is `penstock.*`, as in
/// the ledger's records.
fn tags(config: &Config) -> Vec<Node> {
    let caller = told::caller(config);
    let tags = [
        ("http.url", format!("%FILTER_STATE({CLIENT_PATH}:PLAIN):{PATH}%")),
        ("gen_ai.operation.name", told::operation()),
        ("gen_ai.provider.name", told::text("provider")),
        ("gen_ai.request.model", told::text("model")),
        ("gen_ai.request.stream", told::text("stream")),
        ("gen_ai.response.model", told::text("response_model")),
        ("gen_ai.response.finish_reasons", told::text("finish_reason")),
        ("gen_ai.response.time_to_first_chunk", told::first_chunk()),
        ("gen_ai.usage.input_tokens", told::text("input_tokens")),
        ("gen_ai.usage.output_tokens", told::text("output_tokens")),
        (
            "gen_ai.usage.cache_read.input_tokens",
            told::text("cache_read_tokens"),
        ),
        (
            "gen_ai.usage.cache_creation.input_tokens",
            told::text("cache_write_tokens"),
        ),
        (
            "gen_ai.usage.reasoning.output_tokens",
            told::text("reasoning_tokens"),
        ),
        ("gen_ai.agent.name", caller.agent.unwrap_or_default()),
        ("error.type", told::error()),
        (
            "penstock.request_id",
            format!("%FILTER_STATE({REQUEST_ID}:PLAIN)%"),
        ),
        ("penstock.tenant", caller.tenant.unwrap_or_default()),
        ("penstock.team", caller.team.unwrap_or_default()),
        ("penstock.key", caller.key.unwrap_or_default()),
        ("penstock.attempts", told::text("attempt")),
        ("penstock.outcomes", told::text("attempts")),
        ("penstock.cost.micro_usd", told::text("cost")),
        ("penstock.cache", "%RESP(X-PENSTOCK-CACHE)%".to_owned()),
        ("penstock.pii", "%RESP(X-PENSTOCK-PII)%".to_owned()),
        ("penstock.response_details", "%RESPONSE_CODE_DETAILS%".to_owned()),
        ("penstock.policy_version", config.policy_version().to_owned()),
    ];
    // Envoy would repeat it after the client.
    let user_agent = map! { "tag" => "user_agent", "literal" => map! { "value" => "-" } };
    let tags = tags.into_iter().filter(|(_, value)| !value.is_empty());
    let tags = tags.map(|(tag, value)| map! { "tag" => tag, "value" => value });
    tags.chain([user_agent]).collect()
}
