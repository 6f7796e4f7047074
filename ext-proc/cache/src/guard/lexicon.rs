//! The word lists, each read once.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::stem::stem;

/// The lines of a list, without comments.
pub(super) fn lines(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// A side of a pair of opposites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Side {
    line: usize,
    left: bool,
    /// Whether not to be the one is to be the other.
    complementary: bool,
}

impl Side {
    /// Whether they are the two sides of one pair.
    pub fn opposes(self, other: Self) -> bool {
        self.line == other.line && self.left != other.left
    }

    /// Whether the denial of one is the other.
    pub fn complementary(self) -> bool {
        self.complementary
    }
}

/// What a word of the lists stands for; all words by their stems.
#[derive(Debug, Default)]
pub(super) struct Meanings {
    synonyms: HashMap<String, Vec<usize>>,
    sides: HashMap<String, Vec<Side>>,
}

/// Synonyms and opposites.
pub(super) static MEANINGS: LazyLock<Meanings> = LazyLock::new(|| {
    let mut meanings = Meanings::default();
    for (line, words) in lines(include_str!("synonym.txt")).enumerate() {
        for word in words.split_whitespace() {
            meanings.synonyms.entry(stem(word)).or_default().push(line);
        }
    }
    for (line, pair) in lines(include_str!("antonym.txt")).enumerate() {
        let complementary = pair.contains("||");
        let (left, right) = pair.split_once('|').unwrap_or_default();
        for (words, left) in [(left, true), (right.trim_start_matches('|'), false)] {
            for word in words.split_whitespace() {
                meanings.sides.entry(stem(word)).or_default().push(Side {
                    line,
                    left,
                    complementary,
                });
            }
        }
    }
    meanings
});

impl Meanings {
    /// The groups of synonyms that a stem is in.
    pub fn synonyms(&self, stem: &str) -> &[usize] {
        self.synonyms.get(stem).map_or(&[], Vec::as_slice)
    }

    /// The opposites that a stem is one of.
    pub fn sides(&self, stem: &str) -> &[Side] {
        self.sides.get(stem).map_or(&[], Vec::as_slice)
    }
}

/// A name that is known in lower case, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entity {
    line: usize,
    /// The place whose people are called by this language.
    place: Option<usize>,
    /// Whether it is a language that people speak.
    pub language: bool,
}

impl Entity {
    /// Whether they are one thing, or `French` and `France`.
    pub fn akin(self, other: Self) -> bool {
        self.line == other.line || self.place == Some(other.line) || other.place == Some(self.line)
    }
}

/// The names, by every word that stands for them; a name of several words has hyphens.
pub(super) static ENTITIES: LazyLock<HashMap<&'static str, Entity>> = LazyLock::new(|| {
    let mut entities = HashMap::new();
    let mut language = false;
    for (line, words) in lines(include_str!("name.txt")).enumerate() {
        if let Some(section) = words.strip_prefix("= ") {
            language = section == "languages";
            continue;
        }
        for word in words.split_whitespace() {
            match word.strip_prefix('+').and_then(|word| entities.get_mut(word)) {
                Some(Entity { place, .. }) => *place = Some(line),
                None => {
                    entities.insert(
                        word,
                        Entity {
                            line,
                            place: None,
                            language,
                        },
                    );
                }
            }
        }
    }
    entities
});

static CLASSES: LazyLock<HashMap<&'static str, HashSet<&'static str>>> = LazyLock::new(|| {
    let mut classes: HashMap<&'static str, HashSet<&'static str>> = HashMap::new();
    for line in lines(include_str!("function.txt")) {
        let (class, words) = line.split_once(':').unwrap_or((line, ""));
        classes.entry(class).or_default().extend(words.split_whitespace());
    }
    classes
});

/// Whether a word is in a class of the list of function words.
pub(super) fn is(class: &str, word: &str) -> bool {
    CLASSES.get(class).is_some_and(|words| words.contains(word))
}

/// All words of the list of function words that build sentences.
pub(super) fn function_words() -> impl Iterator<Item = &'static str> {
    FUNCTION
        .iter()
        .filter_map(|class| CLASSES.get(class))
        .flatten()
        .copied()
}

const FUNCTION: [&str; 7] = [
    "determiner",
    "pronoun",
    "auxiliary",
    "preposition",
    "conjunction",
    "question",
    "filler",
];

/// Whether a word says how a sentence is built rather than what it is about.
pub(super) fn is_function(word: &str) -> bool {
    FUNCTION.iter().any(|class| is(class, word))
}

/// Stems of words so general that they do not make another question where they come or go.
pub(super) static LIGHT: LazyLock<HashSet<String>> = LazyLock::new(|| {
    lines(include_str!("light.txt"))
        .flat_map(str::split_whitespace)
        .map(stem)
        .collect()
});

/// Whether a list of words by their stems has this one.
pub(super) fn knows(stem: &str) -> bool {
    VERBS.contains(stem)
        || LIGHT.contains(stem)
        || MEANINGS.synonyms.contains_key(stem)
        || MEANINGS.sides.contains_key(stem)
        || ENTITIES.contains_key(stem)
}

/// Stems of words that are verbs as a rule.
pub(super) static VERBS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    lines(include_str!("verb.txt"))
        .flat_map(str::split_whitespace)
        .map(stem)
        .collect()
});
