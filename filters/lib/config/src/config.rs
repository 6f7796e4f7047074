//! The whole of `penstock.yaml`, checked.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Serialize;
use serde_saphyr::{Location, Spanned};
use sha2::{Digest, Sha256};

use crate::{
    attributes::Attributes,
    cache::{Cache, EmbeddingEndpoint},
    health::Health,
    identity,
    keys::Keys,
    ledger::{Bodies, Ledger},
    limits::Limits,
    listen,
    model::{self, Policy, Providers},
    money::Money,
    pii::Pii,
    problem::{Invalid, LoadError, Problems},
    provider::Provider,
    quota::Quota,
    raw, read,
    routing::{Route, Routing},
    service::{self, DecisionService},
    slice, suggest,
    telemetry::Telemetry,
    unit,
};

/// Hexadecimal digits of a policy version: 48 bits tell any two configurations of one site apart.
const VERSION_DIGITS: usize = 12;

/// The whole configuration, checked: every target's provider exists, every name is unique.
#[derive(Clone, Debug, Serialize)]
pub struct Config {
    /// Where clients connect to.
    pub listen: SocketAddr,
    /// Where Envoy's admin interface listens.
    pub admin: SocketAddr,
    /// Where the access log goes.
    pub access_log: AccessLog,
    /// What is taken at most, of everyone.
    pub limits: Limits,
    /// In the order of the file.
    pub providers: Vec<Provider>,
    /// In the order of the file.
    pub models: Vec<slice::Model>,
    /// Where the names of callers are. As it is by default, it is no part of the policy version.
    #[serde(skip_serializing_if = "is_default")]
    pub identity: slice::Identity,
    /// Where more is said of callers who have shown something else than a key.
    #[serde(skip_serializing_if = "is_default")]
    pub attributes: Attributes,
    /// Who is admitted; `None` if nobody is asked for a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Keys>,
    /// Who may use how much; `None` if nothing is counted. As it is by default, it is no part of the policy version.
    #[serde(skip_serializing_if = "is_default_quota")]
    pub quota: Option<Quota>,
    /// What becomes of personal data; `None` if nobody looks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pii: Option<Pii>,
    /// What decides with memory of other requests; `None` if Envoy does without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<DecisionService>,
    /// What requests cost and who may spend how much; `None` if the file does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money: Option<Money>,
    /// What is written down of each request. As it is by default, it is no part of the policy version.
    #[serde(skip_serializing_if = "is_default")]
    pub ledger: Ledger,
    /// In which order each model's targets are tried, in the order of the models. As it is by default, it is no part
    /// of the policy version.
    #[serde(skip_serializing_if = "is_default_routing")]
    pub routing: Vec<Routing>,
    /// When targets are left alone. As it is by default, it is no part of the policy version.
    #[serde(skip_serializing_if = "is_default")]
    pub health: Health,
    /// Which answers are used again; `None` if none are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// What operators are told. As it is by default, it is no part of the policy version.
    #[serde(skip_serializing_if = "is_default")]
    pub telemetry: Telemetry,
    #[serde(skip)]
    directory: PathBuf,
    #[serde(skip)]
    policy_version: String,
}

