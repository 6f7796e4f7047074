//! The service that decides, and how Envoy reaches it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use serde::Serialize;
use serde_saphyr::{Location, Spanned};

use crate::{
    credential,
    endpoint::{Endpoint, Scheme},
    listen,
    problem::Problems,
    provider::Tls,
    raw,
    slice::{FailureMode, FailureModes},
    suggest, unit,
};

mod demanded;

pub(crate) use demanded::demanded;

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 50_051);
const ADMIN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9_902);
const TIMEOUT: Duration = Duration::from_millis(500);
/// Less is lost to a busy machine rather than to a slow service.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(10);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(30);
const REDIS_TIMEOUT: Duration = Duration::from_millis(100);
const MOST_URLS: usize = 64;
const REPLICAS: u32 = 2;
const MOST_REPLICAS: u32 = 1_000;
const DATA: &str = "penstock-data";
const RIGHT: &str = "such as http://127.0.0.1:50051";
const MODES: [(&str, FailureMode); 2] = [
    ("deny", FailureMode::Deny),
    ("static_plan", FailureMode::StaticPlan),
];

/// The service that decides, and how Envoy reaches it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DecisionService {
    /// Where it listens for Envoy.
    pub listen: SocketAddr,
    /// Where it answers operators: `/healthz`, `/readyz`, `/metrics`.
    pub admin: SocketAddr,
    /// Where Envoy finds its replicas; never empty.
    pub urls: Vec<Endpoint>,
    /// Trust, where it differs from the system's.
    pub tls: Tls,
    /// How long Envoy waits for a decision.
    pub timeout: Duration,
    /// What becomes of requests without a decision.
    pub failure_mode: FailureModes,
    /// What several replicas share.
    pub redis: Option<Redis>,
    /// Directory of what one replica keeps, as written: relative to the configuration's directory.
    pub data: PathBuf,
}

/// Redis, or what speaks its protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Redis {
    /// Where it is.
    pub source: RedisSource,
    /// Where the variable is not set, the service is alone and goes without.
    #[serde(skip_serializing_if = "is_false")]
    pub optional: bool,
    /// How long one call may take.
    pub timeout: Duration,
    /// How many share it: each admits its part of a cap while Redis is away. As it is by default, it is no part of the
    /// policy version.
    #[serde(skip_serializing_if = "is_default_replicas")]
    pub replicas: u32,
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

fn is_default_replicas(replicas: &u32) -> bool {
    *replicas == REPLICAS
}

/// Where the URL of Redis is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RedisSource {
    /// Here; it holds no password.
    Url(String),
    /// In this environment variable of the service.
    Env(String),
}

impl DecisionService {
    /// What the service takes at most of itself: to count a long body, or to read the ledger. Queues and `timeout`
    /// come on top of it.
    pub const LONGEST_WORK: Duration = Duration::from_secs(30);

