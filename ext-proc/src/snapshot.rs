//! What every decision reads: one configuration, made ready. It is replaced whole and never changed.

use penstock_client::identity::{self, ANONYMOUS};
use penstock_config::Config;
use penstock_flow::Headers;

use crate::{caller::Caller, process::Metadata};

/// Where ext_authz has put the caller, as JSON.
const CALLER: [&str; 2] = ["envoy.filters.http.ext_authz", "caller"];

/// One configuration, made ready.
#[derive(Debug)]
pub struct Snapshot {
    /// As it was read.
    pub config: Config,
}

impl Snapshot {
    /// Makes `config` ready.
    pub fn new(config: Config) -> Self {
        Self { config }
    }

    /// The hash of the configuration.
    pub fn policy_version(&self) -> &str {
        self.config.policy_version()
    }

    /// Who asks: the one that ext_authz has found, or where there are no keys, the one whose name stands where the
    /// configuration says. None: nobody was asked.
    pub fn caller(&self, headers: &Headers, metadata: &Metadata) -> Option<Caller> {
        if let Some(json) = metadata.text(&CALLER) {
            return serde_json::from_str(json).ok();
        }
        let named = |source| identity::name(source, headers, |path| metadata.text(path).map(str::to_owned));
        let known = |source| {
            Some(named(source))
                .filter(|name| name != ANONYMOUS)
                .map(String::from)
        };
        let identity = &self.config.identity;
        Some(Caller {
            tenant: named(&identity.tenant).into_owned(),
            key: known(&identity.key),
            agent: known(&identity.agent),
            ..Caller::default()
        })
    }
}
