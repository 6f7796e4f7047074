//! English words without their inflection.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::lexicon::lines;

static LEMMAS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let mut lemmas = HashMap::new();
    for line in lines(include_str!("lemma.txt")) {
        let mut forms = line.split_whitespace();
        let Some(lemma) = forms.next() else { continue };
        lemmas.insert(lemma, lemma);
        lemmas.extend(forms.map(|form| (form, lemma)));
    }
    lemmas
});

static ADJECTIVES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    lines(include_str!("adjective.txt"))
        .flat_map(str::split_whitespace)
        .collect()
});

/// The part of a word that its inflection leaves alone. It need not be a word.
pub(super) fn stem(word: &str) -> String {
    if let Some(lemma) = LEMMAS.get(word) {
        return tail(lemma);
    }
    if let Some(adjective) = graded(word) {
        return tail(&adjective);
    }
    let singular = singular(word);
    let lemma = LEMMAS.get(singular.as_str()).copied();
    tail(&lemma.map_or_else(|| inflected(&singular), str::to_owned))
}

/// The stem of a word without the endings that make another kind of word of it: `installation`, `installer`.
pub(super) fn root(stem: &str) -> &str {
    const ENDINGS: [&str; 23] = [
        "ization", "isation", "ational", "ation", "ition", "ement", "ment", "ness", "ance", "ence", "ant",
        "ent", "ity", "ion", "ive", "abl", "ibl", "ful", "al", "or", "er", "at", "y",
    ];
    let ending = ENDINGS
        .iter()
        .find(|ending| stem.len() >= ending.len().saturating_add(4) && stem.ends_with(**ending));
    ending
        .and_then(|ending| stem.strip_suffix(ending))
        .unwrap_or(stem)
}

/// Without what differs between `make` and `mak(ing)`, `easy` and `easi(ly)`.
fn tail(word: &str) -> String {
    let plain = word
        .strip_suffix('e')
        .filter(|rest| rest.len() > 2)
        .unwrap_or(word);
    match plain.strip_suffix('i').filter(|rest| rest.len() > 2) {
        Some(rest) => format!("{rest}y"),
        None => plain.to_owned(),
    }
}

fn graded(word: &str) -> Option<String> {
    let base = word.strip_suffix("er").or_else(|| word.strip_suffix("est"))?;
    let known = |word: &str| ADJECTIVES.contains(word).then(|| word.to_owned());
    known(base)
        .or_else(|| known(&format!("{base}e")))
        .or_else(|| known(&format!("{}y", base.strip_suffix('i')?)))
        .or_else(|| known(undoubled(base)))
}

fn singular(word: &str) -> String {
    if word.len() <= 3 || word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") {
        return word.to_owned();
    }
    if let Some(base) = word.strip_suffix("ies").filter(|base| base.len() > 1) {
        return format!("{base}y");
    }
    let long = ["sses", "xes", "ches", "shes", "zes", "oes"]
        .iter()
        .any(|ending| word.ends_with(ending));
    let plural = if long { "es" } else { "s" };
    word.strip_suffix(plural).unwrap_or(word).to_owned()
}

/// A verb or adverb without its ending.
fn inflected(word: &str) -> String {
    let vowel = |base: &str| base.len() > 2 && base.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    if let Some(base) = word.strip_suffix("ied").filter(|base| base.len() > 1) {
        return format!("{base}y");
    }
    for ending in ["ing", "ed"] {
        if let Some(base) = word
            .strip_suffix(ending)
            .filter(|base| vowel(base) && !(ending == "ed" && base.ends_with('e')))
        {
            let base = undoubled(base);
            return LEMMAS
                .get(base)
                .map_or_else(|| base.to_owned(), |lemma| (*lemma).to_owned());
        }
    }
    word.strip_suffix("ly")
        .filter(|base| base.len() > 3)
        .unwrap_or(word)
        .to_owned()
}

/// `stopp` as `stop`; `install` and `pass` as they are.
fn undoubled(base: &str) -> &str {
    let mut chars = base.chars().rev();
    let (last, before) = (chars.next(), chars.next());
    let doubled = last == before && !matches!(last, Some('l' | 's' | 'z' | 'f' | 'e' | 'o'));
    if doubled && base.len() > 3 {
        base.get(..base.len().saturating_sub(1)).unwrap_or(base)
    } else {
        base
    }
}
