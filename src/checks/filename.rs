//! The file's name.

use super::dist::Dist;
use super::{Check, Run, Sink, specimen_wheel};
use crate::archive::error::ArchiveError;
use crate::archive::sdist::SdistFile;
use crate::archive::wheel::WheelFile;
use crate::model::artifact::Distribution;
use crate::model::wheel_name::WheelNameError;
use crate::report::{Rule, Severity};

const WHEEL_NAMES: &str = "binary distribution format, file name convention";
const TAGS: &str = "platform compatibility tags";
const SDIST_NAMES: &str = "source distribution format, file name (PEP 625)";

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "filename/extension",
            severity: Severity::Error,
            rejected_by: &["pypi", "twine"],
            summary: "the file is neither a wheel nor an sdist",
            explain: "An index takes `.whl` and `.tar.gz` files, spelled just so. Executables and the like belong on \
                      the release page, not on an index.",
            fix: "build sdists as `.tar.gz`, and move files that are no packages to `assets-dir`",
            sources: &["PEP 527", "PEP 625", "PEP 715"],
            since: "0.1.0",
        },
        run: Run::File {
            check: extension,
            specimen: || ("sample-1.0.zip".to_owned(), specimen_wheel(|_| {}).1),
        },
    },
    Check {
        rule: Rule {
            id: "filename/characters",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "the file name holds characters that no file name may have",
            explain: "Path separators, control characters and marks that turn the direction of text let a file be \
                      written elsewhere or be taken for another one.",
            fix: "rename the file to the plain name that the build backend gave it",
            sources: &["PyPI, validation of uploaded file names"],
            since: "0.1.0",
        },
        run: Run::File {
            check: characters,
            specimen: || ("sample\n-1.0-py3-none-any.whl".to_owned(), specimen_wheel(|_| {}).1),
        },
    },
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
            id: "filename/local-version",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "the version has a local part",
            explain: "What stands behind `+` marks a build that was not published; no public index takes it. Usually \
                      the version comes from a tool that adds the commit when the tag is not at `HEAD` or the \
                      working tree was changed.",
            fix: "check out the tag itself, unchanged and with its history (`fetch-depth: 0`), and build there",
            sources: &["version specifiers (PEP 440), local version identifiers"],
            since: "0.1.0",
        },
        run: Run::File {
            check: local_version,
            specimen: || {
                specimen_wheel(|wheel| {
                    *wheel =
                        crate::archive::build::WheelBuilder::new("sample", "1.0+g1234", "py3", "none", "any");
                })
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
    Check {
        rule: Rule {
            id: "filename/tag",
            severity: Severity::Error,
            rejected_by: &["pypi", "uv"],
            summary: "a tag in the wheel's name is none",
            explain: "Tags are letters, digits and `_`, several of them joined by `.`; a Python tag starts with a \
                      letter. No installer chooses a wheel with other tags.",
            fix: "build the wheel again with a current build backend; set tags of your own with `wheel tags` only",
            sources: &[TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: tag,
            specimen: |wheel| {
                wheel.file_name("sample-1.0-py3..py2-none-any.whl");
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/tag-repeated",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a tag stands twice in the wheel's name",
            explain: "A compressed set names each tag once. The second one does nothing, and was perhaps meant to \
                      be another one.",
            fix: "name the tag once where the build sets it (`--python-tag`, `--plat-name`), and build again",
            sources: &[TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: tag_repeated,
            specimen: |wheel| {
                *wheel = crate::archive::build::WheelBuilder::new("sample", "1.0", "py3.py3", "none", "any");
                wheel.without_wheel("Tag").add_wheel("Tag", "py3-none-any");
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/tag-order",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "the tags of a compressed set are not sorted",
            explain: "Sorted sets give one wheel one name. Several build tools write the newest platform tag \
                      first, and nothing depends on it today.",
            fix: "do nothing, or sort the tags where the build sets them if you compare wheels by name",
            sources: &[TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: tag_order,
            specimen: |wheel| {
                *wheel = crate::archive::build::WheelBuilder::new("sample", "1.0", "py3.py2", "none", "any");
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/sdist-name",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "the sdist's name is not the one that its project and version have",
            explain: "An sdist is called `{name}-{version}.tar.gz`, with the project's name in normal form (lower \
                      case, `_` for every run of `-`, `_` and `.`) and the version in its normal form.",
            fix: "build the sdist again with a current build backend (`python -m build --sdist`), and do not rename it",
            sources: &[SDIST_NAMES],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: sdist_name,
            specimen: |sdist| {
                sdist.file_name("Sample-1.0.tar.gz");
            },
        },
    },
];

fn extension(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some(error @ ArchiveError::Kind) = dist.error() {
        sink.emit(error);
    }
}

fn characters(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some(ArchiveError::FileName(error)) = dist.error() {
        sink.emit(error);
    }
}

/// Tells the reason why a wheel's name cannot be taken apart, when it is one of those that `wanted` picks.
fn name_error(wheel: &WheelFile, sink: &mut Sink<'_>, wanted: fn(&WheelNameError) -> bool) {
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

fn wheel_version(wheel: &WheelFile, sink: &mut Sink<'_>) {
    name_error(wheel, sink, |error| matches!(error, WheelNameError::Version(_)));
}

fn build_tag(wheel: &WheelFile, sink: &mut Sink<'_>) {
    name_error(wheel, sink, |error| matches!(error, WheelNameError::Build { .. }));
}

fn tag(wheel: &WheelFile, sink: &mut Sink<'_>) {
    name_error(wheel, sink, |error| matches!(error, WheelNameError::Tag { .. }));
    if let Ok(name) = &wheel.name {
        for tag in name.python().iter().filter(|tag| tag.starts_with(|c: char| c.is_ascii_digit())) {
            sink.emit(format_args!("its Python tag `{tag}` starts with a digit"));
        }
    }
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

fn local_version(dist: &Dist, sink: &mut Sink<'_>) {
    let distribution = dist.distribution();
    if let Some(version) = distribution.as_ref().map(Distribution::version).filter(|found| found.is_local()) {
        sink.emit(format_args!("the version `{version}` in the file name has a local part"));
    }
}

/// The compressed sets in a wheel's name, and what they hold.
fn tag_sets(wheel: &WheelFile) -> impl Iterator<Item = (&'static str, &[String])> {
    let name = wheel.name.as_ref().ok();
    name.into_iter()
        .flat_map(|name| [("Python", name.python()), ("ABI", name.abi()), ("platform", name.platform())])
}

fn tag_repeated(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (what, tags) in tag_sets(wheel) {
        for (index, tag) in tags.iter().enumerate() {
            if tags[..index].contains(tag) {
                sink.emit(format_args!("the {what} tag `{tag}` stands twice in the file name"));
            }
        }
    }
}

fn tag_order(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (what, tags) in tag_sets(wheel).filter(|(_, tags)| !tags.is_sorted()) {
        let mut sorted = tags.to_vec();
        sorted.sort();
        let (found, sorted) = (tags.join("."), sorted.join("."));
        sink.emit(format_args!("the {what} tags are `{found}`; sorted they are `{sorted}`"));
    }
}

fn sdist_name(sdist: &SdistFile, sink: &mut Sink<'_>) {
    match &sdist.name {
        Err(error) => sink.emit(error),
        Ok(name) if name.to_string() != name.expected() => {
            sink.emit(format_args!("the file is called `{name}`, and must be called `{}`", name.expected()));
        }
        Ok(_) => {}
    }
}
