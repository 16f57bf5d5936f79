//! Types: stubs that no type checker reads.

use std::collections::BTreeMap;

use super::super::{Check, Run, Sink};
use super::{is_for_tests, library, module, top};
use crate::archive::wheel::WheelFile;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[Check {
    rule: Rule {
        id: "contents/no-py-typed",
        severity: Severity::Warning,
        rejected_by: &[],
        summary: "a package has stubs and no `py.typed`",
        explain: "Type checkers read the types of an installed package only where a file `py.typed` says that there \
                  are some; without it, the stubs do nothing.",
        fix: "add an empty `py.typed` beside `__init__.py`, and name it among the package's data",
        sources: &["PEP 561"],
        since: "0.1.0",
    },
    run: Run::Wheel {
        check: no_py_typed,
        specimen: |wheel| {
            wheel.member("sample/__init__.pyi", "");
        },
    },
}];

#[derive(Default)]
struct Package<'a> {
    stub: Option<&'a str>,
    has_module: bool,
    is_typed: bool,
}

fn no_py_typed(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let mut packages: BTreeMap<&str, Package<'_>> = BTreeMap::new();
    for (member, path) in library(wheel) {
        let (name, true) = top(path) else { continue };
        let package = packages.entry(name).or_default();
        let file = super::file(path);
        package.has_module |= module(file).is_some();
        // In a namespace package, each part has its own.
        package.is_typed |= file == "py.typed";
        // Stubs of what is private, such as a vendored package, are for nobody outside.
        let is_private = path.split('/').any(|part| part.starts_with('_') && !part.starts_with("__"));
        if file.ends_with(".pyi") && !is_private && !is_for_tests(path) {
            package.stub.get_or_insert(&member.path);
        }
    }
    for (name, package) in packages {
        if let Package { stub: Some(stub), has_module: true, is_typed: false } = package
            && !name.ends_with("-stubs")
        {
            sink.at(stub, format_args!("`{}` has no `py.typed`", crate::archive::shown(name).escape_debug()));
        }
    }
}
