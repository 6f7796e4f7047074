#![no_main]

use penstock_chat::Api;

libfuzzer_sys::fuzz_target!(|input: (bool, bool, u8, &str)| {
    let (openai, screens, size, text) = input;
    let client = if openai { Api::OpenAi } else { Api::Anthropic };
    penstock_fuzz::pii::stream(client, screens, usize::from(size), text);
});
