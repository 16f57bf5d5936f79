//! What changes Python itself when it starts: `.pth` files and customisation modules.

use super::super::{Check, Run, Sink};
use super::{file, library};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::report::{Rule, Severity};

const SITE: &str = "Python library reference, site";

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "contents/editable",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "the wheel is an editable install, or leads to folders of the machine that built it",
            explain: "An editable wheel holds no code but the path of a checkout, which only the machine that built it \
                      has. Installed elsewhere there is nothing to import.",
            fix: "build the wheel with `python -m build --wheel`, and never release one from `pip install --editable`",
            sources: &["editable installs (PEP 660)", SITE],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: editable,
            specimen: |wheel| {
                wheel.member("__editable__.sample-1.0.pth", "/home/me/sample/src\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/pth-import",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a `.pth` file runs code whenever Python starts",
            explain: "A line that begins with `import` is executed at every start of the interpreter, in every program \
                      of the environment. Malware uses it, and scanners know; few projects need it.",
            fix: "do without the `.pth` file: run the code when the package is imported, or by a command",
            sources: &[SITE],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: pth_import,
            specimen: |wheel| {
                wheel.member("sample.pth", "import sample\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/site-customization",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the wheel brings `sitecustomize` or `usercustomize`",
            explain: "Python imports these modules at every start. They belong to whoever runs the environment, whose \
                      own file would be overwritten.",
            fix: "rename the module, and let the package be imported by those who want it",
            sources: &[SITE],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: site_customization,
            specimen: |wheel| {
                wheel.member("sitecustomize.py", "");
            },
        },
    },
];

/// The lines of each `.pth` file that Python would read, with their numbers, from 1.
fn pth_lines(wheel: &WheelFile) -> impl Iterator<Item = (&str, usize, &str)> {
    let files = wheel.texts.iter().filter(|(path, _)| path.ends_with(".pth"));
    files.flat_map(|(path, text)| {
        let text = text.value().map_or("", String::as_str);
        text.lines().enumerate().map(move |(index, line)| (path, index + 1, line))
    })
}

fn is_import(line: &str) -> bool {
    line.starts_with("import ") || line.starts_with("import\t")
}

fn is_absolute(line: &str) -> bool {
    let bytes = line.as_bytes();
    line.starts_with(['/', '\\'])
        || bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(1) == Some(&b':')
}

fn editable(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, path) in library(wheel).filter(|(_, path)| !path.contains('/')) {
        let name = file(path);
        let is_link =
            name.starts_with("__editable__") || name == "easy-install.pth" || name.ends_with(".egg-link");
        if is_link || name.ends_with(".py") && name.contains("__editable___") {
            sink.at(&member.path, "an editable install has it");
        }
    }
    for (path, number, line) in pth_lines(wheel).filter(|(path, ..)| !file(path).starts_with("__editable__"))
    {
        if is_absolute(line) && !line.starts_with('#') {
            let line = shown(line);
            sink.at(path, format_args!("line {number} leads to `{}`", line.escape_debug()));
        }
    }
}

fn pth_import(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let mut told = "";
    for (path, number, _) in pth_lines(wheel).filter(|(.., line)| is_import(line)) {
        if path != told && !file(path).starts_with("__editable__") {
            sink.at(path, format_args!("line {number} is code that runs whenever Python starts"));
        }
        told = path;
    }
}

fn site_customization(wheel: &WheelFile, sink: &mut Sink<'_>) {
    const NAMES: [&str; 2] = ["sitecustomize", "usercustomize"];
    for (member, path) in library(wheel) {
        let name = path.strip_suffix("/__init__.py").or_else(|| super::module(path)).unwrap_or_default();
        if NAMES.contains(&name) {
            sink.at(&member.path, "Python imports it whenever it starts");
        }
    }
}
