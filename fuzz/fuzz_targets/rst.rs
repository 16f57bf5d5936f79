#![no_main]

use release_action_fuzz::{seed, targets::named};

libfuzzer_sys::fuzz_target!(init: seed(&named("rst")), |bytes: &[u8]| (named("rst").run)(bytes));
