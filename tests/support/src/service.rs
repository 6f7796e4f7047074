//! The real service, on free ports and with a data directory of its own. It never outlives the test.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::client::{Request, Response};
use crate::wait::eventually;

const START_LIMIT: Duration = Duration::from_secs(20);
/// Lines of the log that are shown when something fails.
const TAIL_LINES: usize = 40;

/// A running service.
#[derive(Debug)]
pub struct Service {
    child: Option<Child>,
    listen: SocketAddr,
    admin: SocketAddr,
    directory: TempDir,
    yaml: String,
    env: BTreeMap<String, String>,
}

impl Service {
    /// Starts one with this `penstock.yaml`, whose section `service` is in flow style (`service: { … }`) and names no
    /// addresses.
    pub async fn start(yaml: &str) -> anyhow::Result<Self> {
        Self::start_with_env(yaml, &BTreeMap::new()).await
    }

    /// The same, with more variables in its environment.
    pub async fn start_with_env(yaml: &str, env: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let mut service = Self {
            child: None,
            listen: free()?,
            admin: free()?,
            directory: tempfile::Builder::new().prefix("penstock-service-").tempdir()?,
            yaml: String::new(),
            env: env.clone(),
        };
        service.write(yaml)?;
        service.restart().await?;
        Ok(service)
    }

    /// `http://host:port`, for `service.urls`.
    pub fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// Where it answers operators.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin
    }

    /// How many files and sockets it has open.
    pub fn files(&self) -> anyhow::Result<usize> {
        let child = self.child.as_ref().context("it does not run")?;
        Ok(std::fs::read_dir(format!("/proc/{}/fd", child.id()))?.count())
    }

    /// The directory of its configuration.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Replaces its configuration by renaming; it notices by itself.
    pub fn write(&mut self, yaml: &str) -> anyhow::Result<()> {
        self.yaml = yaml.to_owned();
        let (listen, admin) = (self.listen, self.admin);
        let own = format!("service: {{ listen: \"{listen}\", admin: \"{admin}\", ");
        let text = yaml.replacen("service: {", &own, 1);
        anyhow::ensure!(text != yaml, "no section `service: {{`");
        let new = self.directory.path().join(".new");
        std::fs::write(&new, text)?;
        std::fs::rename(new, self.file())?;
        Ok(())
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("penstock.yaml")
    }

    /// Starts it again where it was.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.directory.path().join("service.log"))?;
        let child = Command::new(binary()?)
            .arg("--file")
            .arg(self.file())
            .args(["--drain-time", "5"])
            .current_dir(self.directory.path())
            .envs(&self.env)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start penstock-ext-proc")?;
        self.child = Some(child);
        let start = std::time::Instant::now();
        loop {
            if let Some(child) = &mut self.child
                && let Some(status) = child.try_wait()?
            {
                anyhow::bail!("the service ended at once: {status}\n{}", self.log_tail());
            }
            if let Ok(answer) = self.admin("/readyz").await
                && answer.status == 200
            {
                return Ok(());
            }
            anyhow::ensure!(
                start.elapsed() < START_LIMIT,
                "the service was not ready within {START_LIMIT:?}\n{}",
                self.log_tail()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks it to end, and waits until it has.
    pub fn terminate(&mut self) -> anyhow::Result<std::process::ExitStatus> {
        let mut child = self.child.take().context("it does not run")?;
        let pid = i32::try_from(child.id())
            .ok()
            .and_then(Pid::from_raw)
            .context("no pid")?;
        kill_process(pid, Signal::TERM)?;
        Ok(child.wait()?)
    }

    /// The answer of its admin interface at `path`.
    pub async fn admin(&self, path: &str) -> anyhow::Result<Response> {
        Request::get(path).send(self.admin).await
    }

    /// The sum of all samples of a metric whose line contains every one of `parts`.
    pub async fn metric(&self, parts: &[&str]) -> anyhow::Result<f64> {
        let text = self.admin("/metrics").await?.text();
        Ok(text
            .lines()
            .filter(|line| !line.starts_with('#') && parts.iter().all(|part| line.contains(part)))
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
            .sum())
    }

    /// Waits until a metric is at least `least`.
    pub async fn until_metric(&self, parts: &[&str], least: f64) {
        eventually(START_LIMIT, &format!("{parts:?} to reach {least}"), async || {
            (self.metric(parts).await.ok()? >= least).then_some(())
        })
        .await;
    }

    /// Its process.
    pub fn pid(&self) -> anyhow::Result<u32> {
        Ok(self.child.as_ref().context("it does not run")?.id())
    }

    /// Resident memory.
    pub fn rss_kib(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// The end of its log.
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        let tail = lines
            .get(lines.len().saturating_sub(TAIL_LINES)..)
            .unwrap_or_default();
        format!("the service's log ends:\n{}", tail.join("\n"))
    }

    /// Its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("service.log")).unwrap_or_default()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("{}", self.log_tail());
        }
    }
}

/// A port that was free a moment ago.
fn free() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// The service to start: `PENSTOCK_EXT_PROC`, or the one that cargo has put beside this test.
fn binary() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("PENSTOCK_EXT_PROC") {
        return Ok(path.into());
    }
    let test = std::env::current_exe()?;
    let found = test
        .ancestors()
        .skip(1)
        .take(2)
        .map(|directory| directory.join("penstock-ext-proc"))
        .find(|path| path.is_file());
    found.context("no penstock-ext-proc beside this test: run `make tools`, or set PENSTOCK_EXT_PROC")
}
