//! What is compared: a service that answers at once, and the real one without Redis and with it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use penstock_test_support::{Redis, Service};

use crate::config::penstock_yaml;
use crate::load::Target;
use crate::process;

pub const NOOP: &str = "noop";
pub const ALONE: &str = "alone";
pub const REDIS: &str = "redis";

/// How long settlements may take after the last request.
const SETTLE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(5);

/// One of the compared services, running in a process of its own.
pub struct Side {
    pub name: &'static str,
    pub target: Target,
    server: Server,
    /// Requests that it was asked about.
    asked: u64,
}

enum Server {
    Noop(Child),
    Real(Service),
}

impl Side {
    /// The one that answers at once.
    pub fn noop() -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("noop")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().context("no standard output")?;
        let server = Server::Noop(child);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        Ok(Self {
            name: NOOP,
            target: Target {
                address: line.trim().parse().context("the no-op says no address")?,
                decides: false,
            },
            server,
            asked: 0,
        })
    }

    /// The real one, with its limits and budgets in its own memory.
    pub async fn alone() -> anyhow::Result<Self> {
        Self::real(ALONE, "").await
    }

    /// The real one, with its limits and budgets in Redis.
    pub async fn with(redis: &Redis) -> anyhow::Result<Self> {
        Self::real(REDIS, &format!(", redis: {{ url: \"{}\" }}", redis.url())).await
    }

    async fn real(name: &'static str, section: &str) -> anyhow::Result<Self> {
        let service = Service::start(&penstock_yaml(section)).await?;
        let address: SocketAddr = service
            .url()
            .strip_prefix("http://")
            .context("a URL without http://")?
            .parse()?;
        Ok(Self {
            name,
            target: Target {
                address,
                decides: true,
            },
            server: Server::Real(service),
            asked: 0,
        })
    }

    /// Processor time that it has taken so far.
    pub fn processor_time(&self) -> anyhow::Result<Duration> {
        let pid = match &self.server {
            Server::Noop(child) => child.id(),
            Server::Real(service) => service.pid()?,
        };
        process::processor_time(pid)
    }

    /// Resident memory, in megabytes (2^20 bytes).
    pub fn resident_mb(&self) -> anyhow::Result<f64> {
        match &self.server {
            Server::Noop(_) => anyhow::bail!("nobody asks for the memory of the no-op"),
            Server::Real(service) => Ok(f64::from(u32::try_from(service.rss_kib()?)?) / 1024.0),
        }
    }

    /// Rows of the ledger that it has lost.
    pub async fn lost(&self) -> anyhow::Result<f64> {
        match &self.server {
            Server::Noop(_) => Ok(0.0),
            Server::Real(service) => service.metric(&["penstock_ledger_lost_total"]).await,
        }
    }

    /// Waits until what so many further requests have reserved is settled; at once where nothing is.
    pub async fn settled(&mut self, requests: u64) -> anyhow::Result<()> {
        self.asked += requests;
        let Server::Real(service) = &self.server else {
            return Ok(());
        };
        let start = Instant::now();
        loop {
            let calls = ["penstock_store_calls_total", "\"settle\"", "\"ok\""];
            let settled = service.metric(&calls).await?;
            if settled >= self.asked as f64 {
                return Ok(());
            }
            ensure!(
                start.elapsed() < SETTLE,
                "{}: of {} requests {settled} are settled\n{}",
                self.name,
                self.asked,
                service.log_tail()
            );
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Self::Noop(child) = self {
            // It may have ended.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
