//! The file as a whole: its kind, the length of its name, its size.

use super::super::dist::Dist;
use super::super::{Check, Run, Sink, limits, specimen_wheel};
use super::SDIST_NAMES;
use crate::archive::error::ArchiveError;
use crate::archive::sdist::SdistFile;
use crate::model::artifact::Distribution;
use crate::report::policy::FileSizeLimit;
use crate::report::{Rule, Severity};

pub(in super::super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "filename/extension",
            severity: Severity::Error,
            rejected_by: &["pypi", "twine"],
            summary: "the file is neither a wheel nor an sdist nor a crate",
            explain: "A Python index takes `.whl` and `.tar.gz` files, a crate registry `.crate` files, spelled just so. Executables and the like belong on \
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
            id: "filename/too-long",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "the file name is too long for an index",
            explain: "An index keeps a second file beside each one, with `.metadata` behind its name, and a disk takes \
                      names of at most 255 bytes.",
            fix: "name fewer tags in the wheel's compressed sets, or give the project a shorter name",
            sources: &["PyPI, validation of uploaded file names", "simple repository API (PEP 658)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: too_long,
            specimen: || (format!("sample-1.0-py3-none-{}.whl", "any.".repeat(57) + "any"), Vec::new()),
        },
    },
    Check {
        rule: Rule {
            id: "filename/too-large",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "the file is larger than an index takes",
            explain: "PyPI takes files of 100 MiB, unless it was asked to raise the limit of the project. The upload \
                      would fail after the files before it were published.",
            fix: "take data out of the package, or have the limit raised and tell the new one by `file-size-limit`",
            sources: &["PyPI, file size limits"],
            since: "0.1.0",
        },
        run: Run::File {
            check: too_large,
            specimen: || ("sample-1.0.tar.gz".to_owned(), vec![0; FileSizeLimit::USUAL.bytes() as usize + 1]),
        },
    },
    Check {
        rule: Rule {
            id: "filename/near-limit",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the file is nearly as large as an index takes",
            explain: "More than 80 % of the limit is used, so one of the next releases may not be taken. PyPI needs \
                      days to raise the limit of a project.",
            fix: "look for what grew, and ask PyPI for a higher limit in time",
            sources: &["PyPI, file size limits"],
            since: "0.1.0",
        },
        run: Run::File {
            check: near_limit,
            specimen: || {
                ("sample-1.0.tar.gz".to_owned(), vec![0; FileSizeLimit::USUAL.bytes() as usize / 10 * 9])
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/large",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "the distribution is large",
            explain: "It has more than 50 MiB, or unpacks to more than 75 MiB. Everybody who installs it has to fetch \
                      and keep that much.",
            fix: "do nothing, or look whether debug symbols, tests or data can be left out",
            sources: &["pydistcheck, distro-too-large"],
            since: "0.1.0",
        },
        run: Run::File {
            check: large,
            specimen: || ("sample-1.0.tar.gz".to_owned(), vec![0; limits::LARGE_BYTES as usize + 1]),
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

fn too_long(dist: &Dist, sink: &mut Sink<'_>) {
    let length = dist.file_name().len();
    if length > limits::FILE_NAME_BYTES {
        let most = limits::FILE_NAME_BYTES;
        sink.emit(format_args!("the file name has {length} bytes, and may have {most}"));
    }
}

/// The size of the file, where it could be read. Crates have a limit of their own.
fn size(dist: &Dist) -> u64 {
    dist.hashes().filter(|_| dist.packed().is_none()).map_or(0, |hashes| hashes.size_bytes)
}

fn too_large(dist: &Dist, sink: &mut Sink<'_>) {
    let (size, most) = (size(dist), sink.file_size().bytes());
    if size > most {
        sink.emit(format_args!("the file has {size} bytes, and may have {most}"));
    }
}

fn near_limit(dist: &Dist, sink: &mut Sink<'_>) {
    let (size, most) = (size(dist), sink.file_size().bytes());
    if size <= most && size > most / 5 * 4 {
        sink.emit(format_args!("the file has {size} of {most} bytes"));
    }
}

fn large(dist: &Dist, sink: &mut Sink<'_>) {
    let unpacked: u64 = match dist {
        Dist::Wheel(wheel) => wheel.zip.members.iter().map(|member| member.central.size_bytes).sum(),
        Dist::Sdist(sdist) => sdist.tar.members.iter().map(|member| member.size_bytes).sum(),
        Dist::Crate(_) | Dist::Unreadable { .. } => 0,
    };
    let size = size(dist);
    if unpacked > limits::LARGE_UNPACKED_BYTES {
        sink.emit(format_args!("the file has {size} bytes and unpacks to {unpacked}"));
    } else if size > limits::LARGE_BYTES {
        sink.emit(format_args!("the file has {size} bytes"));
    }
}

fn local_version(dist: &Dist, sink: &mut Sink<'_>) {
    let distribution = dist.distribution();
    if let Some(version) = distribution.as_ref().map(Distribution::version).filter(|found| found.is_local()) {
        sink.emit(format_args!("the version `{version}` in the file name has a local part"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Limits;
    use crate::archive::build::WheelBuilder;
    use crate::checks::run;

    fn ids(wheel: &WheelBuilder) -> Vec<&'static str> {
        let (name, bytes) = wheel.build();
        let dist = Dist::read(name.as_str(), &bytes, &Limits::default());
        run(&[dist]).report.findings().into_iter().map(|finding| finding.check).collect()
    }

    #[test]
    fn small_files_that_unpack_to_much_are_large() {
        let mut numbers = 1_u32;
        let mut noise = || {
            numbers = numbers.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (numbers >> 24) as u8
        };
        let noise: Vec<u8> = (0..2 << 20).map(|_| noise()).collect();
        let mut wheel = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
        wheel.member("sample/noise.bin", noise.clone()).member("sample/zeros.bin", vec![0; 70 << 20]);
        assert!(!ids(&wheel).contains(&"filename/large"));
        wheel.member("sample/more.bin", vec![0; 4 << 20]);
        assert!(ids(&wheel).contains(&"filename/large"));
    }
}
