//! The things on this machine that a rendering needs: an Envoy, and the compiled filters.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use thiserror::Error;

use crate::render::Filter;

/// Where cargo puts the filters in a checkout.
const CHECKOUT_WASM_DIR: &str = "target/wasm32-wasip1/release";
/// Where `make run` installs the pinned Envoy in a checkout.
const CHECKOUT_ENVOY: &str = ".venv/bin/envoy";

/// The program of the service.
const SERVICE: &str = "penstock-ext-proc";

/// Why Envoy could not be used.
#[derive(Debug, Error)]
pub enum EnvoyError {
    /// The Envoy that was asked for is not there.
    #[error("no Envoy at {}", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// It could not be started.
    #[error("cannot start {}", path.display())]
    Start {
        /// The program.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It refuses the configuration.
    #[error("{0}")]
    Refused(String),
}

/// The Envoy to use: `asked` for, or the checkout's, or the one on the `PATH`, or none.
///
/// # Errors
/// When the one that was asked for is not there.
pub fn envoy(asked: Option<&Path>) -> Result<Option<PathBuf>, EnvoyError> {
    if let Some(path) = asked {
        // A bare name is looked up like a shell does it.
        let found = if path.components().count() == 1 {
            on_path(path).or_else(|| path.is_file().then(|| path.to_owned()))
        } else {
            path.is_file().then(|| path.to_owned())
        };
        return match found {
            Some(found) => Ok(Some(found)),
            None => Err(EnvoyError::Missing {
                path: path.to_owned(),
            }),
        };
    }
    let checkout = Path::new(CHECKOUT_ENVOY);
    if checkout.is_file() {
        return Ok(Some(checkout.to_owned()));
    }
    Ok(on_path(Path::new("envoy")))
}

/// The service to start: `asked` for, or beside this program, or on the `PATH`.
pub fn service(asked: Option<&Path>) -> Option<PathBuf> {
    if let Some(path) = asked {
        return Some(path.to_owned());
    }
    let beside = env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.join(SERVICE)))
        .filter(|path| path.is_file());
    beside.or_else(|| on_path(Path::new(SERVICE)))
}

/// Where the compiled filters are: as `asked`, or beside this program, or in the checkout.
pub fn wasm_dir(asked: Option<&Path>) -> PathBuf {
    if let Some(path) = asked {
        return path.to_owned();
    }
    let beside = env::current_exe()
        .ok()
        .and_then(|program| program.parent().map(Path::to_owned))
        .filter(|directory| directory.join(Filter::SchemaTranslation.file()).is_file());
    beside.unwrap_or_else(|| PathBuf::from(CHECKOUT_WASM_DIR))
}

/// Has Envoy check a bootstrap, with `environment` on top of this program's own.
///
/// # Errors
/// With what Envoy says against it.
pub fn validate(envoy: &Path, bootstrap: &Path, environment: &[(&str, &str)]) -> Result<(), EnvoyError> {
    let output = Command::new(envoy)
        .args(["--mode", "validate", "--log-level", "error", "-c"])
        .arg(bootstrap)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .map_err(|source| EnvoyError::Start {
            path: envoy.to_owned(),
            source,
        })?;
    if output.status.success() {
        return Ok(());
    }
    Err(EnvoyError::Refused(
        String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    ))
}

fn on_path(name: &Path) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
}
