//! What the release before this one had, asked from the index, and what of it is missing now.
//!
//! Names only: no file is fetched. The comparison itself is `checks::coverage`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::archive;
use crate::checks::coverage::{self, Changes, Release, Vanished};
use crate::model::artifact::{Artifact, ArtifactKind, Distribution, FileName};
use crate::model::name::PackageName;
use crate::model::version::Version;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::{DiskError, RemoteError};
use crate::remote::pypi::IndexFile;
use crate::remote::pypi::read::IndexRead;
use crate::report::{Finding, Report, Rule, Severity};

/// What a release is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Baseline {
    /// Nothing.
    None,
    /// The release before it, as the index has it.
    PreviousRelease,
}

/// A text that names no baseline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is neither `none` nor `previous-release`")]
pub(crate) struct UnknownBaseline {
    text: String,
}

impl FromStr for Baseline {
    type Err = UnknownBaseline;

    fn from_str(text: &str) -> Result<Self, UnknownBaseline> {
        match text {
            "none" => Ok(Self::None),
            "previous-release" => Ok(Self::PreviousRelease),
            _ => Err(UnknownBaseline { text: text.chars().take(60).collect() }),
        }
    }
}

/// Something that the release before had.
pub(super) const VANISHED: Rule = Rule {
    id: "set/vanished-since-baseline",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The release before had a wheel or an sdist for somebody for whom there is none now",
    explain: "A build job that was skipped, renamed or lost leaves a hole that no check of single files can see, and \
              users find it when their installer suddenly builds from source. Compared are interpreters and families \
              of platforms: a newer manylinux or macOS, a wheel for the stable ABI or a pure one in the place of many, \
              and Pythons that `Requires-Python` excludes are no loss. The release before a final one is the last final \
              one; yanked files do not count.",
    fix: "look which build job is missing; if the support was dropped on purpose, ignore this rule for this release",
    sources: &["platform compatibility tags", "simple repository API (PEP 503, 691)"],
    since: "0.1.0",
};

/// The release serves fewer people by its own word.
pub(super) const RAISED: Rule = Rule {
    id: "set/raised-since-baseline",
    severity: Severity::Info,
    rejected_by: &[],
    summary: "The release asks for a newer Python or a newer system than the one before",
    explain: "Installers of users with an older Python or system stay at the release before, without a word. That is \
              how support ends, and worth a line in the notes of the release.",
    fix: "say it in the release notes, or build for the older ones too",
    sources: &["core metadata specification, Requires-Python", "platform compatibility tags"],
    since: "0.1.0",
};

/// There is nothing to compare with.
pub(super) const NO_BASELINE: Rule = Rule {
    id: "set/no-baseline",
    severity: Severity::Info,
    rejected_by: &[],
    summary: "There is no earlier release to compare with",
    explain: "The index does not know the project, or has no release before this version that counts: the first final \
              release has no final one before it, and yanked releases are passed over. Nothing was compared.",
    fix: "see whether `index-url` is the index of this project; a first release has nothing to be compared with",
    sources: &["simple repository API (PEP 503, 691)"],
    since: "0.1.0",
};

/// What a look at the index yields.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// What was found.
    pub(super) report: Report,
    /// The releases that were compared with, as `name version`.
    pub(super) with: Vec<String>,
}

/// One project among the files here.
struct Local {
    version: Version,
    files: Vec<(Distribution, PathBuf)>,
}

/// Compares the distributions at `paths` with the releases before theirs.
///
/// # Errors
/// When the index cannot be asked, or answers with something else than a list of files.
pub(super) async fn look(
    index: &IndexRead,
    disk: &DiskRead,
    paths: &[PathBuf],
) -> Result<Compared, RemoteError> {
    let mut compared = Compared::default();
    for (project, local) in projects(paths) {
        let listed = index.files(&project).await?;
        let (name, version) = (project.normal(), &local.version);
        match previous(&listed, &project, version) {
            Some((before, release)) => {
                let now = local.release(disk)?;
                compared.report.extend(findings(coverage::compare(&release, &now), name, &before));
                compared.with.push(format!("{name} {before}"));
            }
            None if listed.is_empty() => {
                let message =
                    format!("the index has no file of `{name}`, so {version} is compared with nothing");
                compared.report.push(NO_BASELINE.finding(message));
            }
            None => {
                let kind = if version.is_prerelease() { "" } else { " final" };
                let message = format!(
                    "the index has no{kind} release of `{name}` before {version} that is not yanked, so nothing is compared"
                );
                compared.report.push(NO_BASELINE.finding(message));
            }
        }
    }
    Ok(compared)
}

