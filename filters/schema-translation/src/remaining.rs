//! What a provider says is left of its own limits, from the headers of its answer.
//!
//! Sources: OpenAI API, "Rate limits", "Rate limits in headers"; Claude API, "Rate limits", "Response headers"; both read
//! 2026-11. What does not have their form counts as absent, since compatible providers write what they like.

use penstock_chat::{Api, Tokens};
use penstock_client::trail::Remaining;
use penstock_flow::Headers;

/// Longer values are none, in bytes.
const LONGEST_VALUE: usize = 40;
/// No limit of a provider's is counted over more than a month; what is longer is a mistake.
const LONGEST_MS: u64 = 31 * DAY_MS;
const DAY_MS: u64 = 86_400_000;

/// How one of a provider's limits stands.
#[derive(Clone, Copy)]
struct Standing {
    remaining: Option<u64>,
    limit: Option<u64>,
    reset_ms: Option<u64>,
}

/// What a provider of `api` says is left, at `now_ms`.
pub(crate) fn remaining(api: Api, headers: &Headers, now_ms: u64) -> Remaining {
    let openai = |what: &str| Standing {
        remaining: count(headers, &format!("x-ratelimit-remaining-{what}")),
        limit: count(headers, &format!("x-ratelimit-limit-{what}")),
        reset_ms: value(headers, &format!("x-ratelimit-reset-{what}")).and_then(span_ms),
    };
    let anthropic = |what: &str| Standing {
        remaining: count(headers, &format!("anthropic-ratelimit-{what}-remaining")),
        limit: count(headers, &format!("anthropic-ratelimit-{what}-limit")),
        reset_ms: value(headers, &format!("anthropic-ratelimit-{what}-reset"))
            .and_then(moment_ms)
            .map(|ms| ms.saturating_sub(now_ms))
            .filter(|ms| *ms <= LONGEST_MS),
    };
    let (requests, tokens) = match api {
        Api::OpenAi => (openai("requests"), openai("tokens")),
        Api::Anthropic => {
            // The limit on all tokens is that of the kind which has least left.
            let tokens = anthropic("tokens");
            let tokens = match tokens.remaining {
                Some(_) => tokens,
                None => anthropic("input-tokens"),
            };
            (anthropic("requests"), tokens)
        }
    };
    Remaining {
        requests: requests.remaining,
        tokens: tokens.remaining.map(Tokens),
        token_limit: tokens.limit.map(Tokens),
        reset_ms: scarcer(requests, tokens).reset_ms,
    }
}

/// How long the provider asks to wait, in milliseconds: `retry-after-ms`, or else the seconds of `retry-after`.
pub(crate) fn retry_after_ms(headers: &Headers) -> Option<u64> {
    let number = |name: &str, unit_ms: u64| number_ms(value(headers, name)?.trim(), unit_ms);
    number("retry-after-ms", 1).or_else(|| number("retry-after", 1_000))
}

/// The one of which a smaller part is left; the one that is whole again later, where that cannot be told.
fn scarcer(a: Standing, b: Standing) -> Standing {
    let parts = |of: Standing, to: Standing| {
        Some(u128::from(of.remaining?).saturating_mul(u128::from(to.limit.filter(|limit| *limit > 0)?)))
    };
    let a_is_scarcer = match (a.reset_ms, b.reset_ms) {
        (None, _) => false,
        (_, None) => true,
        (Some(a_ms), Some(b_ms)) => match (parts(a, b), parts(b, a)) {
            (Some(left_of_a), Some(left_of_b)) if left_of_a != left_of_b => left_of_a < left_of_b,
            _ => a_ms > b_ms,
        },
    };
    if a_is_scarcer { a } else { b }
}

fn value<'h>(headers: &'h Headers, name: &str) -> Option<&'h str> {
    headers.get(name).filter(|value| value.len() <= LONGEST_VALUE)
}

fn count(headers: &Headers, name: &str) -> Option<u64> {
    value(headers, name)?.trim().parse().ok()
}

/// Milliseconds of a span such as `6m0s`, `1.2s` or `59ms`; a bare number is seconds.
fn span_ms(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    if let Some(ms) = number_ms(rest, 1_000) {
        return Some(ms);
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(letters)?;
        let unit_ms = match unit {
            "d" => DAY_MS,
            "h" => 3_600_000,
            "m" => 60_000,
            "s" => 1_000,
            "ms" => 1,
            // Less than a millisecond is none that is worth waiting for.
            "us" | "µs" | "ns" => 0,
            _ => return None,
        };
        total = total.saturating_add(number_ms(number, unit_ms)?);
        rest = after;
    }
    (!text.trim().is_empty() && total <= LONGEST_MS).then_some(total)
}

/// A whole or fractional number of units, in milliseconds, rounded up.
fn number_ms(text: &str, unit_ms: u64) -> Option<u64> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let ms = text.parse::<f64>().ok()? * unit_ms as f64;
    // A float-to-integer cast saturates; 1.1 s is 1100.0000000000002 ms.
    ((0.0..=LONGEST_MS as f64).contains(&ms)).then(|| (ms - 1e-6).ceil() as u64)
}

/// Milliseconds since the Unix epoch of a moment in RFC 3339, such as `2027-01-15T08:01:00Z`.
fn moment_ms(text: &str) -> Option<u64> {
    let text = text.trim();
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let (time, offset_s) = offset(time)?;
    let mut date = date.splitn(3, '-').map(|part| digits(part, 4));
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut time = time.splitn(3, ':').map(|part| digits(part, 2));
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let in_range = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !in_range || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset_s;
    let millis = u64::from(!fraction.bytes().all(|byte| byte == b'0')) * 1_000;
    // A fraction counts as a whole second, as that is how the API writes moments.
    Some(
        u64::try_from(seconds)
            .ok()?
            .saturating_mul(1_000)
            .saturating_add(millis),
    )
}

/// A time without its offset from UTC, and that offset in seconds.
fn offset(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let (time, offset) = time.split_at_checked(time.rfind(['+', '-'])?)?;
    let (sign, offset) = match offset.strip_prefix('-') {
        Some(offset) => (-1, offset),
        None => (1, offset.strip_prefix('+')?),
    };
    let (hours, minutes) = offset.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    (hours < 24 && minutes < 60).then_some((time, sign * (hours * 3_600 + minutes * 60)))
}

/// A number of one to `most` digits.
fn digits(text: &str, most: usize) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Days since the Unix epoch of a date in the proleptic Gregorian calendar. Years are counted from March, so that the
/// leap day is the last of its year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    const DAYS_TO_EPOCH: i64 = 719_468;
    let (year, months_from_march) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let day_of_year = (153 * months_from_march + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - DAYS_TO_EPOCH
}

#[cfg(test)]
mod tests;
