//! What Envoy is started with: the listener of the rendered bootstrap and its allocator's settings, and in front of an
//! answer of Envoy's own a probe or nothing.

use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";

/// Without a filter: Envoy answers every request itself.
pub fn bare(rendered: &str) -> anyhow::Result<String> {
    Ok(without_filters(rendered)?.0.to_string())
}

/// With the probe `module` as the only filter, loaded the way that Penstock's are.
pub fn probe(rendered: &str, module: &str) -> anyhow::Result<String> {
    let directory = std::env::var("PENSTOCK_WASM_DIR").context("PENSTOCK_WASM_DIR is not set")?;
    let module = std::path::absolute(Path::new(&directory).join(module))?;
    anyhow::ensure!(
        module.is_file(),
        "no probe at {}: run `make bench-tokens`",
        module.display()
    );
    let (mut bootstrap, mut filter) = without_filters(rendered)?;
    let config = at(&mut filter, "/typed_config/config")?;
    *at(config, "/vm_config/code/local/filename")? = json!(module);
    *at(config, "/vm_config/vm_id")? = json!("probe");
    *at(config, "/root_id")? = json!("probe");
    at(&mut bootstrap, &format!("{MANAGER}/http_filters"))?
        .as_array_mut()
        .context("no filter chain")?
        .insert(0, filter);
    Ok(bootstrap.to_string())
}

/// The bootstrap without clusters, access log and filters except the router; and the wasm filter that it had.
fn without_filters(rendered: &str) -> anyhow::Result<(Value, Value)> {
    let mut bootstrap: Value = serde_saphyr::from_str(rendered)?;
    *at(&mut bootstrap, "/static_resources/clusters")? = json!([]);
    *at(&mut bootstrap, &format!("{MANAGER}/access_log"))? = json!([]);
    let host = at(&mut bootstrap, &format!("{MANAGER}/route_config/virtual_hosts/0"))?;
    *at(host, "/routes")? = json!([{
        "match": { "prefix": "/" },
        "direct_response": { "status": 200, "body": { "inline_string": "{}" } },
    }]);
    let filters = at(&mut bootstrap, &format!("{MANAGER}/http_filters"))?
        .as_array_mut()
        .context("no filter chain")?;
    let router = filters.pop().context("no router")?;
    let before = std::mem::replace(filters, vec![router]);
    let wasm = before
        .into_iter()
        .find(|filter| filter.pointer("/typed_config/config/vm_config").is_some())
        .context("no wasm filter")?;
    Ok((bootstrap, wasm))
}

fn at<'v>(value: &'v mut Value, pointer: &str) -> anyhow::Result<&'v mut Value> {
    value
        .pointer_mut(pointer)
        .with_context(|| format!("the rendered bootstrap has no {pointer}"))
}
