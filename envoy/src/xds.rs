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
    render::{Discovery, FILTER, Kind, Resource, SECRET},
    runtime_dir::BOOTSTRAP,
};

mod files;
mod fixed;
mod follower;
mod published;
mod retired;

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
        let live = match files.content(BOOTSTRAP).filter(|_| !how.restart) {
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
        let taken = live && self.step_by_step(&changed, how, files)?;
        if !live {
            for resource in &changed {
                files.write(&resource.file, &resource.content)?;
            }
            files.write(BOOTSTRAP, &discovery.bootstrap)?;
        }
        let removed = files.remove(|name| {
            let ours = name.starts_with(FILTER) || name.starts_with(SECRET);
            ours && !discovery.resources.iter().any(|resource| resource.file == name)
        })?;
        Ok(Published {
            drains: of(Kind::Listeners),
            secrets: of(Kind::Secret),
            written: files.written(),
            removed,
            taken,
            live,
        })
    }

    /// Whether Envoy has been seen to take all of it up.
    fn step_by_step(
        &self,
        changed: &[&Resource],
        how: &Publish<'_>,
        files: &mut Files,
    ) -> Result<bool, PublishError> {
        let follower = Follower::of(how, files);
        // What goes stays until nothing of before names it any more, in the table of routes as well.
        let mut last = Vec::new();
        let mut steps: [Vec<Resource>; 3] = Default::default();
        let [clusters, routes, rest] = &mut steps;
        for resource in changed {
            let step = match resource.kind {
                Kind::Secret | Kind::UpstreamFilter | Kind::Clusters => &mut *clusters,
                Kind::Routes => &mut *routes,
                Kind::Filter | Kind::Listeners => &mut *rest,
            };
            let old = files.content(&resource.file);
            let both = old.map(|old| retired::with_retired(old, resource, &self.path));
            match both.transpose()?.flatten() {
                Some(both) => {
                    last.insert(0, vec![(*resource).clone()]);
                    step.push(both);
                }
                None => step.push((*resource).clone()),
            }
        }
        let has_clusters = clusters.iter().any(|resource| resource.kind == Kind::Clusters);
        let mut all = true;
        for step in &steps {
            all &= follower.take(files, step, has_clusters)?;
        }
        if !last.is_empty() {
            follower.pause(how.grace);
        }
        for step in &last {
            all &= follower.take(files, step, false)?;
        }
        Ok(all)
    }
}
