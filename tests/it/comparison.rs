//! What other tools say of each rule's specimen: the tables of `docs/peers.md` are written from a run.
//!
//! A tool finds a rule when it complains of the specimen in a way in which it complains of no good file. Whether its
//! words are about the same thing is not judged, but a specimen breaks its own rule and little else.

mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use release_action::archive::build::native::elf::{self, Glibc};
use release_action::archive::build::native::{Extension, Interpreter, Machine, macho, pe};
use release_action::archive::build::{SdistBuilder, SetBuilder, WheelBuilder};
use release_action::checks::{self, Candidate, judge};
use release_action::report::Severity;

use crate::checks::specimen;
use crate::support::tools::{Python, or_skip, python, run};
use crate::support::workflow_files::root;

/// The tools that are asked: the name in `tests/py/peers.py`, and the distribution on the index that has it.
const TOOLS: &[(&str, &str)] = &[
    ("twine", "twine"),
    ("check-wheel-contents", "check-wheel-contents"),
    ("auditwheel", "auditwheel"),
    ("abi3audit", "abi3audit"),
    ("pydistcheck", "pydistcheck"),
    ("wheel", "wheel"),
    ("pkginfo", "pkginfo"),
    ("packaging", "packaging"),
    ("pip", "pip"),
    ("uv", "uv"),
];

/// What one tool said of each case: pairs of kind and text.
type Said = BTreeMap<String, Vec<(String, String)>>;

type Files = Vec<(String, Vec<u8>)>;

/// What was asked about one rule, and what was answered.
#[derive(Debug)]
struct Row {
    rule: &'static str,
    severity: Severity,
    /// Whether a file of the specimen cannot exist on the disk, so that nobody could be asked.
    no_file: bool,
    /// Whether we refuse the specimen, by this rule or another.
    refused: bool,
    /// What each tool said, by its name.
    said: BTreeMap<&'static str, BTreeSet<String>>,
}

/// Good files of every kind that has a specimen: what a tool says of them is its habit.
fn good_files() -> Files {
    let extension = |name, machine| Extension { name, machine, interpreter: Interpreter::CPython };
    let (intel, arm) = (extension("_native", Machine::X86_64), extension("_native", Machine::Aarch64));
    let native = |tags: &str, member: &str, bytes: Vec<u8>| {
        let [python, abi, platform] = tags.split('-').collect::<Vec<_>>()[..] else { panic!("{tags}") };
        let mut builder = WheelBuilder::new("sample", "1.0", python, abi, platform);
        builder.native_member(member, bytes).build()
    };
    let mut files = SetBuilder::new("sample", "1.0").build();
    files.extend([
        WheelBuilder::new("sample", "1.0", "py3", "none", "any").build(),
        SdistBuilder::new("sample", "1.0").build(),
        native(
            "cp311-cp311-manylinux_2_28_x86_64",
            "sample/_native.cpython-311-x86_64-linux-gnu.so",
            elf::module(&intel, Glibc::V2_28),
        ),
        native(
            "cp311-abi3-manylinux_2_28_x86_64",
            "sample/_native.abi3.so",
            elf::module(&intel, Glibc::V2_28),
        ),
        native(
            "cp311-abi3-manylinux_2_28_aarch64",
            "sample/_native.abi3.so",
            elf::module(&arm, Glibc::V2_28),
        ),
        native(
            "cp313-cp313-macosx_11_0_arm64",
            "sample/_native.cpython-313-darwin.so",
            macho::module(&arm, (11, 0)),
        ),
        native("cp311-abi3-macosx_11_0_arm64", "sample/_native.abi3.so", macho::module(&arm, (11, 0))),
        native(
            "cp313-cp313-win_amd64",
            "sample/_native.cp313-win_amd64.pyd",
            pe::module(&intel, "python313.dll"),
        ),
        native("cp311-abi3-win_amd64", "sample/_native.pyd", pe::module(&intel, "python3.dll")),
    ]);
    files.into_iter().map(|(name, bytes)| (name.to_string(), bytes)).collect()
}

/// Writes the files of a case; nothing remains of it when one cannot be written.
fn written(folder: &Path, files: &Files) -> bool {
    std::fs::create_dir(folder).expect("a temporary folder can be made");
    let simple = |name: &str| !name.is_empty() && !name.contains(['/', '\0']);
    let all =
        files.iter().all(|(name, bytes)| simple(name) && std::fs::write(folder.join(name), bytes).is_ok());
    if !all {
        std::fs::remove_dir_all(folder).expect("it was made here");
    }
    all
}

