//! A running Envoy, and the service beside it: neither outlives the process which started it.

use std::{
    ffi::OsString,
    io,
    net::{SocketAddr, TcpListener},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    time::{Duration, Instant},
};

#[cfg(target_os = "linux")]
use rustix::process::Signal;
use thiserror::Error;

use crate::admin::Admin;

mod kept;
mod supervised;

pub use kept::{KeptService, Turn};
use supervised::Supervised;

/// The hidden subcommand of `penstock` through which Envoy and the service are started.
pub const EXEC: &str = "exec";

/// Between two questions to Envoy.
const POLL: Duration = Duration::from_millis(25);
/// After SIGTERM; Envoy needs milliseconds.
const LONGEST_STOP: Duration = Duration::from_secs(5);
/// What the service needs at its end beside the time it is given to drain.
const SERVICE_STOP: Duration = Duration::from_secs(5);

/// How Envoy is started.
#[derive(Clone, Debug)]
pub struct Start {
    /// The `penstock` command.
    pub penstock: PathBuf,
    /// The Envoy.
    pub envoy: PathBuf,
    /// The bootstrap.
    pub bootstrap: PathBuf,
    /// Where its admin interface will be.
    pub admin: SocketAddr,
    /// Worker threads; `None` is one for each CPU.
    pub concurrency: Option<u32>,
    /// `info`, `warning`, …
    pub log_level: String,
}

/// How the service is started.
#[derive(Clone, Debug)]
pub struct StartService {
    /// The `penstock` command.
    pub penstock: PathBuf,
    /// The service.
    pub program: PathBuf,
    /// The configuration.
    pub file: PathBuf,
    /// Where it answers operators.
    pub admin: SocketAddr,
    /// What running requests are given at the end.
    pub drain: Duration,
}

/// Why a process did not come up.
#[derive(Debug, Error)]
pub enum ProcessError {
    /// The program could not be started.
    #[error("cannot start {}", path.display())]
    Start {
        /// The program.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It ended before it was ready.
    #[error("{0} ended before it was ready ({1}); see its log above")]
    Ended(&'static str, ExitStatus),
    /// It is not ready in time.
    #[error("{0} is not ready after {seconds} s", seconds = .1.as_secs())]
    NotReady(&'static str, Duration),
    /// Its state is not known.
    #[error("cannot wait for a process")]
    Wait(#[from] io::Error),
}

/// A running Envoy. Dropping it stops it at once.
#[derive(Debug)]
pub struct Envoy {
    process: Supervised,
    admin: Admin,
}

/// Whether nobody listens there. Envoy would share a port with another Envoy without a word.
///
/// # Errors
/// What the system says against it.
pub fn check_free(address: SocketAddr) -> io::Result<()> {
    TcpListener::bind(address).map(drop)
}

impl Envoy {
    /// Starts Envoy; it writes to this process's standard output and error.
    ///
    /// To be called from the main thread: Envoy is ended when the *thread* that started it ends.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(start: &Start) -> Result<Self, ProcessError> {
        let mut arguments: Vec<OsString> = ["--disable-hot-restart", "--log-level", &start.log_level, "-c"]
            .map(OsString::from)
            .to_vec();
        arguments.push(start.bootstrap.clone().into());
        if let Some(concurrency) = start.concurrency {
            arguments.push("--concurrency".into());
            arguments.push(concurrency.to_string().into());
        }
        Ok(Self {
            process: Supervised::start(&start.penstock, &start.envoy, &arguments)?,
            admin: Admin(start.admin),
        })
    }

    /// Waits until Envoy takes requests, or `stop` says that nobody wants it any more.
    ///
    /// # Errors
    /// When it ends or takes too long.
    pub fn wait_ready(&mut self, at_most: Duration, stop: &dyn Fn() -> bool) -> Result<(), ProcessError> {
        let admin = self.admin;
        self.process
            .wait_until("Envoy", at_most, &|| admin.is_ready() || stop())
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.process.ended()
    }

    /// Takes no new connections and gives running requests `at_most` to end; `hurry` cuts it short.
    pub fn drain(&mut self, at_most: Duration, hurry: &dyn Fn() -> bool) {
        let started = Instant::now();
        if self.admin.close_listeners().is_err() {
            return;
        }
        while started.elapsed() < at_most && !hurry() {
            match self.admin.active_requests() {
                Some(0) | None => return,
                Some(_) => std::thread::sleep(POLL),
            }
        }
    }

    /// Ends it, with SIGKILL if SIGTERM is not enough.
    ///
    /// # Errors
    /// When the system does not say how it ended.
    pub fn stop(&mut self) -> io::Result<ExitStatus> {
        self.process.stop(LONGEST_STOP)
    }
}

/// The running service. Dropping it stops it.
#[derive(Debug)]
pub struct Service {
    process: Supervised,
    admin: Admin,
    drain: Duration,
}

impl Service {
    /// Starts the service; it writes to this process's standard output and error.
    ///
    /// To be called from the main thread, as [`Envoy::start`].
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(start: &StartService) -> Result<Self, ProcessError> {
        let drain = start.drain.as_secs().to_string();
        let arguments = [
            "--file".into(),
            start.file.clone().into_os_string(),
            "--drain-time".into(),
            drain.into(),
        ];
        Ok(Self {
            process: Supervised::start(&start.penstock, &start.program, &arguments)?,
            admin: Admin(start.admin),
            drain: start.drain,
        })
    }

    /// Waits until it decides, or `stop` says that nobody wants it any more.
    ///
    /// # Errors
    /// When it ends or takes too long.
    pub fn wait_ready(&mut self, at_most: Duration, stop: &dyn Fn() -> bool) -> Result<(), ProcessError> {
        let admin = self.admin;
        self.process.wait_until("penstock-ext-proc", at_most, &|| {
            admin.answers("/readyz") || stop()
        })
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.process.ended()
    }

    /// Whether it decides.
    pub fn is_ready(&self) -> bool {
        self.admin.answers("/readyz")
    }

    /// Ends it after it has drained.
    ///
    /// # Errors
    /// When the system does not say how it ended.
    pub fn stop(&mut self) -> io::Result<ExitStatus> {
        self.process.stop(self.drain + SERVICE_STOP)
    }
}

/// Becomes `program`, which gets SIGTERM when `parent` ends, however that happens.
///
/// A step of its own because the request for that signal is lost in a fork and kept in an exec; Envoy from
/// PyPI is a script that executes the real one, which keeps it too.
pub fn become_program(parent: i32, program: &Path, arguments: &[OsString]) -> io::Error {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(Signal::TERM)) {
        return error.into();
    }
    // It may have ended before that request.
    if rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(parent) {
        return io::Error::other("the process that wanted this program has ended");
    }
    Command::new(program).args(arguments).exec()
}
