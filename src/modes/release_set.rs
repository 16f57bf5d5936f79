//! Which files make the release, and how they are proven: by a manifest that was bound before, or by running
//! all checks and binding in this very process.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::reading::Reading;
use super::smoke::Subject;
use crate::checks::{self, Candidate, Dist};
use crate::model::artifact::{Artifact, ArtifactKind, Distribution, FileName};
use crate::model::manifest::{Manifest, ManifestError, Origin};
use crate::plan::{Failure, SeenFile};
use crate::remote::disk::bound::{BindError, BindFault, BoundManifest};
use crate::remote::disk::manifest_v1::{self, ManifestFileError};
use crate::remote::disk::proofs::Stamp;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;
use crate::remote::surroundings::Progress;
use crate::report::policy::Policy;
use crate::report::{Finding, Report, Rule, Severity};

/// Where the files of a release are named.
#[derive(Clone, Debug)]
pub(crate) enum ReleaseSet {
    /// A manifest that validate-wheels left, and the folders that hold its files.
    Manifest { file: PathBuf, folders: Vec<PathBuf> },
    /// The files of these folders, judged by a policy: packages in the first, everything else in the second.
    Folders { packages: Option<PathBuf>, assets: Option<PathBuf>, policy: Policy },
    /// Exactly these distributions, judged by a policy.
    Files { paths: Vec<PathBuf>, policy: Policy },
}

/// What a look at the files yields.
#[derive(Debug)]
pub(crate) struct Vetting {
    /// What was found.
    pub(crate) report: Report,
    /// The files, bound to what was vetted; `None` when the report blocks.
    pub(crate) bound: Option<BoundManifest>,
    /// How many wheels there are.
    pub(crate) wheels: usize,
    /// How many sdists there are.
    pub(crate) sdists: usize,
    /// How many packed crates there are.
    pub(crate) crates: usize,
    /// How many files there are in all.
    pub(crate) files: usize,
    /// The files whose bytes could be read, whether or not something stands against them, sorted by name.
    pub(crate) seen: Vec<SeenFile>,
    /// What a smoke test has to know of the distributions that were looked into.
    pub(crate) subjects: Vec<Subject>,
}

/// Why the files could not be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReleaseSetError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Manifest(#[from] ManifestFileError),
}

impl Failure for ReleaseSetError {
    fn is_ambiguous(&self) -> bool {
        false
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Disk(error) => error.hint(),
            Self::Manifest(error) => error.hint(),
        }
    }
}

/// No file at all.
const EMPTY: Rule = Rule {
    id: "set/empty",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "There is no file to release",
    explain: "A run that verified nothing must not look like a run that verified everything. Usually an upload \
              matched no file, or the artifacts were collected into another folder.",
    fix: "look whether the build jobs uploaded artifacts, and whether `packages-dir` and `assets-dir` are the right folders",
    sources: &["incident: a checksum step reported success over zero files, and a corrupt sdist went live"],
    since: "0.1.0",
};

/// A file among the packages that no registry takes.
const STRAY: Rule = Rule {
    id: "set/stray-file",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A file in the packages folder is neither a wheel nor an sdist nor a crate",
    explain: "`packages-dir` holds what goes to registries. The file is left out of the manifest and reaches nobody. \
              Files for the release page (executables, archives, documents) have a folder of their own, \
              `assets-dir`.",
    fix: "move it to `assets-dir` if it belongs on the release page, else delete it",
    sources: &["design: one folder for what registries take, one for everything else"],
    since: "0.1.0",
};

/// A folder where only files are looked at.
const NESTED: Rule = Rule {
    id: "set/nested-folder",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A folder lies among the files of the release",
    explain: "Only the files of `packages-dir` and `assets-dir` themselves are released, not those in folders below. \
              Downloads of several artifacts put each into a folder of its own unless they are told to merge them \
              (`merge-multiple: true`); collect-artifacts places all files side by side.",
    fix: "move the files up, or fetch them with collect-artifacts",
    sources: &["actions/download-artifact"],
    since: "0.1.0",
};

