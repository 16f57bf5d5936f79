//! A peer, `check-wheel-contents`, over small wheels: whatever it finds and is right about, we find.

use std::collections::BTreeSet;

use release_action::archive::Limits;
use release_action::archive::build::WheelBuilder;
use release_action::checks::{self, Dist};

use crate::support::tools::python;

/// The peer's codes, each with the rules that say the same.
const SAME: &[(&str, &[&str])] = &[
    ("W001", &["contents/bytecode"]),
    ("W002", &["contents/duplicate", "contents/large-duplicate"]),
    ("W003", &["contents/top-level-file", "contents/build-file"]),
    ("W004", &["contents/top-level-name", "contents/module-name"]),
    ("W005", &["contents/common-name"]),
    ("W006", &["contents/top-level-init"]),
    ("W007", &["contents/empty-library", "contents/empty"]),
    ("W008", &["contents/empty"]),
    (
        "W009",
        &[
            "contents/several-top-levels",
            "contents/build-file",
            "contents/top-level-file",
            "contents/no-module",
        ],
    ),
    ("W010", &["contents/no-module"]),
];

type Case = (&'static str, fn(&mut WheelBuilder) -> &mut WheelBuilder, &'static [&'static str]);

const CODE: &str = "def answer():\n    return 6 * 7\n";

/// What is in each wheel, and what the peer says of it.
const CASES: &[Case] = &[
    ("good", |wheel| wheel, &[]),
    ("module", |wheel| wheel.without("sample/__init__.py").member("module.py", CODE), &[]),
    ("private", |wheel| wheel.member("_private/__init__.py", CODE), &[]),
    ("pth", |wheel| wheel.member("more.pth", "more\n"), &[]),
    ("script", |wheel| wheel.member("sample-1.0.data/scripts/run", "#!python\n"), &[]),
    ("bytecode", |wheel| wheel.member("sample/a.pyc", ""), &["W001"]),
    ("cache", |wheel| wheel.member("sample/b.pyo", ""), &["W001"]),
    ("twice", |wheel| wheel.member("sample/a.py", CODE).member("sample/b.py", CODE), &["W002"]),
    ("large", |wheel| wheel.member("sample/a", [7; 70_000]).member("sample/b", [7; 70_000]), &["W002"]),
    ("readme", |wheel| wheel.member("README.md", "# Sample\n"), &["W003", "W009"]),
    ("typed", |wheel| wheel.member("py.typed", ""), &["W003", "W009"]),
    ("stub", |wheel| wheel.member("sample.pyi", ""), &["W003", "W009"]),
    ("config", |wheel| wheel.member("setup.cfg", ""), &["W003", "W009"]),
    ("hyphen", |wheel| wheel.member("sample/a-b.py", CODE), &["W004"]),
    ("folder", |wheel| wheel.member("sample/a-b/c.py", CODE), &["W004"]),
    ("project", |wheel| wheel.without("sample/__init__.py").member("a-sample/__init__.py", CODE), &["W004"]),
    ("tests", |wheel| wheel.member("tests/test_a.py", CODE), &["W005", "W009"]),
    ("docs", |wheel| wheel.member("docs/conf.py", CODE), &["W005", "W009"]),
    ("src", |wheel| wheel.without("sample/__init__.py").member("src/a/b.py", CODE), &["W005"]),
    ("init", |wheel| wheel.member("__init__.py", CODE), &["W006"]),
    ("nothing", |wheel| wheel.without("sample/__init__.py"), &["W007", "W008"]),
    (
        "command",
        |wheel| wheel.without("sample/__init__.py").member("sample-1.0.data/scripts/run", "#!python\n"),
        &["W007"],
    ),
    ("two", |wheel| wheel.member("more/__init__.py", CODE), &["W009"]),
    ("data", |wheel| wheel.member("sample_data/a.txt", "a table\n"), &["W009", "W010"]),
];

fn ours(file_name: &str, bytes: &[u8]) -> BTreeSet<&'static str> {
    let dist = Dist::read(file_name, &bytes, &Limits::default());
    let report = checks::run(std::slice::from_ref(&dist)).report;
    report.findings().into_iter().map(|finding| finding.check).collect()
}

#[test]
fn what_a_peer_finds_in_a_wheel_is_found() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut peer = python.command("check-wheel-contents");
    peer.arg("--no-config");
    let mut wheels = Vec::new();
    for (case, edit, codes) in CASES {
        let mut builder = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
        edit(&mut builder);
        let (file_name, bytes) = builder.build();
        let path = folder.path().join(case).join(file_name.as_str());
        std::fs::create_dir(folder.path().join(case)).expect("the folder is ours");
        std::fs::write(&path, &bytes).expect("as above");
        peer.arg(&path);
        wheels.push((case, path, ours(file_name.as_str(), &bytes), codes));
    }
    // It ends with 1 where it finds something.
    let output = peer.output().expect("the peer starts");
    let said = String::from_utf8_lossy(&output.stdout);
    for (case, path, ours, codes) in wheels {
        let start = format!("{}: ", path.display());
        let lines = said.lines().filter_map(|line| line.strip_prefix(&start));
        let theirs: BTreeSet<&str> =
            lines.filter(|line| *line != "OK").filter_map(|line| line.get(..4)).collect();
        assert!(said.contains(&start), "{case}: the peer says nothing:\n{said}");
        assert_eq!(theirs, codes.iter().copied().collect(), "{case}: the peer's codes");
        for code in &theirs {
            let same = SAME.iter().find(|(known, _)| known == code).expect("every code is known").1;
            assert!(same.iter().any(|id| ours.contains(id)), "{case}: nothing says {code}: {ours:?}");
        }
        let told: Vec<_> =
            ours.iter().filter(|id| theirs.is_empty() && id.starts_with("contents/")).collect();
        assert!(told.is_empty(), "{case}: the peer finds nothing, we find {told:?}");
    }
}
