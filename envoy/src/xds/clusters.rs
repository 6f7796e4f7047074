//! Clusters that nothing refers to any more, kept for requests that are under way.

use std::path::Path;

use serde_json::{Value, json};

use super::PublishError;
use crate::render::{CLUSTERS, Resource, Version, content_hash};

/// What `new` holds, and the clusters of `old` that are not in it; nothing if there are none.
pub(super) fn with_retired(
    old: &str,
    new: &Resource,
    directory: &Path,
) -> Result<Option<(String, Option<Version>)>, PublishError> {
    let foreign = || PublishError::Foreign {
        path: directory.join(CLUSTERS),
    };
    let read = |text: &str| -> Option<Vec<Value>> {
        let mut document: Value = serde_saphyr::from_str(text).ok()?;
        serde_json::from_value(document.get_mut("resources")?.take()).ok()
    };
    let old = read(old).ok_or_else(foreign)?;
    let mut clusters = read(&new.content).ok_or_else(foreign)?;
    let is_known = |cluster: &Value| {
        clusters
            .iter()
            .any(|known| known.get("name") == cluster.get("name"))
    };
    let retired: Vec<Value> = old.into_iter().filter(|cluster| !is_known(cluster)).collect();
    if retired.is_empty() {
        return Ok(None);
    }
    clusters.extend(retired);
    let version = content_hash(&Value::from(clusters.clone()).to_string());
    // JSON is YAML, too.
    let content = json!({ "version_info": version, "resources": clusters }).to_string();
    let version = new.version.as_ref().map(|told| Version {
        told_by: told.told_by.clone(),
        text: version,
    });
    Ok(Some((content, version)))
}
