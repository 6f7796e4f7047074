//! Who may look: holders of a key with `admin: true`, and nobody else.
//!
//! A program shows its key with each request, as everywhere. A browser cannot, so whoever signs in gets a session: random,
//! in a cookie that no script reads and no other site sends along. The session remembers the hash of the key, which is looked up
//! again at every request: a key that is revoked has no session any more.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use penstock_config::KeyHash;
use penstock_flow::Headers;
use prometheus_client::{
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

use crate::{
    caller::Caller,
    keys::{Denied, Presented, Ring, Shown},
};

/// How long a session lasts.
pub const SESSION_S: u64 = 3_600;
/// The name of its cookie.
pub const COOKIE: &str = "penstock_console";
/// Sessions at once; beyond that the one that ends first is ended.
const MOST_SESSIONS: usize = 256;
/// Of the system's generator.
const RANDOM_BYTES: usize = 32;
/// Keys that are refused to one address in a minute, beyond which none is looked at.
const MOST_FAILURES: u32 = 10;
/// Addresses whose failures are remembered; those beyond count together.
const MOST_ADDRESSES: usize = 1_024;
const MINUTE_MS: u64 = 60_000;

/// Why somebody may not look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shut {
    /// No key and no session.
    Stranger,
    /// A key that is not good.
    Refused,
    /// A good key without `admin: true`.
    NotAdmin,
    /// Too many keys were refused to this address.
    TooOften {
        /// Until it may try again.
        retry_ms: u64,
    },
    /// The system has no random bytes for a session.
    NoSession,
}

/// Who looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// The id of the key.
    pub key: String,
    /// The tenant of the key.
    pub tenant: String,
}

/// Who is signed in, and who has failed to.
#[derive(Debug, Default)]
pub struct Door {
    sessions: Mutex<HashMap<KeyHash, Session>>,
    failures: Mutex<Failures>,
    outcomes: Family<[(&'static str, &'static str); 1], Counter>,
}

#[derive(Clone, Copy, Debug)]
struct Session {
    key: KeyHash,
    ends_ms: u64,
}

/// Of the present minute.
#[derive(Debug, Default)]
struct Failures {
    minute: u64,
    by_address: HashMap<IpAddr, u32>,
    /// Of all whose address found no place.
    others: u32,
}

