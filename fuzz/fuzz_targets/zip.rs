#![no_main]

use release_action_fuzz::{seed, targets::named};

libfuzzer_sys::fuzz_target!(init: seed(&named("zip")), |bytes: &[u8]| (named("zip").run)(bytes));
