//! Counts with bpe-openai, whose tokenizers are read from its data on first use.

use probe::Vocabulary;

proxy_wasm::main! {{ probe::start::<Counter>(); }}

#[derive(Default)]
struct Counter;

impl probe::Counter for Counter {
    fn count(&mut self, vocabulary: Vocabulary, text: &str) -> u64 {
        let tokenizer = match vocabulary {
            Vocabulary::O200kBase => bpe_openai::o200k_base(),
            Vocabulary::Cl100kBase => bpe_openai::cl100k_base(),
        };
        tokenizer.count(text) as u64
    }
}
