//! `penstock validate`

use std::process::ExitCode;

use penstock_config::Config;

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
    Ok(ExitCode::SUCCESS)
}
