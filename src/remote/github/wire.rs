//! GitHub's JSON, as far as we read it. Lenient: fields that we do not know are skipped, and fields that some
//! server or version leaves out have a default that claims nothing.

pub(super) mod changes;

use std::fmt::Display;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{Asset, CheckRun, CommitStatus, Release, Run, RunArtifact, cut};
use crate::model::digest::Sha256;
use crate::model::revision::{CommitSha, Repository};
use crate::remote::history::{ObjectKind, Person, Relation, TagObject, Verification};

/// A release in an answer.
#[derive(Debug, Deserialize)]
pub(super) struct ReleaseWire {
    id: u64,
    tag_name: String,
    draft: bool,
    name: Option<String>,
    body: Option<String>,
    #[serde(default)]
    prerelease: bool,
    #[serde(default)]
    immutable: Option<bool>,
    #[serde(default)]
    html_url: String,
    #[serde(default)]
    upload_url: String,
}

impl From<ReleaseWire> for Release {
    fn from(wire: ReleaseWire) -> Self {
        let ReleaseWire { id, tag_name, draft, name, body, prerelease, immutable, html_url, upload_url } =
            wire;
        Self {
            id,
            tag_name,
            name: name.unwrap_or_default(),
            body: body.unwrap_or_default(),
            draft,
            prerelease,
            immutable: immutable.unwrap_or_default(),
            html_url,
            upload_url,
        }
    }
}

/// An asset in an answer.
#[derive(Debug, Deserialize)]
pub(super) struct AssetWire {
    id: u64,
    name: String,
    label: Option<String>,
    size: u64,
    state: Option<String>,
    digest: Option<String>,
    #[serde(default)]
    url: String,
}

impl From<AssetWire> for Asset {
    fn from(wire: AssetWire) -> Self {
        let AssetWire { id, name, label, size, state, digest, url } = wire;
        Self {
            id,
            name,
            label: label.filter(|label| !label.is_empty()),
            size_bytes: size,
            uploaded: state.is_none_or(|state| state == "uploaded"),
            sha256: sha256(digest.as_deref()),
            url,
        }
    }
}

/// A workflow run in an answer.
#[derive(Debug, Deserialize)]
pub(super) struct RunWire {
    id: u64,
    #[serde(deserialize_with = "parsed")]
    head_sha: CommitSha,
    #[serde(default)]
    path: String,
    #[serde(default)]
    event: String,
    status: Option<String>,
    conclusion: Option<String>,
    head_branch: Option<String>,
    #[serde(default)]
    run_number: u64,
    run_attempt: Option<u64>,
    #[serde(default)]
    html_url: String,
    head_repository: Option<RepositoryWire>,
}

/// A repository: this one, or the one that a run's commit comes from.
#[derive(Debug, Deserialize)]
pub(super) struct RepositoryWire {
    full_name: Option<String>,
    /// Lists leave it out.
    pub(super) default_branch: Option<String>,
}

impl RunWire {
    /// The run, seen from `repository`.
    pub(super) fn into_run(self, repository: &Repository) -> Run {
        let Self { id, head_sha, path, event, status, conclusion, head_branch, .. } = self;
        let Self { run_number, run_attempt, html_url, head_repository, .. } = self;
        // A fork that was deleted has no name any more, so what has none is foreign.
        let home = head_repository.and_then(|head| head.full_name);
        let from_fork = !home.is_some_and(|name| name.eq_ignore_ascii_case(&repository.to_string()));
        Run {
            id,
            // A reusable workflow's path may carry the ref that it was taken from.
            path: path.split('@').next().unwrap_or_default().to_owned(),
            event,
            status: status.unwrap_or_default(),
            conclusion,
            head_sha,
            head_branch,
            run_number,
            run_attempt: run_attempt.unwrap_or(1),
            html_url,
            from_fork,
        }
    }
}

/// An artifact of a run in an answer.
#[derive(Debug, Deserialize)]
pub(super) struct RunArtifactWire {
    id: u64,
    name: String,
    size_in_bytes: u64,
    #[serde(default)]
    expired: bool,
    digest: Option<String>,
    created_at: Option<String>,
}

