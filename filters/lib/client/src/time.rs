//! Spans and moments as each API's clients read them.

/// A span as OpenAI writes it: `6m0s`, `1.5s`, `20ms`.
///
/// Source: OpenAI API, "Rate limits", "Rate limits in headers", read 2026-11.
pub fn span(ms: u64) -> String {
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    let (seconds, millis) = (ms / 1_000 % 60, ms % 1_000);
    if ms < 1_000 {
        return format!("{ms}ms");
    }
    let mut text = String::new();
    if hours > 0 {
        text.push_str(&format!("{hours}h"));
    }
    if hours > 0 || minutes > 0 {
        text.push_str(&format!("{minutes}m"));
    }
    let fraction = format!("{millis:03}");
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    text.push_str(&format!("{seconds}{point}{fraction}s"));
    text
}

/// A moment as Anthropic writes it, in RFC 3339 and whole seconds; a fraction counts as a whole one.
///
/// Source: Claude API, "Rate limits", "Response headers", read 2026-11.
pub fn moment(unix_ms: u64) -> String {
    let unix = unix_ms.div_ceil(1_000);
    let (year, month, day) = date(unix / 86_400);
    let (hour, minute, second) = (unix / 3_600 % 24, unix / 60 % 60, unix % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Whole seconds that are surely enough, for `retry-after`.
pub fn seconds(ms: u64) -> u64 {
    ms.div_ceil(1_000).max(1)
}

/// Year, month and day of a day since the Unix epoch, in the proleptic Gregorian calendar. Years are counted from
/// March, so that the leap day is the last of its year.
fn date(days: u64) -> (u64, u64, u64) {
    const DAYS_TO_EPOCH: u64 = 719_468;
    const ERA: u64 = 146_097;
    let days = days.saturating_add(DAYS_TO_EPOCH);
    let (era, day_of_era) = (days / ERA, days % ERA);
    let leap_days = day_of_era / 1_460;
    let centuries = day_of_era / 36_524;
    let year_of_era = (day_of_era + centuries - leap_days - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_from_march + 2) / 5 + 1;
    let month = if months_from_march < 10 {
        months_from_march + 3
    } else {
        months_from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_openai_writes_them() {
        for (ms, text) in [
            (0, "0ms"),
            (20, "20ms"),
            (1_000, "1s"),
            (1_500, "1.5s"),
            (8_640, "8.64s"),
            (60_000, "1m0s"),
            (360_000, "6m0s"),
            (3_600_000, "1h0m0s"),
            (86_399_050, "23h59m59.05s"),
        ] {
            assert_eq!(span(ms), text);
        }
    }

    #[test]
    fn moments_are_right_around_leap_days_and_ends_of_years() {
        for (unix, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(moment(unix * 1_000), text);
        }
        assert_eq!(moment(1), "1970-01-01T00:00:01Z");
    }

    #[test]
    fn nobody_is_told_to_come_back_at_once() {
        assert_eq!((seconds(0), seconds(1_000), seconds(1_001)), (1, 1, 2));
    }
}
