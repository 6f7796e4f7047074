//! Durations and sizes as people write them: `500ms`, `16MiB`.

use std::{fmt, ops::RangeInclusive, time::Duration};

use serde::Serialize;

use crate::problem::Problems;
use crate::spanned::Spanned;

/// A size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ByteCount(pub u64);

impl ByteCount {
    /// Two to the power of twenty bytes, times `count`.
    pub const fn mebi(count: u64) -> Self {
        Self(count.saturating_mul(1 << 20))
    }

    /// Two to the power of ten bytes, times `count`.
    pub const fn kibi(count: u64) -> Self {
        Self(count.saturating_mul(1 << 10))
    }
}

/// The largest unit that loses nothing.
impl fmt::Display for ByteCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, factor) in SIZES.iter().rev() {
            if self.0 > 0 && self.0.is_multiple_of(*factor) {
                return write!(f, "{}{unit}", self.0 / factor);
            }
        }
        write!(f, "{}B", self.0)
    }
}

const TIMES: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
const LONG_TIMES: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];
const SIZES: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// A duration within `1ms..=at_most`, or a problem.
pub(crate) fn duration(
    text: &Spanned<String>,
    field: &str,
    at_most: Duration,
    problems: &mut Problems,
) -> Option<Duration> {
    duration_within(text, field, Duration::from_millis(1)..=at_most, problems)
}

/// A duration within `range`, or a problem.
pub(crate) fn duration_within(
    text: &Spanned<String>,
    field: &str,
    range: RangeInclusive<Duration>,
    problems: &mut Problems,
) -> Option<Duration> {
    time_within(text, field, range, &TIMES, "500ms, 30s or 5m", problems)
}

/// A duration within `range` that may be said in days, or a problem.
pub(crate) fn long_duration(
    text: &Spanned<String>,
    field: &str,
    range: RangeInclusive<Duration>,
    problems: &mut Problems,
) -> Option<Duration> {
    time_within(text, field, range, &LONG_TIMES, "36h or 90d", problems)
}

fn time_within(
    text: &Spanned<String>,
    field: &str,
    range: RangeInclusive<Duration>,
    units: &[(&str, u64)],
    right: &str,
    problems: &mut Problems,
) -> Option<Duration> {
    let found = match scaled(&text.value, units) {
        Err(wrong) => Err(format!(
            "{}; write a whole number and a unit, such as {right}",
            wrong.describe(&text.value)
        )),
        Ok(0) => Err("must be more than zero".to_owned()),
        Ok(millis) => match Duration::from_millis(millis) {
            longer if longer > *range.end() => Err(format!("at most {}", said(*range.end(), units))),
            shorter if shorter < *range.start() => Err(format!("at least {}", said(*range.start(), units))),
            duration => Ok(duration),
        },
    };
    found
        .map_err(|message| problems.at(text.referenced, field, message))
        .ok()
}

/// A size within `1B..=at_most`, or a problem.
pub(crate) fn size(
    text: &Spanned<String>,
    field: &str,
    at_most: ByteCount,
    problems: &mut Problems,
) -> Option<ByteCount> {
    let found = match scaled(&text.value, &SIZES) {
        Err(wrong) => Err(format!(
            "{}; write a whole number and a unit, such as 512KiB or 16MiB",
            wrong.describe(&text.value)
        )),
        Ok(0) => Err("must be more than zero".to_owned()),
        Ok(bytes) if bytes > at_most.0 => Err(format!("at most {at_most}")),
        Ok(bytes) => Ok(ByteCount(bytes)),
    };
    found
        .map_err(|message| problems.at(text.referenced, field, message))
        .ok()
}

/// A duration as slices hold it.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A duration as it would stand in the file.
pub(crate) fn human(duration: Duration) -> String {
    said(duration, &TIMES)
}

fn said(duration: Duration, units: &[(&str, u64)]) -> String {
    let millis = millis(duration);
    let (unit, factor) = units
        .iter()
        .rev()
        .find(|(_, factor)| millis > 0 && millis.is_multiple_of(*factor))
        .unwrap_or(&("ms", 1));
    format!("{}{unit}", millis / factor)
}

enum Wrong {
    NoUnit,
    Unit,
    Number,
}

impl Wrong {
    fn describe(&self, text: &str) -> String {
        match self {
            Self::NoUnit => format!("{text:?} has no unit"),
            Self::Unit => format!("{text:?} has a unit that is not known"),
            Self::Number => format!("{text:?} is not a whole number with a unit"),
        }
    }
}

fn scaled(text: &str, units: &[(&str, u64)]) -> Result<u64, Wrong> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or(Wrong::NoUnit)?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| Wrong::Number)?;
    let (_, factor) = units
        .iter()
        .find(|(name, _)| *name == unit.trim_start())
        .ok_or(Wrong::Unit)?;
    number.checked_mul(*factor).ok_or(Wrong::Number)
}
