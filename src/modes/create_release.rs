//! create-release: one release for a tag, with exactly the declared files, published last or left as a draft.

mod assets;
mod text;

use std::fmt;
use std::path::PathBuf;

use super::release_set::{ReleaseSet, ReleaseSetError, checksums_of};
use crate::model::artifact::{Artifact, ArtifactKind};
use crate::model::manifest::{Manifest, Origin};
use crate::model::tag::Tag;
use crate::plan::context::Context;
use crate::plan::{Failure, Mode, Output, OutputField, Plan, SeenFile, Step};
use crate::remote::disk::bound::BoundManifest;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::{DiskError, RemoteError};
use crate::remote::github::read::GithubRead;
use crate::remote::github::write::GithubWrite;
use crate::remote::github::{MakeLatest, Release, ReleaseText, canonical};
use crate::report::{Report, Rule, Severity};

pub(crate) use text::Notes;

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct CreateRelease {
    /// The tag that is released.
    pub(crate) tag: Tag,
    /// Which files.
    pub(crate) set: ReleaseSet,
    /// Where the text comes from.
    pub(crate) notes: Notes,
    /// The release's title; without one a new release is called like the tag, and a draft keeps its title.
    pub(crate) title: Option<String>,
    /// Whether the release becomes visible; otherwise it stays a draft for a person to publish.
    pub(crate) publish: bool,
}

const NO_TAG: Rule = Rule {
    id: "release/no-tag",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The repository has no such tag",
    explain: "GitHub would create the tag when the release is published, at the head of the default branch.",
    fix: "push the tag of the commit that was built, then run again",
    sources: &["GitHub's REST interface for releases"],
    since: "0.1.0",
};

const OTHER_VERSION: Rule = Rule {
    id: "release/version-not-of-tag",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The files are of another version than the tag",
    explain: "The release page would offer files of another version.",
    fix: "collect the files of the tagged commit, and validate them again",
    sources: &["incident: tags and built files disagreed"],
    since: "0.1.0",
};

const OTHER_COMMIT: Rule = Rule {
    id: "release/other-commit",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The files were built from another commit than the tag's",
    explain: "The manifest states the commit that the files were collected for, and the tag points elsewhere: it was \
              moved, or the wrong run was collected.",
    fix: "put the tag back if it was moved, else collect and validate the files of its commit",
    sources: &["design: one manifest binds every byte from the build job to the registry"],
    since: "0.1.0",
};

/// The rules of this mode.
pub(crate) const RULES: &[Rule] = &[
    NO_TAG,
    OTHER_VERSION,
    OTHER_COMMIT,
    assets::CONFLICT,
    assets::INCOMPLETE,
    assets::SIZE,
    assets::COUNT,
    assets::RENAMED,
    assets::COLLISION,
    text::NO_SECTION,
    text::TOO_LONG,
    text::KEPT,
];

/// One effect on the release.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a release has some dozen of them")]
pub(crate) enum ReleaseStep {
    /// Make the draft.
    Draft(ReleaseText),
    /// Store a file.
    Asset { tag: Tag, artifact: Artifact, path: PathBuf },
    /// Bring title and text to what was declared.
    Text(ReleaseText),
    /// Make it visible.
    Publish { tag: Tag, files: usize, prerelease: bool, latest: MakeLatest },
}

impl fmt::Display for ReleaseStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Draft(text) => write!(
                f,
                "create a draft release for {} ({} characters of notes)",
                text.tag,
                text.body.chars().count()
            ),
            Self::Asset { tag, artifact, path: _ } => {
                let Artifact { file_name, size_bytes, sha256, .. } = artifact;
                write!(f, "attach {file_name} ({size_bytes} bytes, sha256 {}) to {tag}", sha256.short())
            }
            Self::Text(text) => {
                write!(f, "set title and notes of {} ({} characters)", text.tag, text.body.chars().count())
            }
            Self::Publish { tag, files, prerelease, latest } => {
                let kind = if *prerelease { "pre-release" } else { "release" };
                let latest = if matches!(latest, MakeLatest::Yes) { ", marked as latest" } else { "" };
                write!(f, "publish the {kind} {tag} with {files} files{latest}")
            }
        }
    }
}

