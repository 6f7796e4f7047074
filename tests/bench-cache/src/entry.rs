//! Entries to store, all in one partition.

use std::time::{SystemTime, UNIX_EPOCH};

use penstock_cache::answer::Content;
use penstock_cache::{Answer, Entry, Key, Partition, Scope};
use penstock_embed::Vector;

/// Bytes of an answer's text.
pub const ANSWER_BYTES: usize = 512;

const TTL_MS: u64 = 24 * 3_600_000;

/// The one partition.
pub const PARTITION: Partition = Partition([7; 32]);

/// Stores and Redis compare with a clock.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The entry of this number.
pub fn entry(number: usize, text: &str, vector: Vector) -> Entry {
    let now_ms = now_ms();
    Entry {
        key: key(number),
        partition: PARTITION,
        scope: Scope {
            tenant: "bench".to_owned(),
            namespace: String::new(),
            model: "bench".to_owned(),
        },
        text: text.to_owned(),
        vector: Some(vector),
        answer: Answer {
            model: "gpt-4o".to_owned(),
            content: vec![Content::Text("x".repeat(ANSWER_BYTES))],
            ..Answer::default()
        },
        stored_ms: now_ms,
        expires_ms: now_ms + TTL_MS,
    }
}

/// The number of an entry.
pub fn number(entry: &Entry) -> usize {
    let bytes = entry.key.0.first_chunk().copied().unwrap_or_default();
    usize::try_from(u64::from_le_bytes(bytes)).unwrap_or(usize::MAX)
}

fn key(number: usize) -> Key {
    // As a hash would, the rest differs too: it decides about places in maps.
    let number = number as u64;
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    let mut key = [0; 32];
    for (place, byte) in key
        .iter_mut()
        .zip(number.to_le_bytes().into_iter().chain(mixed.into_iter().cycle()))
    {
        *place = byte;
    }
    Key(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_tells_its_number() {
        let vector = Vector::new(vec![1.0]).unwrap();
        assert_eq!(number(&entry(70_001, "", vector)), 70_001);
    }
}
