//! Something that the cache depends on, and whether it works: told once when it ceases to, and once when it works again.

use std::{
    fmt::Display,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use penstock_cache::store::StoreError;
use penstock_embed::EmbedError;

use super::metrics::Metrics;

/// So long it must have worked before that is told.
const WELL: Duration = Duration::from_secs(10);

/// Something that the cache depends on.
#[derive(Debug)]
pub(super) struct Part {
    name: &'static str,
    fails: AtomicBool,
    last_fault: Mutex<Option<Instant>>,
}

/// What can go wrong with one.
pub(super) trait Fault: Display {
    /// In a word.
    fn kind(&self) -> &'static str;

    /// Whether it tells of what was asked for, and not of the part.
    fn is_expected(&self) -> bool;
}

impl Part {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            fails: AtomicBool::new(false),
            last_fault: Mutex::default(),
        }
    }

    /// Hears how it went: what there is, if it went well.
    pub(super) fn heard<T, E: Fault>(&self, result: Result<T, E>, metrics: &Metrics) -> Option<T> {
        match result {
            Ok(value) => {
                if self.fails.load(Ordering::Relaxed) && self.is_well() {
                    self.tell_if(false, || "works again".to_owned());
                }
                Some(value)
            }
            Err(fault) => {
                metrics.fault(self.name, fault.kind());
                if !fault.is_expected() {
                    *self.last_fault() = Some(Instant::now());
                    self.tell_if(true, || format!("fails, requests go on as misses: {fault}"));
                }
                None
            }
        }
    }

    fn tell_if(&self, fails: bool, what: impl FnOnce() -> String) {
        if self.fails.swap(fails, Ordering::Relaxed) != fails {
            eprintln!("penstock-ext-proc: cache: the {} {}", self.name, what());
        }
    }

    fn is_well(&self) -> bool {
        self.last_fault().is_none_or(|fault| fault.elapsed() >= WELL)
    }

    fn last_fault(&self) -> MutexGuard<'_, Option<Instant>> {
        self.last_fault.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fault for StoreError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Dimension { .. } => "dimension",
            Self::TooLarge { .. } => "too_large",
            Self::Unwritable => "unwritable",
            Self::NoIndex => "no_index",
            Self::Away => "away",
            Self::Slow { .. } => "slow",
            Self::Refused(_) => "refused",
            Self::Ended => "ended",
        }
    }

    fn is_expected(&self) -> bool {
        // Redis itself tells once that it has no query engine.
        matches!(self, Self::TooLarge { .. } | Self::Ended | Self::NoIndex)
    }
}

impl Fault for EmbedError {
    fn kind(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } | Self::TooLong { .. } => "too_long",
            Self::Unknown { .. } => "unknown_words",
            Self::Slow { .. } => "slow",
            Self::Busy { .. } => "busy",
            Self::Vector(_) => "vector",
            Self::Failed(_) => "failed",
        }
    }

    fn is_expected(&self) -> bool {
        matches!(
            self,
            Self::TooLarge { .. } | Self::TooLong { .. } | Self::Unknown { .. }
        )
    }
}
