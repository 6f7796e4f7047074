//! `penstock render`

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use penstock_config::Config;
use penstock_envoy::{
    binary, pii_key,
    render::{self, Options},
    runtime_dir::{BOOTSTRAP, RuntimeDir},
};

use crate::arguments::{Proxy, Render, RenderEnvoy};

/// Where the files beside a bootstrap on standard output are said to be.
const STDOUT_SECRET_DIR: &str = "/etc/penstock";

pub(crate) fn run(arguments: &Render) -> anyhow::Result<ExitCode> {
    match &arguments.proxy {
        Proxy::Envoy(arguments) => envoy(arguments),
    }
}

fn envoy(arguments: &RenderEnvoy) -> anyhow::Result<ExitCode> {
    let config = Config::load(&arguments.file)?;
    let wasm_dir = binary::wasm_dir(arguments.filters.wasm_dir.as_deref());
    if !arguments.no_validate {
        validate(&config, &wasm_dir, arguments)?;
    }
    let secret_dir = match &arguments.output {
        Some(directory) => directory.join("secrets"),
        None => PathBuf::from(STDOUT_SECRET_DIR),
    };
    let rendered = render::bootstrap(&config, &options(wasm_dir, secret_dir, arguments))?;
    for notice in &rendered.notices {
        eprintln!("penstock: {notice}");
    }
    if let Err(error) = pii_key::check(&config) {
        eprintln!("penstock: {error}; no Envoy starts with this configuration before that is mended");
    }
    match &arguments.output {
        Some(directory) => write(directory, &rendered)?,
        None => print(&rendered)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Nothing is written that an Envoy on this machine would refuse.
fn validate(config: &Config, wasm_dir: &Path, arguments: &RenderEnvoy) -> anyhow::Result<()> {
    let Some(envoy) = binary::envoy(arguments.envoy.envoy.as_deref())? else {
        eprintln!(
            "no Envoy found, so the output is not validated; name one with --envoy, or say --no-validate"
        );
        return Ok(());
    };
    let directory = RuntimeDir::temporary()?;
    let options = options(wasm_dir.to_owned(), directory.path().to_owned(), arguments);
    let rendered = render::bootstrap(config, &options)?;
    directory.write(&rendered)?;
    binary::validate(
        &envoy,
        &directory.path().join(BOOTSTRAP),
        &pii_key::stand_in(config),
    )
    .context("Envoy refuses the rendered configuration")
}

fn options(wasm_dir: PathBuf, secret_dir: PathBuf, arguments: &RenderEnvoy) -> Options {
    Options {
        wasm_dir,
        secret_dir,
        listen: arguments.listen,
        admin: None,
        system_ca: None,
    }
}

fn write(directory: &Path, rendered: &render::Rendered) -> anyhow::Result<()> {
    let directory = RuntimeDir::at(directory)?;
    directory.write(rendered)?;
    eprintln!("wrote {}", directory.path().join(BOOTSTRAP).display());
    Ok(())
}

/// One document for each file, the bootstrap first.
fn print(rendered: &render::Rendered) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(rendered.bootstrap.as_bytes())?;
    for (path, content) in &rendered.files {
        write!(out, "---\n# {}\n{content}", path.display())?;
    }
    out.flush()?;
    Ok(())
}
