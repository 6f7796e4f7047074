//! What every decision reads: one configuration, made ready. It is replaced whole and never changed.

use std::{collections::HashMap, sync::Arc};

use penstock_client::identity::{self, ANONYMOUS};
use penstock_config::{Config, Provider, Routing, StrictLimit, slice::Source};
use penstock_flow::Headers;

use crate::{
    caller::Caller,
    counting::Counting,
    health::{self, Health},
    limits::queue::{self, Queues},
    money::{Money, MoneyError, MoneyMetrics},
    process::{Metadata, words},
    telemetry::Names,
};

/// Where ext_authz has put the caller, as JSON.
const CALLER: [&str; 2] = ["envoy.filters.http.ext_authz", "caller"];
/// What an answer is taken to need where nobody says so, as token-quota has it.
const DEFAULT_OUTPUT: penstock_chat::Tokens = penstock_chat::Tokens(4_096);
/// On top of the longest that an answer may take.
const HOLD_MARGIN_MS: u64 = 60_000;

/// One configuration, made ready.
#[derive(Debug)]
pub struct Snapshot {
    /// As it was read.
    pub config: Config,
    /// What requests cost.
    pub money: Money,
    /// How the targets are.
    pub health: Health,
    /// Where requests wait for room at a provider.
    pub queues: Queues,
    /// What is counted of money.
    pub money_metrics: MoneyMetrics,
    /// Names that may be labels.
    pub names: Names,
    models: HashMap<String, Model>,
}

#[derive(Debug)]
struct Model {
    routing: Routing,
    counting: Arc<Counting>,
    hold_ms: u64,
}

/// What is counted of the parts of a snapshot, from one to the next.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// Of health.
    pub health: health::Metrics,
    /// Of queues.
    pub queues: queue::Metrics,
    /// Of money.
    pub money: MoneyMetrics,
}

impl Snapshot {
    /// Makes `config` ready. What `before` has learned stays known. `approve_key` is what the configuration's name of it
    /// leads to.
    ///
    /// # Errors
    /// When money cannot be reckoned with.
    pub fn new(
        config: Config,
        approve_key: Option<&[u8]>,
        metrics: &Metrics,
        before: Option<&Self>,
    ) -> Result<Self, MoneyError> {
        let money = Money::new(config.money.as_ref(), approve_key)?;
        let health = Health::new(
            &config,
            metrics.health.clone(),
            before.map(|before| &before.health),
        );
        let queues = Queues::new(
            &config.providers,
            before.map(|before| &before.queues),
            metrics.queues.clone(),
        );
        let models = config
            .routing
            .iter()
            .map(|routing| (routing.alias.clone(), Model::new(&config, routing)))
            .collect();
        Ok(Self {
            names: Names::new(&config),
            config,
            money,
            health,
            queues,
            money_metrics: metrics.money.clone(),
            models,
        })
    }

    /// The hash of the configuration.
    pub fn policy_version(&self) -> &str {
        self.config.policy_version()
    }

    /// Where an alias leads.
    pub fn routing(&self, alias: &str) -> Option<&Routing> {
        self.models.get(alias).map(|model| &model.routing)
    }

    /// How requests for an alias are counted.
    pub fn counting(&self, alias: &str) -> Arc<Counting> {
        self.models.get(alias).map_or_else(
            || {
                Arc::new(Counting {
                    counted_as: String::new(),
                    default_output: DEFAULT_OUTPUT,
                    most_output: None,
                })
            },
            |model| Arc::clone(&model.counting),
        )
    }

    /// How long what a request for an alias has reserved is held without a settlement.
    pub fn hold_ms(&self, alias: &str) -> u64 {
        self.models
            .get(alias)
            .map_or(HOLD_MARGIN_MS, |model| model.hold_ms)
    }

    /// A provider by its name.
    pub fn provider(&self, name: &str) -> Option<&Provider> {
        self.config
            .providers
            .iter()
            .find(|provider| provider.name == name)
    }

    /// Limits of which each request reserves here.
    pub fn strict_limits(&self) -> &[StrictLimit] {
        self.config.quota.as_ref().map_or(&[], |quota| &quota.strict)
    }

    /// Who asks: the one that ext_authz has found, or where there are no keys, the one whose name stands where the
    /// configuration says. None: nobody was asked.
    pub fn caller(&self, headers: &Headers, metadata: &Metadata) -> Option<Caller> {
        if self.config.keys.is_some() {
            return serde_json::from_str(metadata.text(&CALLER)?).ok();
        }
        let named =
            |source: &Source| identity::name(source, headers, |path| metadata.text(path).map(str::to_owned));
        let known = |source: &Source| {
            let name = named(source);
            (name != ANONYMOUS).then(|| name.into_owned())
        };
        let identity = &self.config.identity;
        let attributes = &self.config.attributes;
        Some(Caller {
            tenant: named(&identity.tenant).into_owned(),
            key: known(&identity.key),
            agent: known(&identity.agent),
            team: attributes.team.as_ref().and_then(known),
            // Who should have been given bounds and was not may do nothing, rather than everything.
            region: attributes
                .region
                .as_ref()
                .map(|source| known(source).unwrap_or_default()),
            models: attributes.models.as_ref().map(|source| {
                let listed = match source {
                    Source::Metadata(path) => metadata.texts(path),
                    Source::Header(_) => known(source).map(|text| words(&text)),
                };
                listed.unwrap_or_default()
            }),
            ..Caller::default()
        })
    }
}

impl Model {
    fn new(config: &Config, routing: &Routing) -> Self {
        let counting = match config.counted(&routing.alias) {
            Some(counted) => Counting {
                counted_as: counted.counted_as,
                default_output: counted.default_output_tokens,
                most_output: counted.max_output_tokens,
            },
            None => Counting {
                counted_as: routing
                    .targets
                    .first()
                    .map(|route| route.model.clone())
                    .unwrap_or_default(),
                default_output: DEFAULT_OUTPUT,
                most_output: None,
            },
        };
        let longest = config
            .models
            .iter()
            .find(|model| model.name == routing.alias)
            .map_or(0, |model| model.answer_ms.max(model.first_token_ms));
        let targets = u64::try_from(routing.targets.len()).unwrap_or(1);
        Self {
            routing: routing.clone(),
            counting: Arc::new(counting),
            hold_ms: longest
                .saturating_mul(targets.max(1))
                .saturating_add(HOLD_MARGIN_MS),
        }
    }
}

#[cfg(test)]
mod tests;
