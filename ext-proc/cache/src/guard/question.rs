//! Which kind of answer a question asks for.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::lexicon::{self, lines};
use super::stem::stem;
use super::token::{Kind, Token};

/// The kinds of answers that would do; none if a text does not say.
#[derive(Clone, Debug, Default)]
pub(super) struct Kinds(BTreeSet<&'static str>);

/// More questions are not looked at.
const QUESTIONS: usize = 3;

/// A question goes on for so many words.
const CLAUSE: usize = 40;

/// After `what`: what does something about it.
const ACTS: [&str; 14] = [
    "will", "can", "should", "would", "could", "helps", "help", "works", "gets", "do", "removes", "stops",
    "fixes", "cures",
];

/// When these happen, something has lasted for so long.
const SPANS: [&str; 12] = [
    "bad",
    "expire",
    "expires",
    "spoil",
    "spoils",
    "ready",
    "clear",
    "available",
    "arrive",
    "done",
    "finished",
    "over",
];

/// What a question for a thing asks for if it has this word: `what year` is `when`.
static ASPECTS: LazyLock<HashMap<String, Vec<&'static str>>> = LazyLock::new(|| {
    let mut aspects: HashMap<String, Vec<&'static str>> = HashMap::new();
    for line in lines(include_str!("question.txt")) {
        let (kind, words) = line.split_once(':').unwrap_or_default();
        for word in words.split_whitespace() {
            aspects.entry(stem(word)).or_default().push(kind);
        }
    }
    aspects
});

impl Kinds {
    /// Reads the kinds of the questions in a text.
    pub fn of(tokens: &[Token]) -> Self {
        let mut all = BTreeSet::new();
        let asked = tokens
            .iter()
            .enumerate()
            .filter_map(|(at, token)| Some((at, kind(tokens, at, token)?)));
        for (at, kind) in asked.take(QUESTIONS) {
            all.extend(Self::one(tokens, at, kind));
        }
        Self(all)
    }

