#![no_main]

use release_action_fuzz::{seed, targets::named};

libfuzzer_sys::fuzz_target!(init: seed(&named("sdist_name")), |bytes: &[u8]| (named("sdist_name").run)(bytes));
