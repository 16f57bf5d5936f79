//! Each byte class of a good wheel is changed, and the index's rules, pip and uv are asked about every mutant.
//!
//! What one of them refuses, we refuse; what we alone refuse, we do for a reason that stands here. The judges are in
//! `tests/py/oracle.py`.

mod mutants;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use release_action::archive::Limits;
use release_action::checks::{self, Dist};
use release_action::report::Severity;
use serde_json::Value;

use self::mutants::{Mutant, all};
use crate::support::tools::{python, run};
use crate::support::workflow_files::root;

const FILE_NAME: &str = "sample-1.0-py3-none-any.whl";
const JUDGES: [&str; 3] = ["index", "pip", "uv"];

/// What a judge refuses and we take: the judge, how the mutants' names start, and why we are right.
const THEY_ALONE: &[(&str, &str, &str)] =
    &[("pip", "deflated data: ", FORGED), ("uv", "deflated data: ", FORGED)];

const FORGED: &str = "the changed bit stands for a codeword that the stream's incomplete code leaves open: libdeflate \
                      unpacks the very contents that CRC-32 and RECORD state, zlib stops; no compressor writes one";

/// Rules by which we refuse what all three judges take, and why we are right.
const WE_ALONE: &[(&str, &str)] = &[
    ("archive/header-method", "who streams believes the other header"),
    ("archive/header-checksum", "who streams compares with the other header"),
    ("archive/disks", "PyPI's documentation forbids it; the field was damaged"),
    ("archive/file-type", "tools that keep links make one from a wheel"),
    ("archive/directory-entry", "a file with contents becomes a folder, or the reverse"),
    ("archive/encrypted", "bit 13 says that header fields are masked"),
    ("archive/unsafe-path", "each judge writes another file, or none"),
    ("archive/path-colon", "on Windows it is a stream of another file"),
    ("archive/path-case-conflict", "on Windows and macOS a file is lost"),
    ("archive/unicode-path", "some tools write a file of the other name"),
    ("archive/deflate", "bytes behind the stream are hidden from every installer"),
    ("record/form", "what CSV readers make of it differs"),
    ("record/not-listed", "PyPI has announced to refuse it; it cannot be uninstalled"),
    ("record/not-in-archive", "PyPI has announced to refuse it; a file was lost"),
    ("record/algorithm", "the specification forbids it, `wheel unpack` refuses it"),
    ("record/no-digest", "the specification asks for it, `wheel unpack` refuses it"),
    ("record/digest-form", "the specification forbids the padding"),
    ("record/digest-mismatch", "`wheel unpack` refuses it; the file was changed"),
    ("record/size-mismatch", "the file was changed, or RECORD was"),
    ("record/self-digest", "no file can hold its own digest"),
    ("wheel-file/version", "readers take the first or the last one"),
    ("wheel-file/form", "readers end the headers at different lines"),
    ("wheel-file/purelib", "the specification asks for it; readers choose a folder each"),
    ("wheel-file/tags", "installers that trust WHEEL install again and again"),
    ("metadata/encoding", "texts with NUL are cut by some readers"),
];

/// What was said of one mutant.
struct Verdicts {
    mutant: Mutant,
    /// The reasons of the judges who refuse it.
    theirs: BTreeMap<&'static str, String>,
    /// Our rules that it breaks as errors.
    ours: BTreeSet<&'static str>,
}

fn our_errors(bytes: &[u8]) -> BTreeSet<&'static str> {
    let dist = Dist::read(FILE_NAME, &bytes, &Limits::default());
    let report = checks::run(std::slice::from_ref(&dist)).report;
    let errors = report.findings().into_iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.check).collect()
}

