//! One provider: where it is, what it speaks, how it is trusted.

mod capacity;

use std::{path::PathBuf, time::Duration};

use penstock_chat::Api;
use penstock_translate::target::Flavor;
use serde::Serialize;

pub use self::capacity::{Capacity, Queue};
use crate::{
    credential::Credential,
    endpoint::{Endpoint, Scheme},
    problem::Problems,
    raw, routing,
    spanned::Spanned,
    suggest, unit,
};

const APIS: [(&str, Api); 2] = [("openai", Api::OpenAi), ("anthropic", Api::Anthropic)];
const FLAVORS: [(&str, Flavor); 3] = [
    ("openai", Flavor::OpenAi),
    ("azure", Flavor::Azure),
    ("vllm", Flavor::Vllm),
];

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const LONGEST_CONNECT_TIMEOUT: Duration = Duration::from_secs(60);
const LONGEST_NAME: usize = 64;

/// One provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Provider {
    /// Its name in this configuration.
    pub name: String,
    /// The API it speaks.
    pub api: Api,
    /// How an OpenAI-compatible provider differs.
    pub flavor: Flavor,
    /// Where it is.
    pub endpoint: Endpoint,
    /// Azure's `api-version`, which also decides for the path with deployments.
    pub api_version: Option<String>,
    /// Where its credential comes from.
    pub credential: Credential,
    /// Trust, where it differs from the system's.
    pub tls: Tls,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// What it takes of all callers together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Capacity>,
    /// Where it is, for callers whose requests must stay somewhere; its targets may say otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// Trust in a provider's certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tls {
    /// Certificate authorities in PEM instead of the system's, as written: relative to the configuration's
    /// directory.
    pub ca_file: Option<PathBuf>,
    /// The name that the certificate must hold instead of the URL's host.
    pub server_name: Option<String>,
}

impl Tls {
    /// `place` is the path of what has `tls` among its fields, and which of those is the URL.
    pub(crate) fn parse(
        raw: Option<&Spanned<raw::Tls>>,
        endpoint: Option<&Endpoint>,
        (path, url): (&str, &str),
        problems: &mut Problems,
    ) -> Option<Self> {
        let Some(tls) = raw else {
            return Some(Self::default());
        };
        if endpoint.is_some_and(|endpoint| endpoint.scheme == Scheme::Http) {
            problems.at(
                tls.referenced,
                format!("{path}.tls"),
                format!("means nothing with an http:// {url}; use https:// or leave it out"),
            );
            return None;
        }
        Some(Self {
            ca_file: tls.value.ca_file.as_ref().map(|text| PathBuf::from(&text.value)),
            server_name: tls.value.server_name.as_ref().map(|text| text.value.clone()),
        })
    }
}

impl Provider {
    /// The Envoy cluster that leads there.
    pub fn cluster(&self) -> String {
        format!("provider-{}", self.name)
    }

    /// The `:path` of its chat endpoint; `{model}` stands for the target's model.
    pub fn chat_path(&self) -> String {
        let prefix = &self.endpoint.prefix;
        match (self.api, &self.api_version) {
            (Api::Anthropic, _) => format!("{prefix}/v1/messages"),
            (Api::OpenAi, None) => format!("{prefix}/chat/completions"),
            (Api::OpenAi, Some(version)) => {
                format!("{prefix}/openai/deployments/{{model}}/chat/completions?api-version={version}")
            }
        }
    }

    /// As [`Route::is_within`](crate::routing::Route::is_within).
    pub fn is_within(&self, region: &str) -> bool {
        routing::is_within(self.region.as_deref(), region)
    }

    /// Path of requests for embeddings by `model`.
    pub fn embeddings_path(&self, model: &str) -> String {
        let prefix = &self.endpoint.prefix;
        match &self.api_version {
            None => format!("{prefix}/embeddings"),
            Some(version) => format!("{prefix}/openai/deployments/{model}/embeddings?api-version={version}"),
        }
    }

    pub(crate) fn parse(raw: &Spanned<raw::Provider>, path: &str, problems: &mut Problems) -> Option<Self> {
        let here = raw.referenced;
        let raw = &raw.value;
        let name = match &raw.name {
            Some(text) => name(text, &format!("{path}.name"), problems),
            None => {
                problems.at(here, format!("{path}.name"), "missing; give the provider a name");
                None
            }
        };
        let api = match &raw.api {
            Some(text) => suggest::one_of(text, &format!("{path}.api"), &APIS, problems),
            None => {
                problems.at(here, format!("{path}.api"), "missing; write openai or anthropic");
                None
            }
        };
        let flavor = flavor(raw, api, path, problems);
        let endpoint = endpoint(raw, here, api, path, problems);
        let api_version = api_version(raw, flavor, endpoint.as_ref(), path, problems);
        let credential = Credential::parse(raw.credential.as_ref(), &format!("{path}.credential"), problems);
        if let (Some(endpoint), Some(credential)) = (&endpoint, &credential) {
            refuse_secret_in_the_clear(raw, here, endpoint, credential, path, problems);
        }
        let tls = Tls::parse(raw.tls.as_ref(), endpoint.as_ref(), (path, "base_url"), problems);
        let connect_timeout = match &raw.connect_timeout {
            Some(text) => unit::duration(
                text,
                &format!("{path}.connect_timeout"),
                LONGEST_CONNECT_TIMEOUT,
                problems,
            ),
            None => Some(CONNECT_TIMEOUT),
        };
        let limits = capacity::parse(&raw.limits, path, problems);
        let region = raw
            .region
            .as_ref()
            .and_then(|text| routing::region(text, &format!("{path}.region"), problems));
        Some(Self {
            name: name?,
            api: api?,
            flavor: flavor?,
            endpoint: endpoint?,
            api_version: api_version?,
            credential: credential?,
            tls: tls?,
            connect_timeout: connect_timeout?,
            limits: limits?,
            region,
        })
    }
}

