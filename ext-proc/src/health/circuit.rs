//! One target's circuit: open after failures, asked with one probe at a time, closed by a success.

use penstock_config::Health as Policy;

use super::Effect;
use crate::plan;

/// Parts of the window; the oldest is forgotten whole.
const SLICES: usize = 10;
const PERCENT: u64 = 100;

/// One target's circuit.
#[derive(Clone, Debug, Default)]
pub(super) struct Circuit {
    phase: Phase,
    consecutive: u32,
    window: Window,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Since then.
    Closed { since_ms: u64 },
    Open {
        /// Failures that are older say nothing new, and successes that are older nothing that still holds.
        since_ms: u64,
        /// From then on it is half open: one request at a time may see how it is.
        retry_at_ms: u64,
        /// How often it has opened since it was last well.
        times: u32,
        /// A probe is under way, and waited for until then.
        probe_until_ms: u64,
    },
}

impl Default for Phase {
    fn default() -> Self {
        Self::Closed { since_ms: 0 }
    }
}

impl Circuit {
    pub(super) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open { .. })
    }

    /// What a plan at `now_ms` is told.
    pub(super) fn at(&self, now_ms: u64) -> plan::Circuit {
        match self.phase {
            Phase::Closed { .. } => plan::Circuit::Closed,
            Phase::Open {
                retry_at_ms,
                probe_until_ms,
                ..
            } => match retry_at_ms.max(probe_until_ms).saturating_sub(now_ms) {
                0 => plan::Circuit::Due,
                retry_after_ms => plan::Circuit::Open { retry_after_ms },
            },
        }
    }

    /// Takes the probe that is due; false if there is none, or another has it.
    pub(super) fn claim(&mut self, now_ms: u64, policy: &Policy) -> bool {
        let due = self.at(now_ms) == plan::Circuit::Due;
        if let Phase::Open { probe_until_ms, .. } = &mut self.phase
            && due
        {
            *probe_until_ms = now_ms.saturating_add(millis(policy.probe));
        }
        due
    }

    /// Learns of an attempt of a request that had arrived at `started_ms`.
    pub(super) fn learn(&mut self, effect: Effect, started_ms: u64, now_ms: u64, policy: &Policy) {
        match (self.phase, effect) {
            (Phase::Closed { since_ms } | Phase::Open { since_ms, .. }, _) if started_ms < since_ms => {}
            (Phase::Closed { .. }, Effect::Success) => {
                self.consecutive = 0;
                self.window.count(false, now_ms, policy);
            }
            (Phase::Closed { .. }, Effect::Failure) => {
                self.consecutive = self.consecutive.saturating_add(1);
                self.window.count(true, now_ms, policy);
                if self.consecutive >= policy.consecutive_failures || self.window.is_bad(policy) {
                    self.open(1, now_ms, policy);
                }
            }
            (Phase::Open { .. }, Effect::Success) => {
                *self = Self {
                    phase: Phase::Closed { since_ms: now_ms },
                    ..Self::default()
                };
            }
            // Before it is half open, only last resorts are tried, whose failures are no news.
            (
                Phase::Open {
                    retry_at_ms, times, ..
                },
                Effect::Failure,
            ) if now_ms >= retry_at_ms => {
                self.open(times.saturating_add(1), now_ms, policy);
            }
            // The probe said nothing: the next request is one.
            (Phase::Open { .. }, Effect::Limited | Effect::Nothing) => self.release(),
            _ => {}
        }
    }

    fn release(&mut self) {
        if let Phase::Open { probe_until_ms, .. } = &mut self.phase {
            *probe_until_ms = 0;
        }
    }

    fn open(&mut self, times: u32, now_ms: u64, policy: &Policy) {
        let doublings = times.saturating_sub(1).min(u64::BITS - 1);
        let longest = millis(policy.open_at_most);
        let wait_ms = millis(policy.open)
            .saturating_mul(1_u64 << doublings)
            .min(longest);
        *self = Self {
            phase: Phase::Open {
                since_ms: now_ms,
                retry_at_ms: now_ms.saturating_add(wait_ms),
                times,
                probe_until_ms: 0,
            },
            ..Self::default()
        };
    }
}

/// Attempts of the last while, and how many failed.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    slices: [Slice; SLICES],
}

#[derive(Clone, Copy, Debug, Default)]
struct Slice {
    /// Its number, counted from the epoch.
    number: u64,
    all: u32,
    failed: u32,
}

impl Window {
    fn count(&mut self, failed: bool, now_ms: u64, policy: &Policy) {
        let slices = u64::try_from(SLICES).unwrap_or(1);
        let length_ms = (millis(policy.window) / slices).max(1);
        let number = now_ms / length_ms;
        for slice in &mut self.slices {
            if slice.number.saturating_add(slices) <= number {
                *slice = Slice::default();
            }
        }
        let place = usize::try_from(number % slices).unwrap_or(0);
        if let Some(slice) = self.slices.get_mut(place) {
            if slice.number != number {
                *slice = Slice {
                    number,
                    ..Slice::default()
                };
            }
            slice.all = slice.all.saturating_add(1);
            slice.failed = slice.failed.saturating_add(u32::from(failed));
        }
    }

    fn is_bad(&self, policy: &Policy) -> bool {
        let sum = |part: fn(&Slice) -> u32| {
            self.slices
                .iter()
                .map(|slice| u64::from(part(slice)))
                .sum::<u64>()
        };
        let (all, failed) = (sum(|slice| slice.all), sum(|slice| slice.failed));
        let most = all.saturating_mul(u64::from(policy.error_percent));
        all >= u64::from(policy.min_requests) && failed.saturating_mul(PERCENT) >= most
    }
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
