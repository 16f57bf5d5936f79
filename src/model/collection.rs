//! What was collected: each file, where it was placed, where it comes from, and who vouches for its bytes.

use std::fmt::Write as _;

use super::artifact::ArtifactKind;
use super::digest::Sha256;
use super::revision::CommitSha;
use super::tag::Tag;

/// The files of all artifacts that were collected for one commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collection {
    /// The tag that is released, where it was known.
    pub tag: Option<Tag>,
    /// The commit that was built, where it was known.
    pub commit: Option<CommitSha>,
    /// The files that were placed, sorted by path.
    pub files: Vec<CollectedFile>,
    /// The texts of producers that are kept beside this document, sorted by path.
    pub records: Vec<CollectedFile>,
}

/// One file of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectedFile {
    /// Where it stands, with `/` between folders: a file as the folders were given, a record from the folder of the document.
    pub path: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
    /// What it is.
    pub kind: ArtifactKind,
    /// Where it comes from.
    pub source: Source,
    /// The texts that state its digest, each as artifact and path; sorted.
    pub proofs: Vec<String>,
}

/// Where a file comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file name of the workflow.
    pub workflow: String,
    /// The run's number.
    pub run_id: u64,
    /// Which attempt of the run, where that is known.
    pub run_attempt: Option<u64>,
    /// The artifact's name.
    pub artifact: String,
    /// The artifact's number.
    pub artifact_id: u64,
    /// The digest that GitHub states of the artifact, to which the download was held.
    pub artifact_sha256: Option<Sha256>,
    /// The path in the artifact.
    pub member: String,
}

impl Collection {
    /// The text of `SHA256SUMS`: a line a file, as `sha256sum --check` reads it where the folders were given from.
    pub fn sha256sums(&self) -> String {
        let mut text = String::new();
        for CollectedFile { path, sha256, .. } in &self.files {
            writeln!(text, "{sha256}  {path}").expect("writing to a string cannot fail");
        }
        text
    }

    /// How many files have their digest from their producer.
    pub fn verified(&self) -> usize {
        self.files.iter().filter(|file| !file.proofs.is_empty()).count()
    }
}

impl CollectedFile {
    /// What it is called, its digest, and whether it is a wheel, an sdist or a crate.
    pub fn brief(&self) -> (&str, (Sha256, bool)) {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        (name, (self.sha256, !matches!(self.kind, ArtifactKind::Other)))
    }
}
