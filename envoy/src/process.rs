//! A running Envoy that does not outlive the process which started it.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use thiserror::Error;

use crate::admin::Admin;

/// The hidden subcommand of `penstock` through which Envoy is started.
pub const EXEC_ENVOY: &str = "exec-envoy";

/// Between two questions to Envoy.
const POLL: Duration = Duration::from_millis(25);
/// After SIGTERM; Envoy needs milliseconds.
const LONGEST_STOP: Duration = Duration::from_secs(5);

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

/// Why Envoy did not come up.
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
    #[error("Envoy ended before it was ready ({0}); see its log above")]
    Ended(ExitStatus),
    /// It is not ready in time.
    #[error("Envoy is not ready after {} s", .0.as_secs())]
    NotReady(Duration),
    /// Its state is not known.
    #[error("cannot wait for Envoy")]
    Wait(#[from] io::Error),
}

/// A running Envoy. Dropping it stops it at once.
#[derive(Debug)]
pub struct Envoy {
    child: Child,
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
        let mut command = Command::new(&start.penstock);
        command
            .arg(EXEC_ENVOY)
            .arg(std::process::id().to_string())
            .arg(&start.envoy)
            .args(["--disable-hot-restart", "--log-level", &start.log_level, "-c"])
            .arg(&start.bootstrap)
            .stdin(Stdio::null())
            // Ctrl-C in a terminal reaches the whole group; Envoy is to hear of it from us, after draining.
            .process_group(0);
        if let Some(concurrency) = start.concurrency {
            command.arg("--concurrency").arg(concurrency.to_string());
        }
        let child = command.spawn().map_err(|source| ProcessError::Start {
            path: start.penstock.clone(),
            source,
        })?;
        Ok(Self {
            child,
            admin: Admin(start.admin),
        })
    }

    /// Waits until Envoy takes requests, or `stop` says that nobody wants it any more.
    ///
    /// # Errors
    /// When it ends or takes too long.
    pub fn wait_ready(&mut self, at_most: Duration, stop: &dyn Fn() -> bool) -> Result<(), ProcessError> {
        let started = Instant::now();
        while !self.admin.is_ready() {
            if let Some(status) = self.child.try_wait()? {
                return Err(ProcessError::Ended(status));
            }
            if started.elapsed() > at_most {
                return Err(ProcessError::NotReady(at_most));
            }
            if stop() {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
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
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            kill_process(pid, Signal::TERM)?;
        }
        let started = Instant::now();
        while started.elapsed() < LONGEST_STOP {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(POLL);
        }
        self.child.kill()?;
        self.child.wait()
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        // Nobody is left to tell that it failed.
        let _ = self.stop();
    }
}

/// Becomes `program`, which gets SIGTERM when `parent` ends, however that happens.
///
/// A step of its own because the request for that signal is lost in a fork and kept in an exec; Envoy from
/// PyPI is a script that executes the real one, which keeps it too.
pub fn become_envoy(parent: i32, program: &Path, arguments: &[std::ffi::OsString]) -> io::Error {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(Signal::TERM)) {
        return error.into();
    }
    // It may have ended before that request.
    if rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(parent) {
        return io::Error::other("the process that wanted this Envoy has ended");
    }
    Command::new(program).args(arguments).exec()
}
