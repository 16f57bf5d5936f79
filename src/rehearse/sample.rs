//! What a rehearsal releases: a project's files, and the artifacts that its workflows left.

mod cog;
mod dioxide;
mod games;
mod platforms;
mod project;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::str::FromStr;

use semver::Version;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::model::artifact::{Distribution, FileName};
use crate::model::crate_name::{CrateFile, CrateName};
use crate::model::digest::Sha256;
use crate::model::name::PackageName;
use crate::model::revision::CommitSha;
use crate::model::tag::{Tag, TagError};
use crate::model::wanted::Wanted;

use super::script::{Job, Script, TO_REGISTRIES, Way};

/// The artifact that is a tree of its own: its files go to no release page.
const DOCUMENTATION: &str = "documentation";

/// What is rehearsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Subject {
    /// An invented project: four workflows build it, and one of its own releases it.
    #[default]
    Zlmdb,
    /// An invented project: two workflows fill one release.
    Games,
    /// An invented project: one workflow releases a beta to the test index.
    Dioxide,
    /// An invented project: several packages for two registries, behind a draft that a person publishes.
    Cog,
    /// The maintainer's own distributions.
    Files(Vec<(FileName, Vec<u8>)>),
    /// Wheels, sdists and crates, which go to registries and to no release page.
    Registries(Vec<(FileName, Vec<u8>)>),
}

/// A text that names no sample.
#[derive(Debug, thiserror::Error)]
#[error("there is no sample `{0}`: there are zlmdb, games-collection, dioxide and cog")]
pub(crate) struct NoSample(String);

impl FromStr for Subject {
    type Err = NoSample;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "zlmdb" => Ok(Self::Zlmdb),
            "games-collection" => Ok(Self::Games),
            "dioxide" => Ok(Self::Dioxide),
            "cog" => Ok(Self::Cog),
            _ => Err(NoSample(text.chars().take(60).collect())),
        }
    }
}

/// A project at the moment when its tag was pushed, with what its producers are about to leave.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// The project.
    pub(crate) project: PackageName,
    /// The tag that was pushed.
    pub(crate) tag: Tag,
    /// The commit that the tag names.
    pub(crate) commit: CommitSha,
    /// The changelog, with a section for the version.
    pub(crate) changelog: String,
    /// Other files of the commit: path from the root, and text.
    pub(crate) project_files: Vec<(String, String)>,
    /// What the workflows leave.
    pub(crate) produced: Vec<Produced>,
    /// Files of crates that crates.io has already.
    pub(crate) crates: Vec<CrateFile>,
    /// The job that the registries were told to trust.
    pub(super) trusted: Job,
    /// Who releases that.
    pub(super) way: Way,
}

/// An artifact of a workflow run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Produced {
    /// The file name of the workflow.
    pub(crate) workflow: String,
    /// What the artifact is called.
    pub(crate) artifact: String,
    /// The files: path in the artifact, and contents.
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

/// Why files make no sample.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SampleError {
    /// Nothing that an index would take.
    #[error("there is neither a wheel nor an sdist among the {files} files")]
    NoDistribution { files: usize },
    /// A version that git or we cannot read as a tag.
    #[error("the version of `{file_name}` makes no tag")]
    Tag { file_name: FileName, source: TagError },
}

/// How the release asks for what a producer left.
fn wanted(produced: &Produced) -> Wanted {
    let Produced { workflow, artifact, files: _ } = produced;
    let line = match artifact.as_str() {
        DOCUMENTATION => format!("documentation = {workflow} : {artifact} -> docs"),
        _ => format!("{workflow} : {artifact}"),
    };
    line.parse().expect("the sample's names are plain")
}

/// What lines of `artifacts` ask for.
fn taken(lines: &[&str]) -> Vec<Wanted> {
    lines.iter().map(|line| line.parse().expect("the sample's names are plain")).collect()
}

/// A workflow of its own that takes all of it.
fn gathered(produced: &[Produced]) -> Way {
    Way::Gathered(Script::of_packages(produced.iter().map(wanted).collect()))
}

impl Sample {
    /// The project that is rehearsed.
    ///
    /// # Errors
    /// When there is no distribution among one's own files, or no tag for its version.
    pub(crate) fn of(subject: Subject) -> Result<Self, SampleError> {
        match subject {
            Subject::Zlmdb => Ok(Self::zlmdb_like()),
            Subject::Games => Ok(games::sample()),
            Subject::Dioxide => Ok(dioxide::sample()),
            Subject::Cog => Ok(cog::sample()),
            Subject::Files(files) => Self::of_files(files),
            Subject::Registries(files) => Self::for_registries(files),
        }
    }

