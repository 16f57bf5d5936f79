#![no_main]

use release_action_fuzz::{seed, targets::named};

libfuzzer_sys::fuzz_target!(init: seed(&named("tar")), |bytes: &[u8]| (named("tar").run)(bytes));
