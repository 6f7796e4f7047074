//! Counts with bpe-openai, whose tokenizers are read from its data on first use.

proxy_wasm::main! {{ probe::start::<Counter>(); }}

#[derive(Default)]
struct Counter;

impl probe::Counter for Counter {
    fn count(&mut self, how: &str, text: &str) -> Option<u64> {
        let tokenizer = match how {
            "o200k_base" => bpe_openai::o200k_base(),
            "cl100k_base" => bpe_openai::cl100k_base(),
            _ => return None,
        };
        Some(tokenizer.count(text) as u64)
    }
}