/// A file for the release page that nobody could fetch under its name.
const MISNAMED: Rule = Rule {
    id: "set/asset-name",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A file in the assets folder has a name that cannot be released",
    explain: "A name that some system takes for a path, a device or a control sequence (`:`, `\\`, control characters, \
              a space or dot at its end) cannot be stored everywhere.",
    fix: "give the file another name, or remove it",
    sources: &["Microsoft: naming files, paths and namespaces", "POSIX: portable filename character set"],
    since: "0.1.0",
};

/// A file for the release page that nobody should publish unseen.
const UNSAFE_ASSET: Rule = Rule {
    id: "set/unsafe-asset",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A link in the assets folder leads out of it",
    explain: "No check looks into these files, and they go out to everybody. A link that leads out of `assets-dir` \
              could publish a key or a token of the machine that releases; it takes one line in a pull request to \
              make one.",
    fix: "copy the file into the folder (`cp -L`), or remove the link",
    sources: &["design: what is published was meant to be published"],
    since: "0.1.0",
};

/// A manifest that does not fit the files beside it.
const UNBOUND: Rule = Rule {
    id: "manifest/mismatch",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The files are not the files of the manifest",
    explain: "The manifest binds each file by SHA-256 to what was vetted. A file that is missing, that has other \
              bytes, or that stands in `packages-dir` without being in the manifest was not vetted.",
    fix: "find the job that changed or lost it after it was vetted; if the files are right, run validate-wheels again",
    sources: &["design: one manifest binds every byte from the build job to the registry"],
    since: "0.1.0",
};

/// A manifest of a release that was taken back.
const YANKED: Rule = Rule {
    id: "manifest/yanked",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The manifest says that the release was yanked",
    explain: "Somebody took this release back, and wrote the reason into its manifest. What of it is not out yet is better \
              not sent.",
    fix: "release a new version; if the yank was a mistake, take it back first (`mode: yank` with `unyank: true`)",
    sources: &["design: one manifest names all files of a release"],
    since: "0.1.0",
};

/// The rules of this module.
pub(crate) const RULES: &[Rule] = &[EMPTY, STRAY, NESTED, MISNAMED, UNSAFE_ASSET, UNBOUND, YANKED];

impl ReleaseSet {
    /// Looks at every file, all of it, and binds the set if nothing stands against it.
    ///
    /// # Errors
    /// When a folder or the manifest cannot be read; what is wrong with the files is in the report.
    pub(crate) fn vet(
        &self,
        disk: &DiskRead,
        origin: &Origin,
        progress: &Arc<dyn Progress>,
    ) -> Result<Vetting, ReleaseSetError> {
        self.vet_and(disk, origin, progress, &|_| Vec::new())
    }

    /// The same, with what `also` finds in the files that were read. It is judged by the policy too, but for its errors,
    /// which always stand.
    ///
    /// # Errors
    /// As [`Self::vet`].
    pub(crate) fn vet_and(
        &self,
        disk: &DiskRead,
        origin: &Origin,
        progress: &Arc<dyn Progress>,
        also: &dyn Fn(&[Dist]) -> Vec<Finding>,
    ) -> Result<Vetting, ReleaseSetError> {
        let look = |policy| Look { disk, origin, policy, progress, also };
        match self {
            Self::Manifest { file, folders } => from_manifest(disk, file, folders),
            Self::Folders { packages, assets, policy } => {
                look(policy).folders(packages.as_deref(), assets.as_deref())
            }
            Self::Files { paths, policy } => look(policy).files(paths, &[]),
        }
    }

    /// How findings about the files are judged; a manifest says that this was done.
    pub(crate) const fn policy(&self) -> Option<&Policy> {
        match self {
            Self::Manifest { .. } => None,
            Self::Folders { policy, .. } | Self::Files { policy, .. } => Some(policy),
        }
    }

