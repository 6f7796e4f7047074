//! Token counting: `o200k_base` and `cl100k_base`, token for token what tiktoken's `encode_ordinary` gives. No token is
//! special: `<|endoftext|>` in a prompt is text, as it is for the providers.
//!
//! A text is cut into `pieces` by class of character. A piece that is a token is found in one look-up; of others the bytes
//! are merged (`merge`) pair by pair. Both ask one `table`, which is data of the module: nothing is built or unpacked when
//! a VM starts. That matters in Envoy, where each worker has its VM and each VM its copy of everything: 2.8 MB are all
//! there is for both vocabularies.
//!
//! Time grows with the bytes of a text and not faster, whatever the text. Working memory does not grow with it: a long
//! piece is merged in windows, which changes no count: `merge` says why.
//!
//! It refuses nothing: every `&str` has a count, the empty one 0. It knows no messages, tools or images, only text.

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

    /// Like [`count`](Self::count), but stops at the first token that is more than `most`.
    pub fn count_up_to(&mut self, vocabulary: Vocabulary, text: &str, most: u64) -> u64 {
        let mut count = 0;
        self.each(vocabulary, text, |_| {
            count += 1;
            count <= most
        });
        count
    }

    /// Appends the tokens of `text`: their ranks, which are their ids.
    pub fn encode(&mut self, vocabulary: Vocabulary, text: &str, tokens: &mut Vec<u32>) {
        self.each(vocabulary, text, |token| {
            tokens.push(vocabulary.rank(token));
            true
        });
    }

    /// Calls `next` with each token, until that returns false.
    #[inline(always)]
    fn each(&mut self, vocabulary: Vocabulary, text: &str, mut next: impl FnMut(Span<'_>) -> bool) {
        let bytes = text.as_bytes();
        for piece in Pieces::new(vocabulary, text) {
            let whole = Span {
                text: bytes,
                at: piece.start,
                length: piece.len(),
            };
            let go_on = if vocabulary.rank(whole) != NONE {
                next(whole)
            } else {
                self.merger.merge(vocabulary, bytes, piece, &mut next)
            };
            if !go_on {
                return;
            }
        }
    }
}
