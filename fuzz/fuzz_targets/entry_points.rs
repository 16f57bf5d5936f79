#![no_main]

use release_action_fuzz::{seed, targets::named};

libfuzzer_sys::fuzz_target!(init: seed(&named("entry_points")), |bytes: &[u8]| (named("entry_points").run)(bytes));