/// Where the access log goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessLog {
    /// Standard output.
    Stdout,
    /// A file, as written: relative to the configuration's directory.
    File(PathBuf),
    /// Nowhere.
    None,
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// When it cannot be read, or everything that is wrong with it.
    pub fn load(file: &Path) -> Result<Self, LoadError> {
        let text = std::fs::read_to_string(file).map_err(|source| LoadError::Read {
            file: file.to_owned(),
            source,
        })?;
        Ok(Self::from_yaml_str(&text, file)?)
    }

    /// Checks a text. `file` is its name in errors, and its directory is what relative paths start from.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_yaml_str(text: &str, file: &Path) -> Result<Self, Invalid> {
        let mut problems = Problems::default();
        let config = read::read(text, &mut problems).and_then(|raw| Self::parse(&raw, file, &mut problems));
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(problems.into_invalid(file)),
        }
    }

    /// A hash of everything that was decided here: equal for files that differ in comments, layout or
    /// written-out defaults only.
    pub fn policy_version(&self) -> &str {
        &self.policy_version
    }

    /// The same, for an Envoy that does without the service.
    pub fn without_service(mut self) -> Self {
        self.service = None;
        self
    }

    /// Whether nobody may come in without a key.
    pub fn needs_key(&self) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.anonymous.is_none())
    }

    /// Whether a request goes on if nobody could be asked who it is: some endpoint goes on without the service, and
    /// strangers may come in anyway.
    pub fn admits_unasked(&self) -> bool {
        !self.needs_key() && self.service.as_ref().is_some_and(DecisionService::goes_on)
    }

    /// A path of the configuration, from the working directory.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }

    /// What the front instance of schema-translation is given.
    pub fn front(&self) -> slice::SchemaTranslation {
        slice::SchemaTranslation::Front(slice::Front {
            policy_version: self.policy_version.clone(),
            max_request_bytes: self.limits.request_body.0,
            models: self.models.clone(),
            service: self.front_service(),
        })
    }

    /// What the back instance in a provider's cluster is given.
    pub fn back(&self, provider: &Provider) -> slice::SchemaTranslation {
        slice::SchemaTranslation::Back(slice::Back {
            provider: provider.name.clone(),
            api: provider.api,
            scheme: provider.endpoint.scheme.as_str().to_owned(),
            authority: provider.endpoint.authority(),
            path: provider.chat_path(),
            max_response_bytes: self.limits.response_body.0,
            max_event_bytes: self.limits.event.0,
            stream_stall_ms: unit::millis(self.limits.stream_stall),
            trail: self.front_service().is_some(),
            trace: self.tells_trace(provider),
        })
    }

    /// Whether the provider is told which trace a request belongs to.
    fn tells_trace(&self, provider: &Provider) -> bool {
        let traces = self.telemetry.traces.as_ref();
        traces.is_some_and(|traces| traces.propagate.contains(&provider.name))
    }

    /// What token-quota is given, unless it is switched off.
    pub fn token_quota(&self) -> Option<slice::TokenQuota> {
        let quota = self.quota.as_ref()?;
        Some(slice::TokenQuota {
            policy_version: self.policy_version.clone(),
            max_request_bytes: self.limits.request_body.0,
            max_event_bytes: self.limits.event.0,
            models: self.models.iter().map(|model| quota.counted(model)).collect(),
            identity: self.identity.clone(),
            tenants: quota.tenants.clone(),
            limits: quota.limits.clone(),
            windows: quota.windows,
            hold_ms: unit::millis(quota.hold),
            charge_cached: quota.charge_cached,
            leases: quota.service.as_ref().map(|service| slice::Leases {
                cluster: service.cluster().to_owned(),
                proxy: service.proxy.clone(),
                refresh_ms: unit::millis(service.refresh),
                initial_permille: service.initial_permille,
                timeout_ms: unit::millis(service.timeout),
            }),
            tells_service: self.front_service().is_some(),
        })
    }

    /// What pii-redaction is given, if personal data is looked for.
    pub fn pii_redaction(&self) -> Option<slice::PiiRedaction> {
        let pii = self.pii.as_ref()?;
        Some(slice::PiiRedaction {
            policy_version: self.policy_version.clone(),
            max_request_bytes: self.limits.request_body.0,
            max_response_bytes: self.limits.response_body.0,
            max_event_bytes: self.limits.event.0,
            key_env: pii.key_env.clone(),
            tenant: self.identity.tenant.clone(),
            default: pii.policy.clone(),
            models: pii.models.clone(),
            patterns: pii.patterns.clone(),
            deny_lists: pii.deny_lists.clone(),
            allow: pii.allow.clone(),
        })
    }

    /// What the filters know of the service that decides, if one is configured.
    fn front_service(&self) -> Option<slice::FrontService> {
        let service = self.service.as_ref()?;
        Some(slice::FrontService {
            failure_mode: service.failure_mode,
            needs_caller: self.needs_key(),
            withheld: self.withheld(),
        })
    }

    /// Targets that some caller's requests may not go to: who asks is not known where the service does not say.
    fn withheld(&self) -> Vec<slice::Withheld> {
        let Some(regions) = self.regions_of_callers() else {
            // Any of them may be the wrong place for somebody, above all one of which nobody said where it is.
            let mut routes = self.routing.iter().flat_map(|routing| &routing.targets);
            let told = self.attributes.region.is_some() || routes.any(|route| route.region.is_some());
            return self.withheld_where(|_| told);
        };
        self.withheld_where(|route| regions.iter().any(|region| !route.is_within(region)))
    }

    fn withheld_where(&self, is: impl Fn(&Route) -> bool) -> Vec<slice::Withheld> {
        self.routing
            .iter()
            .map(|routing| slice::Withheld {
                alias: routing.alias.clone(),
                targets: routing
                    .targets
                    .iter()
                    .filter(|route| is(route))
                    .map(|route| (route.provider.clone(), route.model.clone()))
                    .collect(),
            })
            .filter(|withheld| !withheld.targets.is_empty())
            .collect()
    }

    /// Where some callers' requests must stay; `None` if that stands outside of this file.
    fn regions_of_callers(&self) -> Option<Vec<&str>> {
        if self.attributes.region.is_some() {
            return None;
        }
        let Some(keys) = &self.keys else {
            return Some(Vec::new());
        };
        if keys.redis {
            return None;
        }
        let holders = keys.list.iter().map(|key| &key.holder).chain(&keys.anonymous);
        Some(holders.filter_map(|holder| holder.region.as_deref()).collect())
    }

    /// How requests for a model are counted; `None` if nothing is counted, or there is no such model.
    pub fn counted(&self, alias: &str) -> Option<slice::CountedModel> {
        let model = self.models.iter().find(|model| model.name == alias)?;
        Some(self.quota.as_ref()?.counted(model))
    }

    /// The provider of vectors, and how it is asked, where the cache compares by them.
    pub fn embeddings(&self) -> Option<(&Provider, &EmbeddingEndpoint)> {
        let cache = self.cache.as_ref().filter(|cache| cache.compares())?;
        let endpoint = cache.embedder.endpoint()?;
        let provider = self
            .providers
            .iter()
            .find(|provider| provider.name == endpoint.provider)?;
        Some((provider, endpoint))
    }

    /// Whether what was asked is written down.
    pub fn keeps_bodies(&self) -> bool {
        self.ledger.bodies != Bodies::None
    }

    fn parse(raw: &raw::File, file: &Path, problems: &mut Problems) -> Option<Self> {
        let addresses = listen::parse(raw, problems);
        let access_log = AccessLog::parse(raw.access_log.as_ref(), problems);
        let limits = Limits::parse(raw.limits.as_ref(), problems);
        let providers = providers(raw, problems);
        let models = models(raw, &providers, problems);
        let identity = identity::parse(raw.identity.as_ref(), raw.service.is_some(), problems);
        let attributes = Attributes::parse(raw.identity.as_ref(), problems);
        let keys = Keys::parse(raw, problems);
        identity::agrees_with_keys(raw, problems);
        let quota = quota(raw, &models, problems);
        let pii = Pii::parse(raw, problems);
        let service = DecisionService::parse(raw, problems);
        let money = Money::parse(raw, problems);
        let ledger = Ledger::parse(raw, pii.as_ref().and_then(Option::as_ref), problems);
        let routing = Routing::parse(raw, &models, &providers, problems);
        let health = Health::parse(raw.health.as_ref().map(|section| &section.value), problems);
        let cache = Cache::parse(raw, &providers, problems);
        let telemetry = Telemetry::parse(raw, problems);
        service::demanded(raw, problems);
        if !problems.is_empty() {
            return None;
        }
        let (listen, admin) = addresses?;
        let mut config = Self {
            listen,
            admin,
            access_log: access_log?,
            limits: limits?,
            providers,
            models,
            identity: identity?,
            attributes: attributes?,
            keys: keys?,
            quota: quota?,
            pii: pii?,
            service: service?,
            money: money?,
            ledger: ledger?,
            routing,
            health,
            cache: cache?,
            telemetry: telemetry?,
            directory: file.parent().map(Path::to_owned).unwrap_or_default(),
            policy_version: String::new(),
        };
        config.policy_version = version(&config)?;
        Some(config)
    }
}

