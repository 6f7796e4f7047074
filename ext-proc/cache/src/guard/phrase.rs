//! Turns of phrase that are one word, or none: `speed up`, `could you please tell me`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::lexicon::{ENTITIES, lines};
use super::token::{Case, Kind, Token};

/// Between `turn` and `off` may stand so many words.
const GAP: usize = 4;

struct Phrase {
    words: Vec<&'static str>,
    /// After a gap.
    rest: Vec<&'static str>,
    instead: Vec<&'static str>,
    case: Case,
}

/// By their first word, the longest first.
static PHRASES: LazyLock<HashMap<&'static str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut phrases: HashMap<&'static str, Vec<Phrase>> = HashMap::new();
    for line in lines(include_str!("phrase.txt")) {
        let (variants, instead) = line.split_once('=').unwrap_or((line, ""));
        for words in variants.split('|') {
            let (words, rest) = words.split_once('~').unwrap_or((words, ""));
            let words: Vec<_> = words.split_whitespace().collect();
            let rest = rest.split_whitespace().collect();
            let instead = instead.split_whitespace().collect();
            if let Some(first) = words.first().copied() {
                phrases.entry(first).or_default().push(Phrase {
                    words,
                    rest,
                    instead,
                    case: Case::Lower,
                });
            }
        }
    }
    for name in ENTITIES.keys().filter(|name| name.contains('-')) {
        let words: Vec<_> = name.split('-').collect();
        if let Some(first) = words.first().copied() {
            let phrase = Phrase {
                words,
                rest: Vec::new(),
                instead: vec![*name],
                case: Case::Capital,
            };
            phrases.entry(first).or_default().push(phrase);
        }
    }
    for group in phrases.values_mut() {
        group.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len().saturating_add(phrase.rest.len())));
    }
    phrases
});

/// A text with its turns of phrase replaced.
pub(super) fn simplify(tokens: Vec<Token>) -> Vec<Token> {
    let mut simple = Vec::with_capacity(tokens.len());
    let mut queue: std::collections::VecDeque<Token> = tokens.into();
    while let Some(token) = queue.front() {
        let phrase = PHRASES
            .get(token.text.as_str())
            .filter(|_| token.kind == Kind::Word)
            .and_then(|group| {
                group
                    .iter()
                    .find_map(|phrase| Some((phrase, phrase.found(&queue)?)))
            });
        let Some((phrase, rest_at)) = phrase else {
            simple.extend(queue.pop_front());
            continue;
        };
        let opens = token.opens;
        if !phrase.rest.is_empty() {
            queue.drain(rest_at..rest_at.saturating_add(phrase.rest.len()));
        }
        queue.drain(..phrase.words.len());
        for (at, word) in phrase.instead.iter().enumerate() {
            simple.push(Token {
                case: phrase.case,
                opens: opens && at == 0,
                ..Token::word(word)
            });
        }
        // What follows a phrase that is dropped begins the sentence.
        if phrase.instead.is_empty()
            && let Some(next) = queue.front_mut()
        {
            next.opens |= opens;
        }
    }
    simple
}

impl Phrase {
    /// Where its second part begins, if a text begins with it.
    fn found(&self, queue: &std::collections::VecDeque<Token>) -> Option<usize> {
        let matches = |at: usize, words: &[&str]| {
            words.iter().enumerate().all(|(nth, word)| {
                queue
                    .get(at.saturating_add(nth))
                    .is_some_and(|token| token.is(word))
            })
        };
        if !matches(0, &self.words) {
            return None;
        }
        let start = self.words.len();
        if self.rest.is_empty() {
            return Some(start);
        }
        for at in start..=start.saturating_add(GAP) {
            if matches(at, &self.rest) {
                return Some(at);
            }
            if queue.get(at).is_none_or(|token| token.kind == Kind::Pause) {
                return None;
            }
        }
        None
    }
}
