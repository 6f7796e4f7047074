//! What was done, and what people are told of it.

use std::path::Path;

use penstock_config::{Config, Credential};

use crate::runtime_dir::BOOTSTRAP;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// The files that were written, by their names.
    pub written: Vec<String>,
    /// Those that were removed.
    pub removed: Vec<String>,
    /// The listeners differ: they are replaced, and their connections drained.
    pub drains: bool,
    /// Secrets that are said to be elsewhere than before.
    pub secrets: bool,
    /// Envoy was asked, and has taken all of it up.
    pub taken: bool,
    /// An Envoy that runs is to take it up.
    pub live: bool,
}

impl Published {
    /// What to tell people of it.
    pub fn lines(&self, directory: &Path, config: &Config) -> Vec<String> {
        if self.written.is_empty() && self.removed.is_empty() {
            return vec![format!("{}: nothing differs", directory.display())];
        }
        let mut lines = vec![format!(
            "{}: wrote {}",
            directory.display(),
            self.written.join(", ")
        )];
        if !self.removed.is_empty() {
            lines.push(format!(
                "{}: removed {}",
                directory.display(),
                self.removed.join(", ")
            ));
        }
        if !self.live {
            lines.push(format!(
                "start Envoy with -c {}",
                directory.join(BOOTSTRAP).display()
            ));
            return lines;
        }
        lines.push(if self.taken {
            format!("Envoy at {} has taken it up: policy {}", config.admin, config.policy_version())
        } else {
            format!(
                "no Envoy at {} said that it has taken all of it up; one that watches the directory does so by itself: policy {}",
                config.admin,
                config.policy_version()
            )
        });
        if self.drains {
            lines.push(
                "what Envoy listens with differs (listen, limits.request_body, access_log, …): requests under way end \
                 first, and clients are told to connect anew"
                    .to_owned(),
            );
        }
        let from_env = config
            .providers
            .iter()
            .any(|provider| matches!(provider.credential, Credential::Env(_)));
        if self.secrets && from_env {
            lines.push(
                "credentials are elsewhere than before: of environment variables, a running Envoy has only those that \
                 it was started with"
                    .to_owned(),
            );
        }
        lines
    }
}