    /// The kinds of answers that would do for one question.
    fn one(tokens: &[Token], at: usize, kind: &'static str) -> BTreeSet<&'static str> {
        let mut kinds = BTreeSet::from([kind]);
        let clause = || {
            tokens
                .iter()
                .skip(at.saturating_add(1))
                .filter(|token| token.kind == Kind::Word)
                .take(CLAUSE)
        };
        let says = |first: usize, words: &[&str]| {
            clause()
                .take(first)
                .any(|token| words.contains(&token.text.as_str()))
        };
        let also: &[&'static str] = match kind {
            // Who knows how to do it knows where it is done.
            "where" if says(2, &["i", "you", "to"]) => &["how"],
            "how" if says(CLAUSE, &["find", "see", "view", "check", "access"]) => &["where"],
            "many"
                if clause()
                    .nth(1)
                    .is_some_and(|token| super::unit::is_time(&token.text)) =>
            {
                &["long"]
            }
            "when" if says(1, &["will"]) => &["long"],
            // `What helps against it?`, `What will take it out?`
            // `Is Venus or Mars larger?`
            "yes" if says(CLAUSE, &["or"]) => &["what"],
            "what" if says(4, &["best"]) => &["how"],
            "what" if says(1, &ACTS) => &["how"],
            // `How does interest work?` asks what it is.
            "how" if says(CLAUSE, &["work", "works"]) => &["what"],
            "many" if says(CLAUSE, &["weigh", "cost", "need", "drink", "eat", "take"]) => &["what", "heavy"],
            "when" if says(CLAUSE, &SPANS) => &["long"],
            "where" if says(CLAUSE, &["come", "comes"]) => &["why"],
            "degree" => &["what", "yes"],
            "yes" if says(1, &["there"]) => &["what", "how"],
            // `Is it possible to …?`
            "yes" if tokens.get(at).is_some_and(|token| token.is("may")) => &["how"],
            _ => &[],
        };
        kinds.extend(also);
        if kind == "what" {
            let person = clause().next().is_some_and(|token| {
                let endings = ["ist", "ian", "naut", "pher"];
                endings.iter().any(|ending| token.text.ends_with(ending))
            });
            kinds.extend(person.then_some("who"));
            kinds.extend(
                clause()
                    .filter_map(|token| ASPECTS.get(&stem(&token.text)))
                    .flatten(),
            );
        }
        kinds
    }

    /// Whether a way to do something is asked for, and nothing that is so or not.
    pub fn tells_how(&self) -> bool {
        ["how", "why"].iter().any(|kind| self.0.contains(kind)) && !self.0.contains("what")
    }

    /// Whether no answer would do for both.
    pub fn exclude(&self, other: &Self) -> bool {
        !self.0.is_empty() && !other.0.is_empty() && self.0.is_disjoint(&other.0)
    }
}

/// Whether a text asks how to find out which of two is so: `tell if`, `check whether`.
pub(super) fn weighs(tokens: &[Token]) -> bool {
    const FIND: [&str; 8] = [
        "tell",
        "check",
        "know",
        "determine",
        "see",
        "test",
        "find",
        "verify",
    ];
    let finds = tokens
        .iter()
        .position(|token| FIND.contains(&token.text.as_str()));
    let Some(at) = finds else { return false };
    let mut rest = tokens.iter().skip(at.saturating_add(1)).take(4);
    rest.any(|token| token.is("if") || token.is("whether"))
}

/// The kind of the question that a token asks.
fn kind(tokens: &[Token], at: usize, token: &Token) -> Option<&'static str> {
    if token.kind != Kind::Word {
        return None;
    }
    let next = tokens.get(at.saturating_add(1));
    let word = |token: Option<&Token>| {
        token
            .filter(|token| token.kind == Kind::Word)
            .map(|token| token.text.clone())
    };
    let last = at.checked_sub(1).and_then(|last| tokens.get(last));
    let asks = token.opens
        || last.is_none_or(|last| {
            last.kind == Kind::Pause
                || lexicon::is("asking", &last.text)
                || lexicon::is("preposition", &last.text)
        });
    let verb = next.is_none_or(|next| lexicon::is("auxiliary", &next.text) || next.is("to"));
    match token.text.as_str() {
        "who" | "whom" | "whose" if asks => Some("who"),
        "what" | "which" if asks => Some("what"),
        "why" => Some("why"),
        "where" if asks && (verb || !token.opens) => Some("where"),
        "when" if asks && (verb || last.is_some_and(|last| lexicon::is("asking", &last.text))) => {
            Some("when")
        }
        "how" => Some(match word(next).as_deref() {
            Some("many" | "much") => "many",
            Some("long" | "quickly" | "soon") => "long",
            Some("old") => "old",
            Some("often" | "frequently" | "regularly") => "often",
            Some("far") => "far",
            Some("tall" | "high") => "tall",
            Some("big" | "large") => "big",
            Some("heavy") => "heavy",
            Some("fast") => "fast",
            Some(
                "deep" | "wide" | "thick" | "hot" | "cold" | "warm" | "expensive" | "strong" | "dangerous"
                | "safe" | "common" | "good" | "bad" | "important" | "hard" | "difficult" | "easy",
            ) => "degree",
            Some("come") => "why",
            Some("about") => return None,
            _ => "how",
        }),
        _ if token.opens && lexicon::is("auxiliary", &token.text) && next.is_some() => {
            // Not where a question word follows: `Can you say how …`.
            let asked = tokens.iter().skip(at).take(6).any(|token| {
                matches!(
                    token.text.as_str(),
                    "how" | "why" | "what" | "which" | "where" | "who"
                ) && token.kind == Kind::Word
            });
            let imperative = matches!(token.text.as_str(), "be" | "have" | "let")
                || token.text == "do" && next.is_some_and(|next| next.is("not"));
            (!asked && !imperative).then_some("yes")
        }
        _ => None,
    }
}
