//! What a misspelt word was probably meant to be.

use crate::problem::Problems;
use crate::spanned::Spanned;

/// Below this similarity (Jaro-Winkler, 0 to 1) a suggestion is more often noise than help.
const LIKELY: f64 = 0.8;

/// `did you mean "openai"?` where one known word is near, else all of them.
pub(crate) fn remedy<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let nearest = known
        .clone()
        .into_iter()
        .map(|candidate| {
            let score = strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase());
            (score, candidate)
        })
        .filter(|(score, _)| *score >= LIKELY)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((_, candidate)) => format!("did you mean {candidate:?}?"),
        None => format!("known: {}", list(known)),
    }
}

/// The word's value, or a problem that names the right ones.
pub(crate) fn one_of<T: Copy>(
    text: &Spanned<String>,
    field: &str,
    choices: &[(&str, T)],
    problems: &mut Problems,
) -> Option<T> {
    let found = choices.iter().find(|(name, _)| *name == text.value);
    if found.is_none() {
        let remedy = remedy(&text.value, choices.iter().map(|(name, _)| *name));
        problems.at(
            text.referenced,
            field,
            format!("unknown value {:?}; {remedy}", text.value),
        );
    }
    found.map(|(_, value)| *value)
}

fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().collect::<Vec<_>>().join(", ")
}
