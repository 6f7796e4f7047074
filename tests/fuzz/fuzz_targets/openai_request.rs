#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| penstock_fuzz::request(penstock_chat::Api::OpenAi, bytes));
