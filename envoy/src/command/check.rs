//! Has Envoy check a configuration before anything of it is written.

use std::path::Path;

use anyhow::Context as _;
use penstock_config::Config;
use penstock_envoy::{
    binary,
    render::{self, Options},
    runtime_dir::{BOOTSTRAP, RuntimeDir},
};

/// Whether Envoy would take `config`. All of it is written into one bootstrap for that: of files that it would watch,
/// Envoy reads none when it only checks.
pub(crate) fn with_envoy(
    config: &Config,
    options: Options,
    envoy: &Path,
    environment: &[(&str, &str)],
) -> anyhow::Result<()> {
    let directory = RuntimeDir::temporary()?;
    let options = Options {
        secret_dir: directory.path().to_owned(),
        ..options
    };
    let rendered = render::bootstrap(config, &options)?;
    directory.write(&rendered)?;
    binary::validate(envoy, &directory.path().join(BOOTSTRAP), environment)
        .context("Envoy refuses the rendered configuration")
}
