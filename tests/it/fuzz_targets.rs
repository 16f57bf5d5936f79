//! The fuzz targets of `fuzz/` on what their corpora start from and on mutations of it, always the same ones: a
//! target that does not compile any more, or that a seed breaks, is found here.

#[path = "../../fuzz/src/targets/mod.rs"]
#[expect(unreachable_pub, reason = "there it is a library")]
mod targets;

use std::fs;

use rayon::prelude::*;

use self::targets::{TARGETS, Target, named};
use crate::archive::Numbers;
use crate::support::workflow_files::root;

/// Mutations for each target; a whole file around the bytes is judged for most, which takes its time.
const fn rounds(name: &str) -> usize {
    match name.as_bytes() {
        b"rst" | b"markdown" => 2_000,
        _ => 80,
    }
}

fn play(Target { name, run, seeds }: Target) {
    let seeds = seeds();
    assert!(seeds.len() >= 4, "{name}");
    seeds.iter().for_each(|seed| run(seed));
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for seed in seeds.iter().cycle().take(rounds(name)) {
        let mut bytes = seed.clone();
        numbers.mutate(&mut bytes);
        run(&bytes);
    }
}

#[test]
fn every_target_takes_its_seeds_and_mutations_of_them() {
    TARGETS.par_iter().for_each(|target| play(*target));
}

#[test]
fn every_target_has_a_binary_and_a_row_among_the_results() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("it is in the repository");
    let [manifest, page] = ["fuzz/Cargo.toml", "docs/validation.md"].map(read);
    for Target { name, .. } in TARGETS {
        assert_eq!(named(name).name, name);
        assert!(
            read(&format!("fuzz/fuzz_targets/{name}.rs")).contains(&format!("named(\"{name}\")")),
            "{name}"
        );
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
        assert!(page.contains(&format!("\n| {name} | ")), "docs/validation.md says nothing of {name}");
    }
    let binaries = fs::read_dir(root().join("fuzz/fuzz_targets")).expect("it is a folder").count();
    assert_eq!(binaries, TARGETS.len());
}
