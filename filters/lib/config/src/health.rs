//! When a target is left alone, and when it is tried again.

use std::{ops::RangeInclusive, time::Duration};

use serde::Serialize;

use crate::{problem::Problems, raw, unit};

const CONSECUTIVE: u32 = 5;
const MOST_CONSECUTIVE: u32 = 1_000;
const ERROR_PERCENT: u32 = 50;
const MIN_REQUESTS: u32 = 20;
const MOST_MIN_REQUESTS: u32 = 100_000;
const WINDOW: Duration = Duration::from_secs(30);
const WINDOWS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3_600);
const OPEN: Duration = Duration::from_secs(2);
const OPEN_AT_MOST: Duration = Duration::from_secs(30);
const OPENS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(3_600);
const PROBE: Duration = Duration::from_secs(10);
const PROBES: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(600);

/// When a target is left alone, and when it is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// So many failures in a row open a target's circuit.
    pub consecutive_failures: u32,
    /// So does this part of the attempts within [`window`](Self::window), in percent.
    pub error_percent: u32,
    /// Fewer attempts than these within the window say nothing.
    pub min_requests: u32,
    /// How far back the error rate looks.
    pub window: Duration,
    /// How long a circuit stays open at first; each failed probe doubles it.
    pub open: Duration,
    /// The longest that it stays open.
    pub open_at_most: Duration,
    /// How long one probe is waited for before the next may go.
    pub probe: Duration,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            consecutive_failures: CONSECUTIVE,
            error_percent: ERROR_PERCENT,
            min_requests: MIN_REQUESTS,
            window: WINDOW,
            open: OPEN,
            open_at_most: OPEN_AT_MOST,
            probe: PROBE,
        }
    }
}

impl Health {
    /// What is wrong is reported and stays as it is by default.
    pub(crate) fn parse(raw: Option<&raw::Health>, problems: &mut Problems) -> Self {
        let mut health = Self::default();
        let Some(raw) = raw else { return health };
        let numbers = [
            (
                &raw.consecutive_failures,
                "consecutive_failures",
                MOST_CONSECUTIVE,
                &mut health.consecutive_failures,
            ),
            (&raw.error_rate, "error_rate", 100, &mut health.error_percent),
            (
                &raw.min_requests,
                "min_requests",
                MOST_MIN_REQUESTS,
                &mut health.min_requests,
            ),
        ];
        for (written, field, most, value) in numbers {
            number(written, field, most, value, problems);
        }
        let times = [
            (&raw.window, "window", WINDOWS, &mut health.window),
            (&raw.open, "open", OPENS, &mut health.open),
            (&raw.open_at_most, "open_at_most", OPENS, &mut health.open_at_most),
            (&raw.probe, "probe", PROBES, &mut health.probe),
        ];
        for (written, field, range, value) in times {
            if let Some(text) = written
                && let Some(time) = unit::duration_within(text, &format!("health.{field}"), range, problems)
            {
                *value = time;
            }
        }
        let written = raw.open.as_ref().or(raw.open_at_most.as_ref());
        if let Some(text) = written.filter(|_| health.open > health.open_at_most) {
            problems.at(
                text.referenced,
                "health.open",
                format!(
                    "{} is longer than the open_at_most of {}",
                    unit::human(health.open),
                    unit::human(health.open_at_most)
                ),
            );
        }
        health
    }
}

fn number(written: &raw::Number, field: &str, most: u32, value: &mut u32, problems: &mut Problems) {
    let Some(number) = written else { return };
    match u32::try_from(number.value) {
        Ok(right) if (1..=most).contains(&right) => *value = right,
        _ => problems.at(
            number.referenced,
            format!("health.{field}"),
            format!("must be 1 to {most}"),
        ),
    }
}
