//! The page of a channel's release as it is now, and how far it is from what was declared.

use super::mark::Mark;
use crate::model::artifact::Delta;
use crate::model::revision::CommitSha;
use crate::modes::create_release::desired::Desired;
use crate::remote::error::RemoteError;
use crate::remote::github::read::GithubRead;
use crate::remote::github::{Asset, Release, matching};

/// The release of a tag.
#[derive(Debug)]
pub(super) struct Page<'a> {
    /// The tag.
    pub(super) tag: &'a str,
    /// The commit that the tag leads to, where there is one.
    pub(super) leads_to: Option<CommitSha>,
    /// Its release or draft, where there is one.
    pub(super) release: Option<&'a Release>,
    /// What it says of itself.
    pub(super) mark: Option<Mark>,
}

/// How the declared files stand to the stored ones.
#[derive(Debug)]
pub(super) struct Compared {
    /// How many files the release holds, whoever made them.
    pub(super) stored: usize,
    /// How many are to be sent, beside those that are there under a temporary name already.
    pub(super) sent: usize,
    /// How many are there with the same bytes.
    pub(super) same: usize,
    /// Which have a name that is not taken.
    pub(super) added: Vec<Desired>,
    /// Which are there with other bytes, and as what.
    pub(super) changed: Vec<(Desired, Asset)>,
    /// Files of ours that are not declared any more, and what interrupted runs left.
    pub(super) stale: Vec<Asset>,
}

impl Compared {
    /// Whether files have to come or go.
    pub(super) const fn is_to_change(&self) -> bool {
        let Self { stored: _, sent: _, same: _, added, changed, stale } = self;
        !(added.is_empty() && changed.is_empty() && stale.is_empty())
    }
}

/// Compares by digest; a stored file without a digest is fetched and hashed.
pub(super) async fn compare(
    files: Vec<Desired>,
    mut stored: Vec<Asset>,
    mark: Option<&Mark>,
    github: &GithubRead,
) -> Result<Compared, RemoteError> {
    let mut compared = Compared {
        stored: stored.len(),
        sent: 0,
        same: 0,
        added: Vec::new(),
        changed: Vec::new(),
        stale: Vec::new(),
    };
    for file in files {
        let Some(have) = matching(&stored, &file.artifact).cloned() else {
            compared.added.push(file);
            continue;
        };
        stored.retain(|asset| asset.id != have.id);
        let mut delta = file.artifact.compare(have.remote_file().as_ref());
        if delta == Delta::Unproven {
            let same = github.asset_digest(&have).await? == file.artifact.sha256;
            delta = if same { Delta::Same } else { Delta::Differs };
        }
        match delta {
            Delta::Same => compared.same += 1,
            Delta::Missing | Delta::Unproven => compared.added.push(file),
            Delta::Differs => compared.changed.push((file, have)),
        }
    }
    let awaited = stored.iter().filter(|asset| asset.is_temporary() && is_awaited(asset, &compared)).count();
    compared.sent = (compared.added.len() + compared.changed.len()).saturating_sub(awaited);
    let is_stale = |asset: &Asset| match asset.is_temporary() {
        true => !is_awaited(asset, &compared),
        false => mark.is_some_and(|mark| mark.owns(asset)),
    };
    compared.stale = stored.into_iter().filter(is_stale).collect();
    Ok(compared)
}

/// Whether a file under a temporary name may hold what is still to get its name: then that takes it, and under the same
/// number it is a file of the release.
fn is_awaited(asset: &Asset, compared: &Compared) -> bool {
    let left = compared.added.iter().chain(compared.changed.iter().map(|(file, _)| file));
    let is_it = |file: &Desired| asset.sha256.is_none_or(|sha256| sha256 == file.artifact.sha256);
    asset.uploaded && left.into_iter().any(is_it)
}
