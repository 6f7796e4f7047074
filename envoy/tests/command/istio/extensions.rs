//! What is rendered for Istio, against what Istio builds into its Envoy.

use std::{collections::BTreeSet, fs};

use super::examples;

/// An Envoy without an extension rejects the whole listener or cluster that names it.
#[test]
fn nothing_is_rendered_that_the_envoy_of_istio_does_not_have() {
    let known: BTreeSet<&str> = include_str!("extensions.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let mut found = BTreeSet::new();
    for (_, _, directory) in examples() {
        let text = fs::read_to_string(directory.join("envoyfilters.yaml")).unwrap();
        for line in text.lines().map(|line| line.trim().trim_start_matches("- ")) {
            for field in ["\"@type\": ", "type_url: "] {
                if let Some(message) = line.strip_prefix(field) {
                    found.insert(message.trim_start_matches("type.googleapis.com/").to_owned());
                }
            }
        }
    }
    assert!(found.len() > 15, "{found:?}");
    for message in found {
        let extension = EXTENSIONS.iter().find(|(of, _)| *of == message);
        let (_, extension) = extension.unwrap_or_else(|| panic!("which extension is {message}?"));
        assert!(
            extension.is_empty() || known.contains(extension),
            "{message} is {extension}, which Istio's Envoy lacks"
        );
    }
}

/// Messages and the extensions that they configure; none where it is of Envoy's core.
const EXTENSIONS: [(&str, &str); 24] = [
    ("google.protobuf.StringValue", ""),
    ("xds.type.v3.TypedStruct", ""),
    (
        "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
        "envoy.access_loggers.extension_filters.cel",
    ),
    (
        "envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig",
        "envoy.access_loggers.http_grpc",
    ),
    (
        "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
        "envoy.access_loggers.stdout",
    ),
    (
        "envoy.extensions.clusters.dns.v3.DnsCluster",
        "envoy.clusters.dns",
    ),
    (
        "envoy.extensions.filters.http.credential_injector.v3.CredentialInjector",
        "envoy.filters.http.credential_injector",
    ),
    (
        "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
        "envoy.filters.http.ext_authz",
    ),
    (
        "envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
        "envoy.filters.http.ext_proc",
    ),
    (
        "envoy.extensions.filters.http.router.v3.Router",
        "envoy.filters.http.router",
    ),
    (
        "envoy.extensions.filters.http.set_filter_state.v3.Config",
        "envoy.filters.http.set_filter_state",
    ),
    (
        "envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec",
        "",
    ),
    (
        "envoy.extensions.filters.http.wasm.v3.Wasm",
        "envoy.filters.http.wasm",
    ),
    (
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "envoy.filters.network.http_connection_manager",
    ),
    (
        "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
        "envoy.http.early_header_mutation.header_mutation",
    ),
    (
        "envoy.extensions.http.injected_credentials.generic.v3.Generic",
        "envoy.http.injected_credentials.generic",
    ),
    // In one library with the inputs that are listed (`source/extensions/matching/network/common:inputs_lib`).
    (
        "envoy.extensions.matching.common_inputs.network.v3.FilterStateInput",
        "envoy.matching.inputs.destination_ip",
    ),
    (
        "envoy.extensions.matching.common_inputs.network.v3.DynamicMetadataInput",
        "envoy.matching.inputs.dynamic_metadata",
    ),
    (
        "envoy.extensions.matching.input_matchers.metadata.v3.Metadata",
        "envoy.matching.matchers.metadata_matcher",
    ),
    (
        "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
        "envoy.retry_host_predicates.previous_hosts",
    ),
    (
        "envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction",
        "envoy.router.cluster_specifier_plugin.matcher",
    ),
    (
        "envoy.extensions.router.cluster_specifiers.matcher.v3.MatcherClusterSpecifier",
        "envoy.router.cluster_specifier_plugin.matcher",
    ),
    (
        "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        "envoy.transport_sockets.tls",
    ),
    ("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", ""),
];