    /// The distributions among its files, by what they are called. Of a manifest none: they were looked at before.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub(crate) fn distributions(&self, disk: &DiskRead) -> Result<Vec<PathBuf>, DiskError> {
        let mut paths = match self {
            Self::Manifest { .. } | Self::Folders { packages: None, .. } => Vec::new(),
            Self::Folders { packages: Some(folder), .. } => disk.list(folder)?,
            Self::Files { paths, .. } => paths.clone(),
        };
        paths.retain(|path| path.is_file() && looks_like_package(path));
        Ok(paths)
    }

    /// The manifest file this set was read from.
    pub(crate) fn manifest_file(&self) -> Option<&Path> {
        match self {
            Self::Manifest { file, .. } => Some(file),
            Self::Folders { .. } | Self::Files { .. } => None,
        }
    }
}

/// Everything that was meant for a registry, if only by an ending that indexes used to take: such a file must
/// not silently stay behind.
fn looks_like_package(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    [".whl", ".crate", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip", ".egg"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

fn stray(path: &Path) -> Finding {
    STRAY
        .finding("it is no wheel (`.whl`), no sdist (`.tar.gz`) and no crate (`.crate`), and is left out")
        .in_file(path.display().to_string())
}

fn from_manifest(disk: &DiskRead, file: &Path, folders: &[PathBuf]) -> Result<Vetting, ReleaseSetError> {
    let manifest = disk.manifest(file)?;
    let count = |is: fn(&Artifact) -> bool| manifest.artifacts().iter().filter(|one| is(one)).count();
    let wheels = count(|one| matches!(one.distribution(), Some(Distribution::Wheel(_))));
    let sdists = count(|one| matches!(one.distribution(), Some(Distribution::Sdist(_))));
    let crates = count(|one| one.packed_crate().is_some());
    let files = manifest.artifacts().len();
    let mut report = Report::default();
    report.extend(other_checksums(disk, &manifest, file)?);
    report.extend(manifest.yanked().map(|reason| {
        YANKED.finding(format!("it was yanked: {reason}")).in_file(file.display().to_string())
    }));
    let bound = match disk.bind(manifest, folders) {
        Ok(bound) => {
            report.extend(
                bound.extra().iter().filter(|path| looks_like_package(path)).map(|path| unlisted(path, file)),
            );
            Some(bound)
        }
        Err(error) => {
            report.extend(unbound(error, file)?);
            None
        }
    };
    let (seen, subjects) = Default::default();
    Ok(Vetting { report, bound, wheels, sdists, crates, files, seen, subjects })
}

/// Where the checksums of a manifest stand.
pub(crate) fn checksums_of(manifest: &Path) -> PathBuf {
    manifest.with_file_name("SHA256SUMS")
}

/// The checksums beside the manifest go to the release page: they must say what the manifest says.
fn other_checksums(disk: &DiskRead, manifest: &Manifest, file: &Path) -> Result<Option<Finding>, DiskError> {
    let (path, expected) = (checksums_of(file), manifest.sha256sums());
    let found = disk.text(&path, manifest_v1::LIMIT_BYTES)?;
    Ok(found.filter(|found| *found != expected).map(|_| {
        UNBOUND
            .finding(format!("its checksums are not those of the manifest `{}`", file.display()))
            .in_file(path.display().to_string())
            .hint("which job wrote it after the files were vetted? run validate-wheels again")
    }))
}

/// A distribution that stands beside those of the manifest: nobody vetted it.
fn unlisted(path: &Path, manifest: &Path) -> Finding {
    UNBOUND
        .finding(format!(
            "it stands beside the files of the manifest `{}` and is not in it",
            manifest.display()
        ))
        .in_file(path.display().to_string())
        .hint("vet it with the others, or remove it")
}

/// What does not fit is a finding; that a file could not be read is an error.
fn unbound(error: BindError, manifest: &Path) -> Result<Vec<Finding>, DiskError> {
    let manifest = manifest.display();
    let finding = |fault| {
        let (file, message) = match fault {
            BindFault::Missing { file, folders } => {
                (file, format!("it is in the manifest `{manifest}` and in none of {folders}"))
            }
            BindFault::Differs { path, expected, found } => {
                let message = format!(
                    "the manifest `{manifest}` states {} bytes with sha256 {}, the file has {} bytes with sha256 {}",
                    expected.size_bytes, expected.sha256, found.size_bytes, found.sha256
                );
                (path, message)
            }
            BindFault::Disk(error) => return Err(error),
        };
        Ok(UNBOUND.finding(message).in_file(file))
    };
    error.faults.into_iter().map(finding).collect()
}

/// What a look at files that nobody vetted before goes by.
#[derive(Clone, Copy)]
struct Look<'a> {
    disk: &'a DiskRead,
    origin: &'a Origin,
    policy: &'a Policy,
    progress: &'a Arc<dyn Progress>,
    also: &'a dyn Fn(&[Dist]) -> Vec<Finding>,
}

impl Look<'_> {
    fn folders(self, packages: Option<&Path>, assets: Option<&Path>) -> Result<Vetting, ReleaseSetError> {
        let disk = self.disk;
        let files = |folder: Option<&Path>| folder.map_or(Ok(Vec::new()), |folder| disk.list(folder));
        let folders = |folder: Option<&Path>| folder.map_or(Ok(Vec::new()), |folder| disk.folders(folder));
        let (mut distributions, strays): (Vec<_>, Vec<_>) =
            files(packages)?.into_iter().partition(|path| looks_like_package(path));
        let mut nested = folders(packages)?;
        // A folder that is called like a wheel was meant to be one: it is judged as a file, and is none.
        distributions.extend(nested.extract_if(.., |path| looks_like_package(path)));
        nested.extend(folders(assets)?);
        let others = files(assets)?;
        let place = |path: &PathBuf| path.display().to_string();
        let strays = strays.iter().map(|path| stray(path));
        let nested = nested.iter().map(|path| {
            NESTED.finding("it is a folder, and the files in it are left out").in_file(place(path))
        });
        // They are not files of the release, so a policy may say what it likes about them.
        let around = self.policy.apply(strays.chain(nested).collect(), |_| false);
        let stopped = around.blocks();
        let mut vetting = self.files(&distributions, &others)?;
        vetting.report.merge(around);
        vetting.bound = vetting.bound.filter(|_| !stopped);
        Ok(vetting)
    }

    fn files(self, distributions: &[PathBuf], assets: &[PathBuf]) -> Result<Vetting, ReleaseSetError> {
        let Self { disk, origin, policy, progress, also } = self;
        let dists = read(disk, distributions, progress);
        let (mut others, mut refused_assets) = (Vec::new(), Vec::new());
        for path in assets {
            let place = path.display().to_string();
            match file_name(path).parse::<FileName>() {
                Err(error) => refused_assets.push(MISNAMED.finding(error.to_string()).in_file(place)),
                Ok(_) if disk.leads_out(path)? => {
                    let finding = UNSAFE_ASSET.finding("it is a link that leads out of its folder");
                    refused_assets.push(finding.in_file(place));
                }
                Ok(name) => others.push(Artifact::new(name, disk.hashes(path)?, ArtifactKind::Other)),
            }
        }
        let files = distributions.len() + assets.len();
        let count =
            |ending: &str| distributions.iter().filter(|path| file_name(path).ends_with(ending)).count();
        let (wheels, sdists, crates) = (count(".whl"), count(".tar.gz"), count(".crate"));
        let seen = seen(&dists, &others);
        let subjects =
            distributions.iter().zip(&dists).filter_map(|(path, dist)| Subject::of(path, dist)).collect();
        let checks::Verdict { mut report, vetted } = checks::run_by(policy, &dists);
        let also =
            policy.apply(also(&dists).into_iter().collect(), |finding| finding.severity == Severity::Error);
        let vetted = vetted.filter(|_| !also.blocks());
        report.merge(also);
        let mut report = with_paths(report, distributions);
        if files == 0 {
            report.push(EMPTY.finding("no wheel, no sdist and no other file was found"));
            return Ok(Vetting { report, bound: None, wheels, sdists, crates, files, seen, subjects });
        }
        let vetted = vetted.filter(|_| refused_assets.is_empty());
        report.extend(refused_assets);
        let bound = match vetted.map(|vetted| vetted.manifest(origin.clone(), others)) {
            None => None,
            Some(Ok(manifest)) => match disk.bind_files(manifest, &[distributions, assets].concat()) {
                Ok(bound) => Some(bound),
                Err(error) => {
                    report.extend(unbound(error, Path::new("made in this run"))?);
                    None
                }
            },
            Some(Err(error)) => {
                report.push(refused(&error));
                None
            }
        };
        Ok(Vetting { report, bound, wheels, sdists, crates, files, seen, subjects })
    }
}

