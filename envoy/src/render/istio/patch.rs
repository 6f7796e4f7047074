//! `EnvoyFilter`: changes of what istiod makes.

use super::super::node::{Node, map};
use super::{kubernetes::resource, version::Version};

const MANAGER: &str = "envoy.filters.network.http_connection_manager";
const ROUTER: &str = "envoy.filters.http.router";

/// Which proxies are changed.
pub(super) struct Target<'a> {
    pub(super) namespace: &'a str,
    pub(super) label: (&'a str, &'a str),
    /// `GATEWAY`, or `SIDECAR_OUTBOUND`: what applications in the pod send.
    pub(super) context: &'static str,
    pub(super) version: Version,
}

impl Target<'_> {
    /// The resource with these patches, in their order.
    pub(super) fn filter(&self, name: &str, patches: Vec<Node>) -> Node {
        let (key, value) = self.label;
        resource(
            "networking.istio.io/v1alpha3",
            "EnvoyFilter",
            self.namespace,
            name,
        )
        .with(
            "spec",
            map! {
                "workloadSelector" => map! { "labels" => map! { key => value } },
                "configPatches" => patches,
            },
        )
    }

    /// Another listener or cluster.
    pub(super) fn add(&self, to: &str, value: Node) -> Node {
        self.patch(to, map! {}, "ADD", value)
    }

    /// Further fields of the cluster that istiod makes under this name.
    pub(super) fn cluster(&self, name: &str, value: Node) -> Node {
        let which = map! { "cluster" => map! { "name" => name } };
        self.patch("CLUSTER", which, "MERGE", value)
    }

    /// Further fields of the listener of a port.
    pub(super) fn listener(&self, port: u16, value: Node) -> Node {
        let which = map! { "listener" => map! { "portNumber" => port } };
        self.patch("LISTENER", which, "MERGE", value)
    }

    /// Further fields of its HTTP connection manager.
    pub(super) fn manager(&self, port: u16, typed_config: Node) -> Node {
        let value = map! { "name" => MANAGER, "typed_config" => typed_config };
        self.patch(
            "NETWORK_FILTER",
            managed(port, map! { "name" => MANAGER }),
            "MERGE",
            value,
        )
    }

    /// One more filter directly in front of the router.
    pub(super) fn before_router(&self, port: u16, filter: Node) -> Node {
        self.patch("HTTP_FILTER", routed(port), "INSERT_BEFORE", filter)
    }

    /// Further fields of the router.
    pub(super) fn router(&self, port: u16, filter: Node) -> Node {
        self.patch("HTTP_FILTER", routed(port), "MERGE", filter)
    }

    /// Further fields of a virtual host.
    pub(super) fn virtual_host(&self, port: u16, name: &str, value: Node) -> Node {
        let which = hosted(port, map! { "name" => name });
        self.patch("VIRTUAL_HOST", which, "MERGE", value)
    }

    /// One more route directly in front of another.
    pub(super) fn before_route(&self, port: u16, host: &str, route: &str, value: Node) -> Node {
        let which = map! { "name" => host, "route" => map! { "name" => route } };
        self.patch("HTTP_ROUTE", hosted(port, which), "INSERT_BEFORE", value)
    }

    fn patch(&self, to: &str, which: Node, operation: &str, value: Node) -> Node {
        let which = map! {
            "context" => self.context,
            "proxy" => map! { "proxyVersion" => self.version.and_later() },
        }
        .with_all(which);
        map! {
            "applyTo" => to,
            "match" => which,
            "patch" => map! { "operation" => operation, "value" => value },
        }
    }
}

fn managed(port: u16, filter: Node) -> Node {
    map! {
        "listener" => map! { "portNumber" => port, "filterChain" => map! { "filter" => filter } },
    }
}

fn routed(port: u16) -> Node {
    managed(
        port,
        map! { "name" => MANAGER, "subFilter" => map! { "name" => ROUTER } },
    )
}

fn hosted(port: u16, host: Node) -> Node {
    map! { "routeConfiguration" => map! { "portNumber" => port, "vhost" => host } }
}
