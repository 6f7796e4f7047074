//! A process that ends together with the one that started it.

use std::{
    ffi::OsString,
    io,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{EXEC, POLL, ProcessError};

/// A process that ends together with the one that started it. Dropping it stops it at once.
#[derive(Debug)]
pub(super) struct Supervised {
    child: Child,
}

impl Supervised {
    pub(super) fn start(
        penstock: &Path,
        program: &Path,
        arguments: &[OsString],
    ) -> Result<Self, ProcessError> {
        let child = Command::new(penstock)
            .arg(EXEC)
            .arg(std::process::id().to_string())
            .arg(program)
            .args(arguments)
            .stdin(Stdio::null())
            // Ctrl-C in a terminal reaches the whole group; they are to hear of it from us, in their order.
            .process_group(0)
            .spawn()
            .map_err(|source| ProcessError::Start {
                path: penstock.to_owned(),
                source,
            })?;
        Ok(Self { child })
    }

    /// Waits until it is as wanted. `name` is what people call it.
    pub(super) fn wait_until(
        &mut self,
        name: &'static str,
        at_most: Duration,
        wanted: &dyn Fn() -> bool,
    ) -> Result<(), ProcessError> {
        let started = Instant::now();
        while !wanted() {
            if let Some(status) = self.child.try_wait()? {
                return Err(ProcessError::Ended(name, status));
            }
            if started.elapsed() > at_most {
                return Err(ProcessError::NotReady(name, at_most));
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    pub(super) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Ends it, with SIGKILL if it still runs `at_most` after SIGTERM.
    pub(super) fn stop(&mut self, at_most: Duration) -> io::Result<ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            kill_process(pid, Signal::TERM)?;
        }
        let started = Instant::now();
        while started.elapsed() < at_most {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(POLL);
        }
        self.child.kill()?;
        self.child.wait()
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // Nobody is left to tell that it failed.
        let _ = self.stop(super::LONGEST_STOP);
    }
}