    /// The Envoy cluster that leads there.
    pub fn cluster(&self) -> &'static str {
        "penstock-service"
    }

    /// Whether any request goes on without a decision.
    pub fn goes_on(&self) -> bool {
        let FailureModes {
            chat_completions,
            messages,
        } = self.failure_mode;
        [chat_completions, messages].contains(&FailureMode::StaticPlan)
    }

    /// The outer `None` is a problem, the inner one a configuration without a service.
    pub(crate) fn parse(raw: &raw::File, problems: &mut Problems) -> Option<Option<Self>> {
        let Some(section) = &raw.service else {
            return Some(None);
        };
        let here = section.referenced;
        let section = &section.value;
        let listen = listen::address(&section.listen, "service.listen", LISTEN, problems);
        let admin = listen::address(&section.admin, "service.admin", ADMIN, problems);
        let urls = urls(&section.urls, listen, problems);
        let tls = Tls::parse(
            section.tls.as_ref(),
            urls.as_ref().and_then(|urls| urls.first()),
            ("service", "url"),
            problems,
        );
        let timeout = match &section.timeout {
            Some(text) => unit::duration_within(
                text,
                "service.timeout",
                SHORTEST_TIMEOUT..=LONGEST_TIMEOUT,
                problems,
            ),
            None => Some(TIMEOUT),
        };
        let modes = modes(section.failure_mode.as_ref(), problems);
        let redis = match &section.redis {
            Some(redis) => {
                let named = section.urls.as_ref().map_or(0, |urls| urls.value.len());
                Redis::parse(redis, named, problems).map(Some)
            }
            None => Some(None),
        };
        let (listen, admin) = (listen?, admin?);
        if listen == admin {
            problems.at(
                section.admin.as_ref().map_or(here, |text| text.referenced),
                "service.admin",
                format!("service.listen has {listen} already; choose another port"),
            );
            return None;
        }
        Some(Some(Self {
            listen,
            admin,
            urls: urls?,
            tls: tls?,
            timeout: timeout?,
            failure_mode: modes?,
            redis: redis?,
            data: PathBuf::from(section.data.as_ref().map_or(DATA, |text| &text.value)),
        }))
    }
}

/// Without any, Envoy looks where this configuration's own service listens.
fn urls(
    list: &raw::List<String>,
    listen: Option<SocketAddr>,
    problems: &mut Problems,
) -> Option<Vec<Endpoint>> {
    const FIELD: &str = "service.urls";
    let Some(list) = list else {
        let listen = listen?;
        let host = if listen.ip().is_unspecified() {
            Ipv4Addr::LOCALHOST.to_string()
        } else {
            listen.ip().to_string()
        };
        return Some(vec![Endpoint {
            scheme: Scheme::Http,
            host,
            port: listen.port(),
            prefix: String::new(),
        }]);
    };
    if list.value.is_empty() || list.value.len() > MOST_URLS {
        problems.at(list.referenced, FIELD, format!("name 1 to {MOST_URLS}, {RIGHT}"));
        return None;
    }
    let mut urls = Vec::new();
    for (index, text) in list.value.iter().enumerate() {
        let field = format!("{FIELD}[{index}]");
        let Some(url) = Endpoint::parse(text, RIGHT, &field, problems) else {
            continue;
        };
        let first: Option<&Endpoint> = urls.first();
        let message = if !url.prefix.is_empty() {
            format!("holds a path, which gRPC decides itself; write {RIGHT}")
        } else if first.is_some_and(|first| first.scheme != url.scheme) {
            "has another scheme than the first; all replicas are spoken to alike".to_owned()
        } else {
            urls.push(url);
            continue;
        };
        problems.at(text.referenced, field, message);
    }
    (urls.len() == list.value.len()).then_some(urls)
}

fn modes(raw: Option<&Spanned<raw::FailureMode>>, problems: &mut Problems) -> Option<FailureModes> {
    const FIELD: &str = "service.failure_mode";
    let Some(raw) = raw else {
        return Some(FailureModes {
            chat_completions: FailureMode::Deny,
            messages: FailureMode::Deny,
        });
    };
    match &raw.value {
        raw::FailureMode::All(word) => {
            let mode = mode(word, FIELD, raw.referenced, problems)?;
            Some(FailureModes {
                chat_completions: mode,
                messages: mode,
            })
        }
        raw::FailureMode::Each(routes) => {
            let mut of = |text: &raw::Text, route: &str| match text {
                Some(text) => mode(
                    &text.value,
                    &format!("{FIELD}.{route}"),
                    text.referenced,
                    problems,
                ),
                None => Some(FailureMode::Deny),
            };
            let chat_completions = of(&routes.chat_completions, "chat-completions");
            let messages = of(&routes.messages, "messages");
            Some(FailureModes {
                chat_completions: chat_completions?,
                messages: messages?,
            })
        }
    }
}

