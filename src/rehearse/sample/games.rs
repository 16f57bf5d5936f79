//! A project with packages from one workflow and programs for three systems from another, both for one release: what
//! `games_collection` does. Two of the programs have one name.

use super::{Produced, Sample, Way, commit, taken};
use crate::archive::build::native::{Extension, Interpreter, Machine, elf, macho, pe};
use crate::archive::build::{SdistBuilder, WheelBuilder};
use crate::model::digest::Sha256;
use crate::model::tag::Tag;
use crate::modes::create_release::Attached;
use crate::rehearse::script::{Job, Script, WITHOUT_PACKAGES};

const NAME: &str = "games-collection";
const VERSION: &str = "2.4.0";

/// The workflow of the packages, and that of the programs.
const WORKFLOWS: [&str; 2] = ["release.yml", "executables.yml"];

/// What each run of the second workflow takes of its own artifacts, and where to.
const TAKEN: [&str; 3] = [
    "linux = executables-linux -> executables/linux",
    "macos = executables-macos -> executables/macos",
    "windows = executables-windows -> executables/windows",
];

/// Which of the collected files the second workflow attaches.
const PROGRAMS: &str = "executables/*/games-collection*";

/// How the page calls them.
const STORED_AS: &str = "{stem}-{version}-{os}-{arch}{ext}";

/// The whole release, as both workflows know it.
const EXPECTED: [&str; 6] = [
    "*.whl",
    "*.tar.gz",
    "SHA256SUMS",
    "games-collection-*-linux-*",
    "games-collection-*-macos-*",
    "games-collection-*-windows-*",
];

const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n## [2.4.0] - 2026-11-20\n\n### Added\n\n- Nine men's morris, for \
                         one and for two players.\n\n## [2.3.0] - 2026-08-02\n\n- Programs for macOS.\n";

/// The project at the moment when its tag was pushed.
pub(super) fn sample() -> Sample {
    let tag: Tag = format!("v{VERSION}").parse().expect("the sample's version makes a tag");
    let pyproject = format!("[project]\nname = \"{NAME}\"\nversion = \"{VERSION}\"\n");
    Sample {
        project: NAME.parse().expect("the sample's name is one"),
        commit: commit(&tag),
        tag,
        changelog: CHANGELOG.to_owned(),
        project_files: vec![("pyproject.toml".to_owned(), pyproject)],
        produced: produced(),
        crates: Vec::new(),
        trusted: Job::USUAL,
        way: way(),
    }
}

/// What the two workflows do once they have built.
fn way() -> Way {
    let whole = || EXPECTED.map(|glob| glob.parse().expect("the globs are plain")).into();
    // The whole has `SHA256SUMS`, which comes when the index has the packages: nobody publishes before.
    let packages = Script {
        attach_to_draft: vec![Attached::Manifest],
        expect: whole(),
        ..Script::of_packages(taken(&["packages"]))
    };
    let programs = Script {
        phases: WITHOUT_PACKAGES,
        artifacts: taken(&TAKEN),
        attach_to_draft: vec![Attached::None],
        attach: vec![Attached::None],
        files: vec![PROGRAMS.to_owned()],
        rename: vec![STORED_AS.parse().expect("the template is plain")],
        expect: whole(),
        targets: Vec::new(),
        publisher: Job::USUAL,
    };
    let [of_packages, of_programs] = WORKFLOWS;
    Way::Shared(vec![(of_packages, packages), (of_programs, programs)])
}

fn produced() -> Vec<Produced> {
    let [of_packages, of_programs] = WORKFLOWS;
    let by = |workflow: &str, artifact: &str, files| Produced {
        workflow: workflow.to_owned(),
        artifact: artifact.to_owned(),
        files,
    };
    let program = |system: &str, name: &str, bytes| {
        by(of_programs, &format!("executables-{system}"), vec![(name.to_owned(), bytes)])
    };
    let module = |machine| Extension { name: "games", machine, interpreter: Interpreter::CPython };
    vec![
        by(of_packages, "packages", packages()),
        program("linux", NAME, elf::program(&format!("{NAME} {VERSION}\n"))),
        program("macos", NAME, macho::module(&module(Machine::Aarch64), (11, 0))),
        program("windows", &format!("{NAME}.exe"), pe::module(&module(Machine::X86_64), "python312.dll")),
    ]
}

/// The wheel and the sdist, and a file beside each that was signed: to the release they are files like others.
fn packages() -> Vec<(String, Vec<u8>)> {
    let wheel = WheelBuilder::new(NAME, VERSION, "py3", "none", "any").build();
    let files = [wheel, SdistBuilder::new(NAME, VERSION).build()];
    let with_bundle = files.into_iter().flat_map(|(name, bytes)| {
        let bundle = (format!("{name}.sigstore.json"), bundle(&bytes));
        [(name.to_string(), bytes), bundle]
    });
    with_bundle.collect()
}

/// A bundle with the digest of what would be signed, and without a signature: nothing in a rehearsal asks for one.
fn bundle(bytes: &[u8]) -> Vec<u8> {
    let digest = Sha256::of(bytes);
    format!(
        "{{\"mediaType\": \"application/vnd.dev.sigstore.bundle.v0.3+json\", \"digest\": \"{digest}\"}}\n"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::target::Target;

    #[test]
    fn the_files_are_seven_and_two_programs_have_one_name() {
        let produced = produced();
        let files: Vec<_> = produced.iter().flat_map(|produced| &produced.files).collect();
        assert_eq!(files.len(), 7);
        assert_eq!(files.iter().filter(|(name, _)| name == NAME).count(), 2);
    }

    #[test]
    fn each_program_says_what_it_runs_on() {
        let targets = produced().into_iter().filter(|produced| produced.workflow == WORKFLOWS[1]);
        let targets: Vec<_> = targets
            .map(|produced| {
                let Target { os, arch } = Target::of(&produced.files[0].1).expect("a program");
                (produced.artifact, os, arch)
            })
            .collect();
        let expected = [("linux", "x86_64"), ("macos", "aarch64"), ("windows", "x86_64")];
        assert_eq!(targets, expected.map(|(os, arch)| (format!("executables-{os}"), os, arch)));
    }

    #[test]
    fn what_is_played_is_what_the_example_says() {
        let packages = include_str!("../../../examples/games_collection/release.yml");
        let programs = include_str!("../../../examples/games_collection/executables.yml");
        for line in EXPECTED {
            assert!(packages.contains(line) && programs.contains(line), "{line}");
        }
        for line in TAKEN.iter().chain([&PROGRAMS, &STORED_AS]) {
            assert!(programs.contains(line), "{line}");
        }
        assert!(programs.contains("attach: none") && packages.contains("attach: manifest\n"));
    }
}
