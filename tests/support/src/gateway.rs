//! A real Envoy with Penstock in it, on free ports and in a directory of its own.
//!
//! The configuration is a `penstock.yaml` without `listen`, `admin` and `access_log`, which are the harness's. It is
//! rendered by the same code as `penstock render envoy` and started with the Envoy of `ENVOY`, or the one in `.venv`.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use penstock_config::Config;
use penstock_envoy::render::{self, RenderError};
use serde_json::Value;
use tempfile::TempDir;

use crate::client::{Request, Response};
use crate::wait::eventually;

mod envoy;
mod live;

use envoy::Envoy;

/// Compiling the filter takes most of it, on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a log line or a counter may take to appear.
const SETTLE_LIMIT: Duration = Duration::from_secs(10);

/// Stands for the gateway's directory where that is not known yet.
pub const DIRECTORY: &str = "@DIRECTORY@";

/// How a gateway is started.
#[derive(Clone, Debug)]
pub struct Builder {
    yaml: String,
    concurrency: u32,
    env: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    rewrite: Rewrite,
    is_live: bool,
    bootstrap: Option<String>,
}

/// Makes of the rendered bootstrap what Envoy is started with.
type Rewrite = fn(&str) -> anyhow::Result<String>;

/// A running gateway; it ends when it is dropped, and with this process.
#[derive(Debug)]
pub struct Gateway {
    envoy: Envoy,
    admin: SocketAddr,
    address: SocketAddr,
    policy_version: String,
    directory: TempDir,
}

impl Builder {
    /// Worker threads; 1 without it.
    pub fn concurrency(mut self, workers: u32) -> Self {
        self.concurrency = workers;
        self
    }

    /// A variable in Envoy's environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Takes a variable out of Envoy's environment.
    pub fn unset(mut self, name: &str) -> Self {
        self.env.remove(name);
        self
    }

    /// A file `secrets/<name>`, to be named in the configuration.
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.insert(name.into(), value.into());
        self
    }

    /// Starts Envoy with what `rewrite` makes of the rendered bootstrap.
    pub fn rewrite(mut self, rewrite: Rewrite) -> Self {
        self.rewrite = rewrite;
        self
    }

    /// Puts the configuration into files that Envoy watches; [`Gateway::take_up`] changes it while Envoy runs.
    pub fn live(mut self) -> Self {
        self.is_live = true;
        self
    }

    /// Starts Envoy with this bootstrap and renders none. [`DIRECTORY`] in it, and in the files `secrets/…`, is where the
    /// gateway's directory will be.
    pub fn bootstrap(mut self, bootstrap: &str) -> Self {
        self.bootstrap = Some(bootstrap.to_owned());
        self
    }

    /// Renders the configuration, starts Envoy and waits until it takes requests.
    pub fn start(self) -> anyhow::Result<Gateway> {
        // A thread of its own, so that tests may call this within their runtime and without one.
        std::thread::scope(|scope| {
            let starting = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                runtime.block_on(self.launch())
            });
            starting
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("starting the gateway panicked")))
        })
    }

    async fn launch(self) -> anyhow::Result<Gateway> {
        let directory = tempfile::Builder::new().prefix("penstock-").tempdir()?;
        let at = directory.path();
        std::fs::create_dir(at.join("secrets"))?;
        let here = at.to_string_lossy();
        for (name, value) in &self.secrets {
            std::fs::write(at.join("secrets").join(name), value.replace(DIRECTORY, &here))?;
        }
        let config = config(at, &self.yaml)?;
        let bootstrap = match &self.bootstrap {
            Some(bootstrap) => {
                let file = at.join("envoy.yaml");
                std::fs::write(&file, bootstrap.replace(DIRECTORY, &here))?;
                file
            }
            None if self.is_live => {
                let published = live::publish(&config, at, None)?;
                anyhow::ensure!(!published.live, "nobody reads the directory yet");
                live::bootstrap(at)
            }
            None => self.write(&config, at)?,
        };
        let mut envoy = Envoy::spawn(at, &bootstrap, self.concurrency, &self.env)?;
        let (admin, address) = match ready(&mut envoy, at).await {
            Ok(addresses) => addresses,
            Err(error) => return Err(error.context(envoy.log_tail())),
        };
        let policy_version = config.policy_version().to_owned();
        Ok(Gateway {
            envoy,
            admin,
            address,
            policy_version,
            directory,
        })
    }

    /// Writes all of it into one bootstrap.
    fn write(&self, config: &Config, at: &Path) -> anyhow::Result<PathBuf> {
        let rendered = render::bootstrap(config, &options(at)).map_err(advised)?;
        std::fs::create_dir(at.join("rendered"))?;
        for (path, content) in &rendered.files {
            std::fs::write(path, content)?;
        }
        let bootstrap = at.join("envoy.yaml");
        std::fs::write(&bootstrap, (self.rewrite)(&rendered.bootstrap)?)?;
        Ok(bootstrap)
    }
}

/// Writes the configuration into a gateway's directory, with what is the harness's, and reads it.
fn config(at: &Path, yaml: &str) -> anyhow::Result<Config> {
    let file = at.join("penstock.yaml");
    let text = format!("access_log: ./access.log\n{yaml}");
    std::fs::write(&file, &text)?;
    Ok(Config::from_yaml_str(&text, &file)?)
}

fn options(at: &Path) -> render::Options {
    let any_port = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    render::Options {
        wasm_dir: wasm_dir(),
        secret_dir: at.join("rendered"),
        listen: any_port,
        admin: any_port,
        system_ca: None,
    }
}

