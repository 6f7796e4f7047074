//! English that nobody wrote, with the properties that matter to a tokenizer: words as frequent as they are in a language,
//! inflected, most of them one token and some several; names, numbers, quotes, contractions, brackets, paragraphs.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

use crate::random::Random;

/// By the class of a word.
static WORDS: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let lines = include_str!("prose/words.txt").lines();
    lines
        .filter_map(|line| line.split_once(": "))
        .map(|(class, words)| (class, words.split_whitespace().collect()))
        .collect()
});

const OPENINGS: [&str; 10] = [
    "But",
    "However,",
    "Then",
    "After all,",
    "In the end,",
    "Still,",
    "For example,",
    "On Tuesday,",
    "As far as anyone knows,",
    "At half past nine,",
];

/// Writes sentence after sentence; no two writers of different seeds write the same.
pub struct Writer {
    random: Random,
    text: String,
}

impl Writer {
    /// With nothing written.
    pub fn seeded(seed: u64) -> Self {
        Self {
            random: Random::seeded(seed),
            text: String::new(),
        }
    }

    /// Exactly so many bytes of it, all ASCII.
    pub fn write(mut self, bytes: usize) -> String {
        while self.text.len() < bytes {
            self.sentence();
            let end = if self.random.chance(15) { "\n\n" } else { " " };
            self.text.push_str(end);
        }
        self.text.truncate(bytes);
        self.text
    }

    fn sentence(&mut self) {
        let start = self.text.len();
        match self.random.below(20) {
            0..=8 => self.clause(),
            9..=11 => {
                self.one_of(&OPENINGS);
                self.space();
                self.clause();
            }
            12..=13 => {
                self.clause();
                self.text.push_str(", and ");
                self.clause();
            }
            14..=15 => {
                self.one_of(&["when", "because", "although", "if", "while"]);
                self.space();
                self.clause();
                self.text.push_str(", ");
                self.clause();
            }
            16 => {
                self.text.push('"');
                self.clause();
                self.text.push_str(",\" said ");
                self.name();
            }
            17 => {
                self.clause();
                self.text.push_str(" (");
                self.clause();
                self.text.push(')');
            }
            18 => {
                self.clause();
                self.text.push_str("; ");
                self.word("adverb");
                self.space();
                self.clause();
            }
            _ => {
                self.text.push_str("did ");
                self.clause();
                self.capital(start);
                self.text.push('?');
                return;
            }
        }
        self.capital(start);
        self.text.push('.');
    }

    fn clause(&mut self) {
        match self.random.below(10) {
            0..=2 => self.word("pronoun"),
            3 => self.name(),
            4 => {
                self.word("contraction");
                self.space();
                self.word("verb");
                self.space();
                return self.object();
            }
            _ => self.object(),
        }
        self.space();
        if self.random.chance(20) {
            self.word("adverb");
            self.space();
        }
        self.verb();
        self.space();
        self.object();
        if self.random.chance(45) {
            self.space();
            self.word("preposition");
            self.space();
            self.object();
        }
    }

    fn object(&mut self) {
        if self.random.chance(6) {
            return self.number();
        }
        self.word("determiner");
        self.space();
        if self.random.chance(35) {
            self.word("adjective");
            if self.random.chance(8) {
                self.text.push('-');
            } else {
                self.space();
            }
        }
        self.word("noun");
        if self.random.chance(25) {
            self.text.push('s');
        } else if self.random.chance(6) {
            self.text.push_str("'s ");
            self.word("noun");
        }
    }

    fn verb(&mut self) {
        self.word("verb");
        let ends_in_e = self.text.ends_with('e');
        match self.random.below(4) {
            0 => self.text.push('s'),
            1 if ends_in_e => {
                self.text.pop();
                self.text.push_str("ing");
            }
            1 => self.text.push_str("ing"),
            _ if ends_in_e => self.text.push('d'),
            _ => self.text.push_str("ed"),
        }
    }

    fn name(&mut self) {
        if self.random.chance(40) {
            return self.word("name");
        }
        let start = self.text.len();
        for _ in 0..2 + self.random.below(2) {
            self.word("syllable");
        }
        self.capital(start);
    }

    fn number(&mut self) {
        let value = self.random.below(10_000);
        let small = value % 100;
        // Writing to a string cannot fail.
        let _ = match self.random.below(5) {
            0 => write!(self.text, "{small} per cent"),
            1 => write!(self.text, "{}.{small:02} metres", value / 100),
            2 => write!(self.text, "${value},{:03}", self.random.below(1_000)),
            3 => write!(self.text, "the year {}", 1_500 + value % 520),
            _ => write!(self.text, "{value}"),
        };
    }

    fn space(&mut self) {
        self.text.push(' ');
    }

    fn word(&mut self, class: &str) {
        self.one_of(WORDS.get(class).map_or(&[], Vec::as_slice));
    }

    fn one_of(&mut self, words: &[&'static str]) {
        let word = self.random.pick_ranked(words);
        self.text.push_str(word);
    }

    /// Makes the first letter after `start` a capital.
    fn capital(&mut self, start: usize) {
        let start = start + usize::from(self.text.get(start..).is_some_and(|text| text.starts_with('"')));
        if let Some(letter) = self.text.get_mut(start..start + 1) {
            letter.make_ascii_uppercase();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_text_is_as_long_as_asked_and_the_same_each_time() {
        let text = Writer::seeded(7).write(5_000);
        assert_eq!(text.len(), 5_000);
        assert_eq!(text, Writer::seeded(7).write(5_000));
        assert_ne!(text, Writer::seeded(8).write(5_000));
    }

    #[test]
    fn sentences_hardly_repeat_and_words_are_many() {
        let text = Writer::seeded(7).write(102_400);
        assert!(!text.contains("  "), "a class has no words");
        let sentences: Vec<_> = text.split_inclusive(['.', '?']).collect();
        let different: BTreeSet<_> = sentences.iter().collect();
        assert!(different.len() * 100 > sentences.len() * 95);
        let words: BTreeSet<_> = text.split(|letter: char| !letter.is_alphabetic()).collect();
        assert!(words.len() > 1_000, "{}", words.len());
    }
}
