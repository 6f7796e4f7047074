//! A gateway whose configuration changes while Envoy runs.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use penstock_config::Config;
use penstock_envoy::admin::Admin;
use penstock_envoy::render;
use penstock_envoy::runtime_dir::BOOTSTRAP;
use penstock_envoy::xds::{Publish, Published, XdsDir};

use super::{Gateway, advised, config, options};

/// Longer than any request takes that moves on from one provider to the next.
const GRACE: Duration = Duration::from_secs(2);

impl Gateway {
    /// Gives the running Envoy another configuration, as `penstock render envoy --xds` does.
    pub async fn take_up(&self, yaml: &str) -> anyhow::Result<Published> {
        let at = self.directory().to_owned();
        let config = config(&at, yaml)?;
        let admin = self.admin;
        tokio::task::spawn_blocking(move || publish(&config, &at, Some(admin)))
            .await
            .context("publishing panicked")?
    }

    /// The files that Envoy watches.
    pub fn watched(&self) -> PathBuf {
        watched(self.directory())
    }
}

fn watched(at: &Path) -> PathBuf {
    at.join("xds")
}

/// What Envoy is started with.
pub(super) fn bootstrap(at: &Path) -> PathBuf {
    watched(at).join(BOOTSTRAP)
}

/// Puts `config` where Envoy finds it; `admin` is that of a running one.
pub(super) fn publish(config: &Config, at: &Path, admin: Option<SocketAddr>) -> anyhow::Result<Published> {
    let directory = XdsDir::at(&watched(at))?;
    let discovery = render::discovery(config, &options(at), directory.path()).map_err(advised)?;
    Ok(directory.publish(
        &discovery,
        &Publish {
            admin: admin.map(Admin),
            settle: Duration::ZERO,
            grace: GRACE,
            restart: admin.is_none(),
            stop: &|| false,
        },
    )?)
}
