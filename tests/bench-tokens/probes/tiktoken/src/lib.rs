//! Counts with tiktoken-rs, whose encoders are built on first use.

proxy_wasm::main! {{ probe::start::<Counter>(); }}

#[derive(Default)]
struct Counter;

impl probe::Counter for Counter {
    fn count(&mut self, how: &str, text: &str) -> Option<u64> {
        let encoder = match how {
            "o200k_base" => tiktoken_rs::o200k_base_singleton(),
            "cl100k_base" => tiktoken_rs::cl100k_base_singleton(),
            _ => return None,
        };
        Some(encoder.count_ordinary(text) as u64)
    }
}