impl From<RunArtifactWire> for RunArtifact {
    fn from(wire: RunArtifactWire) -> Self {
        let RunArtifactWire { id, name, size_in_bytes, expired, digest, created_at } = wire;
        Self { id, name, size_bytes: size_in_bytes, expired, sha256: sha256(digest.as_deref()), created_at }
    }
}

/// A ref, or an annotated tag: either points to an object.
#[derive(Debug, Deserialize)]
pub(super) struct PointerWire {
    /// The ref's full name; tags have none.
    #[serde(rename = "ref")]
    pub(super) name: Option<String>,
    /// What it points to.
    pub(super) object: ObjectWire,
}

/// An object of git.
#[derive(Debug, Deserialize)]
pub(super) struct ObjectWire {
    /// `commit`, `tag`, `tree` or `blob`.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// Its hash.
    #[serde(deserialize_with = "parsed")]
    pub(super) sha: CommitSha,
}

impl ObjectWire {
    /// What it is, as far as tags care.
    pub(super) fn kind(&self) -> ObjectKind {
        match self.kind.as_str() {
            "commit" => ObjectKind::Commit,
            "tag" => ObjectKind::Tag,
            _ => ObjectKind::Other,
        }
    }
}

/// The object of an annotated tag in an answer.
#[derive(Debug, Deserialize)]
pub(super) struct TagObjectWire {
    tag: String,
    object: ObjectWire,
    tagger: Option<PersonWire>,
    verification: Option<VerificationWire>,
}

/// Somebody in an object of git.
#[derive(Debug, Deserialize)]
struct PersonWire {
    name: Option<String>,
    email: Option<String>,
}

/// What GitHub makes of a signature. A server that says nothing has verified nothing.
#[derive(Debug, Default, Deserialize)]
pub(super) struct VerificationWire {
    #[serde(default)]
    verified: bool,
    reason: Option<String>,
}

impl From<VerificationWire> for Verification {
    fn from(VerificationWire { verified, reason }: VerificationWire) -> Self {
        Self { verified, reason: reason.map_or_else(|| "unknown".to_owned(), |reason| cut(&reason)) }
    }
}

impl From<TagObjectWire> for TagObject {
    fn from(wire: TagObjectWire) -> Self {
        let TagObjectWire { tag, object, tagger, verification } = wire;
        let person = |PersonWire { name, email }| {
            Some(Person {
                name: cut(&name.unwrap_or_default()),
                email: email.filter(|email| !email.is_empty())?,
            })
        };
        Self {
            name: tag,
            target_kind: object.kind(),
            target: object.sha,
            tagger: tagger.and_then(person),
            verification: verification.unwrap_or_default().into(),
        }
    }
}

/// A commit in an answer, with what can be said for it.
#[derive(Debug, Deserialize)]
pub(super) struct CommitFactsWire {
    /// Who put it there, and when.
    pub(super) committer: CommitterWire,
    /// What it was made from.
    #[serde(default)]
    pub(super) parents: Vec<ShaWire>,
    /// What became of its signature.
    #[serde(default)]
    pub(super) verification: VerificationWire,
}

/// Something that is known by its hash.
#[derive(Debug, Deserialize)]
pub(super) struct ShaWire {
    /// The hash.
    #[serde(deserialize_with = "parsed")]
    pub(super) sha: CommitSha,
}

/// A comparison of two commits in an answer, as far as it is about their standing.
#[derive(Debug, Deserialize)]
pub(super) struct ComparisonWire {
    /// The head's standing relative to the base.
    pub(super) status: String,
    ahead_by: Option<u64>,
    behind_by: Option<u64>,
}

impl ComparisonWire {
    /// The standing; `None` where GitHub contradicts itself or uses a new word.
    pub(super) fn relation(&self) -> Option<Relation> {
        let (relation, is_ahead, is_behind) = match self.status.as_str() {
            "identical" => (Relation::Identical, false, false),
            "ahead" => (Relation::Ahead, true, false),
            "behind" => (Relation::Behind, false, true),
            "diverged" => (Relation::Diverged, true, true),
            _ => return None,
        };
        let agrees = |count: Option<u64>, expected| count.is_none_or(|count| (count > 0) == expected);
        (agrees(self.ahead_by, is_ahead) && agrees(self.behind_by, is_behind)).then_some(relation)
    }
}

