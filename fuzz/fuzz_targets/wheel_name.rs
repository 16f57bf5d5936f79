#![no_main]

use release_action_fuzz::{seed, targets::named};

libfuzzer_sys::fuzz_target!(init: seed(&named("wheel_name")), |bytes: &[u8]| (named("wheel_name").run)(bytes));
