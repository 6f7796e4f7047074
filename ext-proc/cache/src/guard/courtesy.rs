//! What is said to somebody rather than asked: `Good morning!`, `Quick question:`, `I appreciate any help.`

use std::collections::HashSet;
use std::sync::LazyLock;

use super::lexicon::lines;
use super::token::{Kind, Token};

/// A clause of more words says something.
const LONGEST: usize = 14;

/// The words of courtesy.
#[derive(Default)]
struct Words {
    mark: HashSet<&'static str>,
    also: HashSet<&'static str>,
    close: HashSet<&'static str>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words::default();
    for line in lines(include_str!("courtesy.txt")) {
        let (class, list) = line.split_once(':').unwrap_or_default();
        let class = match class {
            "mark" => &mut words.mark,
            "also" => &mut words.also,
            _ => &mut words.close,
        };
        class.extend(list.split_whitespace());
    }
    words
});

/// A text without its courtesy; as it is if there is nothing else in it.
pub(super) fn dropped(tokens: Vec<Token>) -> Vec<Token> {
    let mut rest: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut opens = false;
    for clause in tokens.split_inclusive(|token| token.kind == Kind::Pause) {
        if is_courtesy(clause) {
            opens |= clause.first().is_some_and(|token| token.opens);
            continue;
        }
        let start = rest.len();
        rest.extend_from_slice(clause);
        if let Some(first) = rest.get_mut(start) {
            first.opens |= std::mem::take(&mut opens);
        }
    }
    let end = rest
        .iter()
        .rposition(|token| token.kind == Kind::Word && WORDS.close.contains(token.text.as_str()))
        .filter(|at| *at > 0 && rest.get(*at..).is_some_and(is_courtesy));
    if let Some(end) = end {
        rest.truncate(end);
    }
    if rest.iter().any(|token| token.kind != Kind::Pause) {
        rest
    } else {
        tokens
    }
}

fn is_courtesy(clause: &[Token]) -> bool {
    let words = || clause.iter().filter(|token| token.kind != Kind::Pause);
    let word = |token: &Token| {
        let text = token.text.as_str();
        token.kind == Kind::Word && (WORDS.mark.contains(text) || WORDS.also.contains(text))
    };
    let greets = words().next().is_some_and(|token| token.is("good"));
    words().count() <= LONGEST
        && words().all(word)
        && (greets || words().any(|token| WORDS.mark.contains(token.text.as_str())))
}
