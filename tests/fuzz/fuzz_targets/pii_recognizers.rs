#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| penstock_fuzz::pii::recognizers(text));
