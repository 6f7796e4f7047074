//! `penstock schema`

use std::{io::Write as _, process::ExitCode};

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &penstock_config::schema())?;
    writeln!(out)?;
    Ok(ExitCode::SUCCESS)
}
