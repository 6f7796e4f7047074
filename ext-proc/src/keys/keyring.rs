//! Where the ring comes from: it is made anew whenever the configuration or Redis changes.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};
use penstock_config::{Config, Key, Keys};

use super::Ring;

/// The ring that is in force, and what it was made of. Readers take no lock.
#[derive(Debug)]
pub struct Keyring {
    ring: ArcSwap<Ring>,
    sources: Mutex<Sources>,
}

#[derive(Debug, Default)]
struct Sources {
    keys: Option<Keys>,
    policy_version: String,
    shelf: Vec<Key>,
}

impl Sources {
    fn of(config: &Config) -> Self {
        Self {
            keys: config.keys.clone(),
            policy_version: config.policy_version().to_owned(),
            shelf: Vec::new(),
        }
    }

    fn ring(&self) -> Ring {
        Ring::new(self.keys.as_ref(), &self.shelf, &self.policy_version)
    }
}

impl Keyring {
    /// The keys of a configuration; those of Redis are not known yet.
    pub fn new(config: &Config) -> Self {
        let sources = Sources::of(config);
        Self {
            ring: ArcSwap::from_pointee(sources.ring()),
            sources: Mutex::new(sources),
        }
    }

    /// What is in force.
    pub fn ring(&self) -> Guard<Arc<Ring>> {
        self.ring.load()
    }

    /// Whether the keys of Redis count.
    pub fn uses_shelf(&self) -> bool {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.keys.as_ref().is_some_and(|keys| keys.redis)
    }

    /// Puts the keys of a changed configuration in force. Those of Redis stay.
    pub fn take_config(&self, config: &Config) {
        self.change(|sources| {
            let shelf = std::mem::take(&mut sources.shelf);
            *sources = Sources {
                shelf,
                ..Sources::of(config)
            };
        });
    }

    /// Puts the keys of Redis in force, in the place of those before.
    pub fn take_shelf(&self, keys: Vec<Key>) {
        self.change(|sources| sources.shelf = keys);
    }

    /// Under the lock until the ring is there: of two changes, the later must win.
    fn change(&self, change: impl FnOnce(&mut Sources)) {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut sources);
        self.ring.store(Arc::new(sources.ring()));
    }
}
