//! Manifests for Istio: golden files, what is refused, and what Istio's Envoy has.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use penstock_config::Config;
use penstock_envoy::render::istio::{Filters, IstioError, Manifests, Options, Shape, Version, manifests};

use crate::support::{checkout, filters};

fn options(shape: Shape, configuration: &str) -> Options {
    Options {
        shape,
        version: Version::NEWEST,
        namespace: "penstock".into(),
        selector: None,
        host: "*".into(),
        tls_secret: None,
        secret: "penstock-credentials".into(),
        image: "penstock-ext-proc:0.1.0".into(),
        filters_image: "penstock-filters:0.1.0".into(),
        filters: Filters::Mounted("/usr/lib/penstock".into()),
        configuration: configuration.into(),
    }
}

fn rendered(text: &str, shape: Shape) -> Result<Manifests, IstioError> {
    let config = Config::from_yaml_str(text, Path::new("/etc/penstock/penstock.yaml")).unwrap();
    manifests(&config, &options(shape, text))
}

/// Configurations whose manifests are checked in, and where.
fn examples() -> [(PathBuf, Shape, PathBuf); 4] {
    let examples = checkout().join("examples");
    let istio = checkout().join("envoy/istio");
    [
        (
            examples.join("istio"),
            Shape::Gateway,
            examples.join("istio/manifests"),
        ),
        (
            examples.join("istio/sidecar"),
            Shape::Sidecar,
            examples.join("istio/sidecar/manifests"),
        ),
        (
            examples.join("providers"),
            Shape::Gateway,
            istio.join("providers"),
        ),
        (examples.join("pii"), Shape::Sidecar, istio.join("pii-sidecar")),
    ]
}

