//! All keys at one time. A ring is replaced whole and never changed.

use std::collections::{HashMap, HashSet};

use penstock_config::{Holder, Key, KeyHash, KeyLimits, Keys};
use subtle::ConstantTimeEq as _;

use crate::caller::{Caller, OwnLimits};

/// A key is shorter; what is longer is not even hashed.
const LONGEST: usize = 256;

/// Why somebody is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Denied {
    /// There is no key.
    Missing,
    /// Nobody has such a key.
    Unknown,
    /// The key has ended.
    Expired,
    /// The key was taken back.
    Revoked,
    /// There are several keys, or something that holds one and is none.
    Ambiguous,
}

impl Denied {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::Missing,
        Self::Unknown,
        Self::Expired,
        Self::Revoked,
        Self::Ambiguous,
    ];

    /// The word for statistics and the ledger. Clients are never told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Ambiguous => "ambiguous",
        }
    }
}

/// Somebody who is admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Who it is.
    pub caller: Caller,
    /// The same as JSON, as it travels with each request.
    pub json: String,
}

/// All keys at one time.
#[derive(Debug, Default)]
pub struct Ring {
    keys: HashMap<KeyHash, Entry>,
    anonymous: Option<Admitted>,
    guarded: bool,
    policy_version: String,
}

#[derive(Debug)]
struct Entry {
    hash: KeyHash,
    expires_ms: Option<u64>,
    revoked: bool,
    admitted: Admitted,
}

impl Ring {
    /// The keys of a configuration, and those of Redis if it says that they count. Without `keys` nobody is asked for
    /// one. Where both know a key, the configuration says whose it is, and the stricter of the two whether it is
    /// admitted: revoked under its id in one is revoked in both, and the earlier end counts.
    pub fn new(keys: Option<&Keys>, shelf: &[Key], policy_version: &str) -> Self {
        let mut ring = Self {
            policy_version: policy_version.to_owned(),
            ..Self::default()
        };
        let Some(keys) = keys else { return ring };
        ring.guarded = true;
        ring.anonymous = keys.anonymous.as_ref().map(|holder| Admitted::new(holder, None));
        let shelf = if keys.redis { shelf } else { &[] };
        let all = || keys.list.iter().chain(shelf);
        let revoked: HashSet<&str> = all().filter(|key| key.revoked).map(|key| &*key.id).collect();
        ring.keys.reserve(keys.list.len().saturating_add(shelf.len()));
        for key in all() {
            let is_revoked = revoked.contains(&*key.id);
            let entry = ring.keys.entry(key.hash).or_insert_with(|| Entry {
                hash: key.hash,
                expires_ms: None,
                revoked: false,
                admitted: Admitted::new(&key.holder, Some(&key.id)),
            });
            entry.revoked |= is_revoked;
            entry.expires_ms = match (entry.expires_ms, key.expires_ms) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        ring
    }

    /// Whether anybody is asked for a key.
    pub fn is_guarded(&self) -> bool {
        self.guarded
    }

    /// Who is admitted without a key, if anybody is.
    pub fn anonymous(&self) -> Option<&Admitted> {
        self.anonymous.as_ref()
    }

    /// The hash of the configuration.
    pub fn policy_version(&self) -> &str {
        &self.policy_version
    }

    /// Everybody who is admitted, in no order: the keys that are good now, and who needs none.
    pub fn callers(&self, now_ms: u64) -> impl Iterator<Item = &Caller> {
        let good = self.keys.values().filter(move |entry| {
            let is_over = entry.expires_ms.is_some_and(|end| now_ms >= end);
            !entry.revoked && !is_over
        });
        let admitted = good.map(|entry| &entry.admitted);
        admitted.chain(&self.anonymous).map(|admitted| &admitted.caller)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whose key it is, at a time in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// When it is nobody's, or not to be admitted.
    pub fn admit(&self, presented: Option<&str>, now_ms: u64) -> Result<&Admitted, Denied> {
        let Some(text) = presented else {
            return self.anonymous.as_ref().ok_or(Denied::Missing);
        };
        if text.len() > LONGEST {
            return Err(Denied::Unknown);
        }
        self.holder(KeyHash::of(text), now_ms)
    }

    /// Whose key it is that has this hash, as [`Ring::admit`].
    ///
    /// # Errors
    /// When it is nobody's, or not to be admitted.
    pub fn holder(&self, hash: KeyHash, now_ms: u64) -> Result<&Admitted, Denied> {
        // The map's own comparison may tell by its time how much of a hash is right; but nobody can choose a key by
        // its hash. The comparison that decides tells nothing.
        let entry = self.keys.get(&hash).ok_or(Denied::Unknown)?;
        if !bool::from(entry.hash.as_bytes().ct_eq(hash.as_bytes())) {
            return Err(Denied::Unknown);
        }
        if entry.revoked {
            return Err(Denied::Revoked);
        }
        if entry.expires_ms.is_some_and(|end| now_ms >= end) {
            return Err(Denied::Expired);
        }
        Ok(&entry.admitted)
    }
}

impl Admitted {
    fn new(holder: &Holder, id: Option<&str>) -> Self {
        let KeyLimits {
            requests_per_minute,
            tokens_per_minute,
            tokens_per_day,
        } = holder.limits;
        let caller = Caller {
            tenant: holder.tenant.clone(),
            key: id.map(str::to_owned),
            agent: holder.agent.clone(),
            team: holder.team.clone(),
            models: holder.models.clone(),
            region: holder.region.clone(),
            tags: holder.tags.clone(),
            priority: holder.priority,
            limits: OwnLimits {
                requests_per_minute,
                tokens_per_minute,
                tokens_per_day,
            },
            admin: holder.admin,
        };
        Self {
            // Strings and numbers always serialise.
            json: serde_json::to_string(&caller).unwrap_or_default(),
            caller,
        }
    }
}

#[cfg(test)]
mod tests;
