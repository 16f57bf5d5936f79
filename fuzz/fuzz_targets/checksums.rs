#![no_main]

use release_action_fuzz::{seed, targets::named};

libfuzzer_sys::fuzz_target!(init: seed(&named("checksums")), |bytes: &[u8]| (named("checksums").run)(bytes));
