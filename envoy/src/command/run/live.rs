//! Takes up a changed `penstock.yaml` while Envoy runs: whole and checked, or not at all.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime},
};

use anyhow::bail;
use penstock_config::Config;
use penstock_envoy::{
    admin::Admin,
    pii_key,
    render::{self, Discovery, Options},
    xds::{Publish, XdsDir},
};

use super::check_unguarded;
use crate::command::check;

/// Between two looks at the file.
const LOOK: Duration = Duration::from_millis(250);
/// The service looks as often, and reads a file of many keys in less.
const SERVICE: Duration = Duration::from_secs(5);
/// After so long, what it says of a refusal is said of this file and not of the one before.
const LOOKED: Duration = Duration::from_secs(1);
/// What Envoy is given to get new clusters ready, should it not say whether they are.
const SETTLE: Duration = Duration::from_secs(3);
/// How long a cluster is kept that nothing refers to any more.
const GRACE: Duration = Duration::from_secs(30);

/// What takes changes up.
pub(super) struct Live {
    pub(super) file: PathBuf,
    pub(super) envoy: PathBuf,
    pub(super) options: Options,
    pub(super) directory: XdsDir,
    pub(super) has_service: bool,
    /// What is in force.
    pub(super) config: Config,
    pub(super) discovery: Discovery,
}

/// How a file looks from outside.
#[derive(PartialEq, Eq)]
struct Look(Option<SystemTime>, u64, u64);

impl Look {
    fn at(file: &Path) -> Option<Self> {
        let metadata = fs::metadata(file).ok()?;
        Some(Self(metadata.modified().ok(), metadata.len(), metadata.ino()))
    }
}

impl Live {
    /// Watches the file in a thread of its own until `stop` says that nobody needs it any more: Envoy and the service
    /// are looked after meanwhile.
    pub(super) fn watch(mut self, stop: impl Fn() -> bool + Send + 'static) {
        thread::spawn(move || {
            let mut last = Look::at(&self.file);
            // It may have been changed between being read and this look.
            let mut unsure = true;
            while !stop() {
                let look = Look::at(&self.file);
                if look != last || unsure {
                    // A change within the clock's tick may be followed by one that looks the same.
                    unsure = look != last;
                    last = look;
                    self.look(&stop);
                }
                thread::sleep(LOOK);
            }
        });
    }

    fn look(&mut self, stop: &dyn Fn() -> bool) {
        match self.take_up(stop) {
            _ if stop() => {}
            Ok(lines) => lines.iter().for_each(|line| eprintln!("penstock: {line}")),
            Err(error) => eprintln!(
                "penstock: the changed configuration is not taken up, Envoy keeps the old one: {error:#}"
            ),
        }
    }

    /// What to say of it; nothing if there is nothing to change.
    fn take_up(&mut self, stop: &dyn Fn() -> bool) -> anyhow::Result<Vec<String>> {
        let mut config = Config::load(&self.file)?;
        if !self.has_service {
            check_unguarded(&config, &self.file)?;
            config = config.without_service();
        }
        let discovery = render::discovery(&config, &self.options, self.directory.path())?;
        if discovery == self.discovery {
            return Ok(Vec::new());
        }
        pii_key::check(&config)?;
        self.heed_service(&config, stop)?;
        check::with_envoy(&config, self.options.clone(), &self.envoy, &[])?;
        let published = self.directory.publish(
            &discovery,
            &Publish {
                admin: Some(Admin(self.config.admin)),
                settle: SETTLE,
                grace: GRACE,
                restart: false,
                stop,
            },
        )?;
        let mut lines = published.lines(self.directory.path(), &config);
        lines.extend(discovery.notices.iter().cloned());
        lines.extend(super::missing_credentials(&config));
        (self.config, self.discovery) = (config, discovery);
        Ok(lines)
    }

    /// Envoy takes up what the service does: it reads the same file.
    fn heed_service(&self, config: &Config, stop: &dyn Fn() -> bool) -> anyhow::Result<()> {
        let Some(service) = self.config.service.as_ref() else {
            return Ok(());
        };
        let admin = Admin(service.admin);
        let policy = format!("policy {}", config.policy_version());
        let started = Instant::now();
        while started.elapsed() < SERVICE && !stop() {
            let said = admin.text("/readyz").unwrap_or_default();
            if said.lines().any(|line| line == policy) {
                return Ok(());
            }
            if started.elapsed() > LOOKED && said.contains("is not taken up") {
                bail!("the service refuses it, as it has said");
            }
            thread::sleep(LOOK);
        }
        if admin.answers("/readyz") {
            bail!("the service has not read it; save the file once more");
        }
        // One that is away reads the file when it is back.
        Ok(())
    }
}
