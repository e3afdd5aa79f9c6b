#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| s3al_fuzz::names(data));
