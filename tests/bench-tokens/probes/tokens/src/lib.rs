//! Counts with penstock-tokens.

use penstock_tokens::Tokenizer;
use probe::Vocabulary;

proxy_wasm::main! {{ probe::start::<Counter>(); }}

#[derive(Default)]
struct Counter {
    tokenizer: Tokenizer,
}

impl probe::Counter for Counter {
    fn count(&mut self, vocabulary: Vocabulary, text: &str) -> u64 {
        let vocabulary = match vocabulary {
            Vocabulary::O200kBase => penstock_tokens::Vocabulary::O200kBase,
            Vocabulary::Cl100kBase => penstock_tokens::Vocabulary::Cl100kBase,
        };
        self.tokenizer.count(vocabulary, text)
    }
}
