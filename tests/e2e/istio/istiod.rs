//! Stands in for a control plane: makes a proxy's configuration from resources, and patches it.
//!
//! Of what istiod makes, there is what the patches meet: listener, connection manager, routes and clusters with the names
//! and fields that Istio 1.31 gives them, and filters of Istio's that a stock Envoy has too.

use std::{collections::BTreeMap, net::SocketAddr};

use serde_json::{Value, json};

use crate::merge::{apply, is, merge};

const MANAGER: &str = "envoy.filters.network.http_connection_manager";

/// A proxy and what it is given.
pub struct Proxy {
    context: &'static str,
    listeners: Vec<Value>,
    clusters: Vec<Value>,
    /// Patches that nothing matched: a mistake that a control plane does not report.
    pub idle: Vec<String>,
}

impl Proxy {
    /// A gateway with what its `Gateway` and `VirtualService` say.
    pub fn gateway(resources: &[Value], services: &BTreeMap<String, SocketAddr>) -> Self {
        let gateway = of_kind(resources, "Gateway").next().unwrap();
        let port = gateway["spec"]["servers"][0]["port"]["number"].as_u64().unwrap();
        let hosts: Vec<Value> = of_kind(resources, "VirtualService")
            .map(|service| virtual_host(&service["spec"], port))
            .collect();
        let manager = json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": format!("outbound_0.0.0.0_{port}"),
            "use_remote_address": true,
            "normalize_path": true,
            "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
            "server_name": "istio-envoy",
            "stream_idle_timeout": "0s",
            "http_filters": [
                {"name": "envoy.filters.http.cors",
                 "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors"}},
                {"name": "envoy.filters.http.fault",
                 "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault"}},
                {"name": "envoy.filters.http.router",
                 "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}},
            ],
            // istiod gives the routes apart (RDS); what is in them is the same.
            "route_config": {"name": format!("http.{port}"), "virtual_hosts": hosts, "validate_clusters": false},
        });
        let listener = json!({
            "name": format!("0.0.0.0_{port}"),
            "address": {"socket_address": {"address": "0.0.0.0", "port_value": port}},
            "traffic_direction": "OUTBOUND",
            "filter_chains": [{"filters": [{"name": MANAGER, "typed_config": manager}]}],
        });
        Self {
            context: "GATEWAY",
            listeners: vec![listener],
            clusters: clusters(resources, services),
            idle: Vec::new(),
        }
    }

    /// A sidecar, as far as what its pod sends is concerned.
    pub fn sidecar(resources: &[Value], services: &BTreeMap<String, SocketAddr>) -> Self {
        Self {
            context: "SIDECAR_OUTBOUND",
            listeners: Vec::new(),
            clusters: clusters(resources, services),
            idle: Vec::new(),
        }
    }

    /// Applies every `EnvoyFilter`, each kind of object in the order in which istiod does.
    pub fn patched(mut self, resources: &[Value]) -> Self {
        let patches: Vec<Value> = of_kind(resources, "EnvoyFilter")
            .flat_map(|filter| filter["spec"]["configPatches"].as_array().unwrap().clone())
            .filter(|patch| patch["match"]["context"] == self.context)
            .collect();
        for to in [
            "LISTENER",
            "NETWORK_FILTER",
            "HTTP_FILTER",
            "VIRTUAL_HOST",
            "HTTP_ROUTE",
            "CLUSTER",
        ] {
            for patch in patches.iter().filter(|patch| patch["applyTo"] == to) {
                let before = (self.listeners.clone(), self.clusters.clone());
                self.patch(to, patch);
                if before == (self.listeners.clone(), self.clusters.clone()) {
                    self.idle.push(format!("{to} {}", patch["match"]));
                }
            }
        }
        self
    }

    fn patch(&mut self, to: &str, patch: &Value) {
        let (which, value) = (&patch["match"], &patch["patch"]["value"]);
        let operation = patch["patch"]["operation"].as_str().unwrap();
        if to == "CLUSTER" {
            let name = &which["cluster"]["name"];
            return apply(&mut self.clusters, operation, value, |cluster| is(name, &cluster["name"]));
        }
        if to == "LISTENER" {
            return apply(&mut self.listeners, operation, value, |listener| {
                is_listener(&which["listener"], listener)
            });
        }
        for listener in &mut self.listeners {
            let routes = &which["routeConfiguration"];
            if !is_listener(&which["listener"], listener) || !is(&routes["portNumber"], &port(listener)) {
                continue;
            }
            let filters = listener["filter_chains"][0]["filters"].as_array_mut().unwrap();
            let wanted = &which["listener"]["filterChain"]["filter"];
            if to == "NETWORK_FILTER" {
                apply(filters, operation, value, |filter| is(&wanted["name"], &filter["name"]));
                continue;
            }
            let manager = &mut filters.iter_mut().find(|filter| filter["name"] == MANAGER).unwrap()["typed_config"];
            if to == "HTTP_FILTER" {
                let filters = manager["http_filters"].as_array_mut().unwrap();
                apply(filters, operation, value, |filter| {
                    is(&wanted["subFilter"]["name"], &filter["name"])
                });
                continue;
            }
            let hosts = manager["route_config"]["virtual_hosts"].as_array_mut().unwrap();
            let wanted = &routes["vhost"];
            let is_host = |host: &Value| is(&wanted["name"], &host["name"]);
            if to == "VIRTUAL_HOST" {
                apply(hosts, operation, value, is_host);
                continue;
            }
            for host in hosts.iter_mut().filter(|host| is_host(host)) {
                let routes = host["routes"].as_array_mut().unwrap();
                apply(routes, operation, value, |route| {
                    is(&wanted["route"]["name"], &route["name"])
                });
            }
        }
    }

    /// What Envoy is started with: on free ports, with what is added to Istio's own bootstrap.
    pub fn bootstrap(mut self, more: &Value) -> Value {
        for listener in &mut self.listeners {
            listener["address"] = json!({"socket_address": {"address": "127.0.0.1", "port_value": 0}});
        }
        let mut bootstrap = json!({
            "node": {"id": "router~127.0.0.1~pod.penstock~penstock.svc.cluster.local", "cluster": "penstock"},
            "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
            "static_resources": {"listeners": self.listeners, "clusters": self.clusters},
        });
        merge(&mut bootstrap, more);
        bootstrap
    }
}

