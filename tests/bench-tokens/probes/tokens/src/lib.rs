//! Counts with penstock-tokens.

use penstock_tokens::{Tokenizer, Vocabulary};

proxy_wasm::main! {{ probe::start::<Counter>(); }}

#[derive(Default)]
struct Counter {
    tokenizer: Tokenizer,
}

impl probe::Counter for Counter {
    fn count(&mut self, how: &str, text: &str) -> Option<u64> {
        let vocabulary = match how {
            "o200k_base" => Vocabulary::O200kBase,
            "cl100k_base" => Vocabulary::Cl100kBase,
            _ => return None,
        };
        Some(self.tokenizer.count(vocabulary, text))
    }
}
