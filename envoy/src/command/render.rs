//! `penstock render`

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use penstock_config::Config;
use penstock_envoy::{
    admin::Admin,
    binary, pii_key,
    render::{self, Options},
    runtime_dir::{BOOTSTRAP, RuntimeDir},
    xds::{Publish, XdsDir},
};

use super::check;
use crate::arguments::{Proxy, Render, RenderEnvoy};

/// Where the files beside a bootstrap on standard output are said to be.
const STDOUT_SECRET_DIR: &str = "/etc/penstock";

/// What an Envoy is given to get new clusters ready that cannot be asked whether they are.
const SETTLE: Duration = Duration::from_secs(3);

pub(crate) fn run(arguments: &Render) -> anyhow::Result<ExitCode> {
    match &arguments.proxy {
        Proxy::Envoy(arguments) => envoy(arguments),
        Proxy::Istio(arguments) => super::istio::run(arguments),
    }
}

fn envoy(arguments: &RenderEnvoy) -> anyhow::Result<ExitCode> {
    let config = Config::load(&arguments.file)?;
    let wasm_dir = binary::wasm_dir(arguments.filters.wasm_dir.as_deref());
    if !arguments.no_validate {
        validate(&config, &wasm_dir, arguments)?;
    }
    if let Some(directory) = &arguments.xds {
        let options = options(wasm_dir, directory.clone(), arguments);
        return publish(&config, &options, directory, arguments).map(|()| ExitCode::SUCCESS);
    }
    let secret_dir = match &arguments.output {
        Some(directory) => directory.join("secrets"),
        None => PathBuf::from(STDOUT_SECRET_DIR),
    };
    let rendered = render::bootstrap(&config, &options(wasm_dir, secret_dir, arguments))?;
    tell(&config, &rendered.notices);
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
    let options = options(wasm_dir.to_owned(), PathBuf::new(), arguments);
    check::with_envoy(config, options, &envoy, &pii_key::stand_in(config))
}

/// Puts it where a running Envoy finds it.
fn publish(
    config: &Config,
    options: &Options,
    directory: &Path,
    arguments: &RenderEnvoy,
) -> anyhow::Result<()> {
    let directory = XdsDir::at(directory)?;
    let discovery = render::discovery(config, options, directory.path())?;
    tell(config, &discovery.notices);
    let published = directory.publish(
        &discovery,
        &Publish {
            admin: Some(Admin(config.admin)),
            settle: SETTLE,
            grace: Duration::from_secs(arguments.grace),
            restart: arguments.restart,
            stop: &|| false,
        },
    )?;
    for line in published.lines(directory.path(), config) {
        eprintln!("{line}");
    }
    Ok(())
}

fn tell(config: &Config, notices: &[String]) {
    for notice in notices {
        eprintln!("penstock: {notice}");
    }
    if let Err(error) = pii_key::check(config) {
        eprintln!("penstock: {error}; no Envoy starts with this configuration before that is mended");
    }
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
