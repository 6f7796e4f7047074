//! Takes up a changed configuration: whole and checked, or not at all.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use penstock_config::Config;

use crate::service::Service;

/// Between two looks at the file. A key that is taken out of it is refused within a second.
const LOOK: Duration = Duration::from_millis(250);

/// How a file looks from outside. Editors write in place or rename; Kubernetes swaps a link.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Look {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl Look {
    fn at(file: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = std::fs::metadata(file).ok()?;
        Some(Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            inode: metadata.ino(),
        })
    }
}

/// Watches `file` until the process ends, and hands what it says to the service.
pub async fn watch(file: PathBuf, service: Arc<Service>) {
    let mut last = Look::at(&file);
    // What is there now may be newer than what was read at the start.
    let mut unsure = true;
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let look = Look::at(&file);
        if look == last && !unsure {
            continue;
        }
        // A file that was changed within this tick may change once more without another look.
        unsure = look != last;
        last = look;
        // A file of many keys takes a while to check.
        tokio::task::block_in_place(|| service.take_up(Config::load(&file)));
    }
}
