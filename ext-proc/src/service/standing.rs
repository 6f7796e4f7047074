//! Which configuration is in force, and whether the service may be sent requests.

use std::sync::{Arc, atomic::Ordering};

use anyhow::bail;
use penstock_config::{Config, LoadError};

use super::Service;
use crate::{fixed, secrets, snapshot::Snapshot};

impl Service {
    /// Puts a configuration in force that has been read anew, or says why not and keeps the old one.
    pub fn take_up(&self, read: Result<Config, LoadError>) {
        match read
            .map_err(anyhow::Error::from)
            .and_then(|config| self.make_ready(config))
        {
            Ok(new) => {
                let old = self.snapshot();
                if *old.policy_version() != *new.policy_version() {
                    eprintln!("penstock-ext-proc: policy {} is in force", new.policy_version());
                }
                self.metrics.in_force(new.policy_version());
                self.keyring.take_config(&new.config);
                self.telemetry.forget(&new.names);
                self.snapshot.store(Arc::new(new));
                self.refused.store(Arc::new(None));
                self.metrics.reload(true);
            }
            Err(error) => {
                let reason = format!("{error:#}");
                eprintln!(
                    "penstock-ext-proc: the changed configuration is not taken up, the old one stays: {reason}"
                );
                self.refused.store(Arc::new(Some(reason)));
                self.metrics.reload(false);
            }
        }
    }

    fn make_ready(&self, config: Config) -> anyhow::Result<Snapshot> {
        if config.service.is_none() {
            bail!("it has no section `service` any more");
        }
        let before = self.snapshot();
        let changed = fixed::changed(&config, &before.config);
        if !changed.is_empty() {
            bail!(
                "{} cannot change while the service runs; restart it, and Envoy too",
                changed.join(", ")
            );
        }
        let approve_key = secrets::approve_key(&config)?;
        Ok(Snapshot::new(
            config,
            approve_key.as_deref(),
            &self.parts,
            Some(&before),
        )?)
    }

    /// Whether it may be sent requests, and what there is to say about it, in lines.
    pub fn readiness(&self) -> (bool, String) {
        let draining = self.draining.load(Ordering::Relaxed);
        let unread = self.keyring.uses_shelf()
            && self
                .keys_in_redis
                .as_ref()
                .is_some_and(|standing| !standing.is_ready());
        let ready = !draining && !unread;
        let mut lines = vec![
            match (ready, draining) {
                (true, _) => "ready".to_owned(),
                (false, true) => "draining".to_owned(),
                (false, false) => "not ready".to_owned(),
            },
            format!("policy {}", self.snapshot().policy_version()),
        ];
        if let Some(standing) = self.keys_in_redis.as_ref().filter(|_| self.keyring.uses_shelf()) {
            lines.push(standing.describe().to_owned());
        }
        if !self.store.is_up() {
            lines.push("Redis is away; limits go by their `fail`".to_owned());
        }
        if !self.ledger.is_healthy() {
            lines.push("the ledger cannot be written".to_owned());
        }
        if let Some(reason) = self.refused.load().as_ref() {
            lines.push(format!("the changed configuration is not taken up: {reason}"));
        }
        lines.push(String::new());
        (ready, lines.join("\n"))
    }
}
