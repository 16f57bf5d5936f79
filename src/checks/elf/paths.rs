//! Where the loader is told to look for libraries.

use super::platform::judged;
use super::reach::{Place, places};
use super::{ABI, Check, Run, Sink, demanding, listed};
use crate::archive::wheel::WheelFile;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "elf/search-path-here",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "the loader is told to look for libraries where the process was started",
            explain: "An empty or relative element of `RPATH` or `RUNPATH` means the working directory. Whoever may \
                      write there, in `/tmp` or a repository, has code run.",
            fix: "write `$ORIGIN/…` where a path starts from the file, and take empty elements out",
            sources: &[ABI],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: here,
            specimen: |wheel| demanding(wheel, |demands| demands.runpath = Some("$ORIGIN:lib")),
        },
    },
    Check {
        rule: Rule {
            id: "elf/search-path-absolute",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the loader is told to look for libraries in a folder of the build machine",
            explain: "An absolute element of `RPATH` or `RUNPATH` is most often left over from the build. It is of \
                      no use elsewhere, and where somebody else owns that folder, theirs is loaded.",
            fix: "link with `-Wl,-rpath,$ORIGIN/…`, or take the element out with `patchelf --set-rpath`",
            sources: &[ABI],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: absolute,
            specimen: |wheel| demanding(wheel, |demands| demands.runpath = Some("/opt/build/lib")),
        },
    },
    Check {
        rule: Rule {
            id: "elf/search-path-outside",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the loader is told to look for libraries outside of site-packages",
            explain: "A path from the file upwards, past the folder that the wheel is installed into, leads to a \
                      place that differs from system to system. A path to another distribution beside this one is \
                      well.",
            fix: "put the libraries into the wheel, or into a distribution beside it that the wheel requires",
            sources: &[ABI],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: outside,
            specimen: |wheel| demanding(wheel, |demands| demands.rpath = Some("$ORIGIN/../../..")),
        },
    },
];

fn each(wheel: &WheelFile, sink: &mut Sink<'_>, wanted: &Place, what: &str) {
    for (object, _) in judged(wheel) {
        let found: Vec<_> =
            places(&object).filter(|(_, place)| place == wanted).map(|(element, _)| element).collect();
        if !found.is_empty() {
            sink.at(object.path, format_args!("its search path has {}, {what}", listed(found)));
        }
    }
}

fn here(wheel: &WheelFile, sink: &mut Sink<'_>) {
    each(wheel, sink, &Place::WorkingDirectory, "which starts from the working directory");
}

fn absolute(wheel: &WheelFile, sink: &mut Sink<'_>) {
    each(wheel, sink, &Place::Absolute, "which is a place on one machine");
}

fn outside(wheel: &WheelFile, sink: &mut Sink<'_>) {
    each(wheel, sink, &Place::Outside, "which leads out of site-packages");
}
