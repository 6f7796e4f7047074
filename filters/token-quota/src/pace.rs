//! What is done every so often, on a timer that ticks at least as often.

/// When something is due again.
#[derive(Debug)]
pub(crate) struct Pace {
    every_ms: u64,
    /// A tick that comes this much early counts: no timer is exact.
    early_ms: u64,
    last_ms: Option<u64>,
}

impl Pace {
    /// Due every `every_ms`, as well as ticks every `tick_ms` allow.
    pub(crate) fn new(every_ms: u64, tick_ms: u64) -> Self {
        Self {
            every_ms,
            early_ms: tick_ms / 2,
            last_ms: None,
        }
    }

    /// Whether it is due now; it is not again for a while then.
    pub(crate) fn is_due(&mut self, now_ms: u64) -> bool {
        // A clock that was set back makes it due as well.
        let due = self.last_ms.is_none_or(|last_ms| {
            let next_ms = last_ms.saturating_add(self.every_ms);
            now_ms < last_ms || now_ms.saturating_add(self.early_ms) >= next_ms
        });
        if due {
            self.last_ms = Some(now_ms);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_that_is_a_little_early_counts() {
        let mut pace = Pace::new(500, 500);
        let due: Vec<u64> = [0, 100, 499, 600, 1_001]
            .into_iter()
            .filter(|now_ms| pace.is_due(*now_ms))
            .collect();
        assert_eq!(due, [0, 499, 1_001]);
    }

    #[test]
    fn quick_ticks_are_passed_over() {
        let mut pace = Pace::new(1_000, 100);
        let due: Vec<u64> = (0..30)
            .map(|tick| tick * 100)
            .filter(|now_ms| pace.is_due(*now_ms))
            .collect();
        assert_eq!(due, [0, 1_000, 2_000]);
    }

    #[test]
    fn a_clock_that_is_set_back_stops_nothing() {
        let mut pace = Pace::new(1_000, 1_000);
        assert!(pace.is_due(1_000_000));
        assert!(pace.is_due(5));
    }
}