    /// An invented project with the platforms and the workflows of a real one, zlmdb: many producers, some of
    /// which leave one wheel each, and artifacts that no release wants.
    pub(crate) fn zlmdb_like() -> Self {
        let version = project::version();
        let tag: Tag = format!("v{version}").parse().expect("the sample's version makes a tag");
        let produced = platforms::produced(&version);
        Self {
            project: project::NAME.parse().expect("the sample's name is one"),
            commit: commit(&tag),
            tag,
            changelog: project::CHANGELOG.to_owned(),
            project_files: project::FILES.map(|(path, text)| (path.to_owned(), text.to_owned())).into(),
            way: gathered(&produced),
            produced,
            crates: Vec::new(),
            trusted: Job::USUAL,
        }
    }

    /// The maintainer's own files, all in one artifact. Project and version are those that the first
    /// distribution's file name states; whether the others agree is for the release to find out.
    ///
    /// # Errors
    /// When there is no distribution, or no tag for its version.
    pub(crate) fn of_files(mut files: Vec<(FileName, Vec<u8>)>) -> Result<Self, SampleError> {
        files.sort();
        let first = files.iter().find_map(|(name, _)| Some((name, Distribution::of_file_name(name)?)));
        let Some((file_name, distribution)) = first else {
            return Err(SampleError::NoDistribution { files: files.len() });
        };
        let version = distribution.version().pep440();
        let tag: Tag = format!("v{version}")
            .parse()
            .map_err(|source| SampleError::Tag { file_name: file_name.clone(), source })?;
        let name = distribution.name().clone();
        let pyproject = format!("[project]\nname = \"{}\"\nversion = \"{version}\"\n", name.normal());
        let produced = vec![Produced {
            workflow: "build.yml".to_owned(),
            artifact: "distributions".to_owned(),
            files: files.into_iter().map(|(name, bytes)| (name.to_string(), bytes)).collect(),
        }];
        Ok(Self {
            project: name,
            commit: commit(&tag),
            tag,
            changelog: format!("# Changelog\n\n## [{version}]\n\n- What a rehearsal releases.\n"),
            project_files: vec![("pyproject.toml".to_owned(), pyproject)],
            way: gathered(&produced),
            produced,
            crates: Vec::new(),
            trusted: Job::USUAL,
        })
    }

    /// Files for two registries. Every crate has an older version there, because nobody creates one as a trusted
    /// publisher.
    ///
    /// # Errors
    /// As of [`Self::of_files`].
    fn for_registries(files: Vec<(FileName, Vec<u8>)>) -> Result<Self, SampleError> {
        let sample = Self::of_files(files)?;
        let script = Script {
            phases: TO_REGISTRIES,
            targets: ["crates-io", "pypi"].map(str::to_owned).into(),
            ..Script::of_packages(sample.produced.iter().map(wanted).collect())
        };
        let older = |krate| CrateFile::new(krate, Version::new(0, 0, 1));
        Ok(Self {
            crates: sample.packed().into_iter().map(older).collect(),
            way: Way::Gathered(script),
            ..sample
        })
    }

    /// The names of the files that were built.
    fn file_names(&self) -> impl Iterator<Item = FileName> {
        let paths = self.produced.iter().flat_map(|produced| &produced.files).map(|(path, _)| path);
        paths.filter_map(|path| path.parse().ok())
    }

    /// The Python projects that were built.
    pub(super) fn projects(&self) -> BTreeSet<PackageName> {
        let distributions = self.file_names().filter_map(|name| Distribution::of_file_name(&name));
        distributions.map(|found| found.name().clone()).chain([self.project.clone()]).collect()
    }

    /// The crates that were packed.
    pub(super) fn packed(&self) -> BTreeSet<CrateName> {
        self.file_names().filter_map(|name| Some(CrateFile::of_file_name(&name)?.name().clone())).collect()
    }

    /// The artifact as GitHub stores it: a ZIP archive that was streamed, so that sizes and checksums stand behind
    /// the data.
    pub(crate) fn zip(produced: &Produced) -> Vec<u8> {
        let mut writer = ZipWriter::new_stream(Vec::new());
        let written = produced.files.iter().try_for_each(|(path, bytes)| {
            writer.start_file(path, SimpleFileOptions::default())?;
            writer.write_all(bytes).map_err(Into::into)
        });
        let finished = written.and_then(|()| writer.finish());
        finished.expect("memory takes any number of files with plain names").into_inner()
    }
}