/// `UPDATE_GOLDEN=1 cargo test -p penstock-envoy` writes them anew.
#[test]
fn examples_are_rendered_for_istio_as_they_are_checked_in() {
    for (example, shape, directory) in examples() {
        let file = example.join("penstock.yaml");
        let text = fs::read_to_string(&file).unwrap();
        let config = Config::load(&file).unwrap();
        let manifests = manifests(&config, &options(shape, &text)).unwrap();
        let update = env::var_os("UPDATE_GOLDEN").is_some();
        if update {
            fs::create_dir_all(&directory).unwrap();
        }
        for (name, content) in &manifests.files {
            let golden = directory.join(name);
            if update {
                fs::write(&golden, content).unwrap();
            }
            assert!(
                *content == fs::read_to_string(&golden).unwrap_or_default(),
                "{} differs from {}; see UPDATE_GOLDEN",
                name,
                golden.display()
            );
        }
        let written: BTreeSet<_> = manifests
            .files
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        let there: BTreeSet<_> = fs::read_dir(&directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(written, there, "{}", directory.display());
    }
}

/// An Envoy without an extension rejects the whole listener or cluster that names it.
#[test]
fn nothing_is_rendered_that_the_envoy_of_istio_does_not_have() {
    let known: BTreeSet<&str> = include_str!("istio-extensions.txt")
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

const REST: &str =
    "providers: [{ name: a, api: openai, base_url: 'https://a/v1', credential: { env: HOME } }]
models: [{ name: m, targets: [{ provider: a, model: x }] }]\n";

#[test]
fn no_manifest_holds_a_secret_and_which_keys_are_wanted_is_said() {
    let text = format!(
        "service: {{ listen: '0.0.0.0:1', admin: '0.0.0.0:2', data: /data, redis: {{ env: REDIS }} }}\npii: {{ key: {{ env: PATH }} }}\n{REST}"
    );
    let manifests = rendered(&text, Shape::Gateway).unwrap();
    for (name, content) in &manifests.files {
        for variable in ["HOME", "PATH"] {
            assert!(!content.contains(&env::var(variable).unwrap()), "{name}");
        }
    }
    let said = manifests.notices.join("\n");
    assert!(
        said.contains("a Secret with the keys HOME, PATH, REDIS: kubectl -n penstock create secret generic penstock-credentials"),
        "{said}"
    );
}

#[test]
fn what_a_mesh_has_no_place_for_is_refused_with_what_to_write() {
    let service = |fields: &str| format!("service: {{ {fields} }}\n{REST}");
    let [a, b] =
        ["a_b", "A-b"].map(|name| format!("{{ name: {name}, api: openai, base_url: 'https://a/v1' }}"));
    let cases = [
        (
            Shape::Gateway,
            service(""),
            "service.listen is 127.0.0.1:50051, which nobody outside of the service's own pod reaches; write listen: \
             0.0.0.0:50051",
        ),
        (
            Shape::Gateway,
            service("listen: '0.0.0.0:1', admin: '0.0.0.0:2'"),
            "service.data is penstock-data, where the service's pod has no disk; write such as data: /var/lib/penstock",
        ),
        (
            Shape::Gateway,
            format!(
                "cache: {{}}\n{}",
                service("listen: '0.0.0.0:1', admin: '0.0.0.0:2', data: /data")
            ),
            "cache: Istio's Envoy lacks the metadata matcher",
        ),
        (
            Shape::Sidecar,
            format!("keys: {{ list: [] }}\n{}", service("")),
            "sidecars do not ask the service, which looks at keys",
        ),
        (
            Shape::Gateway,
            format!(
                "providers: [{a}, {b}]\nmodels: [{{ name: m, targets: [{{ provider: a_b, model: x }}] }}]"
            ),
            "providers \"a_b\" and \"A-b\" would both be the host a-b.provider.penstock.internal",
        ),
        (
            Shape::Gateway,
            REST.replace("env: HOME", "file: 'my key'"),
            "provider \"a\": \"my key\" cannot be a key of a Secret",
        ),
        (
            Shape::Gateway,
            REST.replace("credential: { env: HOME }", "tls: { ca_file: /nowhere/ca.pem }"),
            "provider \"a\": cannot read tls.ca_file /nowhere/ca.pem",
        ),
    ];
    for (shape, text, message) in cases {
        let error = rendered(&text, shape).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

fn run(arguments: &[&str]) -> Output {
    let file = checkout().join("examples/istio/penstock.yaml");
    Command::new(env!("CARGO_BIN_EXE_penstock"))
        .args(["render", "istio", "--file"])
        .arg(file)
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn an_old_istio_is_refused_by_the_command() {
    let output = run(&["--istio-version", "1.30.1"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("Istio 1.30 carries Envoy 1.38") && said.contains("comes with Istio 1.31"),
        "{said}"
    );
    assert!(output.stdout.is_empty());
    let output = run(&["--istio-version", "master"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_gateway_of_somebody_else_is_patched_and_none_is_written() {
    let output = run(&["--gateway-selector", "istio=ingressgateway", "-n", "istio-system"]);
    let (out, said) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(output.status.success(), "{said}");
    assert!(out.contains("      istio: ingressgateway\n") && out.contains("namespace: istio-system\n"));
    assert!(!out.contains("name: penstock-gateway\n"), "{out}");
    assert!(said.contains("--patch-file workload-patch.yaml"), "{said}");
}

#[test]
fn filters_from_a_server_are_demanded_by_the_digests_of_those_here() {
    let here = filters();
    let arguments = |url| ["--filters", url, "--wasm-dir", here.path().to_str().unwrap()];
    let output = run(&arguments("https://files.example.com/penstock/"));
    let out = String::from_utf8(output.stdout).unwrap();
    let uri = "https://files.example.com/penstock/penstock_token_quota.wasm";
    assert!(out.contains(uri), "{out}");
    let digests: BTreeSet<_> = out
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("sha256: "))
        .collect();
    assert_eq!(
        digests.len(),
        1,
        "all filters here are the same file: {digests:?}"
    );
    assert!(out.contains("name: penstock-filters\n") && !out.contains("image:\n"));

    for (filters, message) in [
        ("ftp://files.example.com", "is not where filters are"),
        ("mount:filters", "is no absolute path"),
    ] {
        let output = run(&arguments(filters));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(message), "{said}");
    }
}
