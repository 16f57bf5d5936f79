//! The libraries that native files need, and those that the wheel brings.

use std::collections::{BTreeMap, BTreeSet};

use super::platform::{external_libraries, judged};
use super::policy::is_libpython;
use super::reach::{Found, Tree, is_library_name};
use super::{AUDITWHEEL, Check, MANYLINUX, Run, SPECIMEN, Sink, demanding, listed, objects, with};
use crate::archive::build::WheelBuilder;
use crate::archive::wheel::WheelFile;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "elf/external-library",
            severity: Severity::Error,
            rejected_by: &["auditwheel"],
            summary: "a file needs a library that neither the platform promises nor the wheel brings",
            explain: "Policies name the few libraries that every system has. All others have to be in the wheel, \
                      or in another distribution that the wheel requires and whose folder is on the search path. \
                      On most machines the import fails.",
            fix: "run `auditwheel repair`, which copies the library into the wheel, or link it statically",
            sources: &[AUDITWHEEL, MANYLINUX],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: |wheel, sink| not_found(wheel, sink, Found::Nowhere),
            specimen: |wheel| demanding(wheel, |demands| demands.libraries.push(("libfoo.so.1", Vec::new()))),
        },
    },
    Check {
        rule: Rule {
            id: "elf/unreachable-library",
            severity: Severity::Warning,
            rejected_by: &["auditwheel"],
            summary: "a library is in the wheel, but the loader does not look for it there",
            explain: "No element of the search path (`RUNPATH`, else `RPATH`) leads to the folder of the library. \
                      The import fails, unless something in the wheel has loaded it by hand before.",
            fix: "run `auditwheel repair`, or set the search path to `$ORIGIN` and the way to the library",
            sources: &[AUDITWHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: |wheel, sink| not_found(wheel, sink, Found::Elsewhere),
            specimen: |wheel| {
                demanding(wheel, |demands| demands.libraries.push(("libfoo-0a1b2c3d.so.1", Vec::new())));
                bundle(wheel, "sample/libfoo-0a1b2c3d.so.1");
            },
        },
    },
    Check {
        rule: Rule {
            id: "elf/libpython",
            severity: Severity::Warning,
            rejected_by: &["auditwheel"],
            summary: "a file is linked to the interpreter's library",
            explain: "Modules find the interpreter's functions in the process that loads them. Where the \
                      interpreter has no library of its own, as in many builds, a module that asks for it cannot \
                      be imported.",
            fix: "link modules without `-lpython3.X`; programs that embed Python cannot be wheels for all systems",
            sources: &[AUDITWHEEL, "PEP 513, libpythonX.Y.so"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: libpython,
            specimen: |wheel| {
                demanding(wheel, |demands| demands.libraries.push(("libpython3.12.so.1.0", Vec::new())));
            },
        },
    },
    Check {
        rule: Rule {
            id: "elf/vanishing-library",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a file needs a library that present systems no longer install",
            explain: "The policies still allow `libnsl.so.1`, but it left the GNU C library with version 2.26, and \
                      most systems since then lack it.",
            fix: "do without the library, or bundle the one that `libnsl` is today",
            sources: &[AUDITWHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: vanishing,
            specimen: |wheel| demanding(wheel, |demands| demands.libraries.push(("libnsl.so.1", Vec::new()))),
        },
    },
    Check {
        rule: Rule {
            id: "elf/unused-library",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a bundled library is needed by nothing in the wheel",
            explain: "A `.libs` folder holds what was copied for the wheel's native files. What none of them names \
                      is left over from an earlier repair, or was forgotten when a module was taken out.",
            fix: "repair the wheel as it comes from the build, not a repaired one again",
            sources: &[AUDITWHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: unused,
            specimen: |wheel| {
                demanding(wheel, |_| {});
                bundle(wheel, "sample.libs/libfoo-0a1b2c3d.so.1");
            },
        },
    },
    Check {
        rule: Rule {
            id: "elf/library-twice",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a library is bundled twice",
            explain: "Two copies of one library in a process have two sets of its data: locks, memory, handlers. \
                      They also take their room twice.",
            fix: "build all that is bundled against one copy of the library",
            sources: &[AUDITWHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: twice,
            specimen: |wheel| {
                demanding(wheel, |demands| {
                    demands.runpath = Some("$ORIGIN/../sample.libs");
                    demands.libraries.push(("libfoo-0a1b2c3d.so.1", Vec::new()));
                    demands.libraries.push(("libfoo-4e5f6071.so.1", Vec::new()));
                });
                bundle(wheel, "sample.libs/libfoo-0a1b2c3d.so.1");
                bundle(wheel, "sample.libs/libfoo-4e5f6071.so.1");
            },
        },
    },
    Check {
        rule: Rule {
            id: "elf/plain-library-name",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a bundled library has the name that other copies of it have too",
            explain: "The loader takes a library that is loaded already for the one that is asked for, by its name \
                      alone: the wheel may get another distribution's copy, of another version. Therefore \
                      `auditwheel repair` puts a part of the digest into the name.",
            fix: "bundle libraries with `auditwheel repair`, which renames them",
            sources: &[AUDITWHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: plain_name,
            specimen: |wheel| {
                demanding(wheel, |demands| {
                    demands.runpath = Some("$ORIGIN/../sample.libs");
                    demands.libraries.push(("libfoo.so.1", Vec::new()));
                });
                bundle(wheel, "sample.libs/libfoo.so.1");
            },
        },
    },
];

/// Adds a library that asks for nothing but the C library.
fn bundle(wheel: &mut WheelBuilder, path: &'static str) {
    let soname = path.rsplit('/').next();
    wheel.native_member(path, with(&SPECIMEN, |demands| demands.soname = soname));
}

fn not_found(wheel: &WheelFile, sink: &mut Sink<'_>, found: Found) {
    let judged = judged(wheel);
    if judged.is_empty() {
        return;
    }
    let tree = Tree::of(wheel);
    for (object, platform) in judged {
        let names = external_libraries(&tree, &object, &platform, found);
        if names.is_empty() {
            continue;
        }
        let names = listed(names);
        if found == Found::Nowhere {
            let message =
                format_args!("it needs {names}, which neither `{platform}` promises nor the wheel brings");
            sink.at(object.path, message);
            continue;
        }
        match object.elf.runpath.as_deref().or(object.elf.rpath.as_deref()) {
            None => {
                sink.at(object.path, format_args!("it needs {names} of the wheel, and has no search path"))
            }
            Some(path) => {
                let path = listed([path]);
                sink.at(
                    object.path,
                    format_args!("it needs {names} of the wheel, and its search path is {path}"),
                );
            }
        }
    }
}

fn libpython(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let judged = judged(wheel);
    if judged.is_empty() {
        return;
    }
    let tree = Tree::of(wheel);
    for (object, platform) in judged {
        let is_linux = platform.family != super::policy::Family::Android;
        let outside = |name: &&String| is_libpython(name) && tree.find(&object, name) != Found::Here;
        if is_linux && let Some(name) = object.elf.needed.iter().find(outside) {
            sink.at(object.path, format_args!("it needs {}", listed([&**name])));
        }
    }
}

fn vanishing(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (object, _) in judged(wheel) {
        if object.elf.needed.iter().any(|name| name == "libnsl.so.1") {
            sink.at(object.path, "it needs `libnsl.so.1`");
        }
    }
}

/// The libraries in folders that `auditwheel` makes: path and file name.
fn bundled(wheel: &WheelFile) -> impl Iterator<Item = (&str, &str)> {
    let members = wheel.zip.members.iter().filter(|member| super::native(member).is_some());
    members.filter_map(|member| {
        let (folder, name) = member.path.rsplit_once('/')?;
        (folder.ends_with(".libs") && is_library_name(name)).then_some((&*member.path, name))
    })
}

fn unused(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let needed: BTreeSet<&str> =
        objects(wheel).flat_map(|object| &object.elf.needed).map(String::as_str).collect();
    // A library may also be opened by its name, and then something other than the loader knows it.
    let sonames: BTreeMap<&str, &str> =
        objects(wheel).filter_map(|object| Some((object.path, object.elf.soname.as_deref()?))).collect();
    for (path, name) in bundled(wheel) {
        let is_needed =
            needed.contains(name) || sonames.get(path).is_some_and(|soname| needed.contains(soname));
        if !is_needed {
            sink.at(path, "nothing in the wheel needs it");
        }
    }
}

/// The name without the part of a digest, or two, that `auditwheel` put into it.
fn without_digest(name: &str) -> (String, bool) {
    let (stem, rest) = name.split_once(".so").unwrap_or((name, ""));
    let mut short = stem;
    while let Some((before, digest)) = short.rsplit_once('-')
        && digest.len() == 8
        && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        short = before;
    }
    (format!("{short}.so{rest}"), short.len() < stem.len())
}

fn twice(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let mut first = BTreeMap::new();
    for (path, name) in bundled(wheel) {
        let (short, _) = without_digest(name);
        match first.get(&short) {
            None => drop(first.insert(short, path)),
            Some(other) => {
                sink.at(path, format_args!("it is {}, as {} is", listed([&*short]), listed([*other])))
            }
        }
    }
}

fn plain_name(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (path, name) in bundled(wheel).filter(|(_, name)| !without_digest(name).1) {
        sink.at(path, format_args!("the name {} has no part of a digest", listed([name])));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_in_names_are_told_from_words() {
        for (name, short, had) in [
            ("libgfortran-040039e1-0352e75f.so.5.0.0", "libgfortran.so.5.0.0", true),
            ("libscipy_openblas64_-32a4b2a6.so", "libscipy_openblas64_.so", true),
            ("libstdc++-fallback.so", "libstdc++-fallback.so", false),
            ("libfoo.so.1", "libfoo.so.1", false),
        ] {
            assert_eq!(without_digest(name), (short.to_owned(), had));
        }
    }
}