fn advised(error: RenderError) -> anyhow::Error {
    match error {
        RenderError::NoFilter { path, .. } => {
            anyhow::anyhow!("no filter at {}: run `make wasm`", path.display())
        }
        other => other.into(),
    }
}

impl Gateway {
    /// A gateway with this `penstock.yaml`.
    pub fn builder(yaml: &str) -> Builder {
        Builder {
            yaml: yaml.to_owned(),
            concurrency: 1,
            env: BTreeMap::new(),
            secrets: BTreeMap::new(),
            rewrite: |bootstrap| Ok(bootstrap.to_owned()),
            is_live: false,
            bootstrap: None,
        }
    }

    /// Starts a gateway with one worker.
    pub fn start(yaml: &str) -> anyhow::Result<Self> {
        Self::builder(yaml).start()
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The hash of its configuration.
    pub fn policy_version(&self) -> &str {
        &self.policy_version
    }

    /// The directory of its configuration.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Sends a request to it.
    pub async fn send(&self, request: Request) -> anyhow::Result<Response> {
        request.send(self.address).await
    }

    /// Replaces `secrets/<name>` by renaming, the way secrets are rotated.
    pub fn rotate_secret(&self, name: &str, value: &str) -> anyhow::Result<()> {
        let secrets = self.directory.path().join("secrets");
        let new = secrets.join(format!(".{name}.new"));
        std::fs::write(&new, value)?;
        std::fs::rename(new, secrets.join(name))?;
        Ok(())
    }

    /// The answer of Envoy's admin interface at `path`.
    pub async fn admin(&self, path: &str) -> anyhow::Result<Response> {
        Request::get(path).send(self.admin).await
    }

    /// The sum of all counters and gauges whose name contains `name`.
    pub async fn stat(&self, name: &str) -> anyhow::Result<u64> {
        let stats = self.admin("/stats?format=json").await?.json();
        let stats = stats
            .get("stats")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let value = |stat: &Value| {
            let matches = stat.get("name")?.as_str()?.contains(name);
            matches.then(|| stat.get("value")?.as_u64()).flatten()
        };
        Ok(stats.iter().filter_map(value).sum())
    }

    /// Resident memory of Envoy.
    pub fn rss_kib(&self) -> anyhow::Result<u64> {
        self.envoy.rss_kib()
    }

    /// Every line of the access log so far.
    pub fn access_log(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.directory.path().join("access.log")).unwrap_or_default();
        text.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Waits for the access log line of a request, by the `x-penstock-request-id` of its answer.
    pub async fn logged(&self, request_id: &str) -> Value {
        self.logged_where("request_id", |id| id == request_id).await
    }

    /// Waits for an access log line whose `field` is as wanted.
    pub async fn logged_where(&self, field: &str, wanted: impl Fn(&str) -> bool) -> Value {
        eventually(
            SETTLE_LIMIT,
            &format!("access log line with the wanted {field}"),
            async || {
                self.access_log().into_iter().find(|line| {
                    let value = line.get(field).unwrap_or(&Value::Null);
                    value.as_str().map_or_else(|| wanted(&value.to_string()), &wanted)
                })
            },
        )
        .await
    }

    /// Prints the logs if the test that holds it fails. For gateways that several tests share.
    pub fn witness(&self) -> Witness<'_> {
        Witness { gateway: self }
    }

    fn print_logs(&self) {
        eprintln!("{}", self.envoy.log_tail());
        for line in self.access_log().iter().rev().take(10).rev() {
            eprintln!("access: {line}");
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.print_logs();
        }
    }
}

/// Prints a gateway's logs when it is dropped by a failing test.
#[derive(Debug)]
pub struct Witness<'a> {
    gateway: &'a Gateway,
}

impl Drop for Witness<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.gateway.print_logs();
        }
    }
}

/// Waits until Envoy takes requests; its admin address and its own.
async fn ready(envoy: &mut Envoy, directory: &Path) -> anyhow::Result<(SocketAddr, SocketAddr)> {
    let start = std::time::Instant::now();
    loop {
        if let Some(status) = envoy.ended()? {
            anyhow::bail!("Envoy ended at once: {status}");
        }
        if let Some(addresses) = addresses(directory).await {
            return Ok(addresses);
        }
        anyhow::ensure!(
            start.elapsed() < START_LIMIT,
            "Envoy was not ready within {START_LIMIT:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn addresses(directory: &Path) -> Option<(SocketAddr, SocketAddr)> {
    let admin = std::fs::read_to_string(directory.join("admin"))
        .ok()?
        .trim()
        .parse()
        .ok()?;
    let ready = Request::get("/ready").send(admin).await.ok()?;
    if ready.status != 200 {
        return None;
    }
    let listeners = Request::get("/listeners?format=json")
        .send(admin)
        .await
        .ok()?
        .json();
    let address = listeners.pointer("/listener_statuses/0/local_address/socket_address")?;
    let ip: std::net::IpAddr = address.get("address")?.as_str()?.parse().ok()?;
    let port = u16::try_from(address.get("port_value")?.as_u64()?).ok()?;
    Some((admin, SocketAddr::new(ip, port)))
}

/// The root of the checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where the compiled filters are.
pub fn wasm_dir() -> PathBuf {
    if let Some(directory) = std::env::var_os("PENSTOCK_WASM_DIR") {
        return directory.into();
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("wasm32-wasip1/release")
}

/// The Envoy to start.
fn envoy_binary() -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("ENVOY").map_or_else(|| root().join(".venv/bin/envoy"), PathBuf::from);
    std::path::absolute(&path)
        .ok()
        .filter(|path| path.exists())
        .with_context(|| format!("no Envoy at {}: run `make envoy`, or set ENVOY", path.display()))
}
