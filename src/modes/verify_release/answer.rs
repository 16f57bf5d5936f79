//! What verify-release answers.

use std::collections::{BTreeMap, BTreeSet};

use super::look::{FileState, Standing, states_json};
use crate::model::artifact::Artifact;
use crate::model::manifest::Manifest;
use crate::model::name::PackageName;
use crate::model::revision::CommitSha;
use crate::model::tag::Tag;
use crate::plan::{Output, OutputField, SeenFile};
use crate::remote::github::Release;

/// The answer.
#[derive(Clone, Debug)]
pub(crate) struct Verified {
    /// The tag.
    pub(super) tag: Tag,
    /// The commit that it points to.
    pub(super) commit: Option<CommitSha>,
    /// The release.
    pub(super) release: Option<Release>,
    /// What the release consists of.
    pub(super) manifest: Option<Manifest>,
    /// How each file stands at each place where it belongs.
    pub(super) states: Vec<FileState>,
    /// How many projects were installed from an index; none where that was not asked for.
    pub(super) installed: Option<usize>,
}

impl Verified {
    /// The files by how they stand: those that are proven wherever they belong, and the others.
    fn sorted(&self) -> (usize, Vec<String>) {
        let mut places: BTreeMap<&str, Vec<&FileState>> = BTreeMap::new();
        for state in &self.states {
            places.entry(&state.file).or_default().push(state);
        }
        let is_proven =
            |states: &&Vec<&FileState>| states.iter().all(|state| state.standing == Standing::Proven);
        let proven = places.values().filter(is_proven).count();
        let missing = self.states.iter().filter(|state| state.standing == Standing::Missing);
        let missing: BTreeSet<_> =
            missing.map(|state| format!("{} ({})", state.file, state.target)).collect();
        (proven, missing.into_iter().collect())
    }
}

impl Output for Verified {
    fn fields(&self) -> Vec<OutputField> {
        let Self { tag, commit, release, manifest, states, installed } = self;
        let mut fields: Vec<OutputField> =
            vec![("tag".into(), tag.to_string()), ("version".into(), tag.written_version().to_owned())];
        fields.extend(commit.iter().map(|commit| ("commit".into(), commit.to_string())));
        if let Some(manifest) = manifest {
            let (proven, missing) = self.sorted();
            let names = manifest.projects();
            let names: Vec<_> = names.iter().map(PackageName::normal).collect();
            fields.push(("projects".into(), names.join("\n")));
            fields.push(("files".into(), manifest.artifacts().len().to_string()));
            fields.push(("proven".into(), proven.to_string()));
            fields.push(("missing".into(), missing.join("\n")));
            fields.push(("states".into(), states_json(states)));
        }
        fields.extend(installed.map(|installed| ("installed".into(), installed.to_string())));
        if let Some(Release { id, html_url, draft, immutable, .. }) = release {
            fields.push(("release-id".into(), id.to_string()));
            fields.push(("release-url".into(), html_url.clone()));
            fields.push(("draft".into(), draft.to_string()));
            fields.push(("immutable".into(), immutable.to_string()));
        }
        fields
    }

    fn files(&self) -> Vec<SeenFile> {
        let artifacts = self.manifest.iter().flat_map(Manifest::artifacts);
        artifacts.map(|artifact: &Artifact| SeenFile::of(artifact.clone())).collect()
    }
}
