//! `penstock run`

use std::{
    io,
    net::SocketAddr,
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, bail};
use penstock_config::{Config, Credential};
use penstock_envoy::{
    binary, pii_key,
    process::{self, Envoy, KeptService, Start, StartService, Turn},
    render::{self, Options},
    runtime_dir::{BOOTSTRAP, RuntimeDir},
    xds::{Publish, XdsDir},
};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

use self::live::Live;
use super::check;
use crate::arguments::Run;

mod live;

/// Compiling the filter for every worker takes a second on a slow machine.
const LONGEST_START: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

pub(crate) fn run(arguments: &Run) -> anyhow::Result<ExitCode> {
    let signals = count_signals()?;
    let signalled = || signals.load(Ordering::Relaxed) > 0;
    let mut config = Config::load(&arguments.file)?;
    if arguments.no_service {
        check_unguarded(&config, &arguments.file)?;
        config = config.without_service();
    }
    let Some(envoy) = binary::envoy(arguments.envoy.envoy.as_deref())? else {
        bail!("no Envoy found; name one with --envoy or ENVOY, or put it on the PATH");
    };
    pii_key::check(&config).with_context(|| arguments.file.display().to_string())?;
    check_free(config.listen, "listen", &arguments.file)?;
    check_free(config.admin, "admin", &arguments.file)?;
    if let Some(service) = &config.service {
        check_free(service.listen, "service.listen", &arguments.file)?;
        check_free(service.admin, "service.admin", &arguments.file)?;
    }
    let directory = match &arguments.runtime_dir {
        Some(path) => RuntimeDir::at(path)?,
        None => RuntimeDir::temporary()?,
    };
    let options = Options {
        wasm_dir: binary::wasm_dir(arguments.filters.wasm_dir.as_deref()),
        secret_dir: directory.path().to_owned(),
        listen: None,
        admin: None,
        system_ca: None,
    };
    check::with_envoy(&config, options.clone(), &envoy, &[])?;
    let files = XdsDir::at(directory.path())?;
    let discovery = render::discovery(&config, &options, directory.path())?;
    files.publish(&discovery, &Publish::at_start())?;
    for notice in discovery.notices.iter().chain(&missing_credentials(&config)) {
        eprintln!("penstock: {notice}");
    }

    let penstock = std::env::current_exe().context("cannot find this program")?;
    let mut service = start_service(&config, arguments, &penstock)?;
    if let Some(service) = &mut service {
        service.wait_ready(LONGEST_START, &signalled)?;
    }
    let mut running = Envoy::start(&Start {
        penstock,
        envoy: envoy.clone(),
        bootstrap: directory.path().join(BOOTSTRAP),
        admin: config.admin,
        concurrency: arguments.concurrency,
        log_level: arguments.log_level.clone(),
    })?;
    running.wait_ready(LONGEST_START, &signalled)?;
    if !signalled() {
        eprintln!("{}", ready(&config));
    }
    let ends = Arc::clone(&signals);
    Live {
        file: arguments.file.clone(),
        envoy,
        options,
        directory: files,
        has_service: !arguments.no_service,
        config,
        discovery,
    }
    .watch(move || ends.load(Ordering::Relaxed) > 0);
    while !signalled() {
        // Envoy goes on without it, as the failure mode says.
        if let Some(turn) = service.as_mut().map(KeptService::tend).transpose()?.flatten() {
            eprintln!("penstock: {}", told(&turn));
        }
        if let Some(status) = running.ended()? {
            eprintln!("penstock: Envoy ended by itself: {status}");
            return Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(
                ExitCode::FAILURE,
                |code| {
                    // Nobody asked it to end, so even a clean end is a failure.
                    ExitCode::from(code.max(1))
                },
            ));
        }
        std::thread::sleep(POLL);
    }
    let hurry = || signals.load(Ordering::Relaxed) > 1;
    running.drain(Duration::from_secs(arguments.drain_time), &hurry);
    let status = running.stop()?;
    if let Some(service) = &mut service {
        // After Envoy, whose last requests it is told of.
        service.stop()?;
    }
    if status.success() {
        return Ok(ExitCode::SUCCESS);
    }
    bail!("Envoy did not end cleanly: {status}");
}

/// Without the service nobody looks at keys.
fn check_unguarded(config: &Config, file: &Path) -> anyhow::Result<()> {
    if config.needs_key() {
        bail!(
            "{} lets in those who have a key (keys), and without the service nobody looks at keys; run it with the \
             service, or say with keys.anonymous who everybody is",
            file.display()
        );
    }
    if config.keys.is_some() {
        eprintln!(
            "penstock: --no-service: nobody looks at keys; whoever reaches {} is let in",
            config.listen
        );
    }
    Ok(())
}

/// The service, if the configuration has one and it is not this machine's to leave out.
fn start_service(config: &Config, arguments: &Run, penstock: &Path) -> anyhow::Result<Option<KeptService>> {
    let Some(settings) = &config.service else {
        return Ok(None);
    };
    let Some(program) = binary::service(arguments.service.as_deref()) else {
        bail!(
            "no penstock-ext-proc beside this command or on the PATH; build it with `cargo build -p penstock-ext-proc`, \
             name it with --service, or say --no-service"
        );
    };
    let service = KeptService::start(StartService {
        penstock: penstock.to_owned(),
        program,
        file: arguments.file.clone(),
        admin: settings.admin,
        drain: Duration::from_secs(arguments.drain_time),
    })?;
    Ok(Some(service))
}

fn told(turn: &Turn) -> String {
    match turn {
        Turn::Ended(status, after) => format!(
            "the service ended by itself: {status}; until it is back, requests go by service.failure_mode. \
             It is started again in {} s",
            after.as_secs_f32()
        ),
        Turn::Failed(error, after) => format!(
            "the service cannot be started again: {error}; the next attempt follows in {} s",
            after.as_secs_f32()
        ),
        Turn::Back => "the service is back".to_owned(),
    }
}

/// How often this process was asked to end.
fn count_signals() -> io::Result<Arc<AtomicUsize>> {
    let count = Arc::new(AtomicUsize::new(0));
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for _ in signals.forever() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    Ok(count)
}

fn check_free(address: SocketAddr, field: &str, file: &Path) -> anyhow::Result<()> {
    match process::check_free(address) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => bail!(
            "{address} is in use; end what listens there, or change {field} in {}",
            file.display()
        ),
        result => {
            result.with_context(|| format!("cannot listen on {address} ({field} in {})", file.display()))
        }
    }
}

/// Envoy runs without them, and the provider refuses every attempt; better said at once.
fn missing_credentials(config: &Config) -> Vec<String> {
    config
        .providers
        .iter()
        .filter_map(|provider| {
            let missing = match &provider.credential {
                Credential::Env(name) => std::env::var_os(name)
                    .is_none()
                    .then(|| format!("environment variable {name} is not set"))?,
                Credential::File(path) => {
                    let path = config.resolve(path);
                    (!path.is_file()).then(|| format!("no file {}", path.display()))?
                }
                Credential::None | Credential::Client => return None,
            };
            Some(format!(
                "provider {:?}: {missing}; its targets fail until there is a credential",
                provider.name
            ))
        })
        .collect()
}

fn ready(config: &Config) -> String {
    let models: Vec<&str> = config.models.iter().map(|model| model.name.as_str()).collect();
    format!(
        "penstock: ready on http://{} · models {} · admin http://{} · policy {}",
        config.listen,
        models.join(", "),
        config.admin,
        config.policy_version()
    )
}
