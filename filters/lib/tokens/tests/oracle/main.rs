//! Token for token what tiktoken-rs gives, for both vocabularies.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod atoms;
mod corpus;
mod cost;
mod generated;
mod random;
mod runs;
mod unicode;

use penstock_tokens::{Tokenizer, Vocabulary};
use tiktoken_rs::CoreBPE;

const VOCABULARIES: [Vocabulary; 2] = [Vocabulary::O200kBase, Vocabulary::Cl100kBase];

fn oracle(vocabulary: Vocabulary) -> &'static CoreBPE {
    match vocabulary {
        Vocabulary::O200kBase => tiktoken_rs::o200k_base_singleton(),
        Vocabulary::Cl100kBase => tiktoken_rs::cl100k_base_singleton(),
    }
}

/// Compares ours with the oracle, text after text.
#[derive(Default)]
struct Comparison {
    tokenizer: Tokenizer,
    tokens: Vec<u32>,
}

impl Comparison {
    fn same(&mut self, text: &str) {
        for vocabulary in VOCABULARIES {
            let expected = oracle(vocabulary).encode_ordinary(text);
            self.tokens.clear();
            self.tokenizer.encode(vocabulary, text, &mut self.tokens);
            if self.tokens != expected {
                panic!("{vocabulary:?}: {}", self.difference(vocabulary, text, &expected));
            }
            assert_eq!(
                self.tokenizer.count(vocabulary, text),
                self.tokens.len() as u64,
                "{vocabulary:?}: count and encode disagree on {:?}",
                text.chars().take(80).collect::<String>(),
            );
        }
    }

    fn difference(&self, vocabulary: Vocabulary, text: &str, expected: &[u32]) -> String {
        let common = self
            .tokens
            .iter()
            .zip(expected)
            .take_while(|(ours, theirs)| ours == theirs)
            .count();
        let spell = |tokens: &[u32]| {
            let next: Vec<_> = tokens.iter().skip(common).take(6).copied().collect();
            let bytes = oracle(vocabulary).decode_bytes(&next).unwrap_or_default();
            format!("{next:?} {:?}", String::from_utf8_lossy(&bytes))
        };
        format!(
            "{} bytes, after {common} tokens {}, expected {}",
            text.len(),
            spell(&self.tokens),
            spell(expected),
        )
    }
}