/// A name is part of cluster names, response headers and metrics, so it is kept to what all of them take.
pub(crate) fn name(text: &Spanned<String>, field: &str, problems: &mut Problems) -> Option<String> {
    let valid = !text.value.is_empty()
        && text.value.len() <= LONGEST_NAME
        && text
            .value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !valid {
        problems.at(
            text.referenced,
            field,
            format!("not a name; use letters, digits, - and _, at most {LONGEST_NAME}"),
        );
    }
    valid.then(|| text.value.clone())
}

fn flavor(raw: &raw::Provider, api: Option<Api>, path: &str, problems: &mut Problems) -> Option<Flavor> {
    let Some(text) = &raw.flavor else {
        return Some(Flavor::default());
    };
    let field = format!("{path}.flavor");
    if api == Some(Api::Anthropic) {
        problems.at(
            text.referenced,
            field,
            "means nothing with api: anthropic; leave it out",
        );
        return None;
    }
    suggest::one_of(text, &field, &FLAVORS, problems)
}

fn endpoint(
    raw: &raw::Provider,
    here: serde_saphyr::Location,
    api: Option<Api>,
    path: &str,
    problems: &mut Problems,
) -> Option<Endpoint> {
    let field = format!("{path}.base_url");
    let Some(text) = &raw.base_url else {
        let example = match api {
            Some(Api::Anthropic) => "https://api.anthropic.com",
            _ => "https://api.openai.com/v1",
        };
        problems.at(
            here,
            field,
            format!("missing; write it as the SDK has it, such as {example}"),
        );
        return None;
    };
    let endpoint = Endpoint::parse(
        text,
        "it as the provider's SDK has it, such as https://api.openai.com/v1",
        &field,
        problems,
    )?;
    // The two SDKs disagree on whose part the version is, and a doubled or a missing /v1 is a 404 at run time.
    if api == Some(Api::Anthropic) && endpoint.prefix.ends_with("/v1") {
        problems.at(
            text.referenced,
            field,
            "ends with /v1, which api: anthropic appends by itself; leave /v1 off",
        );
        return None;
    }
    if api == Some(Api::OpenAi) && endpoint.host == "api.openai.com" && endpoint.prefix.is_empty() {
        problems.at(
            text.referenced,
            field,
            "lacks /v1; write https://api.openai.com/v1",
        );
        return None;
    }
    Some(endpoint)
}

fn api_version(
    raw: &raw::Provider,
    flavor: Option<Flavor>,
    endpoint: Option<&Endpoint>,
    path: &str,
    problems: &mut Problems,
) -> Option<Option<String>> {
    let Some(text) = &raw.api_version else {
        return Some(None);
    };
    let field = format!("{path}.api_version");
    let message = match (flavor, endpoint) {
        (None, _) => return None,
        (Some(Flavor::OpenAi | Flavor::Vllm), _) => "only has a meaning with flavor: azure; leave it out",
        (Some(Flavor::Azure), Some(endpoint)) if endpoint.prefix.contains("/openai") => {
            "is for paths with deployments, which base_url must not hold; leave api_version out for the v1 path, \
             or everything after the host out of base_url"
        }
        (Some(Flavor::Azure), _) if !is_api_version(&text.value) => {
            "not a version; write it as Azure has it, such as 2024-10-21"
        }
        (Some(Flavor::Azure), _) => return Some(Some(text.value.clone())),
    };
    problems.at(text.referenced, field, message);
    None
}

fn is_api_version(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 32
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn refuse_secret_in_the_clear(
    raw: &raw::Provider,
    here: serde_saphyr::Location,
    endpoint: &Endpoint,
    credential: &Credential,
    path: &str,
    problems: &mut Problems,
) {
    let allowed = raw.insecure.as_ref().is_some_and(|flag| flag.value);
    if endpoint.scheme == Scheme::Http
        && *credential != Credential::None
        && !endpoint.is_loopback()
        && !allowed
    {
        problems.at(
            raw.base_url.as_ref().map_or(here, |text| text.referenced),
            format!("{path}.base_url"),
            "would send a credential in the clear; use https://, or say insecure: true for this provider",
        );
    }
}
