//! How Envoy asks the service: ext_authz for who it is, ext_proc for the decision, its access log for how it went.

use std::time::Duration;

use penstock_config::{Cache, Config, DecisionService, Queue};

use super::{
    access_log, cluster,
    discovery::ResourceFile,
    node::{Node, extension, list, map},
    slot::{CONDITIONAL, Slot},
};

/// Where ext_authz puts what it says of the caller.
const EXT_AUTHZ: &str = "envoy.filters.http.ext_authz";
/// Where tokens that Envoy itself has checked put their claims.
const JWT_AUTHN: &str = "envoy.filters.http.jwt_authn";
/// What the service says.
pub(super) const NAMESPACE: &str = "penstock";
/// What the details of an answer of the service's own begin with.
pub(super) const DETAILS: &str = "penstock_";

/// The details where ext_authz has said no: the answer is the service's own.
pub(super) const DENIED: &str = "ext_authz_denied";
/// What the details begin with where ext_authz could not be asked.
pub(super) const UNASKED: &str = "ext_authz_error";

/// The filter that asks.
const EXT_PROC: &str = "envoy.filters.http.ext_proc";
/// What configures it.
pub(super) const EXTERNAL_PROCESSOR: &str = "envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor";
/// The filter that asks a second time.
const AGAIN: &str = "penstock.ask-again";
/// The key of a decision in what the service says.
const DECISION: &str = "decision";
/// Envoy takes no longer time from the service than it is configured to, so it is to be above all that it asks for.
const MARGIN: Duration = Duration::from_secs(5);
/// Other replicas that are tried after one that refuses, or dies before its answer has begun.
const ELSEWHERE: u32 = 2;
const BACK_OFF: Duration = Duration::from_millis(5);
/// Requests of one worker are told together, this often; health is learned from them.
const FLUSH: &str = "0.1s";
const FLUSH_BYTES: u32 = 64 << 10;

/// Filter state that tells how a request went.
const TOLD: [&str; 5] = [
    "wasm.penstock.attempts",
    "wasm.penstock.pii",
    "wasm.penstock.quota",
    "wasm.penstock.trail",
    "wasm.penstock.usage",
];

/// Asks who it is that calls, where that is to be known.
pub(super) fn ext_authz(config: &Config, service: &DecisionService) -> Slot {
    let message = "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz";
    let filter = config
        .keys
        .as_ref()
        .map(|_| extension(EXT_AUTHZ, message, who(config, service)));
    Slot::new(EXT_AUTHZ, ResourceFile::filter("ext-authz"), message, filter)
}

fn who(config: &Config, service: &DecisionService) -> Node {
    map! {
        "grpc_service" => asked_elsewhere(service).with("timeout", service.timeout),
        "transport_api_version" => "V3",
        // Where strangers may come in, the front instance refuses what has no decision, if that is what the route
        // says. Where they may not, nobody comes in who could not be asked for a key.
        "failure_mode_allow" => config.admits_unasked(),
        "status_on_error" => map! { "code" => "ServiceUnavailable" },
        "encode_raw_headers" => true,
    }
}

/// Asks where the request should go; where there are several replicas, another one if the first has died over it: a
/// stream that has begun is not retried.
pub(super) fn ext_proc(config: &Config, service: &DecisionService) -> Vec<Slot> {
    let file = ResourceFile::filter("ext-proc");
    let mut slots = vec![Slot::new(
        EXT_PROC,
        file,
        EXTERNAL_PROCESSOR,
        Some(ask(config, service)),
    )];
    if has_replicas(service) {
        let file = ResourceFile::filter("ask-again");
        slots.push(Slot::new(
            AGAIN,
            file,
            CONDITIONAL,
            Some(ask_again(config, service)),
        ));
    }
    slots
}

/// Of a name, several addresses may be known.
fn has_replicas(service: &DecisionService) -> bool {
    service.urls.len() > 1 || service.urls.iter().any(|url| url.ip().is_none())
}

/// Passed over by requests that are decided, and by those of which nothing is.
fn ask_again(config: &Config, service: &DecisionService) -> Node {
    let reads = map! {
        "single_predicate" => map! {
            "input" => extension(
                "envoy.matching.inputs.request_headers",
                "envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
                map! { "header_name" => ":method" },
            ),
            "value_match" => map! { "exact" => "GET" },
        },
    };
    passed_over(
        AGAIN,
        ask(config, service),
        map! { "or_matcher" => map! { "predicate" => list![said(DECISION), reads] } },
    )
}

