#![no_main]

libfuzzer_sys::fuzz_target!(|input: (u16, &[u8])| penstock_fuzz::provider_error(input.0, input.1));
