//! Dates, weekdays and words like `tomorrow`.

use std::collections::BTreeSet;

use super::token::{Case, Kind, Token};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const SHORT: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];
const SEASONS: [&str; 5] = ["spring", "summer", "autumn", "fall", "winter"];
const PERIODS: [&str; 12] = [
    "day", "night", "morning", "evening", "week", "weekend", "month", "quarter", "year", "decade", "century",
    "season",
];

/// The dates of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dates {
    /// In a form of their own: `2024-07-04`, `--07-04`, `last week`.
    exact: BTreeSet<String>,
    /// Whether it says that it is about the present.
    now: bool,
}

/// `2024-07-04`
pub(super) fn is_iso(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| {
            if at == 4 || at == 7 {
                b == b'-'
            } else {
                b.is_ascii_digit()
            }
        })
}

/// Whether two texts speak of different dates. The present need not be said.
pub(super) fn differ(a: &Dates, b: &Dates) -> bool {
    a.exact != b.exact
}

/// Takes the dates out of a text. What they are made of stays a word where it may be one.
pub(super) fn take(tokens: &mut Vec<Token>) -> Dates {
    let mut dates = Dates::default();
    let mut rest: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut at = 0_usize;
    while let Some(token) = tokens.get(at) {
        let (name, taken) = match read(tokens, at) {
            Some(found) => found,
            None => {
                rest.push(token.clone());
                at = at.saturating_add(1);
                continue;
            }
        };
        let mut name = name;
        let mut end = at.saturating_add(taken);
        if let Some(month) = name.strip_prefix("--") {
            // A day before its month: `4 July`, `4 of July`.
            let of = rest.last().is_some_and(|last| last.is("of"));
            let day = rest
                .iter()
                .rev()
                .nth(usize::from(of))
                .and_then(day)
                .filter(|_| month.len() == 2);
            if let Some(day) = day {
                name = format!("--{month}-{day:02}");
                rest.truncate(rest.len().saturating_sub(1).saturating_sub(usize::from(of)));
            }
            let comma = tokens.get(end).is_some_and(|token| token.kind == Kind::Pause);
            let place = end.saturating_add(usize::from(comma));
            if let Some(year) = tokens.get(place).and_then(year) {
                name = name.replacen('-', &year.to_string(), 1);
                end = place.saturating_add(1);
            }
        }
        push(&mut dates, &mut rest, name);
        at = end;
    }
    *tokens = rest;
    dates
}

/// Keeps a date, and a mark where it stood.
fn push(dates: &mut Dates, rest: &mut Vec<Token>, name: String) {
    if name == "now" {
        dates.now = true;
        return;
    }
    rest.push(Token {
        text: format!("@{name}"),
        kind: Kind::Number,
        case: Case::Lower,
        opens: false,
    });
    dates.exact.insert(name);
}

/// The date that begins at a token, and how many tokens it takes.
fn read(tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let token = tokens.get(at)?;
    let next = tokens.get(at.saturating_add(1));
    let last = at.checked_sub(1).and_then(|before| tokens.get(before));
    if token.kind == Kind::Number {
        return (is_iso(&token.text) || token.text.matches('/').count() == 2)
            .then(|| (token.text.clone(), 1));
    }
    if token.kind != Kind::Word {
        return None;
    }
    let word = token.text.as_str();
    if matches!(word, "yesterday" | "tomorrow" | "tonight") {
        return Some((word.to_owned(), 1));
    }
    if matches!(word, "today" | "now" | "currently" | "current" | "nowadays") {
        return Some(("now".to_owned(), 1));
    }
    if let Some(which) = relative(word)
        && let Some(period) = next.filter(|next| next.kind == Kind::Word)
    {
        let period = period.text.as_str();
        let known = PERIODS.contains(&period)
            || SEASONS.contains(&period)
            || WEEKDAYS.contains(&period)
            || MONTHS.contains(&period);
        // `this night` is no other than tonight.
        if known && !(word == "this" && matches!(period, "day" | "season")) {
            return Some((format!("{which} {period}"), 2));
        }
    }
    let singular = word.strip_suffix('s').unwrap_or(word);
    if let Some(day) = WEEKDAYS.iter().find(|day| **day == singular) {
        return Some(((*day).to_owned(), 1));
    }
    let month = MONTHS
        .iter()
        .position(|month| *month == word)
        .or_else(|| SHORT.iter().position(|month| *month == word))?;
    let near = next.is_some_and(|next| day(next).is_some() || year(next).is_some())
        || last.is_some_and(|last| {
            day(last).is_some()
                || last.is("of")
                || last.is("in")
                || last.is("since")
                || last.is("until")
                || last.is("by")
        });
    let name = MONTHS.contains(&word);
    let certain = name && !matches!(word, "may" | "march" | "august")
        || token.case == Case::Capital && name && !token.opens;
    if !certain && !near {
        return None;
    }
    let month = month.saturating_add(1);
    match next.and_then(day) {
        Some(day) => Some((format!("--{month:02}-{day:02}"), 2)),
        None => Some((format!("--{month:02}"), 1)),
    }
}

fn relative(word: &str) -> Option<&'static str> {
    Some(match word {
        "last" | "previous" | "past" => "last",
        "next" | "coming" | "upcoming" | "following" => "next",
        "this" => "this",
        _ => return None,
    })
}

fn day(token: &Token) -> Option<u8> {
    let number = token.kind == Kind::Number && token.text.len() <= 2;
    token
        .text
        .parse()
        .ok()
        .filter(|day| number && (1..=31).contains(day))
}

fn year(token: &Token) -> Option<u16> {
    let number = token.kind == Kind::Number && token.text.len() == 4;
    token
        .text
        .parse()
        .ok()
        .filter(|year| number && (1000..=2999).contains(year))
}
