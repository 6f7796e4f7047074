//! What comes first: numbers of a formula, steps that follow one another, and what `only` is said of.

use super::lexicon;
use super::pairing::Pairing;
use super::stem::stem;
use super::token::{Kind, Token};
use super::{Reading, Trap};

/// Between letters or digits these make a formula.
const OPERATORS: [char; 8] = ['=', '<', '>', '+', '*', '^', '×', '÷'];
/// Between digits these do, too.
const SIGNS: [char; 3] = ['-', '\u{2212}', '/'];
/// Words that put steps in order.
const STEPS: [&str; 6] = ["then", "first", "afterwards", "afterward", "finally", "next"];

/// What of a text depends on its order alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Sequence {
    /// The numbers and single letters of a formula, in their order; empty without one.
    formula: Vec<String>,
    /// Whether steps follow one another.
    steps: bool,
    /// What `only` is said of.
    only: Option<String>,
}

impl Sequence {
    /// Reads a text, and its words.
    pub fn of(prose: &str, tokens: &[Token]) -> Self {
        let only = tokens.iter().position(|token| token.is("only"));
        let behind = only.and_then(|at| tokens.get(at.saturating_add(1)..));
        Self {
            formula: formula(prose),
            steps: tokens
                .iter()
                .any(|token| STEPS.contains(&token.text.as_str()) && token.kind == Kind::Word),
            only: behind
                .into_iter()
                .flatten()
                .find(|token| token.kind == Kind::Word && !lexicon::is_function(&token.text))
                .map(|token| stem(&token.text)),
        }
    }
}

/// What sets the order of two texts apart.
pub(super) fn differ(a: &Reading, b: &Reading, pairs: &Pairing) -> Option<Trap> {
    let (one, other) = (&a.sequence, &b.sequence);
    let formulas = !one.formula.is_empty() && !other.formula.is_empty();
    if formulas && one.formula != other.formula {
        return Some(Trap::Number);
    }
    // A word that stands twice may have found its counterpart in the other place.
    let moved = a.words != b.words && !pairs.a.iter().flatten().is_sorted();
    let steps = one.steps && other.steps && moved;
    let only = one.only.as_ref().zip(other.only.as_ref());
    (steps || only.is_some_and(|(one, other)| one != other)).then_some(Trap::Order)
}

fn formula(prose: &str) -> Vec<String> {
    if !is_formula(prose) {
        return Vec::new();
    }
    let words = prose.split(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | '\'' | '’'));
    let words = words.map(|word| word.trim_matches('.'));
    words
        .filter(|word| word.chars().count() == 1 || word.contains(|c: char| c.is_ascii_digit()))
        .map(str::to_lowercase)
        .collect()
}

fn is_formula(prose: &str) -> bool {
    let mut before = ' ';
    let mut operator = None;
    for c in prose.chars().filter(|c| !c.is_whitespace()) {
        match operator.take() {
            Some(true) if c.is_alphanumeric() => return true,
            Some(false) if c.is_ascii_digit() => return true,
            _ => {}
        }
        if OPERATORS.contains(&c) && before.is_alphanumeric() {
            operator = Some(true);
        } else if SIGNS.contains(&c) && before.is_ascii_digit() {
            operator = Some(false);
        }
        before = c;
    }
    false
}
