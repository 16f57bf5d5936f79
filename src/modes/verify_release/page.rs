//! The release page: in which state it is, and whether its files are those of the manifest.

use std::collections::{BTreeMap, BTreeSet};

use super::ReleaseState;
use super::look::{Look, Standing};
use super::records::{CHECKSUMS, MANIFEST};
use super::rules::{
    ASSET_DIFFERS, ASSET_MISSING, ASSET_RENAMED, ASSET_UNDECLARED, ASSET_UNFINISHED, CHECKSUMS_DISAGREE,
    CHECKSUMS_INCOMPLETE, NO_RELEASE, NOT_IMMUTABLE, PACKAGE_RENAMED, RELEASE_STATE, SECOND_RELEASE,
};
use crate::archive::checksums::Checksums;
use crate::archive::shown;
use crate::model::artifact::{Artifact, ArtifactKind, Delta};
use crate::model::digest::Sha256;
use crate::model::manifest::Manifest;
use crate::model::tag::Tag;
use crate::remote::error::RemoteError;
use crate::remote::github::read::GithubRead;
use crate::remote::github::{Asset, Release, canonical, matching};

/// What the states call this place.
const PLACE: &str = "github";

/// The whole text of notes that were cut, as create-release attaches it: made for the page, and vetted by nobody.
const WHOLE_NOTES: &str = "RELEASE-NOTES.md";

/// A release with its files.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// The release.
    pub(super) release: Release,
    /// Its files; none where they could not be listed.
    pub(super) assets: Option<Vec<Asset>>,
}

impl Page {
    /// The release of `tag` that everybody sees first. None where there is none, or nobody could tell.
    pub(super) async fn of(tag: &Tag, github: &GithubRead, look: &mut Look) -> Option<Self> {
        let releases = look.asked(github.releases().await)?;
        let Some(release) = canonical(&releases, tag.as_str()).cloned() else {
            look.find(NO_RELEASE.finding(format!("there is neither a release nor a draft of `{tag}`")));
            return None;
        };
        let others =
            releases.iter().filter(|other| other.tag_name == release.tag_name && other.id != release.id);
        let others: Vec<_> = others.map(|other| format!("number {}", other.id)).collect();
        if !others.is_empty() {
            let message = format!("beside number {}, `{tag}` has {}", release.id, others.join(", "));
            look.find(SECOND_RELEASE.finding(message));
        }
        let assets = look.asked(github.assets(release.id).await);
        Some(Self { release, assets })
    }

    /// Holds the release to the state that it is to be in.
    pub(super) fn judge_state(&self, expected: ReleaseState, look: &mut Look) {
        let Release { id, draft, immutable, .. } = self.release;
        let found = if draft { "a draft" } else { "published" };
        let wanted = match (expected, draft) {
            (ReleaseState::Published, true) => Some("published"),
            (ReleaseState::Draft, false) => Some("a draft"),
            _ => None,
        };
        if let Some(wanted) = wanted {
            let message = format!("it is {found} (number {id}), and is to be {wanted}");
            let finding = RELEASE_STATE.finding(message);
            look.find(match expected {
                ReleaseState::Draft => {
                    finding.hint("make it a draft again (`undo: draft`), or leave `release-state` out")
                }
                _ => finding,
            });
        }
        if !draft && !immutable {
            look.find(NOT_IMMUTABLE.finding("GitHub marks it as one that can be changed"));
        }
    }

    /// Holds the files to the manifest, and all of them to the page's own list of digests.
    pub(super) async fn compare(
        &self,
        manifest: &Manifest,
        sums: Option<&Checksums>,
        github: &GithubRead,
        look: &mut Look,
    ) {
        let Some(assets) = &self.assets else {
            for artifact in manifest.artifacts() {
                look.state(PLACE, artifact, Standing::NotAsked, None);
            }
            return;
        };
        let mut listed = Listed::of(sums, assets, manifest);
        // Names come first, those of all files: equal bytes under another file's name are that other file.
        let by_name: Vec<_> = manifest.artifacts().iter().map(|one| (one, matching(assets, one))).collect();
        let mut claimed: BTreeSet<u64> =
            by_name.iter().filter_map(|(_, asset)| Some(asset.as_ref()?.id)).collect();
        for (artifact, asset) in by_name {
            let asset = match asset {
                Some(asset) => Some(asset),
                None => renamed(assets, &claimed, artifact, github, look).await,
            };
            claimed.extend(asset.map(|asset| asset.id));
            judge(artifact, asset, github, look).await;
            if sums.is_some() {
                listed.hold(artifact, asset, look);
            }
        }
        let rest: Vec<_> = assets.iter().filter(|asset| !claimed.contains(&asset.id)).collect();
        for asset in &rest {
            judge_other(asset, &listed, github, look).await;
        }
        listed.tell_missing(&rest, look);
    }
}

