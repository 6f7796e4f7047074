//! `penstock.yaml` as it is written: every field with its place, nothing checked but the shape.
//!
//! Every field is optional here, so that a missing one is reported together with all other problems.

use std::fmt;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::spanned::Spanned;

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

/// `penstock.yaml`: providers, the models that clients ask for, and who may have what of them.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    /// IP address and port for clients; `0.0.0.0:8080` takes them from everywhere. Default `127.0.0.1:8080`.
    pub(crate) listen: Text,
    /// Envoy's admin interface. Whoever reaches it can end Envoy: keep it on loopback. Default `127.0.0.1:9901`.
    pub(crate) admin: Text,
    /// Where one JSON object for each request goes: `stdout`, `none`, or a path with a `/` in it. Default `stdout`.
    pub(crate) access_log: Text,
    /// What is taken at most.
    pub(crate) limits: Option<Limits>,
    /// Where answers come from. Required.
    pub(crate) providers: List<Provider>,
    /// What models have that do not say otherwise.
    pub(crate) defaults: Option<Policy>,
    /// What clients ask for. Required.
    pub(crate) models: List<Model>,
    /// Where the caller's names are, if not in keys.
    pub(crate) identity: Option<Identity>,
    /// Who is admitted. Without it, nobody is asked for a key. Needs `service`.
    pub(crate) keys: Option<Spanned<Keys>>,
    /// What becomes of personal data. Without it, nobody looks.
    #[serde(deserialize_with = "section")]
    pub(crate) pii: Option<Spanned<Pii>>,
    /// Who may use how much, and how it is counted.
    pub(crate) quota: Option<Quota>,
    /// The service that decides. Without it, what only it does is an error or without effect.
    pub(crate) service: Option<Spanned<DecisionService>>,
    /// Prices, budgets, downgrades and approvals, held by the service.
    pub(crate) money: Option<Spanned<Money>>,
    /// What the service writes down of each request.
    pub(crate) ledger: Option<Spanned<Ledger>>,
    /// When the service leaves a target alone.
    pub(crate) health: Option<Spanned<Health>>,
    /// Which answers are used again. The section alone switches it on for all models. Needs `service`.
    #[serde(deserialize_with = "section")]
    pub(crate) cache: Option<Spanned<Cache>>,
    /// Metrics and traces.
    pub(crate) telemetry: Option<Spanned<Telemetry>>,
}

/// What is taken at most, of everyone.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Larger requests are answered with 413; at most `128MiB`. Default `16MiB`.
    pub(crate) request_body: Text,
    /// Larger answers are failed attempts, and a stream held under `complete` is then released as it comes; at most
    /// `128MiB`. Default `16MiB`.
    pub(crate) response_body: Text,
    /// The largest single event of a stream; at most `response_body`. Default `512KiB`.
    pub(crate) event: Text,
    /// The longest silence in a stream that has been released to the client, which is aborted then; at most `1h`.
    /// Default `60s`.
    pub(crate) stream_stall: Text,
}

/// Where answers come from: any server that speaks one of the APIs.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Provider {
    /// Letters, digits, `-` and `_`, at most 64; unique. It appears in `x-penstock-attempts`, logs and metrics.
    /// Required.
    pub(crate) name: Text,
    /// Chat completions or messages. One of `openai`, `anthropic`. Required.
    pub(crate) api: Text,
    /// How it differs from OpenAI, with `api: openai` only; `vllm` is for most self-hosted servers. One of `openai`,
    /// `azure`, `vllm`.
    pub(crate) flavor: Text,
    /// As the provider's SDK has it: `api: openai` appends `/chat/completions`, `api: anthropic` appends
    /// `/v1/messages`. Required.
    pub(crate) base_url: Text,
    /// With `flavor: azure` only: asks the path with deployments, and a target's `model` is the deployment. Without
    /// it, `base_url` is Azure's v1 path.
    pub(crate) api_version: Text,
    /// Where its credential comes from. Without it, the provider wants none.
    pub(crate) credential: Option<Spanned<Credential>>,
    /// Trust in its certificate, where it is not the usual one.
    pub(crate) tls: Option<Spanned<Tls>>,
    /// A connection that takes longer is a failed attempt; at most `1m`. Default `2s`.
    pub(crate) connect_timeout: Text,
    /// Allows a credential to be sent over `http://` to another machine. Default `false`.
    pub(crate) insecure: Flag,
    /// What the provider takes of all callers together, held by the service.
    pub(crate) limits: List<Capacity>,
    /// Where it is, such as `eu` or `eu-west-1`, for keys whose requests must stay somewhere; at most 64 bytes.
    pub(crate) region: Text,
}

/// What is trusted.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tls {
    /// Certificate authorities in PEM. Without it, the system's.
    pub(crate) ca_file: Text,
    /// The name that the certificate must hold. Without it, the URL's host.
    pub(crate) server_name: Text,
}

/// Where a credential comes from; a secret written out in the file is recognised and forgotten.
#[derive(Debug)]
#[cfg_attr(feature = "schema", derive(JsonSchema), schemars(untagged))]
pub(crate) enum Credential {
    Source(Box<CredentialSource>),
    #[cfg_attr(feature = "schema", schemars(skip))]
    Secret,
}

