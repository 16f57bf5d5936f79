#![no_main]

use release_action_fuzz::{seed, targets::named};

libfuzzer_sys::fuzz_target!(init: seed(&named("pe")), |bytes: &[u8]| (named("pe").run)(bytes));