/// Looks into every distribution.
fn read(disk: &DiskRead, distributions: &[PathBuf], progress: &Arc<dyn Progress>) -> Vec<Dist> {
    let sizes: Vec<u64> = distributions.iter().map(|path| disk.size_bytes(path)).collect();
    let reading = Reading::new(progress, distributions.len(), sizes.iter().sum());
    let stamps: Vec<_> = distributions.iter().map(|_| Arc::<OnceLock<Stamp>>::default()).collect();
    let candidates = distributions.iter().zip(&sizes).zip(&stamps).map(|((path, size_bytes), stamp)| {
        let (disk, opened) = (disk.clone(), path.clone());
        let (reading, stamp) = (reading.clone(), Arc::clone(stamp));
        let open = move || {
            let file = disk.open(&opened).map_err(|error| error.source)?;
            let found = disk.stamp(&opened, &file).map_err(|error| error.source)?;
            stamp.get_or_init(|| found);
            Ok(reading.watch(file))
        };
        Candidate { file_name: file_name(path), size_bytes: *size_bytes, open: Box::new(open) }
    });
    let dists = checks::judge(candidates.collect());
    reading.finish();
    for (stamp, dist) in stamps.iter().zip(&dists) {
        if let (Some(stamp), Some(hashes)) = (stamp.get(), dist.hashes()) {
            disk.remember(stamp.clone(), hashes);
        }
    }
    dists
}

