//! The one hand-off between jobs: which files make the release, each with its digest.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::artifact::{Artifact, Distribution, FileName};
use super::crate_name::CrateFile;
use super::name::PackageName;
use super::reason::Reason;
use super::revision::CommitSha;
use super::tag::Tag;
use super::version::Version;

/// The set of files of one release: sorted by name, each name once, one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    origin: Origin,
    version: Option<Version>,
    artifacts: Vec<Artifact>,
    yanked: Option<Reason>,
}

/// Where the files of a release come from, as far as it was known when they were vetted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The tag that is released.
    pub tag: Option<Tag>,
    /// The commit that was built.
    pub commit: Option<CommitSha>,
}

/// Why files make no manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ManifestError {
    #[error("there is no file: verifying nothing is a failure")]
    Empty,
    #[error("two files are called `{file_name}`")]
    Duplicate { file_name: FileName },
    #[error("`{first}` and `{second}` are of different versions, and one release has one")]
    Versions { first: FileName, second: FileName },
}

impl Manifest {
    /// Binds `artifacts` to one release.
    ///
    /// # Errors
    /// When there are none, when a name stands twice, or when distributions differ in version.
    pub fn new(origin: Origin, mut artifacts: Vec<Artifact>) -> Result<Self, ManifestError> {
        artifacts.sort_by(|a, b| a.file_name.cmp(&b.file_name));
        if artifacts.is_empty() {
            return Err(ManifestError::Empty);
        }
        if let Some(pair) = artifacts.windows(2).find(|pair| pair[0].file_name == pair[1].file_name) {
            return Err(ManifestError::Duplicate { file_name: pair[0].file_name.clone() });
        }
        let versions =
            artifacts.iter().filter_map(|artifact| Some((artifact, artifact.distribution()?.version())));
        let first = versions.clone().next();
        if let Some((first, version)) = first
            && let Some((second, _)) = versions.clone().find(|(_, other)| *other != version)
        {
            let (first, second) = (first.file_name.clone(), second.file_name.clone());
            return Err(ManifestError::Versions { first, second });
        }
        let version = first.map(|(_, version)| version.clone());
        Ok(Self { origin, version, artifacts, yanked: None })
    }

    /// Where the files come from.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The one version of all distributions; `None` when there is no distribution.
    pub const fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }

    /// Why the release was yanked, if it was.
    pub const fn yanked(&self) -> Option<&Reason> {
        self.yanked.as_ref()
    }

    /// The same manifest of a release that was yanked for this reason, or that was not.
    pub fn with_yanked(self, yanked: Option<Reason>) -> Self {
        Self { yanked, ..self }
    }

    /// All files, sorted by name.
    pub fn artifacts(&self) -> &[Artifact] {
        &self.artifacts
    }

    /// The file called `file_name`.
    pub fn artifact(&self, file_name: &str) -> Option<&Artifact> {
        let at =
            self.artifacts.binary_search_by(|artifact| artifact.file_name.as_str().cmp(file_name)).ok()?;
        self.artifacts.get(at)
    }

    /// The wheels and sdists among the files.
    pub fn distributions(&self) -> impl Iterator<Item = (&Artifact, &Distribution)> {
        self.artifacts.iter().filter_map(|artifact| artifact.distribution().map(|found| (artifact, found)))
    }

    /// The packed crates among the files.
    pub fn crates(&self) -> impl Iterator<Item = (&Artifact, &CrateFile)> {
        self.artifacts.iter().filter_map(|artifact| artifact.packed_crate().map(|found| (artifact, found)))
    }

    /// The projects that the distributions belong to, sorted.
    pub fn projects(&self) -> BTreeSet<PackageName> {
        self.distributions().map(|(_, distribution)| distribution.name().clone()).collect()
    }

    /// The text of `SHA256SUMS`: a line a file, as `sha256sum --check` reads it.
    pub fn sha256sums(&self) -> String {
        let mut text = String::new();
        for artifact in &self.artifacts {
            writeln!(text, "{}  {}", artifact.sha256, artifact.file_name)
                .expect("writing to a string cannot fail");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::artifact::ArtifactKind;
    use crate::model::digest::Hashes;

    fn artifact(name: &str) -> Artifact {
        let file_name: FileName = name.parse().expect("good");
        let kind = ArtifactKind::of_file_name(&file_name);
        Artifact::new(file_name, Hashes::of(name.as_bytes()), kind)
    }

    fn manifest(names: &[&str]) -> Result<Manifest, ManifestError> {
        Manifest::new(Origin::default(), names.iter().map(|name| artifact(name)).collect())
    }

    #[test]
    fn files_are_sorted_and_projects_counted() {
        let manifest = manifest(&["tool", "b-1.0.tar.gz", "a-1.0-py3-none-any.whl"]).expect("good");
        let names: Vec<_> = manifest.artifacts().iter().map(|artifact| artifact.file_name.as_str()).collect();
        assert_eq!(names, ["a-1.0-py3-none-any.whl", "b-1.0.tar.gz", "tool"]);
        assert_eq!(manifest.projects().len(), 2);
        assert_eq!(manifest.version().map(ToString::to_string).as_deref(), Some("1.0"));
        assert_eq!(manifest.sha256sums().lines().count(), 3);
    }

    #[test]
    fn crates_stand_beside_distributions_in_versions_of_their_own() {
        let names = ["sample-1.0-py3-none-any.whl", "sample-2.0.0.crate", "sample.crate"];
        let manifest = manifest(&names).expect("good");
        let crates: Vec<_> = manifest.crates().map(|(_, found)| found.stem()).collect();
        assert_eq!(crates, ["sample-2.0.0"]);
        assert_eq!(manifest.version().map(ToString::to_string).as_deref(), Some("1.0"));
        assert_eq!(manifest.projects().len(), 1);
    }

    #[test]
    fn nothing_twice_and_two_versions_are_refused() {
        assert_eq!(manifest(&[]), Err(ManifestError::Empty));
        assert!(matches!(manifest(&["tool", "tool"]), Err(ManifestError::Duplicate { .. })));
        assert!(matches!(manifest(&["a-1.0.tar.gz", "b-1.1.tar.gz"]), Err(ManifestError::Versions { .. })));
    }
}
