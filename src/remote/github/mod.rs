//! GitHub: releases and their assets, files, branches and tags, pull requests, workflow runs and their artifacts.
//!
//! A release is found through the list and by its id, never by its tag: that look-up does not see drafts. JSON
//! calls go through octocrab, bytes through [`Http`](crate::remote::http::Http); both share one client.

use crate::model::artifact::{Artifact, RemoteFile};
use crate::model::digest::Sha256;
use crate::model::revision::CommitSha;

mod api;
pub(crate) mod branches;
mod checks;
pub(crate) mod dispatch;
mod disposition;
pub(crate) mod download;
pub(crate) mod event;
pub(crate) mod event_tag;
mod files;
mod history;
mod link;
mod moment;
pub(crate) mod pacer;
pub(crate) mod pulls;
pub(crate) mod read;
mod refs;
mod refusal;
mod released;
mod replace;
pub(crate) mod runs;
mod strays;
mod target;
mod transport;
pub(crate) mod upload;
mod wire;
pub(crate) mod write;
pub(crate) mod yanked;

/// What messages call this service.
const SERVICE: &str = "GitHub";

/// A text that GitHub gave, cut to a length for messages.
fn cut(text: &str) -> String {
    text.chars().take(200).collect()
}

/// A release or the draft of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    /// The number that names it for good.
    pub(crate) id: u64,
    /// The tag that it belongs to; `untagged-…` if GitHub took it away.
    pub(crate) tag_name: String,
    /// The title; empty where there is none.
    pub(crate) name: String,
    /// The notes; empty where there are none.
    pub(crate) body: String,
    /// Whether it is visible only to those who may write.
    pub(crate) draft: bool,
    /// Whether it is marked as a prerelease.
    pub(crate) prerelease: bool,
    /// Whether its assets and tag are fixed for good.
    pub(crate) immutable: bool,
    /// Its page, for people.
    pub(crate) html_url: String,
    /// Where assets are sent to, as GitHub's URI template.
    pub(crate) upload_url: String,
}

/// A file on a release page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asset {
    /// The number that names it for good.
    pub(crate) id: u64,
    /// Its name as GitHub rewrote it.
    pub(crate) name: String,
    /// The text shown instead of the name; we put the original name here.
    pub(crate) label: Option<String>,
    /// Its size in bytes.
    pub(crate) size_bytes: u64,
    /// Whether all its bytes arrived. What a failed upload leaves blocks the name and may be deleted.
    pub(crate) uploaded: bool,
    /// The digest that GitHub computed, where it did.
    pub(crate) sha256: Option<Sha256>,
    /// Its address in the API.
    pub(crate) url: String,
}

/// One run of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The number that names it for good.
    pub(crate) id: u64,
    /// The workflow's file, such as `.github/workflows/build.yml`.
    pub(crate) path: String,
    /// What started it: `push`, `pull_request`, `schedule`, …
    pub(crate) event: String,
    /// `queued`, `in_progress`, `completed`, …
    pub(crate) status: String,
    /// `success`, `failure`, `cancelled`, …, once it is completed.
    pub(crate) conclusion: Option<String>,
    /// The commit that was built.
    pub(crate) head_sha: CommitSha,
    /// The branch, or the tag, that was built.
    pub(crate) head_branch: Option<String>,
    /// Counts the runs of this workflow.
    pub(crate) run_number: u64,
    /// Counts how often this run was started again; the first is 1.
    pub(crate) run_attempt: u64,
    /// Its page, for people.
    pub(crate) html_url: String,
    /// Whether the commit comes from another repository, or from one that is gone.
    pub(crate) from_fork: bool,
}

impl Run {
    /// Whether it is over, and all of it went well.
    pub(crate) fn succeeded(&self) -> bool {
        self.status == "completed" && self.conclusion.as_deref() == Some("success")
    }
}

/// What somebody found out about a commit: a job of a workflow, or another application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckRun {
    /// The number that names it for good; of two with one name, the higher one is newer.
    pub(crate) id: u64,
    /// Its name; several of a commit may share it.
    pub(crate) name: String,
    /// `queued`, `in_progress`, `completed`, …
    pub(crate) status: String,
    /// `success`, `failure`, `skipped`, …, once it is completed.
    pub(crate) conclusion: Option<String>,
    /// The application that made it; `github-actions` for jobs.
    pub(crate) app: Option<String>,
    /// Its page, for people.
    pub(crate) html_url: String,
}

