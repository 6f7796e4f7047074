//! `penstock validate`

use std::process::ExitCode;

use penstock_config::Config;
use penstock_envoy::pii_key;

use crate::arguments::Validate;

pub(crate) fn run(arguments: &Validate) -> anyhow::Result<ExitCode> {
    let config = Config::load(&arguments.file)?;
    eprintln!(
        "{}: {} providers, {} models, policy version {}",
        arguments.file.display(),
        config.providers.len(),
        config.models.len(),
        config.policy_version()
    );
    if let Err(error) = pii_key::check(&config) {
        eprintln!("penstock: {error}; no Envoy starts with this configuration before that is mended");
    }
    Ok(ExitCode::SUCCESS)
}
