//! Units of measure and currencies.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::Reading;
use super::Trap;
use super::pairing::Pairing;
use super::token::{Kind, Token, word_at};

static UNITS: LazyLock<HashMap<&'static str, Unit>> = LazyLock::new(|| {
    let mut units = HashMap::new();
    for line in super::lexicon::lines(include_str!("unit.txt")) {
        let name = line
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .trim_end_matches('~');
        for word in line.split_whitespace() {
            let plain = word.trim_end_matches('~');
            units.insert(
                plain,
                Unit {
                    name,
                    alone: plain == word,
                },
            );
        }
    }
    units
});

#[derive(Clone, Copy)]
struct Unit {
    name: &'static str,
    /// Whether its word means a unit where there is no number before it, too.
    alone: bool,
}

/// The few units that differ in case only.
pub(super) fn cased(suffix: &str) -> Option<&'static str> {
    ["Kb", "Mb", "Gb", "Tb", "kb", "Kbit", "Mbps"]
        .into_iter()
        .find(|unit| *unit == suffix)
        .map(|unit| match unit {
            "Kb" => "kilobit",
            "Mb" => "megabit",
            "Gb" => "gigabit",
            "Tb" => "terabit",
            "Kbit" => "kilobit",
            "Mbps" => "mbps",
            _ => "kilobyte",
        })
}

/// The unit that letters right behind digits name.
pub(super) fn after_digits(suffix: &str) -> Option<&'static str> {
    cased(suffix).or_else(|| UNITS.get(suffix.to_lowercase().as_str()).map(|unit| unit.name))
}

/// The unit after a number, and how many tokens it takes.
pub(super) fn after(tokens: &[Token], at: usize) -> Option<(&'static str, usize)> {
    let word = |at: usize| word_at(tokens, at);
    let first = word(at)?;
    // `5 degrees Celsius`, `5 °C`, `5 US dollars`, `5 square metres`
    let second = word(at.saturating_add(1));
    match first {
        "degree" | "degrees" | "us" | "american" => {
            if let Some(unit) = second.and_then(|second| UNITS.get(second)) {
                return Some((unit.name, 2));
            }
        }
        "square" | "sq" | "cubic" => {
            if let Some(unit) = second.and_then(|second| UNITS.get(second)) {
                let powers = if first == "cubic" { CUBIC } else { SQUARE };
                return powers
                    .iter()
                    .find(|(name, _)| *name == unit.name)
                    .map(|(_, power)| (*power, 2));
            }
        }
        _ => {}
    }
    UNITS.get(first).map(|unit| (unit.name, 1))
}

const SQUARE: &[(&str, &str)] = &[
    ("meter", "meter²"),
    ("kilometer", "kilometer²"),
    ("foot", "foot²"),
    ("mile", "mile²"),
    ("inch", "inch²"),
];
const CUBIC: &[(&str, &str)] = &[
    ("meter", "meter³"),
    ("centimeter", "centimeter³"),
    ("foot", "foot³"),
    ("inch", "inch³"),
];

/// The currency before a number.
pub(super) fn before(token: &Token) -> Option<&'static str> {
    let unit = UNITS
        .get(token.text.as_str())
        .filter(|_| token.kind == Kind::Word)?;
    matches!(
        unit.name,
        "dollar" | "euro" | "sterling" | "yen" | "rupee" | "franc" | "yuan"
    )
    .then_some(unit.name)
}

/// Whether a word is a unit of time.
pub(super) fn is_time(word: &str) -> bool {
    let name = UNITS.get(word).map_or("", |unit| unit.name);
    matches!(
        name,
        "second" | "minute" | "hour" | "day" | "week" | "month" | "year"
    )
}

/// The unit that a word names by itself.
pub(super) fn alone(word: &str) -> Option<&'static str> {
    UNITS.get(word).filter(|unit| unit.alone).map(|unit| unit.name)
}

/// Whether only one of two texts speaks of a unit.
pub(super) fn differ(a: &Reading, b: &Reading, pairs: &Pairing) -> Option<Trap> {
    let units = |reading: &Reading, lone: &[usize]| -> BTreeSet<&'static str> {
        lone.iter()
            .filter_map(|at| reading.terms.get(*at))
            .filter_map(|term| term.unit)
            .collect()
    };
    let (left, right) = (units(a, &pairs.lone_a), units(b, &pairs.lone_b));
    (!left.is_empty() || !right.is_empty()).then_some(Trap::Unit)
}