impl AccessLog {
    fn parse(text: Option<&Spanned<String>>, problems: &mut Problems) -> Option<Self> {
        match text.map(|text| (text, text.value.as_str())) {
            None | Some((_, "stdout")) => Some(Self::Stdout),
            Some((_, "none")) => Some(Self::None),
            // A bare word is more probably a misspelt `stdout` than a file.
            Some((_, path)) if path.contains('/') => Some(Self::File(PathBuf::from(path))),
            Some((text, word)) => {
                let remedy = suggest::remedy(word, ["stdout", "none"]);
                problems.at(
                    text.referenced,
                    "access_log",
                    format!("unknown value {word:?}; {remedy} (a file needs a / in its path)"),
                );
                None
            }
        }
    }
}

fn providers(raw: &raw::File, problems: &mut Problems) -> Vec<Provider> {
    let list = list(&raw.providers, "providers", problems);
    unique(list, "providers", |provider| &provider.name, problems);
    list.iter()
        .enumerate()
        .filter_map(|(index, raw)| Provider::parse(raw, &format!("providers[{index}]"), problems))
        .collect()
}

fn models(raw: &raw::File, providers: &[Provider], problems: &mut Problems) -> Vec<slice::Model> {
    let names: Vec<&str> = raw
        .providers
        .iter()
        .flat_map(|list| &list.value)
        .filter_map(|provider| provider.value.name.as_ref())
        .map(|name| name.value.as_str())
        .collect();
    let providers = Providers {
        valid: providers,
        names: &names,
    };
    let defaults = Policy::defaults(raw.defaults.as_ref(), problems);
    let list = list(&raw.models, "models", problems);
    unique(list, "models", |model| &model.name, problems);
    list.iter()
        .enumerate()
        .filter_map(|(index, raw)| {
            let path = format!("models[{index}]");
            model::parse(raw, &path, &providers, defaults, problems)
        })
        .collect()
}