/// Where a secret comes from: exactly one of these. A secret itself never stands in this file.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CredentialSource {
    /// An environment variable, read at the start.
    pub(crate) env: Text,
    /// A file with the secret and nothing else. It is read again when another is renamed into its place.
    pub(crate) file: Text,
    /// The caller's own credential goes to this provider, and to no other.
    pub(crate) client: Flag,
}

/// What a model may set, for all that do not.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Policy {
    /// When an answer is released to the client: at its first event with content, or when it is whole. One of
    /// `first_event`, `complete`. Default `first_event`.
    pub(crate) commit: Text,
    /// A request that a target cannot express whole is sent without that part, and a header names it; or the target
    /// is not used. One of `warn`, `reject`. Default `warn`.
    pub(crate) on_loss: Text,
    /// How often the same target is tried.
    pub(crate) retry: Option<Retry>,
    /// How long an attempt may take.
    pub(crate) timeouts: Option<Timeouts>,
}

/// A name that clients ask for, and what answers.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Model {
    /// What clients ask for; unique. Required.
    pub(crate) name: Text,
    /// One to sixteen, tried in this order, or with the service in the order of `strategy`. Required.
    pub(crate) targets: List<Target>,
    /// What an answer is taken to need where the client does not say `max_tokens`; at most what any target gives.
    /// Without it, `quota`'s.
    pub(crate) default_output_tokens: Number,
    /// The model whose way of counting holds, such as `gpt-4o` for a deployment with a name of its own. Without it,
    /// the first target's `model`.
    pub(crate) count_as: Text,
    /// What decides between two targets, the first word that sees a difference; with the service. Each one of
    /// `priority`, `weight`, `sticky`, `canary`, `least_cost`, `least_latency`. Default `[priority]`.
    pub(crate) strategy: List<String>,
    /// Only targets with this `version` are used; with the service.
    pub(crate) pin: Text,
    /// What becomes of personal data in requests for this model, where it differs: without `key`, `patterns`,
    /// `deny_lists` and `allow`.
    pub(crate) pii: Option<Spanned<Pii>>,
    /// Which answers of this model are used again, where it differs: without `store`, `entries`, `memory` and
    /// `embedder`.
    pub(crate) cache: Option<Spanned<Cache>>,
    // The fields of `Policy`: serde cannot flatten and deny unknown fields at once.
    /// When an answer is released to the client: at its first event with content, or when it is whole. One of
    /// `first_event`, `complete`. Default `first_event`.
    pub(crate) commit: Text,
    /// A request that a target cannot express whole is sent without that part, and a header names it; or the target
    /// is not used. One of `warn`, `reject`. Default `warn`.
    pub(crate) on_loss: Text,
    /// How often the same target is tried.
    pub(crate) retry: Option<Retry>,
    /// How long an attempt may take.
    pub(crate) timeouts: Option<Timeouts>,
}

/// A provider and one of its models.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Target {
    /// The `name` of a provider. Required.
    pub(crate) provider: Text,
    /// The model's name there. Required.
    pub(crate) model: Text,
    /// Input and output tokens that fit. After "context length exceeded", only a target with a larger one is tried.
    pub(crate) context_window: Number,
    /// The most output tokens the model gives; asked for where the API demands a number and the client gave none, and
    /// instead of more.
    pub(crate) max_output_tokens: Number,
    /// The lower, the earlier. Default `0`.
    pub(crate) priority: Number,
    /// Its part of the requests against the other weights; `0` is after all others. Default `1`.
    pub(crate) weight: Number,
    /// The percentage of callers that get this target first; at most 100 in all targets of the model.
    pub(crate) canary: Number,
    /// Where it is. Without it, the provider's.
    pub(crate) region: Text,
    /// Which version of the model it is, in words of yours.
    pub(crate) version: Text,
    /// What it has; a request that needs another does not go there. Without it, all. Each one of `tools`, `images`,
    /// `json_schema`, `reasoning`.
    pub(crate) capabilities: List<String>,
}

/// How often the same target is tried.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retry {
    /// Further attempts on the same target after a 5xx or a short `Retry-After`; at most 10. Default `1`.
    pub(crate) same_target: Number,
    /// The longest `Retry-After` that is waited out; whole seconds, at most `1m`. Default `2s`.
    pub(crate) max_wait: Text,
}

/// How long an attempt may take until its answer is released to the client.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Timeouts {
    /// Of a stream under `first_event`, to its first token; at most `answer`. Default `60s`.
    pub(crate) first_token: Text,
    /// Of an answer that is held until it is whole; at most `1h`. Default `10m`.
    pub(crate) answer: Text,
}

/// Without anything in it, the section is still meant.
fn section<'de, T, D>(deserializer: D) -> Result<Option<Spanned<T>>, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    let Spanned { value, referenced } = Spanned::<Option<T>>::deserialize(deserializer)?;
    Ok(Some(Spanned {
        value: value.unwrap_or_default(),
        referenced,
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
