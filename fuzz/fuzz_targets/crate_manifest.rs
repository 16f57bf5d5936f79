#![no_main]

use release_action_fuzz::{seed, targets::named};

libfuzzer_sys::fuzz_target!(init: seed(&named("crate_manifest")), |bytes: &[u8]| (named("crate_manifest").run)(bytes));
