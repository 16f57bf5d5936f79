//! Files that were released and are good: the program finds no error in any of them, and every warning was looked
//! at by a person before it went into the snapshot.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::support::corpus::{Corpus, projects};
use crate::support::program::Program;

/// How many findings of each severity and rule a project's files have.
fn counts(corpus: &Corpus) -> BTreeMap<(String, String), usize> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let outcome = Program::mode("validate-wheels")
        .flag("packages-dir", &corpus.folder)
        .flag("manifest-dir", folder.path().join("manifest"))
        .run()
        .expect_code(0);
    let mut counts = BTreeMap::new();
    for finding in outcome.report["findings"].as_array().expect("a list") {
        let text = |key: &str| finding[key].as_str().expect("a text").to_owned();
        *counts.entry((text("severity"), text("check"))).or_default() += 1;
    }
    counts
}

#[test]
fn released_files_have_no_errors_and_only_warnings_that_were_looked_at() {
    let Some(projects) = projects() else { return };
    let mut page = String::new();
    for (project, corpus) in projects {
        writeln!(page, "{project}: {} files", corpus.files.len()).expect("a string");
        for ((severity, check), count) in counts(corpus) {
            assert_ne!(severity, "error", "{project}: {check}");
            writeln!(page, "    {severity} {check} x{count}").expect("a string");
        }
    }
    insta::assert_snapshot!("released", page);
}
