#![no_main]

use penstock_chat::Api;

libfuzzer_sys::fuzz_target!(|input: (bool, &[u8])| {
    let (openai, bytes) = input;
    penstock_fuzz::pii::request(if openai { Api::OpenAi } else { Api::Anthropic }, bytes);
});
