//! When a key ends, as people write it.

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

const UNITS: [(char, i64); 4] = [('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];

/// Not a time to come.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WrongExpiry {
    /// It says no time.
    #[error("not a time; write such as 30d, 12h or 2027-01-01T00:00:00Z")]
    NotATime,
    /// A key that ends before it begins is a mistake.
    #[error("is over already; write a time to come")]
    Over,
}

/// Milliseconds since the Unix epoch: `2027-01-01T00:00:00Z`, or so long from now: `30d`.
///
/// # Errors
/// When it is none, or not to come.
pub fn parse(text: &str, now_ms: u64) -> Result<u64, WrongExpiry> {
    let time = match text.parse() {
        Ok(time) => time,
        Err(_) => after(text, now_ms).ok_or(WrongExpiry::NotATime)?,
    };
    let time = u64::try_from(time.as_millisecond()).map_err(|_| WrongExpiry::Over)?;
    if time > now_ms {
        Ok(time)
    } else {
        Err(WrongExpiry::Over)
    }
}

/// As it stands in the configuration.
pub fn written(expires_ms: u64) -> String {
    i64::try_from(expires_ms)
        .ok()
        .and_then(|millis| Timestamp::from_millisecond(millis).ok())
        .map_or_else(|| expires_ms.to_string(), |time| time.to_string())
}

fn after(text: &str, now_ms: u64) -> Option<Timestamp> {
    let unit = text.chars().last()?;
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let count: u32 = text.strip_suffix(unit)?.parse().ok()?;
    let now = Timestamp::from_millisecond(i64::try_from(now_ms).ok()?).ok()?;
    let length = SignedDuration::from_secs(seconds.checked_mul(count.into())?);
    now.checked_add(length).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_or_a_length_is_read_and_what_is_over_is_not() {
        const NOW: u64 = 1_700_000_000_000;
        for (text, expected) in [
            ("30d", Ok(NOW + 30 * 86_400_000)),
            ("12h", Ok(NOW + 12 * 3_600_000)),
            ("1m", Ok(NOW + 60_000)),
            ("2w", Ok(NOW + 14 * 86_400_000)),
            ("2027-01-01T00:00:00Z", Ok(1_798_761_600_000)),
            ("2027-01-01T01:00:00+01:00", Ok(1_798_761_600_000)),
            ("0d", Err(WrongExpiry::Over)),
            ("2020-01-01T00:00:00Z", Err(WrongExpiry::Over)),
            ("1950-01-01T00:00:00Z", Err(WrongExpiry::Over)),
            ("2027-01-01T00:00:00", Err(WrongExpiry::NotATime)),
            ("", Err(WrongExpiry::NotATime)),
            ("d", Err(WrongExpiry::NotATime)),
            ("-1d", Err(WrongExpiry::NotATime)),
            ("4294967295w", Err(WrongExpiry::NotATime)),
            ("30", Err(WrongExpiry::NotATime)),
            ("3ö", Err(WrongExpiry::NotATime)),
        ] {
            assert_eq!(parse(text, NOW), expected, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(written(1_798_761_600_000), "2027-01-01T00:00:00Z");
        assert_eq!(parse(&written(1_798_761_600_123), 0), Ok(1_798_761_600_123));
    }
}
