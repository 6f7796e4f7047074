//! What clients meet: a gateway's listener with our filters and routes in it, or a listener of our own in a sidecar.

use super::{
    super::{
        Context, RenderError, listener,
        node::{Node, map},
    },
    names::Names,
    patch::Target,
    tree::opaque,
};

/// The route of the `VirtualService` that ours are put in front of.
pub(super) const LAST_ROUTE: &str = "penstock";

/// Fields of the connection manager that are istiod's to say: who it is in statistics, how far a client's address is
/// trusted, where its routes are.
const OF_ISTIOD: [&str; 5] = [
    "stat_prefix",
    "codec_type",
    "use_remote_address",
    "route_config",
    "http_filters",
];

/// Changes the listener that istiod makes for a `Gateway`'s port, and the virtual host of its routes.
pub(super) fn gateway(
    context: &Context<'_>,
    names: &Names,
    target: &Target<'_>,
    host: &str,
) -> Result<Vec<Node>, RenderError> {
    let port = context.listen.port();
    let listener = named(listener::listener(context)?, names);
    let mut patches = vec![target.listener(
        port,
        listener.clone().only(&["per_connection_buffer_limit_bytes"]),
    )];
    let Some(manager) = manager(listener) else {
        return Ok(patches);
    };
    patches.push(target.manager(port, manager.clone().without(&OF_ISTIOD)));
    for filter in manager
        .clone()
        .take("http_filters")
        .map(Node::items)
        .unwrap_or_default()
    {
        patches.push(match filter.text("name") {
            Some("envoy.filters.http.router") => target.router(port, filter),
            _ => target.before_router(port, filter),
        });
    }
    let virtual_host = manager
        .take("route_config")
        .and_then(|routes| routes.take("virtual_hosts"))
        .and_then(Node::first);
    if let Some(ours) = virtual_host {
        // As istiod names the virtual host of a host of a VirtualService.
        let name = format!("{host}:{port}");
        let fields = ours.clone().without(&["name", "domains", "routes"]);
        patches.push(target.virtual_host(port, &name, fields));
        for route in ours.take("routes").map(Node::items).unwrap_or_default() {
            patches.push(target.before_route(port, &name, LAST_ROUTE, route));
        }
    }
    Ok(patches)
}

/// One more listener, on the loopback interface of the pod: what else its applications send is left alone.
pub(super) fn sidecar(
    context: &Context<'_>,
    names: &Names,
    target: &Target<'_>,
) -> Result<Vec<Node>, RenderError> {
    let listener = named(listener::listener(context)?, names);
    Ok(vec![target.add("LISTENER", listener)])
}

/// The plain listener with clusters of the mesh. istiods have refused the matcher (istio#56475), so it is given to them
/// as something that they pass on unread.
fn named(listener: Node, names: &Names) -> Node {
    names.applied(listener).mapped(&|key, value| match (key, value) {
        ("inline_cluster_specifier_plugin", plugin) => plugin.mapped(&|key, value| match key {
            "extension" => typed_config(value),
            _ => value,
        }),
        (_, value) => value,
    })
}

fn typed_config(extension: Node) -> Node {
    let name = extension.text("name").unwrap_or_default().to_owned();
    match extension.take("typed_config") {
        Some(config) => map! { "name" => name, "typed_config" => opaque(config) },
        None => map! { "name" => name },
    }
}

fn manager(listener: Node) -> Option<Node> {
    listener
        .take("filter_chains")
        .and_then(Node::first)?
        .take("filters")
        .and_then(Node::first)?
        .take("typed_config")
}