impl Door {
    /// Makes its metrics known.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "penstock_console_entries",
            "Keys that were shown to the console, by what became of it",
            self.outcomes.clone(),
        );
    }

    /// Whether whoever sends these headers from `peer` may look.
    ///
    /// # Errors
    /// Why not.
    pub fn admit(&self, headers: &Headers, peer: IpAddr, ring: &Ring, now_ms: u64) -> Result<Visitor, Shut> {
        match Shown::read(headers).presented {
            Presented::Key(key) => self.check(key, peer, ring, now_ms),
            Presented::Ambiguous => self.fail(peer, now_ms),
            // Whatever else stands in such a header is none of ours.
            Presented::Nothing | Presented::Foreign => self.recognise(headers, ring, now_ms),
        }
    }

    /// Begins a session for the holder of `key`: the text of its cookie.
    ///
    /// # Errors
    /// Why not.
    pub fn sign_in(
        &self,
        key: &str,
        peer: IpAddr,
        ring: &Ring,
        now_ms: u64,
    ) -> Result<(String, Visitor), Shut> {
        let key = key.trim();
        let visitor = self.check(key, peer, ring, now_ms)?;
        let mut bytes = [0; RANDOM_BYTES];
        getrandom::fill(&mut bytes).map_err(|_| Shut::NoSession)?;
        let text = URL_SAFE_NO_PAD.encode(bytes);
        let mut sessions = lock(&self.sessions);
        sessions.retain(|_, session| session.ends_ms > now_ms);
        if sessions.len() >= MOST_SESSIONS {
            let first = sessions.iter().min_by_key(|(_, session)| session.ends_ms);
            if let Some(first) = first.map(|(hash, _)| *hash) {
                sessions.remove(&first);
            }
        }
        let session = Session {
            key: KeyHash::of(key),
            ends_ms: now_ms.saturating_add(SESSION_S * 1_000),
        };
        sessions.insert(KeyHash::of(&text), session);
        Ok((text, visitor))
    }

    /// Ends the session of whoever sends these headers, if there is one.
    pub fn sign_out(&self, headers: &Headers) {
        if let Some(text) = cookie(headers) {
            lock(&self.sessions).remove(&KeyHash::of(text));
        }
    }

    /// Sessions are known by the hash of what the cookie holds, so that the time of a comparison tells nothing of it.
    fn recognise(&self, headers: &Headers, ring: &Ring, now_ms: u64) -> Result<Visitor, Shut> {
        let text = cookie(headers).ok_or(Shut::Stranger)?;
        let session = lock(&self.sessions).get(&KeyHash::of(text)).copied();
        let session = session
            .filter(|session| session.ends_ms > now_ms)
            .ok_or(Shut::Stranger)?;
        let admitted = ring.holder(session.key, now_ms).map_err(|_| Shut::Stranger)?;
        visitor(&admitted.caller).ok_or(Shut::NotAdmin)
    }

    fn check(&self, key: &str, peer: IpAddr, ring: &Ring, now_ms: u64) -> Result<Visitor, Shut> {
        if let Some(retry_ms) = lock(&self.failures).barred_ms(peer, now_ms) {
            self.count("too_often");
            return Err(Shut::TooOften { retry_ms });
        }
        match ring.admit(Some(key), now_ms) {
            Ok(admitted) => match visitor(&admitted.caller) {
                Some(visitor) => {
                    self.count("admitted");
                    Ok(visitor)
                }
                None => {
                    self.count("not_admin");
                    lock(&self.failures).note(peer, now_ms);
                    Err(Shut::NotAdmin)
                }
            },
            Err(
                Denied::Missing | Denied::Unknown | Denied::Expired | Denied::Revoked | Denied::Ambiguous,
            ) => self.fail(peer, now_ms),
        }
    }

    fn fail(&self, peer: IpAddr, now_ms: u64) -> Result<Visitor, Shut> {
        self.count("refused");
        lock(&self.failures).note(peer, now_ms);
        Err(Shut::Refused)
    }

    fn count(&self, outcome: &'static str) {
        self.outcomes.get_or_create(&[("outcome", outcome)]).inc();
    }
}

impl Failures {
    /// Until it is listened to again, if it is not now.
    fn barred_ms(&self, peer: IpAddr, now_ms: u64) -> Option<u64> {
        if self.minute != now_ms / MINUTE_MS {
            return None;
        }
        let known = self.by_address.get(&network(peer));
        let count = match known {
            Some(count) => *count,
            None if self.by_address.len() >= MOST_ADDRESSES => self.others,
            None => 0,
        };
        (count >= MOST_FAILURES).then(|| MINUTE_MS - now_ms % MINUTE_MS)
    }

    fn note(&mut self, peer: IpAddr, now_ms: u64) {
        let minute = now_ms / MINUTE_MS;
        if self.minute != minute {
            *self = Self {
                minute,
                ..Self::default()
            };
        }
        let peer = network(peer);
        if self.by_address.len() >= MOST_ADDRESSES && !self.by_address.contains_key(&peer) {
            self.others = self.others.saturating_add(1);
        } else {
            let count = self.by_address.entry(peer).or_default();
            *count = count.saturating_add(1);
        }
    }
}

/// One host has as a rule a whole /64 of IPv6.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    }
}

/// Only who has a key can be an admin: callers without one have no id.
fn visitor(caller: &Caller) -> Option<Visitor> {
    let key = caller.key.clone().filter(|_| caller.admin)?;
    Some(Visitor {
        key,
        tenant: caller.tenant.clone(),
    })
}

fn cookie(headers: &Headers) -> Option<&str> {
    let all = headers.all("cookie").flat_map(|value| value.split(';'));
    let mut ours = all.filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    });
    ours.next()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
