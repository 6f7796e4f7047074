//! The Envoy process: never outlives the test, however the test ends.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use anyhow::Context;

/// Lines of the log that are shown when something fails.
const TAIL_LINES: usize = 60;

/// Runs `$@` until it ends or this shell's standard input closes, which the kernel does when a test dies.
const WATCHDOG: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
echo "$child" >"$PID_FILE"
{ read -r _ <&3; kill -9 "$child" 2>/dev/null; } &
wait "$child"
"#;

/// A running Envoy.
#[derive(Debug)]
pub struct Envoy {
    shell: Child,
    /// Open as long as Envoy is to run.
    lifeline: Option<ChildStdin>,
    directory: PathBuf,
}

impl Envoy {
    /// Starts Envoy on a bootstrap. Its log and its addresses go into `directory`.
    pub fn spawn(
        directory: &Path,
        bootstrap: &Path,
        concurrency: u32,
        env: &BTreeMap<String, String>,
    ) -> anyhow::Result<Self> {
        let log = File::create(directory.join("envoy.log"))?;
        let mut shell = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(super::envoy_binary()?)
            .arg("--config-path")
            .arg(bootstrap)
            .arg("--admin-address-path")
            .arg(directory.join("admin"))
            .args([
                "--disable-hot-restart",
                "--file-flush-interval-msec",
                "20",
                "--log-level",
                "info",
            ])
            .args(["--concurrency", &concurrency.to_string()])
            .env("PID_FILE", directory.join("pid"))
            .envs(env)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start /bin/sh")?;
        let lifeline = shell.stdin.take();
        Ok(Self {
            shell,
            lifeline,
            directory: directory.to_owned(),
        })
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.shell.try_wait()?)
    }

    /// The end of its log.
    pub fn log_tail(&self) -> String {
        let log = std::fs::read(self.directory.join("envoy.log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        let tail = lines
            .get(lines.len().saturating_sub(TAIL_LINES)..)
            .unwrap_or_default();
        format!("Envoy's log ends:\n{}", tail.join("\n"))
    }

    /// Its resident memory.
    pub fn rss_kib(&self) -> anyhow::Result<u64> {
        let pid = std::fs::read_to_string(self.directory.join("pid"))?;
        let status = std::fs::read_to_string(format!("/proc/{}/status", pid.trim()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // The shell ends when Envoy has.
        let _ = self.shell.wait();
    }
}
