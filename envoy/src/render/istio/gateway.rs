//! A gateway of our own: pods of Istio's proxy, and what they listen for.

use super::{
    super::node::{Node, list, map},
    Options,
    downstream::LAST_ROUTE,
    kubernetes::{account, confined, labels, port, resource, resources, selector},
    proxy::{self, Needs},
};

/// The gateway, its account and its pods.
pub(super) const NAME: &str = "penstock-gateway";

/// Pods, a Service in front of them, and an account that may read the certificate.
pub(super) fn workload(options: &Options, needs: &Needs, number: u16) -> Vec<Node> {
    let namespace = &options.namespace;
    let mut nodes = vec![account(namespace, NAME)];
    if options.tls_secret.is_some() {
        nodes.extend(secret_reader(namespace));
    }
    nodes.push(deployment(namespace, needs));
    let spec = map! {
        "type" => "LoadBalancer",
        "selector" => labels(NAME),
        "ports" => list![port("http", number, "http")],
    };
    nodes.push(resource("v1", "Service", namespace, NAME).with("spec", spec));
    nodes
}

/// What the gateway listens for, and the virtual host that our routes are put into.
pub(super) fn listener(options: &Options, number: u16) -> Vec<Node> {
    let namespace = &options.namespace;
    let (key, value) = options.selector();
    let host = options.host.as_str();
    let port =
        |name: &str, protocol: &str| map! { "number" => number, "name" => name, "protocol" => protocol };
    let server = match &options.tls_secret {
        Some(secret) => map! {
            "port" => port("https", "HTTPS"),
            "hosts" => list![host],
            "tls" => map! { "mode" => "SIMPLE", "credentialName" => secret.as_str() },
        },
        None => map! { "port" => port("http", "HTTP"), "hosts" => list![host] },
    };
    let gateway = resource("networking.istio.io/v1", "Gateway", namespace, "penstock").with(
        "spec",
        map! { "selector" => map! { key => value }, "servers" => list![server] },
    );
    let service = resource("networking.istio.io/v1", "VirtualService", namespace, "penstock").with(
        "spec",
        map! {
            "hosts" => list![host],
            "gateways" => list!["penstock"],
            "exportTo" => list!["."],
            // Behind the routes of ours, none of which any request passes by.
            "http" => list![map! { "name" => LAST_ROUTE, "directResponse" => map! { "status" => 404_u32 } }],
        },
    );
    vec![gateway, service]
}

fn deployment(namespace: &str, needs: &Needs) -> Node {
    let metadata = map! {
        "labels" => labels(NAME).with_all(map! {
            "app.kubernetes.io/part-of" => "penstock",
            "sidecar.istio.io/inject" => "true",
        }),
        "annotations" => map! { "inject.istio.io/templates" => "gateway" }.with_all(proxy::annotations()),
    };
    let container = needs.container(map! {
        "securityContext" => confined(),
        "resources" => resources("1", "2Gi"),
    });
    let pod = map! {
        "serviceAccountName" => NAME,
        "securityContext" => map! {
            "runAsNonRoot" => true,
            "seccompProfile" => map! { "type" => "RuntimeDefault" },
        },
        "containers" => list![container],
        "volumes" => needs.volumes.clone(),
    };
    let spec = map! {
        "replicas" => 2_u32,
        "selector" => selector(NAME),
        "template" => map! { "metadata" => metadata, "spec" => pod },
    };
    resource("apps/v1", "Deployment", namespace, NAME).with("spec", spec)
}

/// istiod gives a certificate to a gateway whose account may read it.
fn secret_reader(namespace: &str) -> Vec<Node> {
    const GROUP: &str = "rbac.authorization.k8s.io";
    let version = format!("{GROUP}/v1");
    let rule = map! {
        "apiGroups" => list![""],
        "resources" => list!["secrets"],
        "verbs" => list!["get", "watch", "list"],
    };
    vec![
        resource(&version, "Role", namespace, NAME).with("rules", list![rule]),
        resource(&version, "RoleBinding", namespace, NAME)
            .with(
                "roleRef",
                map! { "apiGroup" => GROUP, "kind" => "Role", "name" => NAME },
            )
            .with(
                "subjects",
                list![map! { "kind" => "ServiceAccount", "name" => NAME, "namespace" => namespace }],
            ),
    ]
}
