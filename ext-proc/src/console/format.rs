//! Numbers and times as people read them.

use jiff::Timestamp;
use penstock_chat::MicroUsd;
use penstock_config::slice::Kind;

use crate::receipt::Unit;

const DOLLAR: u64 = 1_000_000;
const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `$12.34`; small amounts with as many places as they need: `$0.00125`.
pub fn money(amount: MicroUsd) -> String {
    let (dollars, micros) = (amount.0 / DOLLAR, amount.0 % DOLLAR);
    if dollars > 0 {
        return format!("${}.{:02}", count(dollars), micros / 10_000);
    }
    let places = format!("{micros:06}");
    let places = places.trim_end_matches('0');
    match places.len() {
        0 => "$0".to_owned(),
        _ => format!("$0.{places:0<2}"),
    }
}

/// The two longest units of a time: `4 s`, `2 h 5 min`.
pub fn duration(ms: u64) -> String {
    let two = |whole: u64, name: &str, rest: u64, rest_name: &str| match rest {
        0 => format!("{whole} {name}"),
        _ => format!("{whole} {name} {rest} {rest_name}"),
    };
    match ms {
        0..SECOND_MS => format!("{ms} ms"),
        SECOND_MS..MINUTE_MS if ms < 10 * SECOND_MS => {
            format!("{}.{} s", ms / SECOND_MS, ms % SECOND_MS / 100)
        }
        SECOND_MS..MINUTE_MS => format!("{} s", ms / SECOND_MS),
        MINUTE_MS..HOUR_MS => two(ms / MINUTE_MS, "min", ms % MINUTE_MS / SECOND_MS, "s"),
        HOUR_MS..DAY_MS => two(ms / HOUR_MS, "h", ms % HOUR_MS / MINUTE_MS, "min"),
        _ => two(ms / DAY_MS, "d", ms % DAY_MS / HOUR_MS, "h"),
    }
}

/// `12:34:56`, in UTC, and the same for machines.
pub fn clock(ms: u64) -> (String, String) {
    let moment = i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok());
    match moment {
        Some(moment) => (
            moment.strftime("%H:%M:%S").to_string(),
            moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        ),
        None => ("?".to_owned(), "?".to_owned()),
    }
}

/// `73 %`, of thousandths.
pub fn percent(permille: u64) -> String {
    match permille % 10 {
        0 => format!("{} %", count(permille / 10)),
        rest if permille < 100 => format!("{}.{rest} %", permille / 10),
        _ => format!("{} %", count(permille.saturating_add(5) / 10)),
    }
}

/// A share from 0 to 1.
pub fn share(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// How much of it.
pub fn amount(unit: Unit, amount: u64) -> String {
    match unit {
        Unit::Tokens => format!("{} tokens", count(amount)),
        Unit::Requests if amount == 1 => "1 request".to_owned(),
        Unit::Requests => format!("{} requests", count(amount)),
        Unit::Concurrent => format!("{} at once", count(amount)),
        Unit::Money => money(MicroUsd(amount)),
    }
}

/// What a limit counts.
pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::TokensPerMinute => "tokens a minute",
        Kind::TokensPerHour => "tokens an hour",
        Kind::TokensPerDay => "tokens a day",
        Kind::RequestsPerMinute => "requests a minute",
        Kind::ConcurrentRequests => "requests at once",
        Kind::InputTokens => "input tokens of a request",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_are_readable() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(count(number), expected);
        }
        for (micros, expected) in [
            (0, "$0"),
            (1, "$0.000001"),
            (1_250, "$0.00125"),
            (500_000, "$0.50"),
            (1_999_999, "$1.99"),
            (12_345_678_900_000, "$12,345,678.90"),
            (u64::MAX, "$18,446,744,073,709.55"),
        ] {
            assert_eq!(money(MicroUsd(micros)), expected);
        }
        for (permille, expected) in [
            (0, "0 %"),
            (5, "0.5 %"),
            (800, "80 %"),
            (996, "100 %"),
            (12_340, "1,234 %"),
            (u64::MAX, "1,844,674,407,370,955,161 %"),
        ] {
            assert_eq!(percent(permille), expected);
        }
    }

    #[test]
    fn times_are_told_by_their_longest_units() {
        for (ms, expected) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_250, "1.2 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (3_725_000, "1 h 2 min"),
            (90_000_000, "1 d 1 h"),
        ] {
            assert_eq!(duration(ms), expected);
        }
        assert_eq!(
            clock(1_774_778_401_000),
            ("10:00:01".to_owned(), "2026-03-29T10:00:01Z".to_owned())
        );
        assert_eq!(clock(u64::MAX).0, "?");
    }
}