fn mode(word: &str, field: &str, here: Location, problems: &mut Problems) -> Option<FailureMode> {
    let found = MODES.iter().find(|(name, _)| *name == word);
    if found.is_none() {
        let remedy = suggest::remedy(word, MODES.map(|(name, _)| name));
        problems.at(here, field, format!("unknown value {word:?}; {remedy}"));
    }
    found.map(|(_, mode)| *mode)
}

impl Redis {
    /// `named` are the URLs of replicas that the file has.
    fn parse(raw: &Spanned<raw::Redis>, named: usize, problems: &mut Problems) -> Option<Self> {
        const REMEDY: &str = "write one of { url: \"redis://HOST:PORT\" } or { env: NAME }";
        let source = match (&raw.value.url, &raw.value.env) {
            (Some(url), None) => redis_url(url, problems).map(RedisSource::Url),
            (None, Some(name)) => credential::env(name, "PENSTOCK_REDIS_URL", "service.redis.env", problems)
                .map(RedisSource::Env),
            _ => {
                problems.at(
                    raw.referenced,
                    "service.redis",
                    format!("exactly one source; {REMEDY}"),
                );
                None
            }
        };
        optional(&raw.value, named, problems);
        let timeout = match &raw.value.timeout {
            Some(text) => unit::duration(text, "service.redis.timeout", LONGEST_TIMEOUT, problems),
            None => Some(REDIS_TIMEOUT),
        };
        let replicas = replicas(&raw.value.replicas, named, problems);
        Some(Self {
            source: source?,
            optional: raw.value.is_optional(),
            timeout: timeout?,
            replicas: replicas?,
        })
    }
}

/// Several replicas without one would each admit every limit and every budget.
fn optional(raw: &raw::Redis, named: usize, problems: &mut Problems) {
    const FIELD: &str = "service.redis.optional";
    let Some(flag) = raw.optional.as_ref().filter(|flag| flag.value) else {
        return;
    };
    if raw.url.is_some() {
        problems.at(flag.referenced, FIELD, "only with { env: NAME }, which may be set or not");
    }
    if named > 1 {
        let message = format!("service.urls names {named} replicas, which must share one; leave this out");
        problems.at(flag.referenced, FIELD, message);
    }
}

/// Fewer than there are would admit more than a cap while Redis is away.
fn replicas(number: &raw::Number, named: usize, problems: &mut Problems) -> Option<u32> {
    const FIELD: &str = "service.redis.replicas";
    let named = u32::try_from(named).unwrap_or(u32::MAX);
    let Some(number) = number else {
        return Some(named.max(REPLICAS));
    };
    let least = named.max(1);
    match u32::try_from(number.value) {
        Ok(replicas) if (least..=MOST_REPLICAS).contains(&replicas) => Some(replicas),
        Ok(replicas) if (1..least).contains(&replicas) => {
            let message = format!("service.urls names {named} replicas; write at least as many");
            problems.at(number.referenced, FIELD, message);
            None
        }
        _ => {
            problems.at(number.referenced, FIELD, format!("must be 1 to {MOST_REPLICAS}"));
            None
        }
    }
}

/// A password is a secret, and may stand in the environment only; so is anything that cannot be read.
fn redis_url(text: &Spanned<String>, problems: &mut Problems) -> Option<String> {
    const FIELD: &str = "service.redis.url";
    let rest = ["redis://", "rediss://"];
    let rest = rest.iter().find_map(|scheme| text.value.strip_prefix(scheme));
    let message = match rest {
        None => {
            "must begin with redis:// or rediss://; with a password, write { env: NAME } and put the URL there"
        }
        Some(rest) if rest.contains('@') => {
            "holds a user or a password, and a secret must not stand in this file; write { env: NAME } and put the URL there"
        }
        Some("") => "has no host",
        Some(_) => return Some(text.value.clone()),
    };
    problems.at(text.referenced, FIELD, message);
    None
}