/// The projects and their files; of several versions the newest, since other rules tell of the others.
fn projects(paths: &[PathBuf]) -> BTreeMap<PackageName, Local> {
    let mut projects: BTreeMap<PackageName, Local> = BTreeMap::new();
    for (distribution, path) in paths.iter().filter_map(|path| Some((distribution(path)?, path))) {
        let version = distribution.version().clone();
        let local = projects
            .entry(distribution.name().clone())
            .or_insert_with(|| Local { version: version.clone(), files: Vec::new() });
        if version > local.version {
            *local = Local { version: version.clone(), files: Vec::new() };
        }
        if version == local.version {
            local.files.push((distribution, path.clone()));
        }
    }
    projects
}

fn distribution(path: &Path) -> Option<Distribution> {
    let name: FileName = path.file_name()?.to_str()?.parse().ok()?;
    Distribution::of_file_name(&name)
}

impl Local {
    fn release(&self, disk: &DiskRead) -> Result<Release, DiskError> {
        let mut release = Release { requires_python: self.requires_python(disk)?, ..Release::default() };
        for (distribution, _) in &self.files {
            add(&mut release, distribution.clone(), &distribution.to_string());
        }
        Ok(release)
    }

    /// What the metadata says, of the file that is read fastest: that it is the same in all is another rule's matter,
    /// and so is metadata that cannot be read.
    fn requires_python(&self, disk: &DiskRead) -> Result<Option<String>, DiskError> {
        let smallest = self.files.iter().min_by_key(|(_, path)| (disk.size_bytes(path), path.clone()));
        let Some((distribution, path)) = smallest else { return Ok(None) };
        let Some(name) = path.file_name().and_then(|name| name.to_str()?.parse().ok()) else {
            return Ok(None);
        };
        let kind = ArtifactKind::Distribution(distribution.clone());
        let artifact = Artifact::new(name, disk.hashes(path)?, kind);
        let metadata = archive::core_metadata(&disk.open(path)?, &artifact).ok();
        Ok(metadata.and_then(|metadata| metadata.get("Requires-Python").map(str::to_owned)))
    }
}

fn add(release: &mut Release, distribution: Distribution, file_name: &str) {
    match distribution {
        Distribution::Wheel(wheel) => release.wheels.push(wheel),
        Distribution::Sdist(_) => release.sdist = Some(file_name.to_owned()),
    }
}

/// The last release before `version` that counts: for a final version the last final one, for a pre-release the last of
/// any kind. Yanked files are not there, and neither is a release that consists of them.
fn previous(listed: &[IndexFile], project: &PackageName, version: &Version) -> Option<(Version, Release)> {
    let files = listed.iter().filter(|file| !file.yanked).filter_map(|file| {
        let distribution = listed_distribution(&file.file.file_name)?;
        let found = distribution.version();
        let counts = version.is_prerelease() || !found.is_prerelease();
        (distribution.name() == project && counts && found < version && !found.is_local())
            .then_some((distribution, file))
    });
    let mut releases: BTreeMap<Version, Release> = BTreeMap::new();
    for (distribution, file) in files {
        let release = releases.entry(distribution.version().clone()).or_default();
        if release.requires_python.is_none() {
            release.requires_python.clone_from(&file.requires_python);
        }
        add(release, distribution, &file.file.file_name);
    }
    releases.pop_last()
}

/// A file as the index names it. Former sdists were ZIP archives; eggs and installers are for nobody who is here still.
fn listed_distribution(file_name: &str) -> Option<Distribution> {
    let former = file_name.strip_suffix(".zip").map(|stem| format!("{stem}.tar.gz"));
    let name: FileName = former.as_deref().unwrap_or(file_name).parse().ok()?;
    Distribution::of_file_name(&name)
}

const MOST_FILES: usize = 3;

