//! `penstock oci`

use std::{io::Write as _, process::ExitCode};

use penstock_envoy::{binary, oci};

use crate::arguments::Oci;

pub(crate) fn run(arguments: &Oci) -> anyhow::Result<ExitCode> {
    let wasm_dir = binary::wasm_dir(arguments.filters.wasm_dir.as_deref());
    let mut out = std::io::stdout().lock();
    for image in oci::images(&wasm_dir, &arguments.output)? {
        writeln!(out, "{} {}", image.directory.display(), image.digest)?;
    }
    Ok(ExitCode::SUCCESS)
}