impl CheckRun {
    /// Whether it is over, and did not fail: GitHub lets a branch's rules pass by what was skipped, too.
    pub(crate) fn passed(&self) -> bool {
        let is_good = |conclusion: &str| ["success", "neutral", "skipped"].contains(&conclusion);
        self.status == "completed" && self.conclusion.as_deref().is_some_and(is_good)
    }
}

/// What somebody says of a commit in the way that is older than checks: the newest word of each context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommitStatus {
    /// Whose word it is, and about what.
    pub(crate) context: String,
    /// `success`, `pending`, `failure` or `error`.
    pub(crate) state: String,
    /// A page about it, for people; empty where there is none.
    pub(crate) target_url: String,
}

impl CommitStatus {
    /// Whether it is good.
    pub(crate) fn passed(&self) -> bool {
        self.state == "success"
    }
}

/// What a workflow run left for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunArtifact {
    /// The number that names it for good; of two with one name, the higher one is newer.
    pub(crate) id: u64,
    /// Its name; two live ones of a run may share it.
    pub(crate) name: String,
    /// Size of what is transferred, in bytes.
    pub(crate) size_bytes: u64,
    /// Whether its bytes are gone.
    pub(crate) expired: bool,
    /// The digest of what is transferred, as the uploader stated it.
    pub(crate) sha256: Option<Sha256>,
    /// When it was made, as GitHub writes it.
    pub(crate) created_at: Option<String>,
}

/// What came of a download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Downloaded {
    /// The digests of the file, as it was read back.
    pub(crate) hashes: crate::model::digest::Hashes,
    /// Whether they are a zip that packs the files; otherwise they are the one file itself.
    pub(crate) zipped: bool,
    /// What the service calls the file: a plain name, never a path.
    pub(crate) file_name: Option<String>,
}

/// The text that GitHub writes for a release by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GeneratedNotes {
    /// The title.
    pub(crate) name: String,
    /// The text.
    pub(crate) body: String,
}

/// What a release page is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReleaseText {
    /// The tag that the release belongs to.
    pub(crate) tag: String,
    /// The branch or the commit where GitHub makes the tag if there is none yet. Leave it out where the tag exists.
    pub(crate) target: Option<String>,
    /// The title.
    pub(crate) title: String,
    /// The whole text; see [`marked`].
    pub(crate) body: String,
    /// Whether it is marked as a prerelease.
    pub(crate) prerelease: bool,
}

/// Whether a release becomes the one that is shown as the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MakeLatest {
    /// It becomes the latest, unless it is a prerelease: GitHub refuses that.
    Yes,
    /// The latest one stays.
    No,
}

/// A release as it was when a change of it was planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The number that names it for good.
    pub(crate) release_id: u64,
    /// Whether the change is allowed for as long as it is a draft.
    pub(crate) must_be_draft: bool,
    /// Its text, where that is what changes.
    pub(crate) body: Option<String>,
}

/// How a release becomes visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Publication {
    /// Whether it is marked as a prerelease.
    pub(crate) prerelease: bool,
    /// Whether it becomes the latest.
    pub(crate) latest: MakeLatest,
    /// The category in which a discussion is opened with it. Where GitHub refuses that, the release is published
    /// without one, and those who watch are told.
    pub(crate) discussion_category: Option<String>,
    /// The branch or the commit where GitHub makes the tag if there is none yet. Leave it out where the tag exists.
    pub(crate) target: Option<String>,
    /// Where the tag has to point at that moment, if it is there. Nothing is asked without it.
    pub(crate) commit: Option<CommitSha>,
}

impl Asset {
    /// The file as the model's comparison wants it. `None` for what a failed upload left: nothing is there yet.
    pub(crate) fn remote_file(&self) -> Option<RemoteFile> {
        self.uploaded.then(|| RemoteFile {
            file_name: self.name.clone(),
            size_bytes: Some(self.size_bytes),
            sha256: self.sha256,
        })
    }

    /// Whether it is one of ours that waits under another name for its turn; see [`temporary_name`]. It belongs to
    /// nobody else and is no file of the release.
    pub(crate) fn is_temporary(&self) -> bool {
        self.name.starts_with(TEMPORARY)
    }

    /// Whether this is the file that we call `file_name`, by its name or by the label that keeps the original one.
    pub(crate) fn is_called(&self, file_name: &str) -> bool {
        self.name == file_name || self.label.as_deref() == Some(file_name)
    }
}

