//! Numbers, however they are written.

use std::collections::{BTreeMap, BTreeSet};

use super::Trap;
use super::lexicon;
use super::stem::stem;
use super::token::{Case, Kind, Token, word_at};
use super::unit;

/// How often each number stands in a text, and of what.
#[derive(Clone, Debug, Default)]
pub(super) struct Amounts {
    values: BTreeMap<String, isize>,
    measured: BTreeMap<(String, &'static str), isize>,
    /// Of what: the number before each word that has one.
    counted: BTreeMap<String, BTreeSet<String>>,
}

/// Words before a numeral of Roman letters, where it may be small or a single letter.
const NUMBERED: [&str; 21] = [
    "war", "type", "part", "chapter", "phase", "stage", "class", "factor", "volume", "book", "act", "level",
    "grade", "article", "section", "title", "king", "queen", "pope", "henry", "louis",
];

/// Numbers that most texts do not mean: `which one`, `one of`.
const PRONOUN: &str = "1?";

/// Takes the numbers out of a text and leaves one token for each, in digits.
pub(super) fn take(tokens: &mut Vec<Token>) -> Amounts {
    let mut amounts = Amounts::default();
    let mut rest: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut at = 0_usize;
    while let Some(token) = tokens.get(at) {
        let Some((value, taken)) = read(tokens, at) else {
            rest.push(token.clone());
            at = at.saturating_add(1);
            continue;
        };
        at = at.saturating_add(taken);
        // `one pound` is `a pound`: its unit stays a word.
        let single = value == PRONOUN || value == "1";
        let (unit, taken) = match unit::after(tokens, at).filter(|_| !single) {
            Some((unit, taken)) => (Some(unit), taken),
            // `$5`, `USD 5`
            None => (rest.last().and_then(unit::before), 0),
        };
        if taken == 0 && unit.is_some() {
            rest.pop();
        }
        at = at.saturating_add(taken);
        let noun = word_at(tokens, at).filter(|word| unit.is_none() && !lexicon::is_function(word));
        if let Some(noun) = noun {
            amounts
                .counted
                .entry(stem(noun))
                .or_default()
                .insert(value.clone());
        }
        let count = amounts.values.entry(value.clone()).or_default();
        *count = count.saturating_add(1);
        let text = format!("#{value}{}", unit.unwrap_or_default());
        let count = amounts
            .measured
            .entry((value.clone(), unit.unwrap_or_default()))
            .or_default();
        *count = count.saturating_add(1);
        if value != PRONOUN {
            rest.push(Token {
                text,
                kind: Kind::Number,
                case: Case::Lower,
                opens: token.opens,
            });
        }
    }
    *tokens = rest;
    amounts
}

/// Whether two texts have different numbers, or the same of different things.
pub(super) fn differ(a: &Amounts, b: &Amounts) -> Option<Trap> {
    let pronouns = |amounts: &Amounts| amounts.values.get(PRONOUN).copied().unwrap_or_default();
    let ones = |amounts: &Amounts| amounts.values.get("1").copied().unwrap_or_default();
    let same = a
        .values
        .keys()
        .chain(b.values.keys())
        .all(|value| match value.as_str() {
            PRONOUN => true,
            "1" => {
                // A pronoun may be the number that the other text has.
                ones(a) <= ones(b).saturating_add(pronouns(b))
                    && ones(b) <= ones(a).saturating_add(pronouns(a))
            }
            value => a.values.get(value) == b.values.get(value),
        });
    // `two people for three nights`
    let other = |(noun, numbers): (&String, &BTreeSet<String>)| {
        b.counted.get(noun).is_some_and(|others| others != numbers)
    };
    if !same || a.counted.iter().any(other) {
        return Some(Trap::Number);
    }
    let exact = |amounts: &Amounts| -> BTreeMap<(String, &'static str), isize> {
        let certain = amounts
            .measured
            .iter()
            .filter(|((value, _), _)| value != PRONOUN && value != "1");
        certain.map(|(key, count)| (key.clone(), *count)).collect()
    };
    (exact(a) != exact(b)).then_some(Trap::Unit)
}

/// The number that begins at a token, and how many tokens it takes.
fn read(tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let token = tokens.get(at)?;
    let last = at.checked_sub(1).and_then(|before| tokens.get(before));
    match token.kind {
        // Dates are no numbers any more.
        Kind::Number if token.text.starts_with('@') => None,
        Kind::Number => {
            let value = digits(&token.text);
            let next = tokens
                .get(at.saturating_add(1))
                .filter(|next| next.kind == Kind::Word);
            match next.and_then(|next| scale(&next.text)) {
                Some(zeros) => Some((scaled(&value, zeros), 2)),
                None => Some((value, 1)),
            }
        }
        Kind::Word => words(tokens, at).or_else(|| roman(token, last).map(|value| (value, 1))),
        _ => None,
    }
}

/// Digits without thousands separators and without a fraction of zeros.
fn digits(text: &str) -> String {
    let commas: Vec<&str> = text.split(',').collect();
    let thousands = commas.len() > 1
        && commas
            .iter()
            .skip(1)
            .all(|group| group.split('.').next().is_some_and(|group| group.len() == 3));
    let plain = if thousands {
        commas.concat()
    } else {
        text.replace(',', ".")
    };
    match plain.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() && fraction.bytes().all(|b| b == b'0') => {
            whole.to_owned()
        }
        _ => plain,
    }
}

