//! What a request asks of the cache: what must be equal, and what is compared.

use std::sync::Arc;

use penstock_cache::{
    Key, Partition, Scope,
    request::{self, Asked},
};
use penstock_chat::Api;
use penstock_config::{Cache as Config, CachePolicy, Share};
use penstock_flow::Headers;
use sha2::{Digest as _, Sha256};

use super::Control;
use crate::{session::Question, snapshot::Snapshot};

/// Where clients show a credential of their own.
const CREDENTIALS: [&str; 3] = ["authorization", "api-key", "x-api-key"];

/// What schema-translation passes on to a provider (`forwarded` in its `header.rs`) and changes what it does. A version
/// changes how answers are written, and a kept one is written anew.
const BETA: &str = "anthropic-beta";

/// What a request asks of the cache.
#[derive(Clone, Debug)]
pub struct Inquiry {
    /// What holds for its model.
    pub policy: Arc<CachePolicy>,
    /// Whose answers it shares.
    pub scope: Scope,
    /// Of the same request.
    pub key: Key,
    /// Of requests that may mean the same; none where meaning is not compared.
    pub partition: Option<Partition>,
    /// What it says.
    pub asked: Asked,
    /// What it wants of the cache.
    pub control: Control,
    /// The id of the request.
    pub id: String,
}

/// Why the cache is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bypass {
    /// The cache is off for this model.
    Off,
    /// There can be no kept answer to such a request.
    Request(request::Bypass),
}

impl Inquiry {
    /// What `question`, for the alias `model`, asks. `embedder` is the name of what compares.
    ///
    /// # Errors
    /// Why the cache is not asked.
    pub fn new(
        snapshot: &Snapshot,
        question: &Question,
        model: &str,
        embedder: Option<&str>,
    ) -> Result<Self, Bypass> {
        let config = snapshot.config.cache.as_ref();
        let policy = config
            .map(|config| config.policy(model))
            .filter(|policy| policy.enabled)
            .ok_or(Bypass::Off)?;
        let asked = Asked::read(question.client.dialect, &question.body).map_err(Bypass::Request)?;
        let control = Control::read(&question.headers);
        let tenant = match policy.share {
            Share::Tenant => question.caller.tenant.clone(),
            Share::All => String::new(),
        };
        let scope = Scope {
            tenant,
            namespace: control.namespace.clone(),
            model: model.to_owned(),
        };
        let context = context(snapshot, question, policy, &scope);
        let context: Vec<&[u8]> = context.iter().map(Vec::as_slice).collect();
        let embedder = embedder
            .filter(|_| policy.semantic && may_embed(snapshot, config, question))
            .map(|embedder| [context.as_slice(), &[embedder.as_bytes()]].concat());
        Ok(Self {
            key: asked.key(&context),
            partition: embedder.map(|context| asked.partition(&context)),
            policy: Arc::new(policy.clone()),
            scope,
            asked,
            control,
            id: question.client.request_id.clone(),
        })
    }

    /// Whether it waits for the same request of others, and they for it. Not where nothing is to be stored or a fresh answer
    /// is wanted; nor where tenants share, since one that reads slowly would hold up the others.
    pub(super) fn shares_flights(&self) -> bool {
        let is_fresh = self.control.max_age_s == Some(0);
        !self.control.no_store && !is_fresh && self.policy.share == Share::Tenant
    }
}

/// What must be equal beside the request itself. Every part says what it is, so that none can be taken for another.
fn context(snapshot: &Snapshot, question: &Question, policy: &CachePolicy, scope: &Scope) -> Vec<Vec<u8>> {
    let shared = match policy.share {
        Share::Tenant => "tenant",
        Share::All => "all",
    };
    let mut parts: Vec<Vec<u8>> = [shared, &scope.tenant, &scope.namespace, &scope.model]
        .map(|text| text.as_bytes().to_vec())
        .into();
    // An answer stays where its question had to.
    parts.push(match &question.caller.region {
        Some(region) => format!("region {region}").into_bytes(),
        None => Vec::new(),
    });
    parts.extend(credential(snapshot, question, &scope.model));
    let beta = values(&question.headers, BETA);
    // Only this dialect's is passed on.
    if question.client.dialect == Api::Anthropic && !beta.is_empty() {
        parts.push(b"beta".to_vec());
        parts.push(beta);
    }
    for name in &policy.vary {
        parts.push(format!("vary {name}").into_bytes());
        parts.push(values(&question.headers, name));
    }
    parts
}

/// Requests with credentials of their own are of different customers of a provider, whoever their tenant is here.
fn credential(snapshot: &Snapshot, question: &Question, model: &str) -> Option<Vec<u8>> {
    let routing = snapshot.routing(model)?;
    if !routing.targets.iter().any(|target| target.client_credential) {
        return None;
    }
    let mut hash = Sha256::new();
    for name in CREDENTIALS {
        let values = values(&question.headers, name);
        hash.update(values.len().to_le_bytes());
        hash.update(values);
    }
    Some([b"credential ".as_slice(), &hash.finalize()].concat())
}

fn values(headers: &Headers, name: &str) -> Vec<u8> {
    let mut all = Vec::new();
    for value in headers.values(name) {
        all.extend_from_slice(value.trim_ascii());
        // No value of a header has one.
        all.push(b'\n');
    }
    all
}

/// A text may only be shown to a provider of vectors where its caller's requests may go.
fn may_embed(snapshot: &Snapshot, config: Option<&Config>, question: &Question) -> bool {
    let endpoint = config.and_then(|config| config.embedder.endpoint());
    let Some((endpoint, region)) = endpoint.zip(question.caller.region.as_deref()) else {
        return true;
    };
    let provider = snapshot.provider(&endpoint.provider);
    provider.is_some_and(|provider| provider.is_within(region))
}