/// An asset with the bytes of `artifact` under a name of its own, which is no file of the manifest yet.
async fn renamed<'a>(
    assets: &'a [Asset],
    claimed: &BTreeSet<u64>,
    artifact: &Artifact,
    github: &GithubRead,
    look: &mut Look,
) -> Option<&'a Asset> {
    let is_free = |asset: &&Asset| asset.uploaded && !asset.is_temporary() && !claimed.contains(&asset.id);
    let same_size = assets.iter().filter(is_free).filter(|asset| asset.size_bytes == artifact.size_bytes);
    for asset in same_size {
        match github.asset_digest(asset).await {
            Ok(sha256) if sha256 == artifact.sha256 => {
                let message = format!("on the page it is called `{}`", shown(&asset.name));
                let rule = match artifact.kind {
                    ArtifactKind::Distribution(_) | ArtifactKind::Crate(_) => &PACKAGE_RENAMED,
                    ArtifactKind::Other => &ASSET_RENAMED,
                };
                look.find(rule.finding(message).in_file(artifact.file_name.to_string()));
                return Some(asset);
            }
            Ok(_) => {}
            Err(error) => look.untold(error, Some(&asset.name)),
        }
    }
    None
}

/// How a file of the manifest stands on the page.
async fn judge(artifact: &Artifact, asset: Option<&Asset>, github: &GithubRead, look: &mut Look) {
    let file = artifact.file_name.to_string();
    let stated = asset.and_then(Asset::remote_file);
    let standing = match (artifact.compare(stated.as_ref()), asset) {
        (Delta::Same, _) => Standing::Proven,
        (Delta::Missing, Some(_)) => {
            let message =
                format!("its upload was never completed; the manifest has sha256 {}", artifact.sha256);
            look.find(ASSET_UNFINISHED.finding(message).in_file(file));
            Standing::Missing
        }
        (Delta::Missing, None) | (Delta::Differs | Delta::Unproven, None) => {
            let message = format!(
                "the manifest has it with {} bytes and sha256 {}, the release does not have it",
                artifact.size_bytes, artifact.sha256
            );
            look.find(ASSET_MISSING.finding(message).in_file(file));
            Standing::Missing
        }
        (Delta::Differs | Delta::Unproven, Some(asset)) => match github.asset_digest(asset).await {
            Ok(sha256) if sha256 == artifact.sha256 => Standing::Proven,
            Ok(sha256) => {
                let message = format!(
                    "the release has {} bytes with sha256 {sha256}, the manifest {} bytes with sha256 {}",
                    asset.size_bytes, artifact.size_bytes, artifact.sha256
                );
                look.find(ASSET_DIFFERS.finding(message).in_file(file));
                Standing::Differs
            }
            Err(error) => {
                look.untold(error, Some(&file));
                Standing::NotAsked
            }
        },
    };
    look.state(PLACE, artifact, standing, None);
}

/// What a file is that the manifest does not name.
async fn judge_other(asset: &Asset, listed: &Listed<'_>, github: &GithubRead, look: &mut Look) {
    let name = shown(&asset.name);
    if !asset.uploaded || asset.is_temporary() {
        let why = if asset.uploaded { "it waits for its name" } else { "its upload was never completed" };
        look.find(ASSET_UNFINISHED.finding(format!("{why} (number {})", asset.id)).in_file(name));
        return;
    }
    let names = [Some(asset.name.as_str()), asset.label.as_deref()];
    if let Some(stated) = names.into_iter().flatten().find_map(|name| listed.by_name.get(name)) {
        match github.asset_digest(asset).await {
            Ok(found) if found == *stated => {}
            Ok(found) => {
                let message = format!("`{CHECKSUMS}` states sha256 {stated}, the release has sha256 {found}");
                look.find(CHECKSUMS_DISAGREE.finding(message).in_file(name));
            }
            Err(error) => look.untold(error, Some(&asset.name)),
        }
        return;
    }
    let is_record = [MANIFEST, CHECKSUMS, WHOLE_NOTES].into_iter().any(|record| asset.is_called(record));
    if is_record || asset.sha256.is_some_and(|sha256| listed.digests.contains(&sha256)) {
        return;
    }
    let digest = asset.sha256.map_or_else(|| "no digest".to_owned(), |sha256| format!("sha256 {sha256}"));
    let message = format!("it has {} bytes, and GitHub states {digest}", asset.size_bytes);
    look.find(ASSET_UNDECLARED.finding(message).in_file(name));
}

