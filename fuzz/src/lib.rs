//! Everything of this program that reads strangers' bytes, as functions of bytes, with the corpus that they start from.
//!
//! The program's own tests run the same functions (`tests/it/fuzz_targets.rs`), so none of them rots.

pub mod targets;

use std::fs;
use std::path::Path;

/// Writes what the target's corpus starts from, into `corpus/` beside this crate's manifest.
///
/// # Panics
/// When the folder cannot be written to.
pub fn seed(target: &targets::Target) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    fs::create_dir_all(&folder).expect("the folder of the corpora can be made");
    for (number, seed) in (target.seeds)().iter().enumerate() {
        fs::write(folder.join(format!("seed-{number:02}")), seed)
            .expect("the folder of the corpora can be written to");
    }
}
