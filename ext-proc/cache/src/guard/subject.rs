//! The same sentence about another thing: `how do I cook rice`, `how do I cook pasta`.

use std::collections::HashMap;

use super::Reading;
use super::name;
use super::negation;
use super::pairing::Pairing;
use super::term::Term;

/// Where one text has so many words more and lacks none, it asks for more.
const MORE: usize = 3;

/// So many words without counterparts are compared two by two.
const FIRST: usize = 16;

/// In texts that are built alike, at most one word in so many is missing in the other.
const SHARE: usize = 3;

/// The place where two texts differ has so many words.
const PLACE: usize = 3;

/// What an identifier may have before it: `error E0382`.
const APPOSITIONS: [&str; 14] = [
    "error", "code", "command", "function", "flag", "option", "file", "method", "variable", "class", "page",
    "site", "package", "macro",
];

/// Whether a word takes another's place in one sentence, or comes into one that is otherwise the same.
///
/// Where a text is built like the other, any word may make the difference. Where it is built in another way, somebody
/// chose other words for the same: only a single thing in the place of another counts then, and no verb.
pub(super) fn differ(a: &Reading, b: &Reading, pairs: &Pairing) -> bool {
    let left = heavy(a, &pairs.lone_a, &pairs.a);
    let right = heavy(b, &pairs.lone_b, &pairs.b);
    if left.is_empty() && right.is_empty() {
        return false;
    }
    let alike = alike(&a.words, &b.words);
    let thing = |reading: &Reading, at: usize| reading.terms.get(at).is_some_and(|term| term.thing);
    match (left.as_slice(), right.as_slice()) {
        ([..], []) => left.len() > MORE || alike && inserted(a, b, &pairs.a),
        ([], [..]) => right.len() > MORE || alike && inserted(b, a, &pairs.b),
        ([x], [y]) if !alike && (thing(a, *x) || thing(b, *y)) && replaces(a, *x, b, *y, pairs) => true,
        ([x], [y]) if !alike && verbs(a, *x, b, *y) => true,
        // Texts that share no word have nothing to say the same about.
        _ if !alike => {
            pairs.a.iter().all(Option::is_none) || exchanged(a, left.as_slice(), b, right.as_slice(), pairs)
        }
        (left, right) => contrast(a, left, b, right),
    }
}

/// Whether two verbs whose synonyms are known are none of each other's.
fn verbs(a: &Reading, x: usize, b: &Reading, y: usize) -> bool {
    let verb = |term: &Term| !term.thing && !term.synonyms.is_empty();
    a.terms
        .get(x)
        .zip(b.terms.get(y))
        .is_some_and(|(x, y)| verb(x) && verb(y) && !negation::contrary(x, y))
}

/// Whether each of two texts in other words speaks of a thing that the other does not speak of, and they share much else.
fn exchanged(a: &Reading, left: &[usize], b: &Reading, right: &[usize], pairs: &Pairing) -> bool {
    let things = |reading: &Reading, lone: &[usize]| -> Vec<usize> {
        let thing = |at: &usize| reading.terms.get(*at).is_some_and(|term| term.thing);
        lone.iter().copied().filter(thing).collect()
    };
    let (left, right) = (things(a, left), things(b, right));
    let shared = |at: usize| pairs.a.get(at).copied().flatten();
    let joined = |x: Option<usize>, y: Option<usize>| match (x, y) {
        (Some(x), Some(y)) => shared(x) == Some(y) || pairs.b.get(y).copied().flatten() == Some(x),
        _ => false,
    };
    let behind = |reading: &Reading, at: usize| {
        let role = reading.terms.get(at).map_or("", |term| term.role);
        matches!(role, "for" | "of")
    };
    let beside = |x: usize, y: usize| {
        let role = |reading: &Reading, at: usize| reading.terms.get(at).map_or("", |term| place(term.role));
        let role = role(a, x) == role(b, y) && !role(a, x).is_empty();
        role || {
            let (before, after) = (x.checked_sub(1), x.checked_add(1));
            let (before_there, after_there) = (y.checked_sub(1), y.checked_add(1));
            // `a student discount`, `a discount for seniors`
            joined(before, before_there)
                || joined(after, after_there)
                || joined(before, after_there) && behind(a, x)
                || joined(after, before_there) && behind(b, y)
        }
    };
    let mut between = left
        .iter()
        .take(FIRST)
        .flat_map(|x| right.iter().take(FIRST).map(move |y| (*x, *y)));
    between.any(|(x, y)| {
        beside(x, y)
            && a.terms
                .get(x)
                .zip(b.terms.get(y))
                .is_some_and(|(x, y)| !negation::contrary(x, y))
    })
}