/// Resources of one kind.
pub fn of_kind<'a>(resources: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    resources.iter().filter(move |resource| resource["kind"] == kind)
}

fn port(listener: &Value) -> Value {
    listener["address"]["socket_address"]["port_value"].clone()
}

fn is_listener(wanted: &Value, listener: &Value) -> bool {
    is(&wanted["portNumber"], &port(listener)) && is(&wanted["name"], &listener["name"])
}

fn virtual_host(service: &Value, port: u64) -> Value {
    let host = service["hosts"][0].as_str().unwrap();
    let route = |route: &Value| {
        json!({
            "name": route["name"],
            "match": {"prefix": "/"},
            "direct_response": {"status": route["directResponse"]["status"]},
        })
    };
    let routes: Vec<Value> = service["http"].as_array().unwrap().iter().map(route).collect();
    json!({
        "name": format!("{host}:{port}"),
        "domains": [host],
        "include_request_attempt_count": true,
        "routes": routes,
    })
}

/// A cluster for each port of each `ServiceEntry`, and for each Service of Kubernetes that is somewhere.
fn clusters(resources: &[Value], services: &BTreeMap<String, SocketAddr>) -> Vec<Value> {
    let mut clusters: Vec<Value> = of_kind(resources, "ServiceEntry")
        .map(|entry| external(&entry["spec"], resources))
        .collect();
    for (name, address) in services {
        let endpoint = endpoint(&address.ip().to_string(), address.port().into());
        clusters.push(json!({
            "name": name,
            "type": "STATIC",
            "connect_timeout": "10s",
            "circuit_breakers": {"thresholds": [{"max_retries": u32::MAX, "max_requests": u32::MAX}]},
            "load_assignment": {"cluster_name": name, "endpoints": [{"locality": {}, "lb_endpoints": [endpoint]}]},
            "typed_extension_protocol_options": options(),
        }));
    }
    clusters
}

fn external(entry: &Value, resources: &[Value]) -> Value {
    let host = entry["hosts"][0].as_str().unwrap();
    let port = entry["ports"][0]["number"].as_u64().unwrap();
    let rule = of_kind(resources, "DestinationRule").find(|rule| rule["spec"]["host"] == host);
    let policy = &rule.unwrap()["spec"]["trafficPolicy"];
    assert_eq!(entry["resolution"], "DNS");
    assert_eq!(policy["tls"]["mode"], "DISABLE", "TLS is istiod's own");
    let pool = &policy["connectionPool"];
    let name = format!("outbound|{port}||{host}");
    let address = entry["endpoints"][0]["address"].as_str().unwrap();
    json!({
        "name": name,
        "type": "STRICT_DNS",
        "dns_lookup_family": "V4_ONLY",
        "respect_dns_ttl": true,
        "connect_timeout": pool["tcp"]["connectTimeout"],
        "circuit_breakers": {"thresholds": [{
            "max_connections": pool["tcp"]["maxConnections"],
            "max_pending_requests": pool["http"]["http1MaxPendingRequests"],
            "max_requests": pool["http"]["http2MaxRequests"],
            "max_retries": pool["http"]["maxRetries"],
        }]},
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"locality": {}, "lb_endpoints": [endpoint(address, port)], "load_balancing_weight": 1}],
        },
        "typed_extension_protocol_options": options(),
    })
}

fn options() -> Value {
    json!({"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http_protocol_options": {}},
    }})
}

fn endpoint(address: &str, port: u64) -> Value {
    json!({
        "endpoint": {"address": {"socket_address": {"address": address, "port_value": port}}},
        "load_balancing_weight": 1,
    })
}
