//! Shared data as proxy-wasm has it, for any number of threads.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use penstock_quota::{Claim, Key, Shared, Span, Version};

pub const NOW: u64 = 1_795_000_000_000;
pub const MINUTE: Span = Span::Window { ms: 60_000 };

#[derive(Default)]
pub struct Memory(Mutex<Values>);

#[derive(Default)]
struct Values {
    by_key: BTreeMap<String, (Vec<u8>, u32)>,
    last: u32,
}

impl Memory {
    fn values(&self) -> MutexGuard<'_, Values> {
        self.0.lock().unwrap()
    }

    pub fn keys(&self) -> usize {
        self.values().by_key.len()
    }

    pub fn bytes(&self) -> usize {
        self.values().by_key.values().map(|(value, _)| value.len()).sum()
    }

    /// Overwrites every value.
    pub fn spoil(&self, with: &[u8]) {
        for (value, _) in self.values().by_key.values_mut() {
            *value = with.to_vec();
        }
    }
}

impl Shared for Memory {
    fn read(&self, key: &str) -> Option<(Vec<u8>, Version)> {
        let (value, version) = self.values().by_key.get(key)?.clone();
        Some((value, Version(version)))
    }

    fn write(&self, key: &str, value: &[u8], version: Option<Version>) -> bool {
        let mut values = self.values();
        if values.by_key.get(key).map(|(_, version)| Version(*version)) != version {
            return false;
        }
        values.last += 1;
        let last = values.last;
        values.by_key.insert(key.to_owned(), (value.to_vec(), last));
        true
    }
}

pub fn claim(name: &str, limit: u64, amount: u64, span: Span) -> Claim {
    Claim {
        key: Key::of("test", &[name]),
        limit,
        amount,
        span,
        shadow: false,
        share: None,
        label: name.to_owned(),
    }
}
