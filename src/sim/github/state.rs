//! What changes by requests, and how late it shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Github;
use super::pulls::Pull;
use super::release::Release;

/// All that may lag behind when somebody looks.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// Releases in the order they were made.
    pub releases: Vec<Release>,
    /// Hashes by full reference name, `refs/tags/v1`.
    pub refs: BTreeMap<String, String>,
    /// Pull requests in the order they were opened.
    pub pulls: Vec<Pull>,
    /// The release that was told to be the latest.
    pub latest: Option<u64>,
}

/// A kind of look-up without promise to be up to date. // R4
#[derive(Clone, Copy, Debug)]
pub(super) enum Look {
    /// The list of releases.
    Releases,
    /// A release by its tag, or the latest one.
    ByTag,
    /// The assets of a release.
    Assets,
    /// References, tags and branches.
    Refs,
    /// The list of pull requests.
    Pulls,
}

/// How many look-ups of each kind still show the past.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lag([u32; 5]);

impl State {
    /// The release of this number.
    pub(super) fn release(&self, id: u64) -> Option<&Release> {
        self.releases.iter().find(|release| release.id == id)
    }

    /// The same to be changed.
    pub(super) fn release_mut(&mut self, id: u64) -> Option<&mut Release> {
        self.releases.iter_mut().find(|release| release.id == id)
    }

    /// The release that holds the asset of this number.
    pub(super) fn holder(&self, asset_id: u64) -> Option<&Release> {
        self.releases.iter().find(|release| release.assets.iter().any(|asset| asset.id == asset_id))
    }

    /// The published release of a tag.
    pub(super) fn published(&self, tag_name: &str) -> Option<&Release> {
        self.releases.iter().find(|release| !release.draft && release.tag_name == tag_name)
    }

    /// What a tag points at: a commit, or the object of an annotated tag.
    pub(super) fn tag(&self, tag_name: &str) -> Option<&String> {
        self.refs.get(&format!("refs/tags/{tag_name}"))
    }

    /// The head of a branch.
    pub(super) fn branch(&self, branch: &str) -> Option<&String> {
        self.refs.get(&format!("refs/heads/{branch}"))
    }
}

impl Github {
    /// What a look-up of this kind sees now: the present, or what was before the latest write.
    pub(super) fn shown(&mut self, look: Look) -> Arc<State> {
        let left = &mut self.lag.0[look as usize];
        match &self.before {
            Some(before) if *left > 0 => {
                *left -= 1;
                Arc::clone(before)
            }
            _ => Arc::clone(&self.state),
        }
    }

    /// Lets the next look-ups of each kind show the past.
    pub(super) fn lag(&mut self, reads: u32) {
        self.lag = Lag([reads; 5]);
    }

    /// The state to be changed. Whoever holds an older view keeps it.
    pub(super) fn state_mut(&mut self) -> &mut State {
        Arc::make_mut(&mut self.state)
    }

    /// Does `work` and, if it changed anything, remembers what was before.
    pub(super) fn recording<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = Arc::clone(&self.state);
        let done = work(self);
        if !Arc::ptr_eq(&before, &self.state) {
            self.before = Some(before);
        }
        done
    }
}
