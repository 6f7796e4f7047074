//! Counts with tiktoken-rs, whose encoders are built on first use.

use probe::Vocabulary;

proxy_wasm::main! {{ probe::start::<Counter>(); }}

#[derive(Default)]
struct Counter;

impl probe::Counter for Counter {
    fn count(&mut self, vocabulary: Vocabulary, text: &str) -> u64 {
        let encoder = match vocabulary {
            Vocabulary::O200kBase => tiktoken_rs::o200k_base_singleton(),
            Vocabulary::Cl100kBase => tiktoken_rs::cl100k_base_singleton(),
        };
        encoder.count_ordinary(text) as u64
    }
}