/// The release of `tag` that everybody agrees on without a lock: the published one, else the draft with the
/// lowest id. Drafts are not unique: two jobs that begin at the same time make two.
pub(crate) fn canonical<'a>(releases: &'a [Release], tag: &str) -> Option<&'a Release> {
    releases
        .iter()
        .filter(|release| release.tag_name == tag)
        .min_by_key(|release| (release.draft, release.id))
}

/// Begins the name of a file that was sent and does not have its own name yet. It has no leading dot, which GitHub would
/// rewrite.
const TEMPORARY: &str = "release-action-incoming-";

/// How the temporary names of a file begin, whatever its bytes are.
fn temporary_names(file_name: &str) -> String {
    format!("{TEMPORARY}{}-", &Sha256::of(file_name.as_bytes()).to_string()[..8])
}

/// What `artifact` is called until the file that it replaces is gone. It says which bytes it holds, so that a later run
/// knows what it found, and it is made of what GitHub never rewrites.
fn temporary_name(artifact: &Artifact) -> String {
    let name = artifact.file_name.as_str();
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '.' };
    let parts: String = name.chars().map(plain).take(80).collect();
    let parts: Vec<&str> = parts.split('.').filter(|part| !part.is_empty()).collect();
    format!("{}{}-{}", temporary_names(name), &artifact.sha256.to_string()[..16], parts.join("."))
}

/// The asset that is `artifact`, or that stands in its way: by name or label, an uploaded one before the remains of
/// a failed upload; else one with the same bytes whose name differs only in what GitHub rewrites.
pub(crate) fn matching<'a>(assets: &'a [Asset], artifact: &Artifact) -> Option<&'a Asset> {
    let name = artifact.file_name.as_str();
    let called = assets.iter().filter(|asset| asset.is_called(name)).max_by_key(|asset| asset.uploaded);
    // GitHub keeps most names as they are: what is called otherwise then is another file.
    called.or_else(|| {
        if upload::is_kept(name) {
            return None;
        }
        let same = |asset: &&Asset| asset.uploaded && asset.sha256 == Some(artifact.sha256);
        assets.iter().filter(same).find(|asset| folded(&asset.name) == folded(name))
    })
}

/// What GitHub's rewriting leaves of a name in any case: letters of ASCII and digits.
fn folded(name: &str) -> String {
    name.strip_prefix("default.").unwrap_or(name).chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Opens the region of a release's text that is ours.
const OPEN: &str = "<!-- release-action -->";
/// Closes it.
const CLOSE: &str = "<!-- /release-action -->";

/// `text` as the region of a release's text that is ours: between two comments that the page does not show.
pub(crate) fn marked(text: &str) -> String {
    // The page shows neither, so a text may hold them in this spelling, which marks nothing.
    let plain = |mark: &str| mark.replace(' ', "");
    let text = text.replace(OPEN, &plain(OPEN)).replace(CLOSE, &plain(CLOSE));
    format!("{OPEN}\n{}\n{CLOSE}", text.trim_matches('\n'))
}

/// Where our region lies in `body`, with both comments.
fn region(body: &str) -> Option<std::ops::Range<usize>> {
    let start = body.find(OPEN)?;
    let end = start + body[start..].find(CLOSE)? + CLOSE.len();
    Some(start..end)
}

/// What stands in the region of `body` that is ours.
pub(crate) fn region_text(body: &str) -> Option<&str> {
    let region = region(body)?;
    body.get(region.start + OPEN.len()..region.end - CLOSE.len())
}

/// Whether `body` has a region that is ours.
pub(crate) fn is_ours(body: &str) -> bool {
    region(body).is_some()
}

/// `body` with `text` as our region, and with all that others wrote around it. A text without such a region gets
/// one at its end. Doing it again changes nothing.
pub(crate) fn with_region(body: &str, text: &str) -> String {
    let ours = marked(text);
    match region(body) {
        Some(region) => format!("{}{ours}{}", &body[..region.start], &body[region.end..]),
        None if body.trim().is_empty() => ours,
        None => format!("{}\n\n{ours}", body.trim_end()),
    }
}

/// As [`with_region`], but a text without such a region gets one at its beginning.
pub(crate) fn with_region_first(body: &str, text: &str) -> String {
    if is_ours(body) || body.trim().is_empty() {
        with_region(body, text)
    } else {
        format!("{}\n\n{}", marked(text), body.trim_start())
    }
}

#[cfg(test)]
mod tests;