fn quota(raw: &raw::File, models: &[slice::Model], problems: &mut Problems) -> Option<Option<Quota>> {
    if let Some(list) = raw.quota.as_ref().and_then(|quota| quota.limits.as_ref()) {
        unique(&list.value, "quota.limits", |limit| &limit.name, problems);
    }
    Quota::parse(raw, models, problems)
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_default_routing(routing: &[Routing]) -> bool {
    routing.iter().all(Routing::is_default)
}

fn is_default_quota(quota: &Option<Quota>) -> bool {
    quota.as_ref().is_some_and(is_default)
}

/// The entries, of which there must be one.
fn list<'a, T>(list: &'a raw::List<T>, field: &str, problems: &mut Problems) -> &'a [Spanned<T>] {
    match list {
        Some(list) if !list.value.is_empty() => &list.value,
        Some(list) => {
            problems.at(list.referenced, field, "empty; name at least one");
            &[]
        }
        None => {
            problems.at(Location::UNKNOWN, field, "missing; name at least one");
            &[]
        }
    }
}

pub(crate) fn unique<T>(
    list: &[Spanned<T>],
    path: &str,
    name: impl Fn(&T) -> &raw::Text,
    problems: &mut Problems,
) {
    let mut seen = HashMap::new();
    for (index, entry) in list.iter().enumerate() {
        let Some(text) = name(&entry.value) else {
            continue;
        };
        if let Some(first) = seen.insert(text.value.as_str(), index) {
            problems.at(
                text.referenced,
                format!("{path}[{index}].name"),
                format!(
                    "{:?} is the name of {path}[{first}] already; choose another",
                    text.value
                ),
            );
        }
    }
}

/// Serialization of the validated types is canonical: fields in their order, no maps.
fn version(config: &Config) -> Option<String> {
    let canonical = serde_json::to_vec(config).ok()?;
    let digest = Sha256::digest(&canonical);
    let mut digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.truncate(VERSION_DIGITS);
    Some(digits)
}
