//! How answers come into the cache, and how the service asks a provider for vectors.

use std::time::Duration;

use penstock_config::{Config, DecisionService, EmbeddingEndpoint, Provider};

use super::{
    Context, RenderError, cluster, credential,
    discovery::ResourceFile,
    node::{Node, extension, list, map},
    service,
    slot::{CONDITIONAL, Slot},
};

/// The filter that shows answers to the service.
const FILL: &str = "penstock.fill";
/// The key, in what the service says, of what it wants to see the answer for.
const WANTED: &str = "fill";
/// The longest list of texts, with what is around it.
const LARGEST: u32 = 4 << 20;
/// Beyond the budget, in which the service has given up.
const LONGEST: Duration = Duration::from_secs(30);

/// Shows the service a copy of the request and of its answer as the client's side gets it, still masked. Nothing waits
/// for it, and requests pass over it of which the service does not want to see the answer.
pub(super) fn fill(config: &Config, service: &DecisionService) -> Slot {
    let filter = config.cache.as_ref().map(|_| show(service));
    Slot::new(FILL, ResourceFile::filter("fill"), CONDITIONAL, filter)
}

fn show(service: &DecisionService) -> Node {
    let mut namespaces = service::told_of_caller();
    namespaces.push(service::NAMESPACE.into());
    let show = extension(
        "envoy.filters.http.ext_proc",
        service::EXTERNAL_PROCESSOR,
        map! {
            "grpc_service" => service::grpc(service),
            "observability_mode" => true,
            "failure_mode_allow" => true,
            "processing_mode" => map! {
                "request_header_mode" => "SEND",
                "request_body_mode" => "STREAMED",
                "request_trailer_mode" => "SKIP",
                "response_header_mode" => "SEND",
                "response_body_mode" => "STREAMED",
                "response_trailer_mode" => "SKIP",
            },
            "metadata_options" => map! {
                "forwarding_namespaces" => map! { "untyped" => namespaces },
            },
        },
    );
    let unwanted = map! { "not_matcher" => service::said(WANTED) };
    service::passed_over(FILL, show, unwanted)
}

/// Takes the service's requests for vectors, and nothing else, to the provider, with Envoy's credential.
pub(super) fn listener(provider: &Provider, endpoint: &EmbeddingEndpoint) -> Node {
    let manager = map! {
        "stat_prefix" => "penstock_embeddings",
        "codec_type" => "AUTO",
        "server_name" => "penstock",
        "generate_request_id" => false,
        "route_config" => map! {
            "name" => "penstock-embeddings",
            "virtual_hosts" => list![map! {
                "name" => "penstock-embeddings",
                "domains" => list!["*"],
                "request_body_buffer_limit" => LARGEST,
                "routes" => list![map! {
                    "match" => map! {
                        "path" => "/v1/embeddings",
                        "headers" => list![map! {
                            "name" => ":method",
                            "string_match" => map! { "exact" => "POST" },
                        }],
                    },
                    "request_headers_to_remove" => list!["authorization", "api-key", "x-api-key", "x-forwarded-proto"],
                    "route" => map! {
                        "cluster" => name(provider),
                        "timeout" => LONGEST,
                        "host_rewrite_literal" => provider.endpoint.authority(),
                        "regex_rewrite" => map! {
                            "pattern" => map! { "regex" => "^.*$" },
                            "substitution" => provider.embeddings_path(&endpoint.model),
                        },
                    },
                }],
            }],
        },
        "http_filters" => list![extension(
            "envoy.filters.http.router",
            "envoy.extensions.filters.http.router.v3.Router",
            map! { "suppress_envoy_headers" => true },
        )],
    };
    map! {
        "name" => "penstock-embeddings",
        "address" => endpoint.listen,
        "per_connection_buffer_limit_bytes" => LARGEST,
        "filter_chains" => list![map! {
            "filters" => list![extension(
                "envoy.filters.network.http_connection_manager",
                "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                manager,
            )],
        }],
    }
}

/// The provider again, without the filters that translate chat.
pub(super) fn embeddings(context: &Context<'_>, provider: &Provider) -> Result<Node, RenderError> {
    let injector = credential::injector(context, provider)?;
    cluster::to(context, provider, &name(provider), injector.into_iter().collect())
}

fn name(provider: &Provider) -> String {
    format!("embeddings-{}", provider.name)
}