/// A check run in an answer.
#[derive(Debug, Deserialize)]
pub(super) struct CheckRunWire {
    id: u64,
    name: String,
    #[serde(default)]
    status: String,
    conclusion: Option<String>,
    app: Option<AppWire>,
    html_url: Option<String>,
}

/// An application that makes checks.
#[derive(Debug, Deserialize)]
struct AppWire {
    slug: Option<String>,
}

impl From<CheckRunWire> for CheckRun {
    fn from(wire: CheckRunWire) -> Self {
        let CheckRunWire { id, name, status, conclusion, app, html_url } = wire;
        let app = app.and_then(|app| app.slug);
        Self { id, name, status, conclusion, app, html_url: html_url.unwrap_or_default() }
    }
}

/// A commit's status in an answer.
#[derive(Debug, Deserialize)]
pub(super) struct StatusWire {
    context: String,
    state: String,
    target_url: Option<String>,
}

impl From<StatusWire> for CommitStatus {
    fn from(StatusWire { context, state, target_url }: StatusWire) -> Self {
        Self { context, state, target_url: target_url.unwrap_or_default() }
    }
}

/// A commit in an answer.
#[derive(Debug, Deserialize)]
pub(super) struct CommitWire {
    /// Who put it there, and when.
    pub(super) committer: CommitterWire,
}

/// Who committed.
#[derive(Debug, Deserialize)]
pub(super) struct CommitterWire {
    /// The moment.
    pub(super) date: String,
}

/// A tag in a list.
#[derive(Debug, Deserialize)]
pub(super) struct TagWire {
    /// Its name.
    pub(super) name: String,
}

/// Notes that GitHub wrote.
#[derive(Debug, Deserialize)]
pub(super) struct NotesWire {
    /// The title.
    #[serde(default)]
    pub(super) name: String,
    /// The text.
    pub(super) body: String,
}

/// Reads `sha256:…`; a digest of another kind is none that we could compare.
fn sha256(digest: Option<&str>) -> Option<Sha256> {
    digest?.strip_prefix("sha256:")?.parse().ok()
}

fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_github_leaves_out_claims_nothing() {
        let wire = json!({"id": 7, "tag_name": "v1", "draft": true, "name": null, "unknown": [1]});
        let release: Release = serde_json::from_value::<ReleaseWire>(wire).expect("lenient").into();
        assert!(release.draft && !release.immutable && release.name.is_empty() && release.body.is_empty());
        // Whether it is a draft decides what may be done to it: that is never guessed.
        assert!(serde_json::from_value::<ReleaseWire>(json!({"id": 7, "tag_name": "v1"})).is_err());
    }

    #[test]
    fn only_an_uploaded_asset_counts_and_only_sha256_is_a_digest() {
        let asset = |state: &str, digest: &str| -> Asset {
            let wire =
                json!({"id": 1, "name": "a", "label": "", "size": 3, "state": state, "digest": digest});
            serde_json::from_value::<AssetWire>(wire).expect("lenient").into()
        };
        let good = format!("sha256:{}", Sha256::of(b"abc"));
        assert_eq!(asset("uploaded", &good).sha256, Some(Sha256::of(b"abc")));
        assert_eq!(asset("uploaded", &good).label, None);
        assert!(!asset("starter", "").uploaded);
        assert_eq!(asset("uploaded", "sha512:00").sha256, None);
    }

    #[test]
    fn a_run_without_a_known_home_comes_from_a_fork() {
        let here: Repository = "Owner/name".parse().expect("good");
        let from_fork = |head: serde_json::Value| {
            let wire = json!({"id": 1, "head_sha": "a".repeat(40), "path": ".github/workflows/b.yml@main", "head_repository": head});
            let run = serde_json::from_value::<RunWire>(wire).expect("lenient").into_run(&here);
            assert_eq!((run.path.as_str(), run.run_attempt), (".github/workflows/b.yml", 1));
            run.from_fork
        };
        assert!(!from_fork(json!({"full_name": "owner/Name"})));
        assert!(from_fork(json!({"full_name": "other/name"})));
        assert!(from_fork(json!(null)));
    }
}