fn findings(changes: Changes, name: &str, before: &Version) -> Vec<Finding> {
    let Changes { vanished, raised } = changes;
    let vanished = vanished.into_iter().map(|Vanished { what, files }| {
        let named: Vec<_> =
            files.iter().take(MOST_FILES).map(|file| format!("`{}`", archive::shown(file))).collect();
        let more = match files.len().saturating_sub(MOST_FILES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        VANISHED.finding(format!("{what}: {name} {before} has {}{more}", named.join(", ")))
    });
    let raised = raised.into_iter().map(|what| RAISED.finding(format!("{what} ({name} {before})")));
    vanished.chain(raised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::artifact::RemoteFile;

    fn file(name: &str, yanked: bool) -> IndexFile {
        let file = RemoteFile { file_name: name.into(), size_bytes: None, sha256: None };
        let url = "https://index.invalid/x".parse().expect("good");
        IndexFile { file, url, yanked, requires_python: None, provenance: None }
    }

    /// The version that is compared with.
    #[track_caller]
    fn check(listed: &[&str], version: &str, expected: Option<&str>) {
        let files: Vec<_> =
            listed.iter().map(|name| file(name.trim_start_matches('!'), name.starts_with('!'))).collect();
        let version = Version::from_pep440(version).expect("good");
        let found = previous(&files, &"a-b".parse().expect("good"), &version);
        assert_eq!(
            found.map(|(version, _)| version.to_string()).as_deref(),
            expected,
            "{listed:?} {version}"
        );
    }

    #[test]
    fn the_release_before_is_the_last_that_counts() {
        let all = [
            "a_b-1.9.tar.gz",
            "a_b-1.10.tar.gz",
            "a_b-1.11rc1-py3-none-any.whl",
            "a_b-2.0.dev1.tar.gz",
            "a_b-3.0.tar.gz",
        ];
        check(&all, "1.11", Some("1.10"));
        check(&all, "1.11rc2", Some("1.11rc1"));
        check(&all, "2.0", Some("1.10"));
        check(&all, "2.0rc1", Some("2.0.dev1"));
        check(&all, "1.10", Some("1.9"));
        check(&all, "1.10.post1", Some("1.10"));
        check(&all, "1.9", None);
        check(&all, "4.0", Some("3.0"));
        check(&["a_b-1.0rc1.tar.gz"], "1.0", None);
        check(&["!a_b-1.1.tar.gz", "a_b-1.0.tar.gz"], "1.2", Some("1.0"));
        check(&["!a_b-1.1.tar.gz", "a_b-1.1-py3-none-any.whl", "a_b-1.0.tar.gz"], "1.2", Some("1.1"));
        check(&["!a_b-1.1.tar.gz"], "1.2", None);
        check(&["a_b-1.0.0+local.tar.gz"], "1.2", None);
    }

    #[test]
    fn former_names_count_and_those_of_others_do_not() {
        check(&["a-b-1.0.zip"], "1.2", Some("1.0"));
        check(&["A.B-1.0.tar.gz"], "1.2", Some("1.0"));
        check(&["a_b_c-1.0.tar.gz", "a-1.0.tar.gz"], "1.2", None);
        check(&["a_b-1.0-py2.7.egg", "a_b-1.0.win32.exe", "", "..", "a_b-.tar.gz", "\u{202e}"], "1.2", None);
        check(&[&format!("a_b-1.0-{}.whl", "x".repeat(5000))], "1.2", None);
    }

    #[test]
    fn a_loss_names_the_files_that_were_there() {
        let files: Vec<_> = (0..5).map(|at| format!("a-{at}.whl")).collect();
        let vanished = vec![Vanished { what: "there is no wheel any more".into(), files }];
        let changes = Changes { vanished, raised: vec!["more is asked for".into()] };
        let found = findings(changes, "a", &Version::from_pep440("1.0").expect("good"));
        let messages: Vec<_> =
            found.iter().map(|finding| (finding.check, finding.message.as_str())).collect();
        assert_eq!(
            messages,
            [
                (
                    "set/vanished-since-baseline",
                    "there is no wheel any more: a 1.0 has `a-0.whl`, `a-1.whl`, `a-2.whl` and 2 more"
                ),
                ("set/raised-since-baseline", "more is asked for (a 1.0)"),
            ]
        );
    }
}
