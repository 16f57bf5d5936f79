//! A wheel against the tree of sources that it was built from, where somebody names one.

use std::collections::BTreeSet;

use super::super::{MOST_FINDINGS, shown};
use super::library;
use crate::archive::wheel::WheelFile;
use crate::report::{Finding, Rule, Severity};

/// A file of the tree is not in the wheel.
pub const MISSING: Rule = Rule {
    id: "contents/missing-source",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "a file of the package tree is not in the wheel",
    explain: "The wheel was built without it: package discovery missed a subpackage, or package data was not named. \
              Imports fail where the wheel is installed, and nowhere else.",
    fix: "name the package or its data in the build's configuration, and build again",
    sources: &["check-wheel-contents"],
    since: "0.1.0",
};

/// A file of the wheel is not in the tree.
pub const EXTRA: Rule = Rule {
    id: "contents/extra-file",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "a file of the wheel is not in the package tree",
    explain: "It comes from a build folder that was not clean, or from outside the package. Extension modules and \
              grafted libraries and a module with the version are made by the build and not counted.",
    fix: "build from a clean checkout, and exclude what does not belong into the wheel",
    sources: &["check-wheel-contents"],
    since: "0.1.0",
};

/// Compares what the wheel installs for import with `tree`: the paths of files relative to the folder that holds
/// the packages, with `/` between their parts. Bytecode counts on neither side, and what only a build needs is missed
/// nowhere.
pub fn compare_with_tree(wheel: &WheelFile, tree: &[String]) -> Vec<Finding> {
    let is_source = |path: &&str| !path.ends_with(".pyc") && !path.ends_with(".pyo");
    let expected: BTreeSet<&str> = tree.iter().map(String::as_str).filter(is_source).collect();
    let found: BTreeSet<&str> = library(wheel).map(|(_, path)| path).filter(is_source).collect();
    let missing = expected.difference(&found).copied().filter(|path| !is_built_from(path)).collect();
    let extra = found.difference(&expected).copied().filter(|path| !is_made(path)).collect();
    let mut findings = told(&MISSING, wheel, missing, "it is in the package tree and not in the wheel");
    findings.extend(told(&EXTRA, wheel, extra, "it is in the wheel and not in the package tree"));
    findings
}

/// Whether a build makes the file, so that no tree of sources has it.
fn is_made(path: &str) -> bool {
    super::is_grafted(super::top(path).0)
        || [".so", ".pyd", ".dll", ".dylib"].iter().any(|end| path.ends_with(end))
        || super::file(path).contains(".so.")
        // Tools that take the version from git write it there.
        || ["_version.py", "version.py", "_version.pyi"].contains(&super::file(path))
}

/// Whether the file is what others are built from, which a wheel need not have.
fn is_built_from(path: &str) -> bool {
    let file = super::file(path);
    let ends =
        [".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".f", ".f90", ".pyx", ".pxd", ".pxi", ".rs", ".in"];
    ends.iter().any(|end| file.ends_with(end))
        || ["meson.build", "CMakeLists.txt", "Cargo.toml", "Makefile", "BUILD", "setup.py"].contains(&file)
}

fn told(rule: &Rule, wheel: &WheelFile, paths: Vec<&str>, message: &str) -> Vec<Finding> {
    let file = shown(wheel.file_name.as_str());
    let more = paths.len().saturating_sub(MOST_FINDINGS);
    let told = paths.into_iter().take(MOST_FINDINGS);
    let mut findings: Vec<_> =
        told.map(|path| rule.finding(message.to_owned()).at(shown(path)).in_file(file.clone())).collect();
    if more > 0 {
        findings.push(rule.finding(format!("and {more} more of this kind")).in_file(file));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::build::WheelBuilder;
    use crate::archive::{Limits, wheel};

    #[test]
    fn both_sides_are_told() {
        let mut builder = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
        builder.member("sample/old.py", "").member("sample-1.0.data/purelib/more/__init__.py", "");
        builder.member("sample/_native.abi3.so", "").member("sample.libs/libz.so.1", "");
        let (name, bytes) = builder.build();
        let wheel = wheel::read(&bytes, &name, &Limits::default()).expect("the builder makes wheels");
        let compare = |tree: &[&str]| -> Vec<(&str, Option<String>)> {
            let tree: Vec<_> = tree.iter().map(ToString::to_string).collect();
            let findings = compare_with_tree(&wheel, &tree).into_iter();
            findings.map(|finding| (finding.check, finding.place.member)).collect()
        };
        let whole = ["more/__init__.py", "sample/__init__.py", "sample/old.py", "sample/__pycache__/old.pyc"];
        assert_eq!(compare(&whole), []);
        assert_eq!(compare(&[&whole[..], &["sample/_native.c", "sample/meson.build"]].concat()), []);
        let found = compare(&["more/__init__.py", "sample/__init__.py", "sample/new.py"]);
        let member = |path: &str| Some(path.to_owned());
        assert_eq!(found, [(MISSING.id, member("sample/new.py")), (EXTRA.id, member("sample/old.py"))]);
        let many: Vec<_> = (0..50).map(|number| format!("sample/m{number}.py")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(compare(&many).len(), MOST_FINDINGS + 1 + 3);
    }
}
