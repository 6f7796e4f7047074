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
mod tests {
    use std::net::Ipv4Addr;

    use penstock_config::{Holder, Key, Keys};

    use super::*;

    const ADMIN: &str = "psk-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const OTHER: &str = "psk-BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
    const UNKNOWN: &str = "psk-CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC";
    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const NOW: u64 = 1_774_778_400_000;

    fn key(id: &str, text: &str, admin: bool) -> Key {
        Key {
            id: id.to_owned(),
            hash: KeyHash::of(text),
            expires_ms: None,
            revoked: false,
            holder: Holder {
                tenant: "acme".to_owned(),
                admin,
                ..Holder::default()
            },
        }
    }

    fn ring(change: impl FnOnce(&mut Keys)) -> Ring {
        let mut keys = Keys {
            anonymous: Some(Holder {
                tenant: "demo".to_owned(),
                ..Holder::default()
            }),
            list: vec![key("boss", ADMIN, true), key("user", OTHER, false)],
            ..Keys::default()
        };
        change(&mut keys);
        Ring::new(Some(&keys), &[], "p")
    }

    fn with_cookie(text: &str) -> Headers {
        [("cookie", format!("theme=dark; {COOKIE}={text}"))]
            .into_iter()
            .collect()
    }

    #[test]
    fn only_a_key_with_admin_comes_in() {
        let (door, ring) = (Door::default(), ring(|_| {}));
        let admit = |headers: &[(&str, &str)]| {
            let headers = headers.iter().copied().collect();
            door.admit(&headers, HERE, &ring, NOW).map(|visitor| visitor.key)
        };
        assert_eq!(admit(&[("x-api-key", ADMIN)]), Ok("boss".to_owned()));
        assert_eq!(
            admit(&[("authorization", &format!("Bearer {ADMIN}"))]),
            Ok("boss".to_owned())
        );
        assert_eq!(admit(&[("x-api-key", OTHER)]), Err(Shut::NotAdmin));
        assert_eq!(admit(&[("x-api-key", UNKNOWN)]), Err(Shut::Refused));
        assert_eq!(
            admit(&[("x-api-key", ADMIN), ("api-key", OTHER)]),
            Err(Shut::Refused)
        );
        // Who needs no key elsewhere, needs one here.
        assert_eq!(admit(&[]), Err(Shut::Stranger));
        assert_eq!(
            admit(&[("authorization", "Bearer sk-foreign")]),
            Err(Shut::Stranger)
        );
    }

    #[test]
    fn nobody_comes_in_where_nobody_is_asked_for_a_key() {
        let (door, ring) = (Door::default(), Ring::new(None, &[], "p"));
        assert_eq!(
            door.admit(&Headers::default(), HERE, &ring, NOW),
            Err(Shut::Stranger)
        );
        assert_eq!(door.sign_in("", HERE, &ring, NOW), Err(Shut::Refused));
    }

    #[test]
    fn a_session_lasts_until_it_ends_or_is_ended_or_its_key_is_not_good_any_more() {
        let door = Door::default();
        let (good, keys) = (ring(|_| {}), |change: fn(&mut Keys)| ring(change));
        let (text, visitor) = door.sign_in(&format!(" {ADMIN}\n"), HERE, &good, NOW).unwrap();
        assert_eq!(visitor.key, "boss");
        let admit = |ring: &Ring, now_ms| {
            door.admit(&with_cookie(&text), HERE, ring, now_ms)
                .map(|visitor| visitor.key)
        };
        let end = NOW + SESSION_S * 1_000;
        assert_eq!(admit(&good, end - 1), Ok("boss".to_owned()));
        assert_eq!(admit(&good, end), Err(Shut::Stranger));
        assert_eq!(
            admit(&keys(|keys| keys.list[0].revoked = true), NOW),
            Err(Shut::Stranger)
        );
        assert_eq!(admit(&keys(|keys| keys.list.clear()), NOW), Err(Shut::Stranger));
        assert_eq!(
            admit(&keys(|keys| keys.list[0].holder.admin = false), NOW),
            Err(Shut::NotAdmin)
        );
        assert_eq!(
            door.admit(&with_cookie(&format!("{text}x")), HERE, &good, NOW),
            Err(Shut::Stranger)
        );
        door.sign_out(&with_cookie(&text));
        assert_eq!(admit(&good, NOW), Err(Shut::Stranger));
    }

    #[test]
    fn no_two_sessions_are_the_same_and_there_are_not_more_than_the_bound() {
        let (door, ring) = (Door::default(), ring(|_| {}));
        let mut texts = Vec::new();
        for number in 0..MOST_SESSIONS as u64 + 10 {
            texts.push(door.sign_in(ADMIN, HERE, &ring, NOW + number).unwrap().0);
        }
        assert_eq!(lock(&door.sessions).len(), MOST_SESSIONS);
        let admit = |text: &str| door.admit(&with_cookie(text), HERE, &ring, NOW + 1_000);
        assert_eq!(admit(&texts[0]), Err(Shut::Stranger));
        assert!(admit(texts.last().unwrap()).is_ok());
    }

    #[test]
    fn who_fails_too_often_is_not_listened_to_for_the_rest_of_the_minute() {
        let (door, ring) = (Door::default(), ring(|_| {}));
        for _ in 0..MOST_FAILURES {
            assert_eq!(door.sign_in(UNKNOWN, HERE, &ring, NOW), Err(Shut::Refused));
        }
        let retry_ms = MINUTE_MS - NOW % MINUTE_MS;
        assert_eq!(
            door.sign_in(ADMIN, HERE, &ring, NOW),
            Err(Shut::TooOften { retry_ms })
        );
        let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        assert!(door.sign_in(ADMIN, elsewhere, &ring, NOW).is_ok());
        assert!(door.sign_in(ADMIN, HERE, &ring, NOW + retry_ms).is_ok());
    }

    #[test]
    fn any_number_of_addresses_is_remembered_within_the_bound() {
        let (door, ring) = (Door::default(), ring(|_| {}));
        let address = |number: u32| IpAddr::V6(Ipv6Addr::from_bits(u128::from(number) << 64 | 7));
        for number in 0..2_000 {
            let _ = door.sign_in(UNKNOWN, address(number), &ring, NOW);
        }
        assert_eq!(lock(&door.failures).by_address.len(), MOST_ADDRESSES);
        let fresh = door.sign_in(ADMIN, address(5_000), &ring, NOW);
        assert!(matches!(fresh, Err(Shut::TooOften { .. })), "{fresh:?}");
        assert!(door.sign_in(ADMIN, address(5), &ring, NOW).is_ok());
        // The same /64 counts as one.
        assert_eq!(
            network(address(3)),
            network(IpAddr::V6(Ipv6Addr::from_bits(3 << 64 | 9)))
        );
    }
}
