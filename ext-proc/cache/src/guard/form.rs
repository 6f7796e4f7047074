//! The form, length and reader that an answer is wanted for.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::lexicon::lines;
use super::token::{Kind, Token};

/// Words, and the form that they ask for.
type Wanted = (Vec<&'static str>, &'static str);

/// By their first word, the longest first: the words, and the form that they ask for.
static FORMS: LazyLock<HashMap<&'static str, Vec<Wanted>>> = LazyLock::new(|| {
    let mut forms: HashMap<&'static str, Vec<Wanted>> = HashMap::new();
    for line in lines(include_str!("form.txt")) {
        let (form, variants) = line.split_once(':').unwrap_or_default();
        for variant in variants.split('|') {
            let words: Vec<_> = variant.split_whitespace().collect();
            if let Some(first) = words.first().copied() {
                forms.entry(first).or_default().push((words, form));
            }
        }
    }
    for group in forms.values_mut() {
        group.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
    }
    forms
});

/// Takes what a text says about the form of its answer out of it; each form once, sorted.
pub(super) fn take(tokens: &mut Vec<Token>) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut rest = Vec::with_capacity(tokens.len());
    let mut at = 0_usize;
    while let Some(token) = tokens.get(at) {
        let group = FORMS.get(if token.kind == Kind::Number {
            "#"
        } else {
            token.text.as_str()
        });
        let form = group.and_then(|group| {
            group.iter().find(|(words, _)| {
                words.iter().enumerate().all(|(nth, word)| {
                    tokens.get(at.saturating_add(nth)).is_some_and(|token| {
                        token.is(word)
                            || *word == "#" && token.kind == Kind::Number && token.text.starts_with('#')
                    })
                })
            })
        });
        match form {
            Some((words, form)) => {
                // A form of no name is no form: it keeps its words from being one.
                if form.is_empty() || *form == "-" {
                    rest.extend(tokens.iter().skip(at).take(words.len()).cloned());
                } else {
                    found.push(*form);
                }
                at = at.saturating_add(words.len());
            }
            None => {
                rest.push(token.clone());
                at = at.saturating_add(1);
            }
        }
    }
    *tokens = rest;
    found.sort_unstable();
    found.dedup();
    found
}
