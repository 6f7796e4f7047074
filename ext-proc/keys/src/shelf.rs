//! Keys in Redis, for all replicas alike.
//!
//! - `penstock:keys`: a hash; the hexadecimal digits of a key's hash, and what is known of the key as JSON.
//! - `penstock:keys:ids`: a hash; an id, and the digits of its key's hash.
//! - `penstock:keys:version`: a counter that every change raises, so that who watches need not read everything.

use std::{collections::HashMap, time::Duration};

use penstock_config::{Fault, Key, KeyHash};
use redis::{
    Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use thiserror::Error;

use crate::client;

const KEYS: &str = "penstock:keys";
const IDS: &str = "penstock:keys:ids";
const VERSION: &str = "penstock:keys:version";

/// Most keys that are kept, and read.
pub const MOST_KEYS: usize = 100_000;
/// Of one key, as JSON. With every field at its longest, a key takes less.
const LONGEST_ENTRY: usize = 128 << 10;
/// Entries that Redis is asked for at a time, so that it is not kept from other work.
const AT_A_TIME: usize = 1_000;
/// Somebody else changes the same key at the same moment: rare, and twice in a row hardly ever.
const ATTEMPTS: usize = 8;
const TIMEOUT: Duration = Duration::from_secs(1);

const PUT: &str = include_str!("shelf/put.lua");
const REPLACE: &str = include_str!("shelf/replace.lua");

/// Fields and values of a hash.
type Page = Vec<(Vec<u8>, Vec<u8>)>;

/// Why Redis did not do what was asked.
#[derive(Debug, Error)]
pub enum ShelfError {
    /// It is not there, or does not understand.
    #[error("redis")]
    Redis(#[from] redis::RedisError),
    /// The key is not fit to be kept.
    #[error("{0}")]
    Faulty(Fault),
    /// The id, or the key itself, is there already.
    #[error("there is a key {id:?} already; choose another id")]
    Taken {
        /// The id.
        id: String,
    },
    /// There is no such key.
    #[error("there is no key {id:?} in redis")]
    Missing {
        /// The id.
        id: String,
    },
    /// More than can be watched over.
    #[error("{count} keys in redis exceed the limit of {MOST_KEYS}")]
    TooMany {
        /// As many as there are at least.
        count: usize,
    },
    /// Others changed the key each time it was tried.
    #[error("the key {id:?} is being changed by others; try again")]
    Busy {
        /// The id.
        id: String,
    },
}

/// All keys at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// In no order.
    pub keys: Vec<Key>,
    /// Entries that are no keys, and are left out.
    pub unreadable: usize,
}

/// The keys in one Redis.
#[derive(Clone)]
pub struct Shelf {
    redis: ConnectionManager,
}

impl Shelf {
    /// The keys at `url`. It connects when it is first asked, and again whenever the connection is lost.
    ///
    /// # Errors
    /// When the URL is wrong.
    pub fn at(url: &str) -> Result<Self, ShelfError> {
        // Whoever watches asks again soon, and should hear soon that nobody answers.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        let redis = ConnectionManager::new_lazy_with_config(client::open(url)?, config)?;
        Ok(Self { redis })
    }

    /// A number that is another after every change.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn version(&self) -> Result<u64, ShelfError> {
        let version: Option<u64> = redis::cmd("GET")
            .arg(VERSION)
            .query_async(&mut self.redis.clone())
            .await?;
        Ok(version.unwrap_or_default())
    }

    /// All of them. What is changed meanwhile may be there or not: read the version before, and again.
    ///
    /// # Errors
    /// When Redis does not answer, or there are more than [`MOST_KEYS`].
    pub async fn load(&self) -> Result<Content, ShelfError> {
        let mut redis = self.redis.clone();
        let count: usize = redis::cmd("HLEN").arg(KEYS).query_async(&mut redis).await?;
        if count > MOST_KEYS {
            return Err(ShelfError::TooMany { count });
        }
        // Redis may tell of an entry twice.
        let mut found: HashMap<KeyHash, Key> = HashMap::with_capacity(count);
        let (mut unreadable, mut cursor) = (0, 0_u64);
        loop {
            let (next, page): (u64, Page) = redis::cmd("HSCAN")
                .arg(KEYS)
                .arg(cursor)
                .arg("COUNT")
                .arg(AT_A_TIME)
                .query_async(&mut redis)
                .await?;
            for (digits, json) in page {
                match read(&digits, &json) {
                    Some(key) => drop(found.insert(key.hash, key)),
                    None => unreadable += 1,
                }
            }
            let count = found.len().saturating_add(unreadable);
            if count > MOST_KEYS {
                return Err(ShelfError::TooMany { count });
            }
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        Ok(Content {
            keys: found.into_values().collect(),
            unreadable,
        })
    }

    /// Puts a new key there.
    ///
    /// # Errors
    /// When it is faulty or there already, there are too many, or Redis does not answer.
    pub async fn put(&self, key: &Key) -> Result<(), ShelfError> {
        if let Some(fault) = key.faults().into_iter().next() {
            return Err(ShelfError::Faulty(fault));
        }
        let done: i64 = Script::new(PUT)
            .key(KEYS)
            .key(IDS)
            .key(VERSION)
            .arg(&key.id)
            .arg(key.hash.to_hex())
            .arg(json(key))
            .arg(MOST_KEYS)
            .invoke_async(&mut self.redis.clone())
            .await?;
        match done {
            1 => Ok(()),
            0 => Err(ShelfError::Taken { id: key.id.clone() }),
            _ => Err(ShelfError::TooMany { count: MOST_KEYS }),
        }
    }

    /// Has a key refused from now on. It stays there, so that the ledger can tell whose it was.
    ///
    /// # Errors
    /// When there is none, or Redis does not answer.
    pub async fn revoke(&self, id: &str) -> Result<(), ShelfError> {
        for _ in 0..ATTEMPTS {
            let Some((old, mut key)) = self.find(id).await? else {
                return Err(ShelfError::Missing { id: id.to_owned() });
            };
            key.revoked = true;
            let done: bool = Script::new(REPLACE)
                .key(KEYS)
                .key(VERSION)
                .arg(key.hash.to_hex())
                .arg(old)
                .arg(json(&key))
                .invoke_async(&mut self.redis.clone())
                .await?;
            if done {
                return Ok(());
            }
        }
        Err(ShelfError::Busy { id: id.to_owned() })
    }

    /// A key and how it stands there.
    async fn find(&self, id: &str) -> Result<Option<(Vec<u8>, Key)>, ShelfError> {
        let mut redis = self.redis.clone();
        let digits: Option<String> = redis::cmd("HGET")
            .arg(IDS)
            .arg(id)
            .query_async(&mut redis)
            .await?;
        let digits = match digits {
            Some(digits) => digits,
            // Somebody else has put it there, and knows of no ids.
            None => match self.load().await?.keys.into_iter().find(|key| key.id == id) {
                Some(key) => key.hash.to_hex(),
                None => return Ok(None),
            },
        };
        let stored: Option<Vec<u8>> = redis::cmd("HGET")
            .arg(KEYS)
            .arg(&digits)
            .query_async(&mut redis)
            .await?;
        Ok(stored.and_then(|stored| {
            let key = read(digits.as_bytes(), &stored)?;
            Some((stored, key))
        }))
    }
}

impl std::fmt::Debug for Shelf {
    // The URL may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shelf(…)")
    }
}

/// A key that is what it says it is.
fn read(digits: &[u8], json: &[u8]) -> Option<Key> {
    if json.len() > LONGEST_ENTRY {
        return None;
    }
    let hash = KeyHash::from_hex(std::str::from_utf8(digits).ok()?)?;
    let key: Key = serde_json::from_slice(json).ok()?;
    (key.hash == hash && key.faults().is_empty()).then_some(key)
}

fn json(key: &Key) -> String {
    // Strings and numbers always serialise.
    serde_json::to_string(key).unwrap_or_default()
}