/// How many zeros a word adds.
pub(super) fn scale(word: &str) -> Option<usize> {
    Some(match word {
        "hundred" | "hundreds" => 2,
        "thousand" | "thousands" | "k" => 3,
        "million" | "millions" | "mio" | "mn" => 6,
        "billion" | "billions" | "bn" => 9,
        "trillion" | "trillions" => 12,
        _ => return None,
    })
}

/// A decimal number with zeros appended.
fn scaled(value: &str, zeros: usize) -> String {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let mut shifted = whole.to_owned();
    let mut fraction = fraction.chars();
    for _ in 0..zeros {
        shifted.push(fraction.next().unwrap_or('0'));
    }
    let rest = fraction.as_str();
    if !rest.is_empty() {
        shifted.push('.');
        shifted.push_str(rest);
    }
    let trimmed = shifted.trim_start_matches('0');
    if trimmed.is_empty() {
        "0".to_owned()
    } else {
        trimmed.to_owned()
    }
}

/// A number in words.
fn words(tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let word = |at: usize| word_at(tokens, at);
    let first = word(at)?;
    let before = at.checked_sub(1).and_then(word);
    let after = word(at.saturating_add(1));
    match first {
        "second"
            if !matches!(
                before,
                Some("the" | "my" | "a" | "every" | "your" | "their" | "his" | "her")
            ) && after != Some("world") =>
        {
            return None;
        }
        "seconds" | "hundreds" | "thousands" => return None,
        "first" if matches!(before, Some("at")) || matches!(after, Some("aid" | "of" | "name" | "and")) => {
            return None;
        }
        "half" => return Some(("0.5".to_owned(), 1)),
        "dozen" => return Some(("12".to_owned(), 1)),
        _ => {}
    }
    let mut taken = 0_usize;
    let (mut total, mut group) = (0_u64, 0_u64);
    while let Some(next) = word(at.saturating_add(taken)) {
        if let Some(value) = small(next).filter(|_| next != "second" || taken == 0 || group >= 20) {
            // `twenty one` is one number, `one two` is two.
            let fits = group % 100 == 0 || (group % 10 == 0 && group % 100 >= 20 && value < 10);
            if taken > 0 && !fits {
                break;
            }
            group = group.saturating_add(value);
        } else if let Some(zeros) = scale(next).filter(|_| taken > 0 && next.len() > 2) {
            let factor = 10_u64.saturating_pow(u32::try_from(zeros).unwrap_or(0));
            if zeros == 2 {
                group = group.saturating_mul(factor);
            } else {
                total = total.saturating_add(group.saturating_mul(factor));
                group = 0;
            }
        } else if next == "and"
            && group >= 100
            && word(at.saturating_add(taken).saturating_add(1))
                .and_then(small)
                .is_some()
        {
            // one hundred and one
        } else {
            break;
        }
        taken = taken.saturating_add(1);
    }
    if taken == 0 {
        return None;
    }
    let value = total.saturating_add(group);
    if value == 1 && first == "one" {
        return Some((PRONOUN.to_owned(), taken));
    }
    Some((value.to_string(), taken))
}

/// The value of a word below a hundred.
fn small(word: &str) -> Option<u64> {
    const ONES: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const ORDINALS: [&str; 13] = [
        "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
        "tenth", "eleventh", "twelfth",
    ];
    const TENS: [&str; 8] = [
        "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ];
    let count = |position: usize| u64::try_from(position).unwrap_or(0);
    if let Some(at) = ONES.iter().position(|one| *one == word) {
        return Some(count(at));
    }
    if let Some(at) = ORDINALS.iter().position(|one| *one == word) {
        return Some(count(at));
    }
    let base = word.strip_suffix("ieth").map(|base| format!("{base}y"));
    let tens = base.as_deref().unwrap_or(word);
    if let Some(at) = TENS.iter().position(|ten| *ten == tens) {
        return Some(count(at).saturating_add(2).saturating_mul(10));
    }
    let teen = word.strip_suffix("th").filter(|teen| teen.ends_with("teen"))?;
    ONES.iter().position(|one| *one == teen).map(count)
}

/// A numeral of Roman letters, where one is plausible: `World War II`, `Henry VIII`.
fn roman(token: &Token, last: Option<&Token>) -> Option<String> {
    let last = last.filter(|last| last.kind == Kind::Word)?;
    let letters = token.text.as_str();
    if letters.is_empty() || letters.len() > 6 || !letters.bytes().all(|b| matches!(b, b'i' | b'v' | b'x')) {
        return None;
    }
    let numbered = NUMBERED.contains(&last.text.as_str());
    let upper = matches!(token.case, Case::Upper | Case::Capital);
    let named = letters.len() > 1 && upper && last.case != Case::Lower;
    if !(numbered || named) {
        return None;
    }
    let value = |b: u8| match b {
        b'i' => 1_u32,
        b'v' => 5,
        _ => 10,
    };
    let mut total = 0_u32;
    let mut bytes = letters.bytes().peekable();
    while let Some(b) = bytes.next() {
        let this = value(b);
        if bytes.peek().is_some_and(|next| value(*next) > this) {
            total = total.saturating_add(value(bytes.next()?)).saturating_sub(this);
        } else {
            total = total.saturating_add(this);
        }
    }
    Some(total.to_string())
}
