//! Token counting: `o200k_base` and `cl100k_base`, token for token what tiktoken gives.

mod class;
mod key;
mod merge;
mod pieces;
mod queue;
mod span;
mod table;
mod text;

use crate::merge::Merger;
use crate::pieces::Pieces;
use crate::span::Span;
use crate::table::NONE;

/// A published vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vocabulary {
    /// GPT-4o and everything of OpenAI's since.
    O200kBase,
    /// GPT-4 and GPT-3.5.
    Cl100kBase,
}

/// Counts; keeps its working memory from one text to the next.
#[derive(Debug, Default)]
pub struct Tokenizer {
    merger: Merger,
}

impl Tokenizer {
    /// With nothing allocated yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many tokens `text` is. Special tokens in it are text like any other.
    pub fn count(&mut self, vocabulary: Vocabulary, text: &str) -> u64 {
        self.count_up_to(vocabulary, text, u64::MAX)
    }

    /// Like [`count`](Self::count), but stops soon after passing `most`; what it returns is more than `most` then.
    pub fn count_up_to(&mut self, vocabulary: Vocabulary, text: &str, most: u64) -> u64 {
        let mut count = 0;
        for piece in Pieces::new(vocabulary, text) {
            let mut at = piece.start;
            while at < piece.end && count <= most {
                let rest = Span {
                    text: text.as_bytes(),
                    at,
                    length: piece.end - at,
                };
                if vocabulary.rank(rest) != NONE {
                    count += 1;
                    break;
                }
                at = self
                    .merger
                    .merge(vocabulary, text.as_bytes(), at..piece.end, |_| count += 1);
            }
            if count > most {
                break;
            }
        }
        count
    }

    /// Appends the tokens of `text`.
    pub fn encode(&mut self, vocabulary: Vocabulary, text: &str, tokens: &mut Vec<u32>) {
        for piece in Pieces::new(vocabulary, text) {
            let mut at = piece.start;
            while at < piece.end {
                let rest = Span {
                    text: text.as_bytes(),
                    at,
                    length: piece.end - at,
                };
                let rank = vocabulary.rank(rest);
                if rank != NONE {
                    tokens.push(rank);
                    break;
                }
                at = self
                    .merger
                    .merge(vocabulary, text.as_bytes(), at..piece.end, |token| {
                        tokens.push(vocabulary.rank(token));
                    });
            }
        }
    }
}
