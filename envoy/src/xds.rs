//! A directory that a running Envoy reads its configuration from.
//!
//! A rendering is put into it file by file, each written beside its place and renamed, since Envoy looks when something
//! is renamed. What did not change is not touched. Nothing is put there before what it refers to, and what nothing
//! refers to any more is kept until requests under way have had time to end. What only a restart would bring into force
//! is refused as a whole.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use thiserror::Error;

use crate::{
    admin::Admin,
    render::{CLUSTERS, Discovery, FILTER, Kind, Resource, SECRET, Version},
    runtime_dir::BOOTSTRAP,
};

mod clusters;
mod files;
mod fixed;
mod follower;
mod published;

use files::Files;
use follower::Follower;
pub use published::Published;

/// A directory that a running Envoy reads its configuration from.
#[derive(Debug)]
pub struct XdsDir {
    path: PathBuf,
}

/// How a rendering is put into the directory.
pub struct Publish<'a> {
    /// The Envoy that reads it, if it can be asked what it has taken up.
    pub admin: Option<Admin>,
    /// What an Envoy is given to take a step up that cannot be asked.
    pub settle: Duration,
    /// How long clusters are kept that nothing refers to any more: requests under way may still move on to them.
    pub grace: Duration,
    /// Whether what needs a restart is written, too: no Envoy runs, or it is about to be started anew.
    pub restart: bool,
    /// Nobody waits any more.
    pub stop: &'a dyn Fn() -> bool,
}

/// Why a rendering was not put into the directory, which is as it was.
#[derive(Debug, Error)]
pub enum PublishError {
    /// A file could not be read, written or renamed.
    #[error("cannot {what} {}", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What is there is none of ours.
    #[error("{} is not what `penstock render` writes; name another directory, or remove it", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A running Envoy cannot take it up.
    #[error("a running Envoy cannot take this up: {} stands in what it was started with. Nothing was changed; to have it written all the same, say --restart and start Envoy anew at once", .0.join(", "))]
    NeedsRestart(Vec<String>),
    /// Envoy was asked, and does not take it.
    #[error("Envoy refuses {0}, and its log says why; everything is as it was")]
    Refused(String),
}

impl Publish<'_> {
    /// As for an Envoy that does not run yet.
    pub fn at_start() -> Self {
        Self {
            admin: None,
            settle: Duration::ZERO,
            grace: Duration::ZERO,
            restart: true,
            stop: &|| false,
        }
    }
}

impl std::fmt::Debug for Publish<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publish").finish_non_exhaustive()
    }
}

impl XdsDir {
    /// A directory, made if it is not there. Only its owner may enter.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn at(path: &Path) -> Result<Self, PublishError> {
        files::make(path)?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a rendering into it.
    ///
    /// # Errors
    /// When it cannot be, or Envoy does not take it; the files are as they were then.
    pub fn publish(&self, discovery: &Discovery, how: &Publish<'_>) -> Result<Published, PublishError> {
        let mut files = Files::of(&self.path)?;
        let result = self.put(discovery, how, &mut files);
        if result.is_err() {
            files.undo()?;
        }
        result
    }

    fn put(
        &self,
        discovery: &Discovery,
        how: &Publish<'_>,
        files: &mut Files,
    ) -> Result<Published, PublishError> {
        let mut published = Published::default();
        published.live = match files.content(BOOTSTRAP).filter(|_| !how.restart) {
            Some(old) => {
                fixed::check(old, &discovery.bootstrap, &self.path.join(BOOTSTRAP))?;
                true
            }
            None => false,
        };
        let changed: Vec<&Resource> = discovery
            .resources
            .iter()
            .filter(|resource| files.content(&resource.file) != Some(resource.content.as_str()))
            .collect();
        let of = |kind: Kind| changed.iter().any(|resource| resource.kind == kind);
        published.drains = of(Kind::Listeners);
        published.secrets = of(Kind::Secret);
        if !published.live {
            for resource in &changed {
                files.write(&resource.file, &resource.content)?;
            }
            files.write(BOOTSTRAP, &discovery.bootstrap)?;
        } else if !changed.is_empty() {
            published.taken = self.step_by_step(&changed, how, files)?;
        }
        published.removed = files.remove(|name| {
            let ours = name.starts_with(FILTER) || name.starts_with(SECRET);
            ours && !discovery.resources.iter().any(|resource| resource.file == name)
        })?;
        published.written = files.written();
        Ok(published)
    }

    /// Whether Envoy has been seen to take all of it up.
    fn step_by_step(
        &self,
        changed: &[&Resource],
        how: &Publish<'_>,
        files: &mut Files,
    ) -> Result<bool, PublishError> {
        let follower = Follower::of(how, files);
        let mut all = true;
        let written_first = |kind: Kind| kind < Kind::Clusters;
        let mut wanted = Vec::new();
        for resource in changed.iter().filter(|resource| written_first(resource.kind)) {
            files.write(&resource.file, &resource.content)?;
            // Of a new one Envoy only hears with its cluster.
            wanted.extend(resource.version.clone());
        }
        let clusters = changed.iter().find(|resource| resource.kind == Kind::Clusters);
        let mut retired = false;
        if let Some(clusters) = clusters {
            let old = files.content(CLUSTERS).unwrap_or_default();
            let (content, version) = match clusters::with_retired(old, clusters, &self.path)? {
                Some(both) => {
                    retired = true;
                    both
                }
                None => (clusters.content.clone(), clusters.version.clone()),
            };
            files.write(CLUSTERS, &content)?;
            wanted.extend(version);
        }
        all &= follower.wait(&wanted, clusters.is_some())?;
        let mut wanted = Vec::new();
        for resource in changed.iter().filter(|resource| resource.kind > Kind::Clusters) {
            files.write(&resource.file, &resource.content)?;
            wanted.extend(resource.version.clone());
        }
        all &= follower.wait(&wanted, false)?;
        if let Some(clusters) = clusters.filter(|_| retired) {
            follower.pause(how.grace);
            files.write(CLUSTERS, &clusters.content)?;
            let version: Vec<Version> = clusters.version.clone().into_iter().collect();
            all &= follower.wait(&version, false)?;
        }
        Ok(all)
    }
}
