#![no_main]

use release_action_fuzz::{seed, targets::named};

libfuzzer_sys::fuzz_target!(init: seed(&named("record")), |bytes: &[u8]| (named("record").run)(bytes));
