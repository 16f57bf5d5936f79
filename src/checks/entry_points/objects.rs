//! What commands and plug-ins start.

use super::{ENTRY_POINTS, entries};
use crate::archive::entry_points::{EntryPoint, ObjectPath};
use crate::archive::modules::Modules;
use crate::archive::wheel::WheelFile;
use crate::checks::metadata::quoted;
use crate::checks::{Check, Run, Sink};
use crate::python::identifier::is_identifier;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "entry-points/script",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "a command does not say `module:callable`",
            explain: "Installers write a script that imports the module and calls what stands behind the colon. They \
                      refuse the whole wheel when that is missing.",
            fix: "write the command in `[project.scripts]` as `name = \"module:function\"`",
            sources: &[ENTRY_POINTS, "pip, installing wheels", "uv, installing wheels"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: script,
            specimen: |wheel| {
                wheel.member(&wheel.dist_info("entry_points.txt"), "[console_scripts]\nsample = sample\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "entry-points/object",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "an entry point does not name a module and an attribute",
            explain: "An entry's value is a dotted module, and after a colon a dotted attribute, both made of Python's \
                      identifiers. What else stands there fails when it is loaded.",
            fix: "write the entry in `[project.entry-points]` as `name = \"module:attribute\"`",
            sources: &[ENTRY_POINTS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: object,
            specimen: |wheel| {
                wheel.member(
                    &wheel.dist_info("entry_points.txt"),
                    "[sample.plugins]\nfirst = sample.py:plug in\n",
                );
            },
        },
    },
    Check {
        rule: Rule {
            id: "entry-points/no-module",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "an entry point starts in a module that the wheel does not have",
            explain: "The command is installed and fails as soon as it is called. Most often a package was left out of the \
                      wheel, or moved without a look at the entry points.",
            fix: "correct the module, or let the wheel contain it",
            sources: &[ENTRY_POINTS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: no_module,
            specimen: |wheel| {
                wheel.member(
                    &wheel.dist_info("entry_points.txt"),
                    "[console_scripts]\nsample = sample.cli:main\n",
                );
            },
        },
    },
    Check {
        rule: Rule {
            id: "entry-points/no-callable",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a command calls something that its module does not mention",
            explain: "The module's text does not hold the name anywhere, and imports nothing by `*`. The command is installed \
                      and fails as soon as it is called.",
            fix: "correct the name behind the colon, or define it in the module",
            sources: &[ENTRY_POINTS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: no_callable,
            specimen: |wheel| {
                wheel.member(
                    &wheel.dist_info("entry_points.txt"),
                    "[console_scripts]\nsample = sample:main\n",
                );
            },
        },
    },
    Check {
        rule: Rule {
            id: "entry-points/extras",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "an entry point asks for extras",
            explain: "Extras behind an entry's value are deprecated: installers do not look at them, so that the command is \
                      there whether or not its requirements are.",
            fix: "remove the brackets, and tell at the start of the command what is missing",
            sources: &[ENTRY_POINTS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: extras,
            specimen: |wheel| {
                wheel.member(
                    &wheel.dist_info("entry_points.txt"),
                    "[console_scripts]\nsample = sample:__version__ [web]\n",
                );
            },
        },
    },
];

/// Whether `text` is made of identifiers with dots between them.
fn is_dotted(text: &str) -> bool {
    text.split('.').all(is_identifier)
}

/// Whether a script's value is of the form that installers can write a script of.
fn is_callable(object: ObjectPath<'_>) -> bool {
    let is_text = |text: &str| !text.is_empty() && !text.contains([' ', '\t', '\n', ':']);
    is_text(object.module) && object.attribute.is_some_and(is_text)
}

fn script(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((path, entries)) = entries(wheel) else { return };
    for entry in entries.iter().filter(|entry| entry.is_script() && !is_callable(entry.object())) {
        sink.at(&path, format_args!("{} names nothing to call", told(entry)));
    }
}

fn object(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((path, entries)) = entries(wheel) else { return };
    let is_good = |entry: &EntryPoint| {
        let ObjectPath { module, attribute, .. } = entry.object();
        is_dotted(module) && attribute.is_none_or(is_dotted)
    };
    let is_known_bad = |entry: &EntryPoint| entry.is_script() && !is_callable(entry.object());
    for entry in entries.iter().filter(|entry| !is_known_bad(entry) && !is_good(entry)) {
        sink.at(&path, format_args!("{} is no `module:attribute`", told(entry)));
    }
}

/// The entries whose module is well formed, with it.
fn well_formed(entries: &[EntryPoint]) -> impl Iterator<Item = (&EntryPoint, ObjectPath<'_>)> {
    let objects = entries.iter().map(|entry| (entry, entry.object()));
    objects.filter(|(_, object)| is_dotted(object.module) && object.attribute.is_none_or(is_dotted))
}

fn no_module(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((path, entries)) = entries(wheel) else { return };
    let modules = Modules::of(wheel);
    // A wheel without any module gathers others, and may give names to their commands.
    if modules.is_empty() {
        return;
    }
    for (entry, object) in well_formed(entries).filter(|(_, object)| !modules.contains(object.module)) {
        let module = quoted(object.module);
        sink.at(&path, format_args!("{}: the wheel has no module {module}", told(entry)));
    }
}

/// So many commands are looked for in the texts of their modules, as each costs the reading of one.
const MOST_COMMANDS: usize = 100;

fn no_callable(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((path, entries)) = entries(wheel) else { return };
    let scripts = well_formed(entries).filter(|(entry, _)| entry.is_script());
    for (entry, ObjectPath { module, attribute, .. }) in scripts.take(MOST_COMMANDS) {
        let first = attribute.and_then(|attribute| attribute.split('.').next()).unwrap_or_default();
        if let Some((file, _)) = source(wheel, module).filter(|(_, text)| !may_define(text, first)) {
            let (file, first) = (quoted(file), quoted(first));
            sink.at(&path, format_args!("{}: {file} does not mention {first}", told(entry)));
        }
    }
}

/// The text of a module, where it was kept, and its path.
fn source<'a>(wheel: &'a WheelFile, module: &str) -> Option<(&'a str, &'a str)> {
    let module = module.replace('.', "/");
    let endings = [format!("{module}/__init__.py"), format!("{module}.py")];
    // Importing prefers the package to the module of the same name.
    endings.iter().find_map(|ending| {
        let is_it = |path: &str| {
            let rest = path.strip_suffix(ending.as_str());
            rest.is_some_and(|rest| {
                rest.is_empty() || rest.ends_with(".data/purelib/") || rest.ends_with(".data/platlib/")
            })
        };
        let (path, document) = wheel.texts.iter().find(|(path, _)| is_it(path))?;
        Some((path, document.value()?.as_str()))
    })
}

/// Whether a module's text may define `name`: it mentions the name, or makes names in ways that no text shows.
fn may_define(text: &str, name: &str) -> bool {
    let hides = ["import *", "import*", "__getattr__", "globals(", "exec(", "setattr("];
    mentions(text, name) || hides.iter().any(|way| text.contains(way))
}

/// Whether `name` stands in `text` as a word.
fn mentions(text: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_word) && !text[at + name.len()..].starts_with(is_word))
}

fn extras(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((path, entries)) = entries(wheel) else { return };
    for entry in entries.iter().filter(|entry| entry.object().extras.is_some()) {
        sink.at(&path, format_args!("{} asks for extras", told(entry)));
    }
}

/// An entry as a message names it.
fn told(EntryPoint { group, name, value }: &EntryPoint) -> String {
    format!("{} = {} in {}", quoted(name), quoted(value), quoted(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_words() {
        for text in ["def main():", "from .cli import (a, main)", "main = run", "x.main", "from a import *"] {
            assert!(may_define(text, "main"), "{text}");
        }
        for text in ["", "def maintain(): pass", "_main = 1", "domain", "mainé"] {
            assert!(!may_define(text, "main"), "{text}");
        }
    }
}