fn seen(dists: &[Dist], others: &[Artifact]) -> Vec<SeenFile> {
    let dists = dists.iter().filter_map(|dist| {
        let name = dist.file_name().parse::<FileName>().ok()?;
        let kind = dist.kind().unwrap_or(ArtifactKind::Other);
        let artifact = Artifact::new(name, dist.hashes()?, kind);
        let actual_platform = dist.wheel().and_then(checks::actual_platform);
        Some(SeenFile { artifact, actual_platform })
    });
    let mut seen: Vec<_> = dists.chain(others.iter().cloned().map(SeenFile::of)).collect();
    seen.sort_by(|a, b| a.artifact.file_name.cmp(&b.artifact.file_name));
    seen
}

/// The checks know files by their names only; people and annotations want to know where they are.
fn with_paths(report: Report, paths: &[PathBuf]) -> Report {
    let by_name: HashMap<String, &PathBuf> = paths.iter().rev().map(|path| (file_name(path), path)).collect();
    let with_path = |finding: Finding| match finding.place.file.as_deref().and_then(|name| by_name.get(name))
    {
        Some(path) => finding.in_file(path.display().to_string()),
        None => finding,
    };
    report.map(with_path)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn refused(error: &ManifestError) -> Finding {
    let hint = match error {
        ManifestError::Empty => "did the build jobs upload their artifacts?",
        ManifestError::Duplicate { .. } => {
            "give one of them another name: a release page holds each name once"
        }
        ManifestError::Versions { .. } => "was a file of an earlier build left in the folder?",
    };
    UNBOUND.finding(error.to_string()).hint(hint)
}
