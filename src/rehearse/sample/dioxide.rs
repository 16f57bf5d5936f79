//! A project that maturin builds: one workflow with a matrix builds it and releases it, and a beta goes to the test index
//! only. What `dioxide` does.

use super::{Produced, Sample, Way, commit, taken};
use crate::archive::build::native::elf::{self, Glibc};
use crate::archive::build::native::{Extension, Interpreter, Machine, macho, pe};
use crate::archive::build::{SdistBuilder, WheelBuilder};
use crate::model::tag::Tag;
use crate::rehearse::script::{Job, Script};

const NAME: &str = "dioxide";
/// The version as the tag and `Cargo.toml` spell it.
const SEMVER: &str = "1.4.0-beta2";
/// The same as Python spells it.
const VERSION: &str = "1.4.0b2";
/// The one workflow.
const WORKFLOW: &str = "release.yml";
/// Its native module, which is in the package.
const MODULE: &str = "_dioxide_core";
/// The minor versions of Python 3 in the matrix.
const PYTHONS: [u8; 3] = [11, 12, 13];

/// Which artifacts of its own run it takes.
const TAKEN: &str = "wheels-*";
/// Where versions of each kind go.
const TARGETS: [&str; 2] = ["testpypi when alpha, beta", "pypi when stable, rc"];

const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n## [1.4.0-beta2] - 2026-11-19\n\n### Fixed\n\n- Scopes that end \
                         while a component is made.\n\n## [1.3.0] - 2026-09-30\n\n- Scopes.\n";

/// The project at the moment when its tag was pushed.
pub(super) fn sample() -> Sample {
    let tag: Tag = format!("v{SEMVER}").parse().expect("the sample's version makes a tag");
    let pyproject = format!("[project]\nname = \"{NAME}\"\nversion = \"{VERSION}\"\n");
    let cargo = format!("[package]\nname = \"{NAME}\"\nversion = \"{SEMVER}\"\n");
    let script =
        Script { targets: TARGETS.map(str::to_owned).into(), ..Script::of_packages(taken(&[TAKEN])) };
    Sample {
        project: NAME.parse().expect("the sample's name is one"),
        commit: commit(&tag),
        tag,
        changelog: CHANGELOG.to_owned(),
        project_files: vec![("pyproject.toml".to_owned(), pyproject), ("Cargo.toml".to_owned(), cargo)],
        produced: produced(),
        crates: Vec::new(),
        trusted: Job::USUAL,
        way: Way::Shared(vec![(WORKFLOW, script)]),
    }
}

/// A job of the matrix leaves one wheel; the sdist comes from a job of its own.
fn produced() -> Vec<Produced> {
    let by = |artifact: String, (name, bytes): (crate::model::artifact::FileName, Vec<u8>)| Produced {
        workflow: WORKFLOW.to_owned(),
        artifact,
        files: vec![(name.to_string(), bytes)],
    };
    let mut all = Vec::new();
    for system in ["ubuntu-latest", "macos-latest", "windows-latest"] {
        for minor in PYTHONS {
            all.push(by(format!("wheels-{system}-3.{minor}"), wheel(system, minor)));
        }
    }
    all.push(by("wheels-sdist".to_owned(), SdistBuilder::new(NAME, VERSION).build()));
    all
}

fn wheel(system: &str, minor: u8) -> (crate::model::artifact::FileName, Vec<u8>) {
    let extension = |machine| Extension { name: MODULE, machine, interpreter: Interpreter::CPython };
    let (platform, suffix, module) = match system {
        "ubuntu-latest" => (
            "manylinux_2_28_x86_64",
            format!("cpython-3{minor}-x86_64-linux-gnu.so"),
            elf::module(&extension(Machine::X86_64), Glibc::V2_28),
        ),
        "macos-latest" => (
            "macosx_11_0_arm64",
            format!("cpython-3{minor}-darwin.so"),
            macho::module(&extension(Machine::Aarch64), (11, 0)),
        ),
        _ => (
            "win_amd64",
            format!("cp3{minor}-win_amd64.pyd"),
            pe::module(&extension(Machine::X86_64), &format!("python3{minor}.dll")),
        ),
    };
    let python = format!("cp3{minor}");
    WheelBuilder::new(NAME, VERSION, &python, &python, platform)
        .native_member(&format!("{NAME}/{MODULE}.{suffix}"), module)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_played_is_what_the_example_says() {
        let example = include_str!("../../../examples/dioxide/release.yml");
        for line in TARGETS.iter().chain([&TAKEN]) {
            assert!(example.contains(line), "{line}");
        }
        let artifacts: Vec<_> = produced().into_iter().map(|produced| produced.artifact).collect();
        assert_eq!((artifacts.len(), &*artifacts[0]), (10, "wheels-ubuntu-latest-3.11"));
        assert!(example.contains("name: wheels-${{ matrix.os }}-${{ matrix.python }}"));
        assert!(example.contains("python: [\"3.11\", \"3.12\", \"3.13\"]"));
    }
}
