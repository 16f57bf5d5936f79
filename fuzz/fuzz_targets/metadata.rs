#![no_main]

use release_action_fuzz::{seed, targets::named};

libfuzzer_sys::fuzz_target!(init: seed(&named("metadata")), |bytes: &[u8]| (named("metadata").run)(bytes));
