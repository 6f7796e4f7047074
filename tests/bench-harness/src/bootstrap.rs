//! What Envoy is started with, made from the bootstrap that is rendered: the same listener and the same settings of the
//! allocator, with all filters, with one or with none. The access log is left out: it would fill the disk.

use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";
const CLUSTER: &str = "/static_resources/clusters/0";
const UPSTREAM_OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// As it is rendered.
pub fn gateway(rendered: &str) -> anyhow::Result<String> {
    Ok(without_log(rendered)?.to_string())
}

/// The same route timeouts, retries and cluster without filters: every request goes to the first cluster.
pub fn bare_gateway(rendered: &str) -> anyhow::Result<String> {
    let mut bootstrap = without_log(rendered)?;
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

/// Without a filter and without clusters: Envoy answers every request itself.
pub fn bare(rendered: &str) -> anyhow::Result<String> {
    Ok(answering(rendered)?.0.to_string())
}

/// [`bare`] with the probe `module` as the only filter, loaded the way that Penstock's are.
pub fn probe(rendered: &str, module: &str) -> anyhow::Result<String> {
    let directory = std::env::var("PENSTOCK_WASM_DIR").context("PENSTOCK_WASM_DIR is not set")?;
    let module = std::path::absolute(Path::new(&directory).join(module))?;
    anyhow::ensure!(
        module.is_file(),
        "no probe at {}: run the benchmark with `make`",
        module.display()
    );
    let (bootstrap, filters) = answering(rendered)?;
    let mut filter = filters
        .into_iter()
        .find(|filter| filter.pointer("/typed_config/config/vm_config").is_some())
        .context("no wasm filter")?;
    let config = at(&mut filter, "/typed_config/config")?;
    *at(config, "/vm_config/code/local/filename")? = json!(module);
    *at(config, "/vm_config/vm_id")? = json!("probe");
    *at(config, "/root_id")? = json!("probe");
    with(bootstrap, filter)
}

/// [`bare`] with the filter of this name as the only one.
pub fn filter(rendered: &str, name: &str) -> anyhow::Result<String> {
    let (bootstrap, filters) = answering(rendered)?;
    let filter = filters
        .into_iter()
        .find(|filter| filter.get("name").and_then(Value::as_str) == Some(name))
        .with_context(|| format!("no filter {name}"))?;
    with(bootstrap, filter)
}

fn with(mut bootstrap: Value, filter: Value) -> anyhow::Result<String> {
    at(&mut bootstrap, &format!("{MANAGER}/http_filters"))?
        .as_array_mut()
        .context("no filter chain")?
        .insert(0, filter);
    Ok(bootstrap.to_string())
}

/// The bootstrap without clusters and filters except the router; and the filters that it had.
fn answering(rendered: &str) -> anyhow::Result<(Value, Vec<Value>)> {
    let mut bootstrap = without_log(rendered)?;
    *at(&mut bootstrap, "/static_resources/clusters")? = json!([]);
    let host = at(&mut bootstrap, &format!("{MANAGER}/route_config/virtual_hosts/0"))?;
    *at(host, "/routes")? = json!([{
        "match": { "prefix": "/" },
        "direct_response": { "status": 200, "body": { "inline_string": "{}" } },
    }]);
    let before = only_last(at(&mut bootstrap, &format!("{MANAGER}/http_filters"))?)?;
    Ok((bootstrap, before))
}

fn without_log(rendered: &str) -> anyhow::Result<Value> {
    let mut bootstrap: Value = serde_saphyr::from_str(rendered)?;
    *at(&mut bootstrap, &format!("{MANAGER}/access_log"))? = json!([]);
    Ok(bootstrap)
}

/// Leaves the filter that ends the chain, and gives those before it.
fn only_last(filters: &mut Value) -> anyhow::Result<Vec<Value>> {
    let filters = filters.as_array_mut().context("no filter chain")?;
    let last = filters.pop().context("no filter chain")?;
    Ok(std::mem::replace(filters, vec![last]))
}

fn at<'v>(value: &'v mut Value, pointer: &str) -> anyhow::Result<&'v mut Value> {
    value
        .pointer_mut(pointer)
        .with_context(|| format!("the rendered bootstrap has no {pointer}"))
}
