//! Something that the cache depends on, and whether it works: told once when it ceases to, and once when it works again.

use std::{
    fmt::Display,
    sync::atomic::{AtomicBool, Ordering},
};

use penstock_cache::store::StoreError;
use penstock_embed::EmbedError;

use super::metrics::Metrics;

/// Something that the cache depends on.
#[derive(Debug)]
pub(super) struct Part {
    name: &'static str,
    fails: AtomicBool,
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
        }
    }

    /// Hears how it went: what there is, if it went well.
    pub(super) fn heard<T, E: Fault>(&self, result: Result<T, E>, metrics: &Metrics) -> Option<T> {
        match result {
            Ok(value) => {
                if self.fails.load(Ordering::Relaxed) && self.fails.swap(false, Ordering::Relaxed) {
                    eprintln!("penstock-ext-proc: cache: the {} works again", self.name);
                }
                Some(value)
            }
            Err(fault) => {
                metrics.fault(self.name, fault.kind());
                if !fault.is_expected() && !self.fails.swap(true, Ordering::Relaxed) {
                    eprintln!(
                        "penstock-ext-proc: cache: the {} fails, requests go on as misses: {fault}",
                        self.name
                    );
                }
                None
            }
        }
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
        matches!(self, Self::TooLarge { .. } | Self::Ended)
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