/// A commit for a tag: the same one each time.
fn commit(tag: &Tag) -> CommitSha {
    let digest = Sha256::of(tag.as_str().as_bytes()).to_string();
    digest[..40].parse().expect("a digest has more digits than a commit")
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use object::{Architecture, BinaryFormat, Object as _};

    use super::*;
    use crate::archive::bundle;
    use crate::checks::{self, Candidate};

    fn file(name: &str) -> (FileName, Vec<u8>) {
        (name.parse().expect("a plain name"), name.as_bytes().to_vec())
    }

    fn distributions(sample: &Sample) -> Vec<(FileName, Distribution, &[u8])> {
        let files = sample.produced.iter().flat_map(|produced| &produced.files);
        let read = files.filter_map(|(path, bytes)| {
            let name: FileName = path.parse().ok()?;
            let distribution = Distribution::of_file_name(&name)?;
            Some((name, distribution, &**bytes))
        });
        read.collect()
    }

    #[test]
    fn workflows_and_artifacts_are_those_of_the_real_project() {
        let sample = Sample::zlmdb_like();
        let counts: Vec<_> = sample
            .produced
            .iter()
            .map(|produced| (&*produced.workflow, &*produced.artifact, produced.files.len()))
            .collect();
        assert_eq!(
            counts,
            [
                ("main.yml", "documentation", 2),
                ("main.yml", "executable-linux-x86_64", 1),
                ("wheels.yml", "wheels-macos-arm64", 5),
                ("wheels.yml", "wheels-windows-x86_64", 4),
                ("wheels.yml", "source-distribution", 1),
                ("wheels-docker.yml", "artifacts-docker-manylinux_2_28_x86_64", 5),
                ("wheels-arm64.yml", "artifacts-arm64-cpython-3.11-manylinux_2_28_aarch64", 1),
                ("wheels-arm64.yml", "artifacts-arm64-cpython-3.12-manylinux_2_28_aarch64", 1),
                ("wheels-arm64.yml", "artifacts-arm64-cpython-3.13-manylinux_2_28_aarch64", 1),
                ("wheels-arm64.yml", "artifacts-arm64-cpython-3.14-manylinux_2_28_aarch64", 1),
                ("wheels-arm64.yml", "artifacts-arm64-pypy-3.11-manylinux_2_36_aarch64", 1),
            ]
        );
    }

    #[test]
    fn distributions_tag_and_changelog_name_one_project_and_version() {
        let sample = Sample::zlmdb_like();
        let distributions = distributions(&sample);
        assert_eq!(distributions.len(), 20);
        for (name, distribution, _) in &distributions {
            assert_eq!(
                (distribution.name(), distribution.version()),
                (&sample.project, sample.tag.version()),
                "{name}"
            );
        }
        let heading = format!("\n## [{}] - ", sample.tag.version());
        assert!(sample.changelog.contains(&heading));
        let pyproject =
            sample.project_files.iter().find(|(path, _)| path == "pyproject.toml").expect("it is there");
        assert!(pyproject.1.contains(&format!("version = \"{}\"\n", sample.tag.version())));
    }

    #[test]
    fn no_check_finds_anything() {
        let sample = Sample::zlmdb_like();
        let files = distributions(&sample)
            .into_iter()
            .map(|(name, _, bytes)| Candidate::of(name.as_str(), bytes.to_vec()));
        let verdict = checks::run(&checks::judge(files.collect()));
        assert!(verdict.report.findings().is_empty(), "{:#?}", verdict.report);
        assert!(verdict.vetted.is_some());
    }

    #[test]
    fn a_sample_is_small_and_the_same_each_time() {
        let sample = Sample::zlmdb_like();
        assert_eq!(sample.produced, Sample::zlmdb_like().produced);
        let size: usize =
            sample.produced.iter().flat_map(|produced| &produced.files).map(|(_, bytes)| bytes.len()).sum();
        assert!(size < 200_000, "{size}");
        let zips = || sample.produced.iter().map(Sample::zip).collect::<Vec<_>>();
        assert_eq!(zips(), zips());
    }

    /// The path and the contents of the wheel's one native member.
    fn native_member(wheel: &[u8]) -> (String, Vec<u8>) {
        let mut archive = zip::ZipArchive::new(Cursor::new(wheel)).expect("a ZIP archive");
        let paths: Vec<_> = archive.file_names().map(|path| path.expect("text").into_owned()).collect();
        let native = |path: &String| path.ends_with(".so") || path.ends_with(".pyd");
        let path = paths.into_iter().find(native).expect("a native member");
        let mut bytes = Vec::new();
        archive.by_name(&path).expect("it is there").read_to_end(&mut bytes).expect("whole");
        (path, bytes)
    }

    #[test]
    fn each_wheel_holds_a_module_for_its_platform_and_interpreter() {
        for (name, distribution, bytes) in distributions(&Sample::zlmdb_like()) {
            let Distribution::Wheel(wheel) = distribution else { continue };
            let (_, module) = native_member(bytes);
            let file = object::File::parse(&*module).expect("a native file");
            let promised = match &*wheel.platform()[0] {
                "macosx_15_0_arm64" => (BinaryFormat::MachO, Architecture::Aarch64),
                "win_amd64" => (BinaryFormat::Pe, Architecture::X86_64),
                "manylinux_2_28_x86_64" => (BinaryFormat::Elf, Architecture::X86_64),
                "manylinux_2_28_aarch64" | "manylinux_2_34_aarch64" => {
                    (BinaryFormat::Elf, Architecture::Aarch64)
                }
                other => panic!("no such platform: {other}"),
            };
            assert_eq!((file.format(), file.architecture()), promised, "{name}");
            let imports = file.imports().expect("readable").map(|import| format!("{import:?}"));
            let asks_pypy = imports.into_iter().any(|import| import.contains("PyPyModuleDef_Init"));
            assert_eq!(asks_pypy, wheel.python() == ["pp311"], "{name}");
        }
    }

    #[test]
    fn modules_are_called_what_their_interpreters_look_for() {
        let sample = Sample::zlmdb_like();
        let wheels = distributions(&sample).into_iter().filter(|(name, ..)| name.as_str().ends_with(".whl"));
        let mut suffixes: Vec<_> = wheels
            .map(|(_, _, bytes)| {
                let (path, _) = native_member(bytes);
                path.strip_prefix("sampledb/_sampledb.").expect("a module of the package").to_owned()
            })
            .collect();
        suffixes.sort();
        let expected = [
            "cp311-win_amd64.pyd",
            "cp312-win_amd64.pyd",
            "cp313-win_amd64.pyd",
            "cp314-win_amd64.pyd",
            "cpython-311-aarch64-linux-gnu.so",
            "cpython-311-darwin.so",
            "cpython-311-x86_64-linux-gnu.so",
            "cpython-312-aarch64-linux-gnu.so",
            "cpython-312-darwin.so",
            "cpython-312-x86_64-linux-gnu.so",
            "cpython-313-aarch64-linux-gnu.so",
            "cpython-313-darwin.so",
            "cpython-313-x86_64-linux-gnu.so",
            "cpython-314-aarch64-linux-gnu.so",
            "cpython-314-darwin.so",
            "cpython-314-x86_64-linux-gnu.so",
            "pypy311-pp73-aarch64-linux-gnu.so",
            "pypy311-pp73-darwin.so",
            "pypy311-pp73-x86_64-linux-gnu.so",
        ];
        assert_eq!(suffixes, expected);
    }

    #[test]
    fn an_artifact_is_streamed_and_unpacks_to_its_files() {
        let sample = Sample::zlmdb_like();
        let produced = &sample.produced[0];
        let archive = Sample::zip(produced);
        assert_eq!(archive[..4], *b"PK\x03\x04");
        assert_eq!((archive[6] & 8, archive[8]), (8, 8), "sizes stand behind the data, which is deflated");
        let mut files = Vec::new();
        let unpacked = bundle::unpack(&archive, &mut |member, source| {
            let mut bytes = Vec::new();
            source.read_to_end(&mut bytes)?;
            files.push((member.path.to_string(), bytes));
            Ok(())
        });
        unpacked.expect("a good archive");
        assert_eq!(files, produced.files);
    }

    #[test]
    fn the_maintainers_files_make_a_release_of_their_version() {
        let files = ["zlib-tool.txt", "Foo.Bar-1.0rc1.tar.gz", "foo_bar-1.0rc1-py3-none-any.whl"].map(file);
        let sample = Sample::of_files(files.into()).expect("a sample");
        assert_eq!((sample.project.normal(), sample.tag.as_str()), ("foo-bar", "v1.0rc1"));
        assert!(sample.changelog.contains("\n## [1.0rc1]\n\n- "));
        let pyproject = "[project]\nname = \"foo-bar\"\nversion = \"1.0rc1\"\n";
        assert_eq!(sample.project_files, [("pyproject.toml".to_owned(), pyproject.to_owned())]);
        let [Produced { workflow, artifact, files }] = &sample.produced[..] else { panic!("one artifact") };
        assert_eq!((&**workflow, &**artifact, files.len()), ("build.yml", "distributions", 3));
    }

    #[test]
    fn files_without_a_distribution_make_no_sample() {
        assert!(matches!(Sample::of_files(Vec::new()), Err(SampleError::NoDistribution { files: 0 })));
        let others = vec![file("notes.txt"), file("foo-1.0.whl")];
        assert!(matches!(Sample::of_files(others), Err(SampleError::NoDistribution { files: 2 })));
    }

    #[test]
    fn every_version_makes_a_tag() {
        for version in ["1!2.0", "1.0.post1", "2.0+local.1", "1.0a1.dev2", "26.10.1"] {
            let sample = Sample::of_files(vec![file(&format!("foo-{version}.tar.gz"))]).expect(version);
            assert_eq!(sample.tag.version().pep440(), version);
        }
    }
}
