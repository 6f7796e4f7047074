//! What Envoy is started with: the rendered bootstrap without its access log, or the bare one made from it.

use anyhow::Context;
use serde_json::{Value, json};

const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";
const CLUSTER: &str = "/static_resources/clusters/0";
const UPSTREAM_OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// Penstock as it is rendered. Its access log is left out: it would fill the disk.
pub fn penstock(rendered: &str) -> anyhow::Result<String> {
    let mut bootstrap: Value = serde_saphyr::from_str(rendered)?;
    without_log(&mut bootstrap)?;
    Ok(bootstrap.to_string())
}

/// The same listener, route timeouts, retries and cluster without filters: every request goes to the first cluster.
pub fn bare(rendered: &str) -> anyhow::Result<String> {
    let mut bootstrap: Value = serde_saphyr::from_str(rendered)?;
    without_log(&mut bootstrap)?;
    only_last(at(&mut bootstrap, &format!("{MANAGER}/http_filters"))?)?;
    let cluster = at(&mut bootstrap, CLUSTER)?;
    let name = at(cluster, "/name")?.clone();
    let upstream_filters = format!("/typed_extension_protocol_options/{UPSTREAM_OPTIONS}/http_filters");
    only_last(at(cluster, &upstream_filters)?)?;

    let routes = at(
        &mut bootstrap,
        &format!("{MANAGER}/route_config/virtual_hosts/0/routes"),
    )?;
    let mut route = at(routes, "/0")?.take();
    *at(&mut route, "/match")? = json!({ "prefix": "/" });
    let action = at(&mut route, "/route")?
        .as_object_mut()
        .context("no route action")?;
    action
        .remove("inline_cluster_specifier_plugin")
        .context("no cluster specifier")?;
    action.insert("cluster".into(), name);
    *routes = json!([route]);
    Ok(bootstrap.to_string())
}

fn without_log(bootstrap: &mut Value) -> anyhow::Result<()> {
    *at(bootstrap, &format!("{MANAGER}/access_log"))? = json!([]);
    Ok(())
}

/// Leaves the filter that ends the chain, and none before it.
fn only_last(filters: &mut Value) -> anyhow::Result<()> {
    let last = filters
        .as_array_mut()
        .and_then(Vec::pop)
        .context("no filter chain")?;
    *filters = json!([last]);
    Ok(())
}

fn at<'v>(value: &'v mut Value, pointer: &str) -> anyhow::Result<&'v mut Value> {
    value
        .pointer_mut(pointer)
        .with_context(|| format!("the rendered bootstrap has no {pointer}"))
}
