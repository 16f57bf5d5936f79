//! A project of several packages: an SDK in Python, a native module that it needs, and the crate of the same name. One
//! workflow drafts the release, a person publishes it, and a second workflow sends everything to the registries. What
//! `Cog` does.

use super::{Produced, Sample, Way, commit, taken};
use crate::archive::build::native::elf::{self, Glibc};
use crate::archive::build::native::{Extension, Interpreter, Machine, macho};
use crate::archive::build::{CrateBuilder, SdistBuilder, WheelBuilder};
use crate::model::artifact::FileName;
use crate::model::crate_name::CrateFile;
use crate::model::tag::Tag;
use crate::rehearse::script::{APPROVED, Job, Script};

const NAME: &str = "cog";
/// The native module, and the crate.
const NATIVE: &str = "coglet";
const VERSION: &str = "0.17.0";
/// The version before, of which crates.io has the crate: nobody creates one as a trusted publisher.
const BEFORE: &str = "0.16.2";
/// The workflow that a tag starts.
const WORKFLOW: &str = "release.yml";

/// The job that sends everything to the registries, once a person published the draft.
const PUBLISHER: Job = Job { workflow: "publish.yml", environment: Some("registries") };

/// Which artifacts of its own run it takes.
const TAKEN: [&str; 5] = [
    "sdk = cog-sdk",
    "coglet_linux_x86_64 = coglet-linux-x86_64",
    "coglet_linux_aarch64 = coglet-linux-aarch64",
    "coglet_macos_arm64 = coglet-macos-arm64",
    "crate = coglet-crate",
];

/// What goes where, and what it has to wait for.
const TARGETS: [&str; 3] = ["crates-io : coglet", "pypi : coglet", "pypi : cog needs coglet"];

const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n## [0.17.0] - 2026-11-20\n\n### Changed\n\n- Predictions are \
                         served by coglet.\n\n## [0.16.2] - 2026-09-14\n\n- Shorter start.\n";

/// The project at the moment when its tag was pushed.
pub(super) fn sample() -> Sample {
    let tag: Tag = format!("v{VERSION}").parse().expect("the sample's version makes a tag");
    let pyproject = format!("[project]\nname = \"{NAME}\"\nversion = \"{VERSION}\"\n");
    let cargo = format!("[package]\nname = \"{NATIVE}\"\nversion = \"{VERSION}\"\n");
    let script = Script {
        phases: APPROVED,
        targets: TARGETS.map(str::to_owned).into(),
        publisher: PUBLISHER,
        ..Script::of_packages(taken(&TAKEN))
    };
    Sample {
        project: NAME.parse().expect("the sample's name is one"),
        commit: commit(&tag),
        tag,
        changelog: CHANGELOG.to_owned(),
        project_files: vec![("pyproject.toml".to_owned(), pyproject), ("Cargo.toml".to_owned(), cargo)],
        produced: produced(),
        crates: vec![before()],
        trusted: PUBLISHER,
        way: Way::Shared(vec![(WORKFLOW, script)]),
    }
}

fn before() -> CrateFile {
    let name = NATIVE.parse().expect("the sample's crate has a good name");
    CrateFile::new(name, BEFORE.parse().expect("the sample's version is one"))
}

fn produced() -> Vec<Produced> {
    let by = |artifact: &str, files: Vec<(FileName, Vec<u8>)>| Produced {
        workflow: WORKFLOW.to_owned(),
        artifact: artifact.to_owned(),
        files: files.into_iter().map(|(name, bytes)| (name.to_string(), bytes)).collect(),
    };
    vec![
        by("cog-sdk", sdk()),
        by("coglet-linux-x86_64", vec![native("manylinux_2_28_x86_64", linux(Machine::X86_64))]),
        by("coglet-linux-aarch64", vec![native("manylinux_2_28_aarch64", linux(Machine::Aarch64))]),
        by(
            "coglet-macos-arm64",
            vec![native("macosx_11_0_arm64", macho::module(&module(Machine::Aarch64), (11, 0)))],
        ),
        by("coglet-crate", vec![CrateBuilder::new(NATIVE, VERSION).build()]),
    ]
}

/// The SDK needs the native module in its own version at least.
fn sdk() -> Vec<(FileName, Vec<u8>)> {
    let floor = format!("{NATIVE}>={VERSION},<1.0");
    let wheel =
        WheelBuilder::new(NAME, VERSION, "py3", "none", "any").add_metadata("Requires-Dist", &floor).build();
    vec![wheel, SdistBuilder::new(NAME, VERSION).add_metadata("Requires-Dist", &floor).build()]
}

const fn module(machine: Machine) -> Extension<'static> {
    Extension { name: "coglet", machine, interpreter: Interpreter::CPython }
}

fn linux(machine: Machine) -> Vec<u8> {
    elf::module(&module(machine), Glibc::V2_28)
}

/// One wheel does for every Python from 3.10 on.
fn native(platform: &str, module: Vec<u8>) -> (FileName, Vec<u8>) {
    WheelBuilder::new(NATIVE, VERSION, "cp310", "abi3", platform)
        .native_member(&format!("{NATIVE}/{NATIVE}.abi3.so"), module)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_played_is_what_the_examples_say() {
        let builds = include_str!("../../../examples/cog/release.yml");
        let publishes = include_str!("../../../examples/cog/publish.yml");
        for line in TAKEN {
            assert!(builds.contains(line), "{line}");
        }
        for line in TARGETS {
            assert!(publishes.contains(line), "{line}");
        }
        // The one job with an identity is the publisher.
        let jobs: Vec<_> = [("release.yml", builds), ("publish.yml", publishes)]
            .into_iter()
            .flat_map(|(file, text)| text.split("\n\n").map(move |part| (file, part)))
            .filter(|(_, part)| part.contains("id-token: write"))
            .collect();
        let [(file, job)] = jobs[..] else { panic!("{jobs:?}") };
        let environment = job.lines().find_map(|line| line.trim().strip_prefix("environment: "));
        assert_eq!((file, environment), (PUBLISHER.workflow, PUBLISHER.environment));
    }
}
