//! The manifest as a file: JSON, its version in its name.
//!
//! Reading is strict. What a later version of this program may add is refused rather than passed over, and
//! what can be derived (version, projects, kinds) is derived again and must agree.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::model::artifact::{Artifact, ArtifactKind, Distribution, FileName, FileNameError};
use crate::model::crate_name::CrateFile;
use crate::model::digest::DigestError;
use crate::model::manifest::{Manifest, ManifestError, Origin};
use crate::model::reason::{Reason, ReasonError};
use crate::model::revision::RevisionError;
use crate::model::tag::TagError;
use crate::model::version::Version;
use crate::remote::error::DiskError;

/// What `schema` says in a manifest of this version.
pub(crate) const SCHEMA: &str = "release-action/manifest/v1";
/// No manifest is larger; the largest releases known have a few thousand files.
pub(crate) const LIMIT_BYTES: u64 = 16 << 20;
/// A stranger's text is shown up to this many characters.
const SHOWN: usize = 120;

/// Why a file is no manifest that this program can take.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestFileError {
    /// The file cannot be read.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The file is there and is none.
    #[error("`{path}` is no manifest that this program can take")]
    Content {
        /// The file.
        path: String,
        /// What is wrong.
        #[source]
        source: ManifestFault,
    },
}

impl ManifestFileError {
    /// The error about the file at `path`.
    pub(super) fn content(path: &Path, source: ManifestFault) -> Self {
        Self::Content { path: path.display().to_string(), source }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Disk(_) => {
                "did `validate-wheels` or `collect-artifacts` run before, and did its folder come along?"
            }
            Self::Content { source: ManifestFault::Schema { .. }, .. } => {
                "do all jobs of the workflow use the same version of this action?"
            }
            Self::Content { .. } => "was the file edited? let `validate-wheels` write it again",
        };
        Some(text.to_owned())
    }
}

