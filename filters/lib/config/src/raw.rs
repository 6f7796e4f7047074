//! `penstock.yaml` as it is written: every field with its place, nothing checked but the shape.
//!
//! Every field is optional here, so that a missing one is reported together with all other problems.

use std::fmt;

use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_saphyr::Spanned;

mod cache;
mod capacity;
mod health;
mod identity;
mod keys;
mod ledger;
mod money;
mod pii;
mod quota;
mod service;
mod telemetry;

pub(crate) use cache::{Cache, Embedder};
pub(crate) use capacity::{Capacity, Queue};
pub(crate) use health::Health;
pub(crate) use identity::{Identity, Source};
pub(crate) use keys::{Key, KeyLimits, Keys};
pub(crate) use ledger::Ledger;
pub(crate) use money::{Budget, BudgetMatch, Money, Price};
pub(crate) use pii::{Decimal, DenyList, Entity, Pattern, Pii};
pub(crate) use quota::{Limit, Match, Quota, Service};
pub(crate) use service::{DecisionService, FailureMode, Redis};
pub(crate) use telemetry::{Metrics, MetricsOtlp, Telemetry, Traces};

pub(crate) type Text = Option<Spanned<String>>;
pub(crate) type Number = Option<Spanned<u64>>;
pub(crate) type Flag = Option<Spanned<bool>>;
pub(crate) type List<T> = Option<Spanned<Vec<Spanned<T>>>>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    pub(crate) listen: Text,
    pub(crate) admin: Text,
    pub(crate) access_log: Text,
    pub(crate) limits: Option<Limits>,
    pub(crate) providers: List<Provider>,
    pub(crate) defaults: Option<Policy>,
    pub(crate) models: List<Model>,
    pub(crate) identity: Option<Identity>,
    pub(crate) keys: Option<Spanned<Keys>>,
    #[serde(deserialize_with = "section")]
    pub(crate) pii: Option<Spanned<Pii>>,
    pub(crate) quota: Option<Quota>,
    pub(crate) service: Option<Spanned<DecisionService>>,
    pub(crate) money: Option<Spanned<Money>>,
    pub(crate) ledger: Option<Spanned<Ledger>>,
    pub(crate) health: Option<Spanned<Health>>,
    #[serde(deserialize_with = "section")]
    pub(crate) cache: Option<Spanned<Cache>>,
    pub(crate) telemetry: Option<Spanned<Telemetry>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    pub(crate) request_body: Text,
    pub(crate) response_body: Text,
    pub(crate) event: Text,
    pub(crate) stream_stall: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Provider {
    pub(crate) name: Text,
    pub(crate) api: Text,
    pub(crate) flavor: Text,
    pub(crate) base_url: Text,
    pub(crate) api_version: Text,
    pub(crate) credential: Option<Spanned<Credential>>,
    pub(crate) tls: Option<Spanned<Tls>>,
    pub(crate) connect_timeout: Text,
    pub(crate) insecure: Flag,
    pub(crate) limits: List<Capacity>,
    pub(crate) region: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tls {
    pub(crate) ca_file: Text,
    pub(crate) server_name: Text,
}

/// Where a credential comes from; a secret written out in the file is recognised and forgotten.
#[derive(Debug)]
pub(crate) enum Credential {
    Source(Box<CredentialSource>),
    Secret,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CredentialSource {
    pub(crate) env: Text,
    pub(crate) file: Text,
    pub(crate) client: Flag,
}

/// What a model may set and `defaults` may set for all.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Policy {
    pub(crate) commit: Text,
    pub(crate) on_loss: Text,
    pub(crate) retry: Option<Retry>,
    pub(crate) timeouts: Option<Timeouts>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Model {
    pub(crate) name: Text,
    pub(crate) targets: List<Target>,
    pub(crate) default_output_tokens: Number,
    pub(crate) count_as: Text,
    pub(crate) strategy: List<String>,
    pub(crate) pin: Text,
    pub(crate) pii: Option<Spanned<Pii>>,
    pub(crate) cache: Option<Spanned<Cache>>,
    // The fields of `Policy`: serde cannot flatten and deny unknown fields at once.
    pub(crate) commit: Text,
    pub(crate) on_loss: Text,
    pub(crate) retry: Option<Retry>,
    pub(crate) timeouts: Option<Timeouts>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Target {
    pub(crate) provider: Text,
    pub(crate) model: Text,
    pub(crate) context_window: Number,
    pub(crate) max_output_tokens: Number,
    pub(crate) priority: Number,
    pub(crate) weight: Number,
    pub(crate) canary: Number,
    pub(crate) region: Text,
    pub(crate) version: Text,
    pub(crate) capabilities: List<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retry {
    pub(crate) same_target: Number,
    pub(crate) max_wait: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Timeouts {
    pub(crate) first_token: Text,
    pub(crate) answer: Text,
}

/// Without anything in it, the section is still meant.
fn section<'de, T, D>(deserializer: D) -> Result<Option<Spanned<T>>, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    let Spanned {
        value,
        referenced,
        defined,
    } = Spanned::<Option<T>>::deserialize(deserializer)?;
    Ok(Some(Spanned {
        value: value.unwrap_or_default(),
        referenced,
        defined,
    }))
}

impl<'de> Deserialize<'de> for Credential {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CredentialVisitor)
    }
}

struct CredentialVisitor;

impl<'de> Visitor<'de> for CredentialVisitor {
    type Value = Credential;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one of { env: NAME }, { file: PATH } or { client: true }")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Credential, A::Error> {
        CredentialSource::deserialize(MapAccessDeserializer::new(map))
            .map(|source| Credential::Source(Box::new(source)))
    }

    fn visit_str<E>(self, _: &str) -> Result<Credential, E> {
        Ok(Credential::Secret)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Credential, E> {
        Ok(Credential::Secret)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Credential, E> {
        Ok(Credential::Secret)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Credential, E> {
        Ok(Credential::Secret)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Credential, E> {
        Ok(Credential::Secret)
    }
}