fn refused(files: Files) -> bool {
    let candidates = files.into_iter().map(|(name, bytes)| Candidate::of(&name, bytes)).collect();
    let report = checks::run(&judge(candidates)).report;
    report.findings().into_iter().any(|finding| finding.severity == Severity::Error)
}

/// Asks every tool about every case of a folder, on two threads, since most machines have two processors.
fn ask(python: &Python, folder: &Path) -> BTreeMap<&'static str, Said> {
    let (left, answers) = (Mutex::new(TOOLS.to_vec()), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((tool, _)) = left.lock().ok().and_then(|mut left| left.pop()) {
                    let mut command = python.command("python");
                    command.arg(root().join("tests/py/peers.py")).arg(tool).arg(folder);
                    let said = run(&mut command).unwrap_or_else(|error| panic!("{tool}: {error}"));
                    let said: Said =
                        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{tool}: {error}"));
                    answers.lock().expect("no thread panics while it holds this").insert(tool, said);
                }
            });
        }
    });
    answers.into_inner().expect("no thread panicked")
}

/// Every rule with what the tools said of its specimen.
fn rows(python: &Python) -> Vec<Row> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    // Files of one name are different files here, so each has a case of its own.
    for (number, file) in good_files().into_iter().enumerate() {
        assert!(!refused(vec![file.clone()]), "{} is not good", file.0);
        assert!(written(&folder.path().join(format!("good {number}")), &vec![file]));
    }
    let case = |rule: &str| rule.replace('/', " ");
    // These tools read Python's distributions; what is said of crates is not theirs to find.
    let mut rows: Vec<Row> = checks::all()
        .filter(|check| !check.rule.id.starts_with("crate/"))
        .map(|checks::Check { rule, run }| {
            let files = specimen(run);
            let no_file = !written(&folder.path().join(case(rule.id)), &files);
            let (rule, severity) = (rule.id, rule.severity);
            Row { rule, severity, no_file, refused: refused(files), said: BTreeMap::new() }
        })
        .collect();
    for (tool, said) in ask(python, folder.path()) {
        let habits: BTreeSet<&String> = said
            .iter()
            .filter(|(case, _)| case.starts_with("good "))
            .flat_map(|(_, said)| said)
            .map(|(kind, _)| kind)
            .collect();
        for row in &mut rows {
            let kinds = said.get(&case(row.rule)).into_iter().flatten().map(|(kind, _)| kind);
            let news: BTreeSet<String> = kinds.filter(|kind| !habits.contains(kind)).cloned().collect();
            if !news.is_empty() {
                row.said.insert(tool, news);
            }
        }
    }
    rows
}

/// The version of Python that the tools run on, whose `zipfile` and `tarfile` are half of what they notice.
const PYTHON: &str = "3.11";

#[test]
fn the_page_about_other_tools_is_new() {
    let Some(python) = python() else { return };
    let version = "import sys; print('%d.%d' % sys.version_info[:2])";
    let found = run(python.command("python").args(["-c", version])).expect("Python prints its version");
    let same = if found == PYTHON { Ok(()) } else { Err(format!("this is {found}")) };
    if or_skip(&format!("Python {PYTHON}, by which the page was written,"), same).is_none() {
        return;
    }
    let rows = rows(python);
    let path = root().join("docs/peers.md");
    let old = std::fs::read_to_string(&path).expect("the page is there");
    let new = page::rewritten(&old, &rows);
    if std::env::var("BLESS").is_ok_and(|value| value == "1") {
        std::fs::write(&path, &new).expect("the page can be written");
    }
    let unexplained = page::unexplained(&rows);
    assert!(
        unexplained.is_empty(),
        "say in `page.rs` why this program takes what others refuse: {unexplained:#?}"
    );
    let found = std::fs::read_to_string(&path).expect("the page is there");
    for (line, (old, new)) in found.lines().zip(new.lines()).enumerate() {
        assert_eq!(
            old,
            new,
            "line {} of docs/peers.md is stale: BLESS=1 cargo test writes it anew",
            line + 1
        );
    }
    assert_eq!(found.len(), new.len(), "docs/peers.md is stale: BLESS=1 cargo test writes it anew");
}