/// What is wrong with a manifest's text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestFault {
    #[error("it is not JSON of the right shape")]
    Json(#[source] serde_json::Error),
    #[error("its schema is `{found}`, and this program reads `{SCHEMA}`")]
    Schema { found: String },
    #[error("a file name in it is bad")]
    FileName(#[source] FileNameError),
    #[error("a digest of `{file}` is bad")]
    Digest { file: String, source: DigestError },
    #[error("`{file}` is listed as a {kind}, and its name is that of none")]
    Kind { file: String, kind: &'static str },
    #[error("its {what} is `{stated}`, and its files say `{derived}`")]
    Derived { what: String, stated: String, derived: String },
    #[error("its tag is bad")]
    Tag(#[source] TagError),
    #[error("its commit is bad")]
    Commit(#[source] RevisionError),
    #[error("its reason for yanking is bad")]
    Reason(#[source] ReasonError),
    #[error("its files are no release")]
    Set(#[source] Box<ManifestError>),
}

/// What is read first, to tell a later version from a broken file.
#[derive(Deserialize)]
struct Head {
    schema: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestV1 {
    schema: String,
    version: Option<VersionV1>,
    tag: Option<String>,
    commit: Option<String>,
    projects: Vec<String>,
    artifacts: Vec<ArtifactV1>,
    /// Only of a release that was yanked: all others keep the bytes that they always had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    yanked: Option<YankedV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct YankedV1 {
    reason: String,
}

#[derive(Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct VersionV1 {
    pep440: String,
    semver: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArtifactV1 {
    file_name: String,
    size_bytes: u64,
    sha256: String,
    kind: KindV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindV1 {
    Wheel,
    Sdist,
    Crate,
    Other,
}

impl VersionV1 {
    fn of(version: &Version) -> Self {
        Self { pep440: version.pep440(), semver: version.semver() }
    }

    fn shown(this: Option<&Self>) -> String {
        this.map_or_else(|| "none".into(), |version| shown(&version.pep440))
    }
}

/// The manifest's JSON text; the same manifest gives the same bytes.
pub(crate) fn to_json(manifest: &Manifest) -> String {
    let Origin { tag, commit } = manifest.origin();
    let wire = ManifestV1 {
        schema: SCHEMA.to_owned(),
        version: manifest.version().map(VersionV1::of),
        tag: tag.as_ref().map(ToString::to_string),
        commit: commit.as_ref().map(ToString::to_string),
        projects: projects(manifest),
        artifacts: manifest.artifacts().iter().map(artifact_to_wire).collect(),
        yanked: manifest.yanked().map(|reason| YankedV1 { reason: reason.to_string() }),
    };
    let mut text = serde_json::to_string_pretty(&wire).expect("these values are all JSON can hold");
    text.push('\n');
    text
}

fn projects(manifest: &Manifest) -> Vec<String> {
    manifest.projects().iter().map(|project| project.normal().to_owned()).collect()
}

fn artifact_to_wire(artifact: &Artifact) -> ArtifactV1 {
    let Artifact { file_name, size_bytes, sha256, kind } = artifact;
    ArtifactV1 {
        file_name: file_name.to_string(),
        size_bytes: *size_bytes,
        sha256: sha256.to_string(),
        kind: match kind {
            ArtifactKind::Distribution(Distribution::Wheel(_)) => KindV1::Wheel,
            ArtifactKind::Distribution(Distribution::Sdist(_)) => KindV1::Sdist,
            ArtifactKind::Crate(_) => KindV1::Crate,
            ArtifactKind::Other => KindV1::Other,
        },
        project: artifact.distribution().map(|found| found.name().normal().to_owned()),
    }
}

/// Reads a manifest's text.
pub(crate) fn from_json(text: &str) -> Result<Manifest, ManifestFault> {
    let Head { schema } = serde_json::from_str(text).map_err(ManifestFault::Json)?;
    if schema != SCHEMA {
        return Err(ManifestFault::Schema { found: shown(&schema) });
    }
    let wire: ManifestV1 = serde_json::from_str(text).map_err(ManifestFault::Json)?;
    let ManifestV1 { schema: _, version, tag, commit, projects: stated_projects, artifacts, yanked } = wire;
    let origin = Origin {
        tag: tag.map(|tag| tag.parse()).transpose().map_err(ManifestFault::Tag)?,
        commit: commit.map(|commit| commit.parse()).transpose().map_err(ManifestFault::Commit)?,
    };
    let artifacts = artifacts.into_iter().map(artifact_from_wire).collect::<Result<_, _>>()?;
    let manifest = Manifest::new(origin, artifacts).map_err(|error| ManifestFault::Set(Box::new(error)))?;
    let reason = yanked.map(|yanked| yanked.reason.parse::<Reason>());
    let manifest = manifest.with_yanked(reason.transpose().map_err(ManifestFault::Reason)?);
    let derived = manifest.version().map(VersionV1::of);
    agree(
        "version".into(),
        (version == derived, VersionV1::shown(version.as_ref()), VersionV1::shown(derived.as_ref())),
    )?;
    let derived = projects(&manifest);
    agree(
        "list of projects".into(),
        (stated_projects == derived, stated_projects.join(", "), derived.join(", ")),
    )?;
    Ok(manifest)
}

fn artifact_from_wire(wire: ArtifactV1) -> Result<Artifact, ManifestFault> {
    let ArtifactV1 { file_name, size_bytes, sha256, kind, project } = wire;
    let file = shown(&file_name);
    let file_name: FileName = file_name.parse().map_err(ManifestFault::FileName)?;
    let bad = |source| ManifestFault::Digest { file: file.clone(), source };
    let sha256 = sha256.parse().map_err(bad)?;
    let kind = match (kind, Distribution::of_file_name(&file_name)) {
        (KindV1::Wheel, Some(found @ Distribution::Wheel(_)))
        | (KindV1::Sdist, Some(found @ Distribution::Sdist(_))) => ArtifactKind::Distribution(found),
        (KindV1::Wheel, _) => return Err(ManifestFault::Kind { file, kind: "wheel" }),
        (KindV1::Sdist, _) => return Err(ManifestFault::Kind { file, kind: "sdist" }),
        (KindV1::Crate, _) => match CrateFile::of_file_name(&file_name) {
            Some(found) => ArtifactKind::Crate(found),
            None => return Err(ManifestFault::Kind { file, kind: "crate" }),
        },
        // The archive of a program may be called like an sdist; where it lay decided what it is.
        (KindV1::Other, _) => ArtifactKind::Other,
    };
    let artifact = Artifact { file_name, size_bytes, sha256, kind };
    let derived = artifact.distribution().map(|found| found.name().normal().to_owned());
    let or_none = |name: &Option<String>| name.as_deref().map_or_else(|| "none".into(), shown);
    agree(format!("project of `{file}`"), (project == derived, or_none(&project), or_none(&derived)))?;
    Ok(artifact)
}

fn agree(what: String, (same, stated, derived): (bool, String, String)) -> Result<(), ManifestFault> {
    if same {
        Ok(())
    } else {
        Err(ManifestFault::Derived { what, stated: shown(&stated), derived: shown(&derived) })
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::Hashes;
    use crate::remote::disk::read::DiskRead;
    use crate::remote::disk::write::DiskWrite;

    fn manifest() -> Manifest {
        let artifact = |name: &str| {
            let file_name: FileName = name.parse().expect("good");
            let kind = Distribution::of_file_name(&file_name)
                .map_or(ArtifactKind::Other, ArtifactKind::Distribution);
            Artifact::new(file_name, Hashes::of(name.as_bytes()), kind)
        };
        let names = ["zlmdb-1.2.0rc1-py3-none-any.whl", "zlmdb-1.2.0rc1.tar.gz", "tool-linux-x86_64"];
        let origin = Origin {
            tag: Some("v1.2.0-rc1".parse().expect("good")),
            commit: Some("0".repeat(40).parse().expect("good")),
        };
        Manifest::new(origin, names.iter().map(|name| artifact(name)).collect()).expect("good")
    }

    #[test]
    fn a_manifest_comes_back_from_its_text() {
        let text = to_json(&manifest());
        assert_eq!(from_json(&text).expect("good"), manifest());
        assert!(text.starts_with("{\n  \"schema\": \"release-action/manifest/v1\",\n  \"version\": {\n    \"pep440\": \"1.2.0rc1\",\n    \"semver\": \"1.2.0-rc1\""), "{text}");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("manifest.json");
        DiskWrite.ensure_file(&path, text.as_bytes()).expect("written");
        assert_eq!(DiskRead::default().manifest(&path).expect("good"), manifest());
    }

    #[test]
    fn a_manifest_says_that_it_was_yanked_and_nothing_of_that_otherwise() {
        let before = to_json(&manifest());
        assert!(!before.contains("yanked"), "{before}");
        let yanked = manifest().with_yanked(Some("loses \"data\"".parse().expect("good")));
        let text = to_json(&yanked);
        assert!(
            text.ends_with("  ],\n  \"yanked\": {\n    \"reason\": \"loses \\\"data\\\"\"\n  }\n}\n"),
            "{text}"
        );
        let read = from_json(&text).expect("good");
        assert_eq!(read, yanked);
        assert_eq!(to_json(&read.with_yanked(None)), before);
        let bad = text.replace("loses", "loses\\n");
        assert!(matches!(from_json(&bad), Err(ManifestFault::Reason(_))));
        let more = text.replace("\"reason\"", "\"by\": 1, \"reason\"");
        assert!(matches!(from_json(&more), Err(ManifestFault::Json(_))));
    }

    fn fault(from: &str, to: &str) -> ManifestFault {
        let text = to_json(&manifest());
        let changed = text.replacen(from, to, 1);
        assert_ne!(text, changed, "{from} is in the text");
        from_json(&changed).expect_err(to)
    }

    #[test]
    fn each_way_to_be_wrong_has_its_fault() {
        let sha256 = Hashes::of(b"tool-linux-x86_64").sha256.to_string();
        assert!(matches!(fault("manifest/v1", "manifest/v2"), ManifestFault::Schema { .. }));
        assert!(matches!(fault("\"tag\"", "\"more\": 1, \"tag\""), ManifestFault::Json(_)));
        assert!(matches!(fault("\"tag\"", "\"tag\": null, \"tag\""), ManifestFault::Json(_)));
        assert!(matches!(fault("\"size_bytes\": 17", "\"size_bytes\": -1"), ManifestFault::Json(_)));
        assert!(matches!(fault("\"tool-linux", "\"../tool-linux"), ManifestFault::FileName(_)));
        assert!(matches!(fault(&sha256, &sha256[1..]), ManifestFault::Digest { .. }));
        assert!(matches!(fault("\"kind\": \"other\"", "\"kind\": \"wheel\""), ManifestFault::Kind { .. }));
        assert!(matches!(fault("\"kind\": \"sdist\"", "\"kind\": \"wheel\""), ManifestFault::Kind { .. }));
        assert!(matches!(fault("\"kind\": \"wheel\"", "\"kind\": \"other\""), ManifestFault::Derived { .. }));
        assert!(matches!(fault("\"1.2.0rc1\"", "\"1.2.0\""), ManifestFault::Derived { .. }));
        assert!(matches!(fault("    \"zlmdb\"", "    \"other\""), ManifestFault::Derived { .. }));
        assert!(matches!(
            fault("\"project\": \"zlmdb\"", "\"project\": \"other\""),
            ManifestFault::Derived { .. }
        ));
        assert!(matches!(fault("v1.2.0-rc1", "latest"), ManifestFault::Tag(_)));
        assert!(matches!(fault(&"0".repeat(40), "main"), ManifestFault::Commit(_)));
        let twice = fault("zlmdb-1.2.0rc1.tar.gz\"", "zlmdb-1.2.0rc1-py3-none-any.whl\"");
        assert!(matches!(twice, ManifestFault::Kind { .. }), "{twice:?}");
    }

    #[test]
    fn no_text_makes_the_reader_panic() {
        let text = to_json(&manifest());
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            assert!(end + 1 == text.len() || from_json(&text[..end]).is_err(), "{end}");
        }
        let mut state = 7_u64;
        for _ in 0..2000 {
            let mut bytes = text.clone().into_bytes();
            for _ in 0..3 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = usize::try_from(state >> 33).expect("31 bits") % bytes.len();
                bytes[at] = (state >> 24).to_le_bytes()[0] & 0x7f;
            }
            let _ = from_json(&String::from_utf8_lossy(&bytes));
        }
        assert!(from_json(&"[".repeat(1 << 20)).is_err());
    }

    #[test]
    fn a_file_too_large_for_a_manifest_is_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("manifest.json");
        let file = std::fs::File::create(&path).expect("made");
        file.set_len(LIMIT_BYTES + 1).expect("sparse");
        assert!(matches!(DiskRead::default().manifest(&path), Err(ManifestFileError::Disk(_))));
    }
}
