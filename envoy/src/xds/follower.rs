//! What the Envoy that reads the directory has taken up, as far as it can be asked.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{Files, Publish, PublishError};
use crate::{
    admin::Admin,
    render::{CLUSTERS, Version},
};

/// Envoy needs milliseconds, and a new cluster what the answer of DNS takes.
const LONGEST: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(20);
const STATISTICS: &str = "/stats?filter=version_text%7Cupdate_rejected%7Cwarming_clusters";
const WARMING: &str = "cluster_manager.warming_clusters";

/// Waits for Envoy to take steps up.
pub(super) struct Follower<'a> {
    how: &'a Publish<'a>,
    /// Envoy, and its statistics before the first step; none if it cannot be asked.
    asked: Option<(Admin, BTreeMap<String, String>)>,
}

impl<'a> Follower<'a> {
    /// The Envoy at that address is only asked if it has what is in the directory: it could be another one.
    pub(super) fn of(how: &'a Publish<'a>, files: &Files) -> Self {
        let version = files.content(CLUSTERS).and_then(|content| {
            let document: Value = serde_saphyr::from_str(content).ok()?;
            Some(document.get("version_info")?.as_str()?.to_owned())
        });
        let is_ours = |told: &BTreeMap<String, String>| {
            version.is_some() && told.get("cluster_manager.cds.version_text") == version.as_ref()
        };
        let asked = how.admin.and_then(|admin| {
            let told = admin.statistics(STATISTICS).ok()?;
            is_ours(&told).then_some((admin, told))
        });
        Self { how, asked }
    }

    /// Waits until Envoy has these versions; whether it has been seen to. New `clusters` are to be ready as well.
    pub(super) fn wait(&self, versions: &[Version], clusters: bool) -> Result<bool, PublishError> {
        let Some((admin, before)) = &self.asked else {
            if clusters {
                self.pause(self.how.settle);
            }
            return Ok(versions.is_empty());
        };
        let started = Instant::now();
        loop {
            let told = admin.statistics(STATISTICS).unwrap_or_default();
            let missing = versions.iter().find(|version| {
                let text = told.get(&format!("{}.version_text", version.told_by));
                text != Some(&version.text)
            });
            match missing {
                None if !clusters || told.get(WARMING).is_none_or(|warming| warming == "0") => {
                    return Ok(true);
                }
                None => {}
                Some(version) => {
                    let rejected = format!("{}.update_rejected", version.told_by);
                    let before = before.get(&rejected).map_or("0", String::as_str);
                    if told.get(&rejected).is_some_and(|now| now != before) {
                        return Err(PublishError::Refused(version.told_by.clone()));
                    }
                }
            }
            if started.elapsed() > LONGEST || (self.how.stop)() {
                return Ok(false);
            }
            std::thread::sleep(POLL);
        }
    }

    /// Lets time pass, unless nobody waits any more.
    pub(super) fn pause(&self, time: Duration) {
        let started = Instant::now();
        while started.elapsed() < time && !(self.how.stop)() {
            std::thread::sleep(POLL.min(time));
        }
    }
}