impl Step for ReleaseStep {
    fn irreversible(&self) -> bool {
        matches!(self, Self::Publish { .. })
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) struct Released {
    tag: Tag,
    release: Option<Release>,
    assets: usize,
    artifacts: Vec<Artifact>,
}

impl Output for Released {
    fn fields(&self) -> Vec<OutputField> {
        let mut fields =
            vec![("tag".into(), self.tag.to_string()), ("assets".into(), self.assets.to_string())];
        if let Some(release) = &self.release {
            fields.push(("release-id".into(), release.id.to_string()));
            fields.push(("release-url".into(), release.html_url.clone()));
            fields.push(("draft".into(), release.draft.to_string()));
        }
        fields
    }

    fn files(&self) -> Vec<SeenFile> {
        self.artifacts.iter().cloned().map(SeenFile::of).collect()
    }
}

/// Why it could not tell, or what did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CreateReleaseError {
    #[error(transparent)]
    Set(#[from] ReleaseSetError),
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

impl Failure for CreateReleaseError {
    fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Remote(error) if error.is_ambiguous())
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Set(error) => error.hint(),
            Self::Remote(error) => error.hint(),
            Self::Disk(error) => error.hint(),
        }
    }
}

/// What it looks at.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    /// The files, the manifest and the notes.
    pub(crate) disk: DiskRead,
    /// The repository.
    pub(crate) github: GithubRead,
}

/// What it changes.
#[derive(Clone, Debug)]
pub(crate) struct Writers {
    /// The repository's releases.
    pub(crate) github: GithubWrite,
}

impl Mode for CreateRelease {
    const NAME: &'static str = "create-release";
    /// GitHub asks for one content-creating request at a time, and answers parallel uploads with its secondary limit.
    const CONCURRENCY: usize = 1;
    type Step = ReleaseStep;
    type Output = Released;
    type Error = CreateReleaseError;
    type Readers = Readers;
    type Writers = Writers;

    async fn plan(
        &self,
        cx: &Context,
        readers: &Readers,
    ) -> Result<Plan<ReleaseStep, Released>, CreateReleaseError> {
        let origin = Origin { tag: Some(self.tag.clone()), commit: None };
        let vetting = self.set.vet(&readers.disk, &origin, &cx.surroundings.progress)?;
        let mut plan = Plan {
            waves: Vec::new(),
            report: vetting.report,
            present: 0,
            waiting_for: None,
            output: Released { tag: self.tag.clone(), release: None, assets: 0, artifacts: Vec::new() },
        };
        let notes = self.notes.text(&readers.disk, &self.tag, &mut plan.report)?;
        let Some(bound) = vetting.bound else { return Ok(plan) };
        self.check_tag(bound.manifest(), &readers.github, &mut plan.report).await?;
        let files = self.files(&bound, &readers.disk)?;
        assets::check_names(&files, &mut plan.report);
        plan.output.artifacts = files.iter().map(|(artifact, _)| artifact.clone()).collect();

        let releases = readers.github.releases().await?;
        let release = canonical(&releases, self.tag.as_str()).cloned();
        let text = text::wanted(&self.tag, self.title.as_deref(), &notes, release.as_ref(), &mut plan.report);
        let stored = match &release {
            Some(release) => readers.github.assets(release.id).await?,
            None => Vec::new(),
        };
        let compared = assets::compare(files, &stored, &readers.github, &mut plan.report).await?;
        if release.as_ref().is_some_and(|release| !release.draft) {
            assets::check_published(&compared, &self.tag, &mut plan.report);
        }

        plan.present = compared.same + usize::from(release.is_some());
        plan.output.assets = compared.same;
        plan.waves = self.waves(release.as_ref(), text, compared, &releases);
        plan.output.release = release;
        Ok(plan)
    }

