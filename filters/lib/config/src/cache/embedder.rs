//! What compares texts by meaning.

use std::{
    net::{Ipv4Addr, SocketAddr},
    ops::RangeInclusive,
    path::PathBuf,
    time::Duration,
};

use penstock_chat::Api;
use serde::Serialize;

use crate::{
    credential::Credential,
    endpoint::{self, Scheme},
    listen,
    problem::Problems,
    provider::Provider,
    raw,
    spanned::Spanned,
    suggest, unit,
};

const LOCAL_BUDGET: Duration = Duration::from_millis(100);
const ENDPOINT_BUDGET: Duration = Duration::from_millis(500);
const BUDGETS: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(10);
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9_903);
const MOST_DIMENSIONS: u64 = 8_192;
const RIGHT: &str = "such as http://127.0.0.1:9903";

/// What compares texts by meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Embedder {
    /// all-MiniLM-L6-v2, in the service itself.
    Local {
        /// Directory of its weights, as written: relative to the configuration's directory. None: where the service was
        /// told at its start.
        path: Option<PathBuf>,
        /// How long a request waits for a vector.
        budget: Duration,
    },
    /// A provider, asked through Envoy, which has its credential.
    Endpoint(Endpoint),
}

/// A provider of vectors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// The provider's name in the configuration.
    pub provider: String,
    /// The model's name at the provider.
    pub model: String,
    /// How many numbers its vectors have; none: as many as the first one.
    pub dimensions: Option<u32>,
    /// Where Envoy listens for the service.
    pub listen: SocketAddr,
    /// Where the service finds that.
    pub url: endpoint::Endpoint,
    /// How long a request waits for a vector.
    pub budget: Duration,
}

impl Embedder {
    /// The endpoint, if it is one.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match self {
            Self::Endpoint(endpoint) => Some(endpoint),
            Self::Local { .. } => None,
        }
    }

    /// How long a request waits for a vector.
    pub fn budget(&self) -> Duration {
        match self {
            Self::Local { budget, .. } => *budget,
            Self::Endpoint(endpoint) => endpoint.budget,
        }
    }

    pub(super) fn parse(
        raw: Option<&Spanned<raw::Embedder>>,
        providers: &[Provider],
        problems: &mut Problems,
    ) -> Option<Self> {
        let Some(section) = raw else {
            return Some(Self::Local {
                path: None,
                budget: LOCAL_BUDGET,
            });
        };
        let raw = &section.value;
        let budget = |default: Duration, problems: &mut Problems| match &raw.budget {
            Some(text) => unit::duration_within(text, "cache.embedder.budget", BUDGETS, problems),
            None => Some(default),
        };
        let Some(name) = &raw.provider else {
            let others = [&raw.model, &raw.listen, &raw.url];
            let written = others.into_iter().flatten().map(|text| text.referenced);
            let dimensions = raw.dimensions.as_ref().map(|number| number.referenced);
            if let Some(place) = written.chain(dimensions).next() {
                let message = "belongs to a provider of vectors; name it with provider, or leave this out";
                problems.at(place, "cache.embedder", message);
                return None;
            }
            return Some(Self::Local {
                path: raw.path.as_ref().map(|path| PathBuf::from(&path.value)),
                budget: budget(LOCAL_BUDGET, problems)?,
            });
        };
        if let Some(path) = &raw.path {
            let message = "the local model's; leave out either this or provider";
            problems.at(path.referenced, "cache.embedder.path", message);
            return None;
        }
        let provider = provider(name, providers, problems);
        let model = match &raw.model {
            Some(model) => Some(model.value.clone()),
            None => {
                let message = "missing; write the name of the provider's model for embeddings";
                problems.at(section.referenced, "cache.embedder.model", message);
                None
            }
        };
        let dimensions = dimensions(&raw.dimensions, problems);
        let listen = listen::address(&raw.listen, "cache.embedder.listen", LISTEN, problems);
        let url = match &raw.url {
            Some(text) => url(text, problems),
            None => listen.map(own),
        };
        let budget = budget(ENDPOINT_BUDGET, problems);
        Some(Self::Endpoint(Endpoint {
            provider: provider?,
            model: model?,
            dimensions: dimensions?,
            listen: listen?,
            url: url?,
            budget: budget?,
        }))
    }
}

fn provider(name: &Spanned<String>, providers: &[Provider], problems: &mut Problems) -> Option<String> {
    const FIELD: &str = "cache.embedder.provider";
    let Some(provider) = providers.iter().find(|provider| provider.name == name.value) else {
        let remedy = suggest::remedy(&name.value, providers.iter().map(|known| known.name.as_str()));
        let message = format!("no provider is named {:?}; {remedy}", name.value);
        problems.at(name.referenced, FIELD, message);
        return None;
    };
    let message = match (provider.api, &provider.credential) {
        (Api::OpenAi, Credential::Client) => {
            "asks with the client's own credential, and vectors are nobody's request; name one with a credential of yours"
        }
        (Api::OpenAi, _) => return Some(provider.name.clone()),
        (Api::Anthropic, _) => "has no /v1/embeddings; name one with api: openai",
    };
    problems.at(name.referenced, FIELD, message);
    None
}

fn dimensions(number: &raw::Number, problems: &mut Problems) -> Option<Option<u32>> {
    let Some(number) = number else { return Some(None) };
    let read = u32::try_from(number.value).ok();
    let right = read.filter(|_| (1..=MOST_DIMENSIONS).contains(&number.value));
    if right.is_none() {
        let message = format!("must be 1 to {MOST_DIMENSIONS}");
        problems.at(number.referenced, "cache.embedder.dimensions", message);
    }
    right.map(Some)
}

/// Envoy's listener speaks plain HTTP: it is for the service alone.
fn url(text: &Spanned<String>, problems: &mut Problems) -> Option<endpoint::Endpoint> {
    const FIELD: &str = "cache.embedder.url";
    let url = endpoint::Endpoint::parse(text, RIGHT, FIELD, problems)?;
    if url.scheme != Scheme::Http || !url.prefix.is_empty() {
        let message =
            format!("must be http, without a path: it leads to cache.embedder.listen; write {RIGHT}");
        problems.at(text.referenced, FIELD, message);
        return None;
    }
    Some(url)
}

fn own(listen: SocketAddr) -> endpoint::Endpoint {
    let host = if listen.ip().is_unspecified() {
        Ipv4Addr::LOCALHOST.to_string()
    } else {
        listen.ip().to_string()
    };
    endpoint::Endpoint {
        scheme: Scheme::Http,
        host,
        port: listen.port(),
        prefix: String::new(),
    }
}