/// Asks everybody; nothing where Python cannot be had.
fn verdicts() -> Option<Vec<Verdicts>> {
    let python = python()?;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mutants = all();
    for (number, mutant) in mutants.iter().enumerate() {
        let place = folder.path().join(number.to_string());
        std::fs::create_dir(&place).expect("a temporary folder can be written to");
        std::fs::write(place.join(FILE_NAME), &mutant.bytes).expect("as above");
    }
    let mut oracle = python.command("python");
    oracle.arg(root().join("tests/py/oracle.py")).arg(folder.path());
    let said = run(&mut oracle).expect("the judges come to their end");
    let said: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(said.len(), mutants.len());
    let verdicts = mutants.into_iter().zip(said).map(|(mutant, said)| {
        let reason = |judge: &'static str| Some((judge, said[judge].as_str()?.to_owned()));
        let theirs = JUDGES.into_iter().filter_map(reason).collect();
        Verdicts { ours: our_errors(&mutant.bytes), theirs, mutant }
    });
    Some(verdicts.collect())
}

/// The table for `docs/validation.md`.
fn table(all: &[Verdicts]) -> String {
    let mut rows: Vec<(&str, [usize; 7])> = Vec::new();
    for Verdicts { mutant, theirs, ours } in all {
        let row = rows.iter().position(|(class, _)| *class == mutant.class).unwrap_or_else(|| {
            rows.push((mutant.class, [0; 7]));
            rows.len() - 1
        });
        let counts = &mut rows[row].1;
        let by = |judge: &str| theirs.contains_key(judge);
        let they_alone = !theirs.is_empty() && ours.is_empty();
        let we_alone = theirs.is_empty() && !ours.is_empty();
        let seen = [true, by("index"), by("pip"), by("uv"), !ours.is_empty(), they_alone, we_alone];
        for (count, seen) in counts.iter_mut().zip(seen) {
            *count += usize::from(seen);
        }
    }
    let sum =
        (0..7).map(|column| rows.iter().map(|(_, counts)| counts[column]).sum()).collect::<Vec<usize>>();
    rows.push(("all", sum.try_into().expect("seven columns")));
    let mut table =
        "| changed | mutants | index | pip | uv | this program | only others | only this program |\n\
                     |---|---:|---:|---:|---:|---:|---:|---:|\n"
            .to_owned();
    for (class, counts) in rows {
        let cells: Vec<_> = counts.iter().map(usize::to_string).collect();
        writeln!(table, "| {class} | {} |", cells.join(" | ")).expect("a string");
    }
    table
}

#[test]
fn what_the_index_pip_or_uv_refuse_is_refused() {
    let Some(verdicts) = verdicts() else { return };
    let mut wrong = String::new();
    let mut used = BTreeSet::new();
    for Verdicts { mutant, theirs, ours } in &verdicts {
        if mutant.class == "nothing" {
            assert!(theirs.is_empty() && ours.is_empty(), "{}: {theirs:?} {ours:?}", mutant.name);
        }
        for (judge, reason) in theirs.iter().filter(|_| ours.is_empty()) {
            let known =
                THEY_ALONE.iter().find(|(who, start, _)| who == judge && mutant.name.starts_with(start));
            match known {
                Some((_, start, _)) => drop(used.insert(*start)),
                None => writeln!(wrong, "{judge} alone refuses {}: {reason}", mutant.name).expect("a string"),
            }
        }
        if theirs.is_empty() && !ours.is_empty() {
            match WE_ALONE.iter().find(|(rule, _)| ours.contains(rule)) {
                Some((rule, _)) => drop(used.insert(*rule)),
                None => writeln!(wrong, "we alone refuse {}: {ours:?}", mutant.name).expect("a string"),
            }
        }
    }
    println!("{}", table(&verdicts));
    assert!(wrong.is_empty(), "{} mutants\n{wrong}", verdicts.len());
    let known = THEY_ALONE.iter().map(|(_, start, _)| start).chain(WE_ALONE.iter().map(|(rule, _)| rule));
    let unused: Vec<_> = known.filter(|known| !used.contains(*known)).collect();
    assert!(unused.is_empty(), "nobody needs these exceptions any more: {unused:?}");
}
