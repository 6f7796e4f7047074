#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| penstock_fuzz::stream(penstock_chat::Api::Anthropic, bytes));