/// A filter that requests pass over to which `predicate` applies once its turn has come.
pub(super) fn passed_over(name: &str, filter: Node, predicate: Node) -> Node {
    let skip = extension(
        "skip",
        "envoy.extensions.filters.common.matcher.action.v3.SkipFilter",
        map! {},
    );
    extension(
        name,
        CONDITIONAL,
        map! {
            "extension_config" => filter,
            "xds_matcher" => map! {
                "matcher_list" => map! {
                    "matchers" => list![map! {
                        "predicate" => predicate,
                        "on_match" => map! { "action" => skip },
                    }],
                },
            },
        },
    )
}

/// Whether the service has said anything under `key`.
pub(super) fn said(key: &str) -> Node {
    map! {
        "single_predicate" => map! {
            "input" => extension(
                "envoy.matching.inputs.dynamic_metadata",
                "envoy.extensions.matching.common_inputs.network.v3.DynamicMetadataInput",
                map! { "filter" => NAMESPACE, "path" => list![map! { "key" => key }] },
            ),
            "custom_match" => extension(
                "envoy.matching.matchers.metadata_matcher",
                "envoy.extensions.matching.input_matchers.metadata.v3.Metadata",
                map! { "value" => map! { "present_match" => true } },
            ),
        },
    }
}

fn ask(config: &Config, service: &DecisionService) -> Node {
    extension(
        EXT_PROC,
        EXTERNAL_PROCESSOR,
        map! {
            "grpc_service" => asked_elsewhere(service),
            // A stream that ends without a decision passes here whatever this says, so the front instance looks.
            "failure_mode_allow" => true,
            "processing_mode" => map! {
                "request_header_mode" => "SEND",
                "request_body_mode" => "BUFFERED",
                "request_trailer_mode" => "SKIP",
                "response_header_mode" => "SKIP",
                "response_body_mode" => "NONE",
                "response_trailer_mode" => "SKIP",
            },
            "message_timeout" => service.timeout,
            // It bounds what the service asks for, and a queue's deadline may be lengthened while Envoy runs.
            "max_message_timeout" => longest_wait(config, service),
            "metadata_options" => map! {
                "forwarding_namespaces" => map! { "untyped" => told_of_caller() },
                "receiving_namespaces" => map! { "untyped" => list![NAMESPACE] },
            },
        },
    )
}

/// Where it stands who calls.
pub(super) fn told_of_caller() -> Vec<Node> {
    vec![EXT_AUTHZ.into(), JWT_AUTHN.into()]
}

/// Tells how each request went.
pub(super) fn access_log(service: &DecisionService) -> Node {
    let mut objects: Vec<Node> = TOLD.iter().copied().map(Node::from).collect();
    objects.push(access_log::CLIENT_PATH.into());
    objects.push(access_log::REQUEST_ID.into());
    extension(
        "envoy.access_loggers.http_grpc",
        "envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig",
        map! {
            "common_config" => map! {
                "log_name" => "penstock",
                "grpc_service" => grpc(service),
                "transport_api_version" => "V3",
                "buffer_flush_interval" => FLUSH,
                "buffer_size_bytes" => FLUSH_BYTES,
                "filter_state_objects_to_log" => objects,
            },
        },
    )
}

/// The longest that the service may take to decide.
pub(super) fn longest_wait(config: &Config, service: &DecisionService) -> Duration {
    let cache = config
        .cache
        .as_ref()
        .map(|cache| Cache::LONGEST_WAIT + cache.embedder.budget());
    Queue::LONGEST_DEADLINE
        + DecisionService::LONGEST_WORK
        + service.timeout
        + cache.unwrap_or_default()
        + MARGIN
}

fn asked_elsewhere(service: &DecisionService) -> Node {
    grpc(service).with(
        "retry_policy",
        map! {
            "retry_on" => "connect-failure,refused-stream,reset",
            "num_retries" => ELSEWHERE,
            "retry_back_off" => map! {
                "base_interval" => BACK_OFF,
                // Envoy takes this for the time that each try has until its answer begins, too
                // (`Utility::convertCoreToRouteRetryPolicy`; seen with 1.40).
                "max_interval" => service.timeout / cluster::ATTEMPTS,
            },
            "retry_host_predicate" => list![extension(
                "envoy.retry_host_predicates.previous_hosts",
                "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
                map! {},
            )],
            "host_selection_retry_max_attempts" => 5_u32,
        },
    )
}

pub(super) fn grpc(service: &DecisionService) -> Node {
    map! { "envoy_grpc" => map! { "cluster_name" => service.cluster() } }
}
