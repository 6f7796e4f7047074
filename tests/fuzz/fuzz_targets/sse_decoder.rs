#![no_main]

libfuzzer_sys::fuzz_target!(|input: (u8, &[u8])| penstock_fuzz::sse_decoder(usize::from(input.0), input.1));
