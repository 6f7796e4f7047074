//! What was spent, summed up from the ledger. Summing up may take seconds in a large ledger, so one sum at a time is made, kept
//! for a while, and nobody waits for it long.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::ledger::{Dimension, Group, Sums};

/// How long a page waits for a sum.
pub const PATIENCE: Duration = Duration::from_millis(1_500);
/// How long a sum is good at least.
const GOOD: Duration = Duration::from_secs(2);
/// And how many times as long as it took.
const EASE: u32 = 10;

/// A time up to now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Span {
    /// An hour.
    Hour,
    /// 24 hours.
    #[default]
    Day,
    /// Seven days.
    Week,
    /// Thirty days.
    Month,
}

impl Span {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// As the page's address has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// As people have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour => "Last hour",
            Self::Day => "Last 24 hours",
            Self::Week => "Last 7 days",
            Self::Month => "Last 30 days",
        }
    }

    /// What `word` stands for.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|span| span.word() == word)
    }

    /// In seconds.
    pub fn seconds(self) -> i64 {
        const HOUR: i64 = 3_600;
        match self {
            Self::Hour => HOUR,
            Self::Day => 24 * HOUR,
            Self::Week => 7 * 24 * HOUR,
            Self::Month => 30 * 24 * HOUR,
        }
    }

    /// What its time is cut into.
    pub fn step(self) -> Dimension {
        match self {
            Self::Hour => Dimension::Minute,
            Self::Day => Dimension::Hour,
            Self::Week | Self::Month => Dimension::Day,
        }
    }
}

/// What was spent in a span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Up to now.
    pub span: Span,
    /// The sums, if there are any yet.
    pub sums: Option<Arc<Summed>>,
    /// Why there are none, or no newer ones.
    pub trouble: Option<String>,
}

/// What was spent, summed up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summed {
    /// Everything.
    pub total: Sums,
    /// By tenant and team, the dearest first.
    pub teams: Vec<Group>,
    /// By alias, the dearest first.
    pub models: Vec<Group>,
    /// By the span's step, the earliest first; a step without requests is left out.
    pub times: Vec<(String, Sums)>,
}

/// Sums that are good for a while.
#[derive(Debug, Default)]
pub struct Spending {
    kept: Mutex<HashMap<Span, Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    spent: Spent,
    good_until: Option<Instant>,
    is_being_made: bool,
}

impl Spending {
    /// What is kept of a span, and whether whoever asks is to make it anew.
    pub fn look(&self, span: Span, now: Instant) -> (Spent, bool) {
        let mut kept = self.lock();
        let kept = kept.entry(span).or_default();
        kept.spent.span = span;
        let is_due = !kept.is_being_made && kept.good_until.is_none_or(|until| until <= now);
        kept.is_being_made |= is_due;
        (kept.spent.clone(), is_due)
    }

    /// What is kept of a span.
    pub fn look_on(&self, span: Span) -> Spent {
        let kept = self.lock();
        let spent = kept.get(&span).map(|kept| kept.spent.clone()).unwrap_or_default();
        Spent { span, ..spent }
    }

    /// Keeps a sum that took so long. Where it came to nothing, the one before stays.
    pub fn keep(&self, span: Span, result: Result<Summed, String>, took: Duration, now: Instant) {
        let mut kept = self.lock();
        let kept = kept.entry(span).or_default();
        kept.is_being_made = false;
        kept.good_until = now.checked_add(GOOD.max(took.saturating_mul(EASE)));
        match result {
            Ok(summed) => {
                kept.spent.sums = Some(Arc::new(summed));
                kept.spent.trouble = None;
            }
            Err(trouble) => kept.spent.trouble = Some(trouble),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Span, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summed(requests: u64) -> Summed {
        Summed {
            total: Sums {
                requests,
                ..Sums::default()
            },
            ..Summed::default()
        }
    }

    #[test]
    fn one_sum_is_made_at_a_time_and_kept_the_longer_the_longer_it_took() {
        let (spending, now) = (Spending::default(), Instant::now());
        assert!(spending.look(Span::Day, now).1);
        assert!(!spending.look(Span::Day, now).1);
        assert!(spending.look(Span::Week, now).1);
        spending.keep(Span::Day, Ok(summed(3)), Duration::from_secs(1), now);
        let later = |seconds| now + Duration::from_secs(seconds);
        let (spent, is_due) = spending.look(Span::Day, later(9));
        assert_eq!((spent.sums.as_deref(), is_due), (Some(&summed(3)), false));
        assert!(spending.look(Span::Day, later(10)).1);
    }

    #[test]
    fn an_older_sum_stays_where_there_is_trouble() {
        let (spending, now) = (Spending::default(), Instant::now());
        spending.keep(Span::Hour, Ok(summed(1)), Duration::ZERO, now);
        spending.keep(Span::Hour, Err("busy".to_owned()), Duration::ZERO, now);
        let (spent, _) = spending.look(Span::Hour, now);
        assert_eq!(spent.sums.as_deref(), Some(&summed(1)));
        assert_eq!(spent.trouble.as_deref(), Some("busy"));
    }
}
