//! Entries and vectors to try.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use penstock_cache::store::{Limits, Memory, Redis, Settings};
use penstock_cache::{Answer, Entry, Key, Partition, Scope};
use penstock_embed::Vector;
use penstock_test_support::redis::{Kind, Redis as Server};

/// How long an entry of [`entry`] lasts.
pub const TTL_MS: u64 = 60_000;

/// Redis has a clock of its own, so the tests take the same.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

pub fn memory(limits: Limits) -> Memory {
    Memory::open(limits, None, now_ms())
}

pub fn on_disk(directory: &Path) -> Memory {
    Memory::open(Limits::default(), Some(directory), now_ms())
}

pub fn redis(kind: Kind) -> (Server, Redis) {
    let server = Server::start(kind).unwrap();
    let client = redis::Client::open(server.url()).unwrap();
    // Other tests use the same processors.
    let settings = Settings {
        timeout: Duration::from_secs(2),
        ..Settings::default()
    };
    (server, Redis::new(client, settings))
}

/// Of a text, as the service would hash a request.
pub fn key(text: &str) -> Key {
    Key(hash(text))
}

pub fn partition(text: &str) -> Partition {
    Partition(hash(text))
}

fn hash(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    for (index, byte) in text.bytes().enumerate() {
        hash[index % 32] = (hash[index % 32] ^ byte).wrapping_mul(167).wrapping_add(1);
        hash[(index + 7) % 32] ^= hash[index % 32];
    }
    hash
}

/// An entry of tenant `a`, in the partition of this name, stored now.
pub fn entry(partition_name: &str, text: &str, vector: Option<Vector>) -> Entry {
    let now_ms = now_ms();
    Entry {
        key: key(&format!("{partition_name}/{text}")),
        partition: partition(partition_name),
        scope: Scope {
            tenant: "a".to_owned(),
            namespace: String::new(),
            model: "fast".to_owned(),
        },
        text: text.to_owned(),
        vector,
        answer: answer(text),
        stored_ms: now_ms,
        expires_ms: now_ms + TTL_MS,
    }
}

pub fn answer(text: &str) -> Answer {
    Answer {
        model: format!("the answer to {text}"),
        ..Answer::default()
    }
}

/// As a store gives it back.
pub fn stored(entry: &Entry) -> Arc<Entry> {
    let mut entry = entry.clone();
    entry.vector = None;
    Arc::new(entry)
}

/// Numbers that look random and are the same each time.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    #[expect(clippy::cast_precision_loss)]
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    fn normal(&mut self) -> f32 {
        let (a, b) = (self.unit().max(1e-7), self.unit());
        (-2.0 * a.ln()).sqrt() * (std::f32::consts::TAU * b).cos()
    }

    /// One of any direction.
    pub fn vector(&mut self, dimension: usize) -> Vector {
        Vector::new((0..dimension).map(|_| self.normal()).collect()).unwrap()
    }

    /// One with this cosine to `vector`.
    pub fn near(&mut self, vector: &Vector, cosine: f32) -> Vector {
        let any = self.vector(vector.dimension());
        let along = any.cosine(vector);
        let across = any
            .as_slice()
            .iter()
            .zip(vector.as_slice())
            .map(|(a, b)| a - along * b);
        let across = Vector::new(across.collect()).unwrap();
        let sine = (1.0 - cosine * cosine).sqrt();
        let sum = across
            .as_slice()
            .iter()
            .zip(vector.as_slice())
            .map(|(a, b)| sine * a + cosine * b);
        Vector::new(sum.collect()).unwrap()
    }
}
