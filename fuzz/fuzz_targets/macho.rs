#![no_main]

use release_action_fuzz::{seed, targets::named};

libfuzzer_sys::fuzz_target!(init: seed(&named("macho")), |bytes: &[u8]| (named("macho").run)(bytes));