/// What the page's list of digests says.
#[derive(Debug, Default)]
struct Listed<'a> {
    by_name: BTreeMap<&'a str, Sha256>,
    digests: BTreeSet<Sha256>,
    /// Lines with names that neither the page nor the manifest has. Each stands for one file with its digest.
    spare: Vec<(&'a str, Sha256)>,
}

impl<'a> Listed<'a> {
    fn of(sums: Option<&'a Checksums>, assets: &[Asset], manifest: &Manifest) -> Self {
        let lines = sums.map(|sums| &sums.lines[..]).unwrap_or_default();
        let by_name: BTreeMap<_, _> = lines.iter().map(|line| (line.path.as_str(), line.sha256)).collect();
        let is_known = |name: &str| {
            manifest.artifact(name).is_some() || assets.iter().any(|asset| asset.is_called(name))
        };
        let spare = by_name.iter().map(|(name, sha256)| (*name, *sha256));
        Self {
            spare: spare.filter(|(name, _)| !is_known(name)).collect(),
            digests: lines.iter().map(|line| line.sha256).collect(),
            by_name,
        }
    }

    /// Whether a line of another name is left that stands for a file with this digest. It is used up.
    fn takes_spare(&mut self, sha256: Sha256) -> bool {
        let at = self.spare.iter().position(|(_, stated)| *stated == sha256);
        at.map(|at| self.spare.remove(at)).is_some()
    }

    /// Holds what the list says of a file to what the manifest says. The list has the names of the page.
    fn hold(&mut self, artifact: &Artifact, asset: Option<&Asset>, look: &mut Look) {
        let name = artifact.file_name.as_str();
        let stored = asset.filter(|asset| asset.name != name).map(|asset| asset.name.as_str());
        let stated =
            [stored, Some(name)].into_iter().flatten().find_map(|name| self.by_name.get(name).copied());
        match stated {
            Some(stated) if stated == artifact.sha256 => {}
            Some(stated) => {
                let message = format!(
                    "`{CHECKSUMS}` states sha256 {stated}, the manifest has sha256 {}",
                    artifact.sha256
                );
                look.find(CHECKSUMS_DISAGREE.finding(message).in_file(name));
            }
            None if self.takes_spare(artifact.sha256) => {}
            None => {
                let message =
                    format!("the manifest has sha256 {}, `{CHECKSUMS}` has no line for it", artifact.sha256);
                look.find(CHECKSUMS_INCOMPLETE.finding(message).in_file(name));
            }
        }
    }

    /// What the list names and the page does not have. Files of the manifest are told already; `rest` is what it does
    /// not name.
    fn tell_missing(mut self, rest: &[&Asset], look: &mut Look) {
        let is_listed = |asset: &Asset| self.by_name.keys().any(|name| asset.is_called(name));
        let others: Vec<_> =
            rest.iter().filter(|asset| !is_listed(asset)).filter_map(|asset| asset.sha256).collect();
        for sha256 in others {
            self.takes_spare(sha256);
        }
        for (name, sha256) in self.spare {
            let message =
                format!("`{CHECKSUMS}` lists it with sha256 {sha256}, the release does not have it");
            look.find(ASSET_MISSING.finding(message).in_file(shown(name)));
        }
    }
}

/// A record of the release, if the page has all of it.
pub(super) fn record<'a>(assets: &'a [Asset], name: &str) -> Option<&'a Asset> {
    assets.iter().find(|asset| asset.uploaded && asset.is_called(name))
}

/// The bytes of a record, unless it is larger than any of its kind.
pub(super) async fn record_bytes(
    asset: &Asset,
    limit_bytes: u64,
    github: &GithubRead,
) -> Option<Result<bytes::Bytes, RemoteError>> {
    if asset.size_bytes > limit_bytes {
        return None;
    }
    Some(github.asset_bytes(asset, limit_bytes).await)
}
