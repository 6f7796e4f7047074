//! The directory in which a bootstrap and the files beside it are put. Only its owner may enter.

use std::{
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use thiserror::Error;

use crate::render::Rendered;

/// File name of the bootstrap.
pub const BOOTSTRAP: &str = "envoy.yaml";

/// A directory for one rendering.
#[derive(Debug)]
pub struct RuntimeDir {
    path: PathBuf,
    /// Removes it again; absent where the caller named the directory.
    _temporary: Option<TempDir>,
}

/// Why a rendering could not be put down.
#[derive(Debug, Error)]
#[error("cannot write {}", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

impl RuntimeDir {
    /// A new directory that is removed with this value.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn temporary() -> Result<Self, WriteError> {
        let directory = tempfile::Builder::new()
            .prefix("penstock-")
            .tempdir()
            .map_err(|source| WriteError {
                path: std::env::temp_dir(),
                source,
            })?;
        Ok(Self {
            path: directory.path().to_owned(),
            _temporary: Some(directory),
        })
    }

    /// A directory that stays; made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn at(path: &Path) -> Result<Self, WriteError> {
        make(path)?;
        Ok(Self {
            path: path.to_owned(),
            _temporary: None,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the bootstrap as [`BOOTSTRAP`], and the other files where the rendering wants them.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn write(&self, rendered: &Rendered) -> Result<(), WriteError> {
        for (path, content) in &rendered.files {
            if let Some(parent) = path.parent() {
                make(parent)?;
            }
            write(path, content)?;
        }
        write(&self.path.join(BOOTSTRAP), &rendered.bootstrap)
    }
}

fn make(path: &Path) -> Result<(), WriteError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| WriteError {
            path: path.to_owned(),
            source,
        })
}

fn write(path: &Path, content: &str) -> Result<(), WriteError> {
    std::fs::write(path, content).map_err(|source| WriteError {
        path: path.to_owned(),
        source,
    })
}