/// What a preposition says, where several say the same.
fn place(role: &'static str) -> &'static str {
    match role {
        "at" | "on" => "in",
        role => role,
    }
}

/// Whether a word of one text is not what the other denies the opposite of: `not safe`, `unsafe`.
fn contrast(a: &Reading, left: &[usize], b: &Reading, right: &[usize]) -> bool {
    let mut between = left
        .iter()
        .take(FIRST)
        .flat_map(|x| right.iter().take(FIRST).map(move |y| (x, y)));
    between.any(|(x, y)| {
        a.terms
            .get(*x)
            .zip(b.terms.get(*y))
            .is_some_and(|(x, y)| !negation::contrary(x, y))
    })
}

/// Whether two texts differ in one place only and by few words, or have most words in common.
fn alike(a: &str, b: &str) -> bool {
    let words = |text| -> Vec<&str> { str::split_whitespace(text).collect() };
    let (a, b) = (words(a), words(b));
    let before = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let rest = a.len().min(b.len()).saturating_sub(before);
    let after = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take(rest)
        .take_while(|(x, y)| x == y)
        .count();
    let same = before.saturating_add(after);
    if a.len().max(b.len()).saturating_sub(same) <= PLACE {
        return true;
    }
    let mut counts: HashMap<&str, isize> = HashMap::with_capacity(a.len());
    for word in &a {
        let count = counts.entry(word).or_default();
        *count = count.saturating_add(1);
    }
    for word in &b {
        let count = counts.entry(word).or_default();
        *count = count.saturating_sub(1);
    }
    let only = |sign: isize| {
        counts
            .values()
            .map(|count| count.saturating_mul(sign).max(0).unsigned_abs())
            .sum::<usize>()
    };
    [(only(1), a.len()), (only(-1), b.len())]
        .into_iter()
        .all(|(only, all)| only.saturating_mul(SHARE) <= all)
}

/// The words without counterparts that matter.
fn heavy(reading: &Reading, lone: &[usize], pairs: &[Option<usize>]) -> Vec<usize> {
    let matters = |at: &usize| {
        let next = at.saturating_add(1);
        let said = |term: &Term| {
            let next = reading
                .terms
                .get(next)
                .filter(|_| pairs.get(next).is_some_and(Option::is_some));
            APPOSITIONS.contains(&term.text.as_str()) && next.is_some_and(|next| next.identifier)
        };
        reading
            .terms
            .get(*at)
            .is_some_and(|term| !term.light && !said(term))
            && !name::optional(reading, *at, pairs)
    };
    lone.iter().copied().filter(matters).collect()
}

/// Whether two words stand at the same place of two texts.
fn replaces(a: &Reading, x: usize, b: &Reading, y: usize, pairs: &Pairing) -> bool {
    // What one says the other denies the opposite of: `not safe`, `unsafe`.
    if a.terms
        .get(x)
        .zip(b.terms.get(y))
        .is_some_and(|(x, y)| negation::contrary(x, y))
    {
        return false;
    }
    let (before_a, after_a) = neighbours(&pairs.a, x);
    let (before_b, after_b) = neighbours(&pairs.b, y);
    let same = |left: Option<usize>, right: Option<usize>| match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => {
            pairs.a.get(left).copied().flatten() == Some(right)
                || pairs.b.get(right).copied().flatten() == Some(left)
        }
        _ => false,
    };
    let role = a.terms.get(x).map(|term| term.role) == b.terms.get(y).map(|term| term.role);
    let (before, after) = (same(before_a, before_b), same(after_a, after_b));
    before && after || role && (before || after)
}

/// The nearest words with counterparts before and after a place.
fn neighbours(pairs: &[Option<usize>], at: usize) -> (Option<usize>, Option<usize>) {
    let paired = |place: &usize| pairs.get(*place).is_some_and(Option::is_some);
    let before = (0..at).rev().find(paired);
    let after = (at.saturating_add(1)..pairs.len()).find(paired);
    (before, after)
}

/// Whether one text is the other with words more.
fn inserted(more: &Reading, less: &Reading, pairs: &[Option<usize>]) -> bool {
    let mut last = None;
    let ordered = pairs.iter().flatten().all(|place| {
        let rises = last.is_none_or(|last| last < *place);
        last = Some(*place);
        rises
    });
    let depth = |terms: &[Term]| terms.last().map_or(0, |term| term.depth);
    let (more, less) = (&more.terms, &less.terms);
    ordered && depth(more).abs_diff(depth(less)) <= more.len().abs_diff(less.len()).max(1)
}
