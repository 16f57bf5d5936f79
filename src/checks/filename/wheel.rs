//! The parts of a wheel's name.

use super::super::{Check, Run, Sink};
use super::WHEEL_NAMES;
use crate::archive::wheel::WheelFile;
use crate::model::wheel_name::WheelNameError;
use crate::report::{Rule, Severity};

pub(in super::super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "filename/wheel-parts",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv"],
            summary: "the wheel's name has not the five or six parts that it must have",
            explain: "A wheel is called `{name}-{version}-{python}-{abi}-{platform}.whl`, with a build tag behind \
                      the version at will. Hyphens inside a part are written as `_`.",
            fix: "give the file back the name that the build backend gave it, or build it again",
            sources: &[WHEEL_NAMES],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: wheel_parts,
            specimen: |wheel| {
                wheel.file_name("sample-1.0-py3-none.whl");
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/wheel-name",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv"],
            summary: "the wheel's name starts with what is no project name",
            explain: "The first part is the project's name: letters, digits, `.` and `_`, and never two `_` in a \
                      row.",
            fix: "build the wheel again with a current build backend, and do not rename it",
            sources: &[WHEEL_NAMES],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: wheel_name,
            specimen: |wheel| {
                wheel.file_name("sam__ple-1.0-py3-none-any.whl");
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/wheel-name-spelling",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "the wheel's name does not spell the project in normal form",
            explain: "In file names a project is written in lower case with `_` for every run of `-`, `_` and `.`. \
                      A current build backend does that; old versions of setuptools and `wheel` did not.",
            fix: "update the build backend (setuptools, `wheel`), build the wheel again, and do not rename it",
            sources: &[WHEEL_NAMES, "name normalisation (PEP 503)"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: wheel_name_spelling,
            specimen: |wheel| {
                wheel.file_name("Sample-1.0-py3-none-any.whl");
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/wheel-version",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv"],
            summary: "the version in the wheel's name is no PEP 440 version",
            explain: "Installers read the version from the file name before anything else, and pass over a file \
                      whose version they cannot read.",
            fix: "give the project a PEP 440 version such as `1.2.0rc1`, and build again",
            sources: &[WHEEL_NAMES, "version specifiers (PEP 440)"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: wheel_version,
            specimen: |wheel| {
                wheel.file_name("sample-1.0.x-py3-none-any.whl");
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/wheel-version-spelling",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the version in the wheel's name is not in normal form",
            explain: "Versions compare by meaning, so installers take the file; yet other tools compare names as \
                      text.",
            fix: "write the version in its normal form in the project, and build again with a current build backend",
            sources: &[WHEEL_NAMES, "version specifiers (PEP 440), normalisation"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: wheel_version_spelling,
            specimen: |wheel| {
                *wheel = crate::archive::build::WheelBuilder::new("sample", "1.0.rc1", "py3", "none", "any");
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/build-tag",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv"],
            summary: "the wheel's build tag does not start with a digit",
            explain: "A name of six parts has a build tag behind the version, and it starts with a number. If no \
                      build tag was meant, one of the other parts holds a hyphen too many.",
            fix: "build the wheel again and do not rename it; start a build tag that was meant with a digit",
            sources: &[WHEEL_NAMES],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: build_tag,
            specimen: |wheel| {
                wheel.file_name("sample-1.0-x1-py3-none-any.whl");
            },
        },
    },
];

/// Tells the reason why a wheel's name cannot be taken apart, when it is one of those that `wanted` picks.
pub(super) fn name_error(wheel: &WheelFile, sink: &mut Sink<'_>, wanted: fn(&WheelNameError) -> bool) {
    if let Some(error) = wheel.name.as_ref().err().filter(|error| wanted(error)) {
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
        sink.emit(format_args!("{error}{cause}"));
    }
}

fn wheel_parts(wheel: &WheelFile, sink: &mut Sink<'_>) {
    name_error(wheel, sink, |error| {
        matches!(error, WheelNameError::Parts { .. } | WheelNameError::Extension)
    });
}

fn wheel_name(wheel: &WheelFile, sink: &mut Sink<'_>) {
    name_error(wheel, sink, |error| {
        matches!(error, WheelNameError::Name(_) | WheelNameError::DoubleUnderscore { .. })
    });
}

fn wheel_name_spelling(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if let Ok(name) = &wheel.name
        && name.written_name() != name.name().in_file_name()
    {
        let (written, normal) = (name.written_name(), name.name().in_file_name());
        sink.emit(format_args!(
            "the file name spells the project `{written}`, and its normal form is `{normal}`"
        ));
    }
}

fn wheel_version(wheel: &WheelFile, sink: &mut Sink<'_>) {
    name_error(wheel, sink, |error| matches!(error, WheelNameError::Version(_)));
}

fn wheel_version_spelling(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if let Ok(name) = &wheel.name
        && name.written_version() != name.version().pep440()
    {
        let (written, normal) = (name.written_version(), name.version().pep440());
        sink.emit(format_args!(
            "the file name spells the version `{written}`, and its normal form is `{normal}`"
        ));
    }
}

fn build_tag(wheel: &WheelFile, sink: &mut Sink<'_>) {
    name_error(wheel, sink, |error| matches!(error, WheelNameError::Build { .. }));
}
