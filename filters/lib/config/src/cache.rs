//! Which answers are kept and used again.

mod embedder;
mod policy;

use std::time::Duration;

use serde::Serialize;
use serde_saphyr::{Location, Spanned};

pub use self::{
    embedder::{Embedder, Endpoint as EmbeddingEndpoint},
    policy::{CachePolicy, Share},
};
use crate::{
    problem::Problems,
    provider::Provider,
    raw, suggest,
    unit::{self, ByteCount},
};

const ENTRIES: u64 = 100_000;
const MOST_ENTRIES: u64 = 10_000_000;
const MEMORY: ByteCount = ByteCount::mebi(256);
const MOST_MEMORY: ByteCount = ByteCount::mebi(64 << 10);
const STORES: [(&str, bool); 2] = [("embedded", false), ("redis", true)];

/// Which answers are kept and used again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cache {
    /// Where they are kept.
    pub store: CacheStore,
    /// What compares texts by meaning.
    pub embedder: Embedder,
    /// What holds for a model that says nothing else.
    pub policy: CachePolicy,
    /// Models that say something else, in the order of the file.
    pub models: Vec<(String, CachePolicy)>,
}

/// Where answers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheStore {
    /// In the service, with a copy on its disk.
    Embedded {
        /// The most answers.
        entries: u64,
        /// What they may take of memory.
        memory: ByteCount,
    },
    /// In the Redis that the replicas share.
    Redis,
}

impl Cache {
    /// The longest that a request waits for the same one before it.
    pub const LONGEST_WAIT: Duration = policy::LONGEST_WAIT;

    /// What holds for a model.
    pub fn policy(&self, model: &str) -> &CachePolicy {
        self.models
            .iter()
            .find(|(name, _)| name == model)
            .map_or(&self.policy, |(_, policy)| policy)
    }

    /// Whether any model's requests are compared by meaning.
    pub fn compares(&self) -> bool {
        self.policies().any(|policy| policy.enabled && policy.semantic)
    }

    /// The longest that any request waits for the same one before it.
    pub fn longest_wait(&self) -> Duration {
        self.policies()
            .map(|policy| policy.wait)
            .max()
            .unwrap_or_default()
    }

    fn policies(&self) -> impl Iterator<Item = &CachePolicy> {
        self.models.iter().map(|(_, policy)| policy).chain([&self.policy])
    }

    /// The outer `None` is a problem, the inner one a file without a cache.
    pub(crate) fn parse(
        raw: &raw::File,
        providers: &[Provider],
        problems: &mut Problems,
    ) -> Option<Option<Self>> {
        let Some(section) = &raw.cache else {
            return without(raw, problems).then_some(None);
        };
        let shares_redis = raw
            .service
            .as_ref()
            .is_some_and(|service| service.value.shares_redis());
        let store = store(&section.value, shares_redis, problems);
        let embedder = Embedder::parse(section.value.embedder.as_ref(), providers, problems);
        let policy = CachePolicy::default().with(&section.value, "cache", problems);
        let models = models(raw, policy.as_ref(), problems);
        let policy = policy?;
        let models = models?.into_iter().filter(|(_, own)| *own != policy).collect();
        Some(Some(Self {
            store: store?,
            embedder: embedder?,
            policy,
            models,
        }))
    }
}

fn store(raw: &raw::Cache, shares_redis: bool, problems: &mut Problems) -> Option<CacheStore> {
    let is_redis = match &raw.store {
        Some(word) => suggest::one_of(word, "cache.store", &STORES, problems)?,
        None => false,
    };
    let own: [(&str, Option<Location>); 2] = [
        ("entries", raw.entries.as_ref().map(|number| number.referenced)),
        ("memory", raw.memory.as_ref().map(|text| text.referenced)),
    ];
    if is_redis {
        let mut right = true;
        for (field, place) in own {
            if let Some(place) = place {
                let message = "bounds the embedded store; a Redis is bounded by its own maxmemory";
                problems.at(place, format!("cache.{field}"), message);
                right = false;
            }
        }
        if let Some(word) = raw.store.as_ref().filter(|_| !shares_redis) {
            let message = "there is none; write service.redis, or leave this out";
            problems.at(word.referenced, "cache.store", message);
            right = false;
        }
        return right.then_some(CacheStore::Redis);
    }
    let entries = match &raw.entries {
        Some(number) if (1..=MOST_ENTRIES).contains(&number.value) => Some(number.value),
        Some(number) => {
            let message = format!("must be 1 to {MOST_ENTRIES}");
            problems.at(number.referenced, "cache.entries", message);
            None
        }
        None => Some(ENTRIES),
    };
    let memory = match &raw.memory {
        Some(text) => unit::size(text, "cache.memory", MOST_MEMORY, problems),
        None => Some(MEMORY),
    };
    Some(CacheStore::Embedded {
        entries: entries?,
        memory: memory?,
    })
}

fn models(
    raw: &raw::File,
    policy: Option<&CachePolicy>,
    problems: &mut Problems,
) -> Option<Vec<(String, CachePolicy)>> {
    let mut all = Some(Vec::new());
    for (index, name, cache) in written(raw) {
        let path = format!("models[{index}].cache");
        for (field, place) in policy::for_all_models(&cache.value) {
            let message =
                format!("holds for all models; write it into cache.{field} at the top level of the file");
            problems.at(place, format!("{path}.{field}"), message);
            all = None;
        }
        let own = policy
            .cloned()
            .unwrap_or_default()
            .with(&cache.value, &path, problems);
        // A model without a name is reported where names are read.
        all = all.zip(own.zip(name)).map(|(mut all, (own, name))| {
            all.push((name.to_owned(), own));
            all
        });
    }
    all
}

/// Models say how something is done that nobody does.
fn without(raw: &raw::File, problems: &mut Problems) -> bool {
    let mut right = true;
    for (index, _, cache) in written(raw) {
        let message = "means nothing without cache at the top level of the file; add that, or leave this out";
        problems.at(cache.referenced, format!("models[{index}].cache"), message);
        right = false;
    }
    right
}

/// What models say, with their places in the list and their names.
fn written(raw: &raw::File) -> impl Iterator<Item = (usize, Option<&str>, &Spanned<raw::Cache>)> {
    let models = raw.models.iter().flat_map(|list| &list.value).enumerate();
    models.filter_map(|(index, model)| {
        let name = model.value.name.as_ref().map(|name| name.value.as_str());
        Some((index, name, model.value.cache.as_ref()?))
    })
}
