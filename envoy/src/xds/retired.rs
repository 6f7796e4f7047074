//! Clusters that go, kept as long as requests under way may move on to them, and the routes that lead there.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::PublishError;
use crate::render::{Kind, Resource, Version, content_hash};

/// In a route, the clusters that it may lead to.
const DESTINATIONS: &str = "/route/inline_cluster_specifier_plugin/extension/typed_config/cluster_matcher/matcher_tree/exact_match_map/map";

/// What `new` holds, and what of `old` goes; nothing if nothing does.
pub(super) fn with_retired(
    old: &str,
    new: &Resource,
    directory: &Path,
) -> Result<Option<Resource>, PublishError> {
    if !matches!(new.kind, Kind::Clusters | Kind::Routes) {
        return Ok(None);
    }
    let foreign = || PublishError::Foreign {
        path: directory.join(&new.file),
    };
    let old = resources(old).ok_or_else(foreign)?;
    let mut resources = resources(&new.content).ok_or_else(foreign)?;
    let is_changed = match new.kind {
        Kind::Clusters => add_clusters(&mut resources, old),
        Kind::Routes => add_destinations(&mut resources, &old),
        _ => false,
    };
    if !is_changed {
        return Ok(None);
    }
    let text = content_hash(&Value::from(resources.clone()).to_string());
    Ok(Some(Resource {
        // JSON is YAML, too.
        content: json!({ "version_info": text, "resources": resources }).to_string(),
        version: new.version.as_ref().map(|version| Version {
            text,
            ..version.clone()
        }),
        ..new.clone()
    }))
}

fn resources(text: &str) -> Option<Vec<Value>> {
    let mut document: Value = serde_saphyr::from_str(text).ok()?;
    serde_json::from_value(document.get_mut("resources")?.take()).ok()
}

fn add_clusters(clusters: &mut Vec<Value>, old: Vec<Value>) -> bool {
    let before = clusters.len();
    for cluster in old {
        if !clusters
            .iter()
            .any(|known| known.get("name") == cluster.get("name"))
        {
            clusters.push(cluster);
        }
    }
    clusters.len() > before
}

/// A front instance of before may still name a cluster that is gone from the new routes.
fn add_destinations(tables: &mut [Value], old: &[Value]) -> bool {
    let mut is_changed = false;
    for route in tables.iter_mut().flat_map(routes_mut) {
        let same = old
            .iter()
            .flat_map(routes)
            .find(|known| known.get("name") == route.get("name"));
        let destinations = |route: &Value| route.pointer(DESTINATIONS).and_then(Value::as_object).cloned();
        let known: Map<String, Value> = same.and_then(destinations).unwrap_or_default();
        let Some(Value::Object(now)) = route.pointer_mut(DESTINATIONS) else {
            continue;
        };
        for (name, destination) in known {
            is_changed |= !now.contains_key(&name);
            now.entry(name).or_insert(destination);
        }
    }
    is_changed
}

fn routes(table: &Value) -> impl Iterator<Item = &Value> {
    let hosts = table.get("virtual_hosts").and_then(Value::as_array);
    let routes = hosts
        .into_iter()
        .flatten()
        .filter_map(|host| host.get("routes")?.as_array());
    routes.flatten()
}

fn routes_mut(table: &mut Value) -> impl Iterator<Item = &mut Value> {
    let hosts = table.get_mut("virtual_hosts").and_then(Value::as_array_mut);
    let routes = hosts
        .into_iter()
        .flatten()
        .filter_map(|host| host.get_mut("routes")?.as_array_mut());
    routes.flatten()
}
