//! Names that may be labels.

use std::collections::{HashMap, HashSet};

use penstock_client::identity::ANONYMOUS;
use penstock_config::{
    Config, Payer,
    slice::{Commit, Limit, Scope},
};

use super::series::Labels;
use crate::{label::Label, outcome::Outcome};

/// What a name is called that is not the configuration's.
pub const OTHER: &str = "_other";

/// Names that may be labels: those of one configuration.
#[derive(Debug, Default)]
pub struct Names {
    /// And whether its answers are held until they are whole.
    aliases: HashMap<String, bool>,
    /// Providers, and the models that each is asked for.
    providers: HashMap<String, HashSet<String>>,
    tenants: HashSet<String>,
    teams: HashSet<String>,
    pii_kinds: HashSet<String>,
    /// Whoever asks has a key, or is let in by the configuration without one.
    has_keys: bool,
}

impl Names {
    /// Those of `config`.
    pub fn new(config: &Config) -> Self {
        let mut providers: HashMap<String, HashSet<String>> = HashMap::new();
        for provider in &config.providers {
            providers.insert(provider.name.clone(), HashSet::new());
        }
        for target in config.models.iter().flat_map(|model| &model.targets) {
            let models = providers.entry(target.provider.clone()).or_default();
            models.insert(target.model.clone());
        }
        let quota = config.quota.as_ref();
        let listed = quota.iter().flat_map(|quota| &quota.tenants).cloned();
        let limits = quota.iter().flat_map(|quota| {
            let strict = quota.strict.iter().map(|strict| &strict.limit);
            quota.limits.iter().chain(strict)
        });
        let budgets = || config.money.iter().flat_map(|money| &money.budgets);
        let payers = |wanted: Payer| {
            let only = budgets().flat_map(|budget| &budget.only);
            only.filter(move |(payer, _)| *payer == wanted)
                .flat_map(|(_, names)| names)
                .cloned()
        };
        Self {
            aliases: config
                .models
                .iter()
                .map(|model| (model.name.clone(), model.commit == Commit::Complete))
                .collect(),
            providers,
            tenants: std::iter::once(ANONYMOUS.to_owned())
                .chain(listed)
                .chain(limits.flat_map(tenants))
                .chain(payers(Payer::Tenant))
                .collect(),
            teams: payers(Payer::Team).collect(),
            pii_kinds: config
                .pii
                .iter()
                .flat_map(|pii| pii.kinds())
                .map(str::to_owned)
                .collect(),
            has_keys: config.keys.is_some(),
        }
    }

    /// What clients ask for.
    pub(super) fn alias(&self, name: &str) -> &str {
        self.aliases.get_key_value(name).map_or(OTHER, |(name, _)| name)
    }

    /// Empty if there is none.
    pub(super) fn provider(&self, name: &str) -> &str {
        match self.providers.get_key_value(name) {
            Some((name, _)) => name,
            None if name.is_empty() => "",
            None => OTHER,
        }
    }

    /// A provider's name for a model.
    pub(super) fn target(&self, provider: &str, model: &str) -> &str {
        let models = self.providers.get(provider);
        models
            .and_then(|models| models.get(model))
            .map_or(OTHER, String::as_str)
    }

    /// A kind of personal data.
    pub(super) fn pii_kind(&self, kind: &str) -> &str {
        self.pii_kinds.get(kind).map_or(OTHER, String::as_str)
    }

    /// Tenant and team of whoever asked. Those of a key are the operator's words; what a header or a token says is a
    /// label only if the configuration names it too.
    pub(super) fn payer<'a>(&'a self, outcome: &'a Outcome) -> (&'a str, &'a str) {
        let Some(caller) = &outcome.caller else {
            return (ANONYMOUS, "");
        };
        let (tenant, team) = (caller.tenant.as_str(), caller.team.as_deref().unwrap_or_default());
        if self.has_keys {
            return (tenant, team);
        }
        let known = |names: &HashSet<String>, name| names.contains(name);
        (
            if known(&self.tenants, tenant) {
                tenant
            } else {
                OTHER
            },
            if team.is_empty() || known(&self.teams, team) {
                team
            } else {
                OTHER
            },
        )
    }

    /// Whether its answer was held until it was whole.
    pub(super) fn holds_answer(&self, outcome: &Outcome) -> bool {
        let served = outcome.receipt.as_ref().map(|receipt| &receipt.served);
        served
            .and_then(|served| self.aliases.get(served))
            .copied()
            .unwrap_or_default()
    }

    /// Whether all names in `labels` are still the configuration's.
    pub(super) fn know(&self, labels: &Labels) -> bool {
        labels.iter().all(|(label, Label(value))| {
            value == OTHER
                || match *label {
                    "model" | "gen_ai_request_model" => self.aliases.contains_key(value),
                    "provider" | "gen_ai_provider_name" | "gen_ai_system" => {
                        value.is_empty() || self.providers.contains_key(value)
                    }
                    "gen_ai_response_model" => self.providers.values().any(|models| models.contains(value)),
                    _ => true,
                }
        })
    }
}

fn tenants(limit: &Limit) -> impl Iterator<Item = String> {
    let of_tenants = limit.only.iter().filter(|(scope, _)| *scope == Scope::Tenant);
    of_tenants.flat_map(|(_, names)| names).cloned()
}