    async fn apply(
        &self,
        _cx: &Context,
        step: &ReleaseStep,
        writers: &Writers,
    ) -> Result<(), CreateReleaseError> {
        let github = &writers.github;
        match step {
            ReleaseStep::Draft(text) => github.ensure_draft(text).await.map(|_release| ()),
            ReleaseStep::Asset { tag, artifact, path } => {
                github.ensure_asset(tag.as_str(), artifact, path).await
            }
            ReleaseStep::Text(text) => github.ensure_text(text).await,
            ReleaseStep::Publish { tag, files: _, prerelease, latest } => {
                github.ensure_published(tag.as_str(), *prerelease, *latest).await
            }
        }?;
        Ok(())
    }
}

impl CreateRelease {
    async fn check_tag(
        &self,
        manifest: &Manifest,
        github: &GithubRead,
        report: &mut Report,
    ) -> Result<(), RemoteError> {
        if let Some(version) = manifest.version().filter(|version| *version != self.tag.version()) {
            let message =
                format!("the tag `{}` says {}, the files say {version}", self.tag, self.tag.version());
            report.push(OTHER_VERSION.finding(message));
        }
        let Some(commit) = github.tag_commit(self.tag.as_str()).await? else {
            report.push(NO_TAG.finding(format!("`{}` is not among the tags", self.tag)));
            return Ok(());
        };
        if let Some(built) = manifest.origin().commit.as_ref().filter(|built| **built != commit) {
            let message = format!(
                "`{}` points to {commit}, the manifest says the files were built from {built}",
                self.tag
            );
            report.push(OTHER_COMMIT.finding(message));
        }
        Ok(())
    }

    /// The files of the manifest and, where they were left by validate-wheels, the manifest and its checksums.
    fn files(&self, bound: &BoundManifest, disk: &DiskRead) -> Result<Vec<(Artifact, PathBuf)>, DiskError> {
        let mut files: Vec<_> =
            bound.files().map(|(artifact, path)| (artifact.clone(), path.to_path_buf())).collect();
        for path in
            self.set.manifest_file().into_iter().flat_map(|file| [file.to_path_buf(), checksums_of(file)])
        {
            let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
            if let Some(name) = name.filter(|_| path.is_file()) {
                files.push((Artifact::new(name, disk.hashes(&path)?, ArtifactKind::Other), path));
            }
        }
        Ok(files)
    }

    /// Reversible first, visible last: the draft, its files one by one, its text, then the publication.
    fn waves(
        &self,
        release: Option<&Release>,
        text: Option<ReleaseText>,
        compared: assets::Compared,
        releases: &[Release],
    ) -> Vec<Vec<ReleaseStep>> {
        let files = compared.same + compared.missing.len();
        let is_draft = release.is_none_or(|release| release.draft);
        let (draft, text) = if release.is_none() { (text, None) } else { (None, text) };
        let assets = compared.missing.into_iter().map(|(artifact, path)| ReleaseStep::Asset {
            tag: self.tag.clone(),
            artifact,
            path,
        });
        let publish = (self.publish && is_draft).then(|| ReleaseStep::Publish {
            tag: self.tag.clone(),
            files,
            prerelease: self.tag.version().is_prerelease(),
            latest: self.latest(releases),
        });
        let waves = [
            draft.into_iter().map(ReleaseStep::Draft).collect(),
            assets.collect(),
            text.into_iter().map(ReleaseStep::Text).collect(),
            publish.into_iter().collect::<Vec<_>>(),
        ];
        waves.into_iter().filter(|wave: &Vec<_>| !wave.is_empty()).collect()
    }

    /// Latest is the highest stable version; a back-port must not become it.
    fn latest(&self, releases: &[Release]) -> MakeLatest {
        let version = self.tag.version();
        let higher = |release: &Release| {
            !release.draft
                && !release.prerelease
                && release
                    .tag_name
                    .parse::<Tag>()
                    .is_ok_and(|tag| !tag.version().is_prerelease() && tag.version() > version)
        };
        if version.is_prerelease() || releases.iter().any(higher) { MakeLatest::No } else { MakeLatest::Yes }
    }
}
