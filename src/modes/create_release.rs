//! create-release: one release for a tag, with exactly the declared files, published last or left as a draft.

mod assets;
pub(crate) mod channel;
mod desired;
mod kind;
mod stored_name;
mod text;
pub(crate) mod undo;

use std::fmt;

use super::release_set::{ReleaseSet, ReleaseSetError};
use crate::model::artifact::Artifact;
use crate::model::digest::Sha256;
use crate::model::manifest::{Manifest, Origin};
use crate::model::revision::CommitSha;
use crate::model::tag::Tag;
use crate::plan::context::Context;
use crate::plan::{Failure, Mode, Output, OutputField, Plan, SeenFile, Step};
use crate::remote::disk::bound::BoundManifest;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::{DiskError, RemoteError};
use crate::remote::github::read::GithubRead;
use crate::remote::github::upload::Content;
use crate::remote::github::write::GithubWrite;
use crate::remote::github::{MakeLatest, Publication, Release, ReleaseText, Seen, canonical};
use crate::report::{Report, Rule, Severity};

pub(crate) use assets::OnConflict;
use assets::{Compared, Comparison, Replaced};
pub(crate) use desired::{Attached, Contents};
use desired::{Called, Declared, Desired};
pub(crate) use kind::{Choice, Kind};
use text::Facts;
pub(crate) use text::{Generated, Merge, Notes, Wording};

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct CreateRelease {
    /// The tag that is released.
    pub(crate) tag: Tag,
    /// The commit that is released, where it was given: the tag has to point to it.
    pub(crate) commit: Option<CommitSha>,
    /// The files that were vetted, or are; nothing where `contents` has all files.
    pub(crate) set: Option<ReleaseSet>,
    /// What it holds beside them, and under which names.
    pub(crate) contents: Contents,
    /// What to do where it holds other bytes under a name.
    pub(crate) on_conflict: OnConflict,
    /// What it says.
    pub(crate) wording: Wording,
    /// How it is published.
    pub(crate) kind: Kind,
    /// Whether the release becomes visible; otherwise it stays a draft for a person to publish.
    pub(crate) publish: bool,
    /// Whether files and text of a release that is published already may be changed.
    pub(crate) allow_published_changes: bool,
}

/// The release page of a tag, as it is now.
#[derive(Clone, Copy, Debug)]
struct Page<'a> {
    /// The tag.
    tag: &'a Tag,
    /// Its release or draft, where there is one.
    release: Option<&'a Release>,
    /// All releases and drafts of the repository.
    releases: &'a [Release],
    /// Where GitHub is to make the tag, if it is not there.
    target: Option<&'a CommitSha>,
    /// Whether a release that is published already may be changed.
    allow_published_changes: bool,
}

/// Where the tag is.
#[derive(Clone, Debug)]
enum TagIs {
    /// In the repository, and points here.
    There(CommitSha),
    /// GitHub is to make it here.
    Made(CommitSha),
    /// Nowhere, which the report says.
    Nowhere,
}

impl TagIs {
    /// Where GitHub is to make it.
    const fn target(&self) -> Option<&CommitSha> {
        match self {
            Self::Made(commit) => Some(commit),
            Self::There(_) | Self::Nowhere => None,
        }
    }

    /// Where it points, or is to point.
    fn commit(&self) -> Option<CommitSha> {
        match self {
            Self::There(commit) | Self::Made(commit) => Some(commit.clone()),
            Self::Nowhere => None,
        }
    }
}

impl Page<'_> {
    /// What a change of it goes by.
    fn seen(&self) -> Option<Seen> {
        self.release.map(|release| Seen {
            release_id: release.id,
            must_be_draft: release.draft && !self.allow_published_changes,
            body: None,
        })
    }

    /// Whether its files and its text may be changed: it is not there yet, it is a draft, or the user said so.
    fn may_change(&self) -> bool {
        self.release.is_none_or(|release| release.draft || self.allow_published_changes)
    }
}

const NO_TAG: Rule = Rule {
    id: "release/no-tag",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The repository has no such tag",
    explain: "GitHub would create the tag when the release is published, at the head of the default branch.",
    fix: "push the tag of the commit that was built, then run again, or say with `target-commitish` where GitHub is to \
          make it",
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
    summary: "The tag points to another commit than the one that is released",
    explain: "The manifest states the commit that the files were collected for, and `commit` or the `workflow_run` \
              event the one that is to be released. The tag points elsewhere: it was moved, or the wrong run was \
              collected.",
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
    assets::KEPT,
    assets::INCOMPLETE,
    assets::IMMUTABLE,
    assets::AWAITED,
    assets::MANY,
    assets::SIZE,
    assets::COUNT,
    assets::RENAMED,
    assets::OTHER_NAME,
    assets::COLLISION,
    desired::NO_FILE,
    desired::LINK,
    desired::NAME,
    kind::NO_TARGET,
    text::NO_SECTION,
    text::NO_TEXT,
    text::NO_PREVIOUS,
    text::TITLE,
    text::TOO_LONG,
    text::KEPT,
];

/// One effect on the release.
#[derive(Clone, Debug)]
pub(crate) enum ReleaseStep {
    /// Make the draft.
    Draft(ReleaseText),
    /// Store a file.
    Asset { tag: Tag, artifact: Artifact, content: Content },
    /// Store a file in place of the one with this number and digest.
    Replace { tag: Tag, artifact: Artifact, content: Content, old: u64, theirs: Sha256, seen: Option<Seen> },
    /// Bring title and text to what was declared.
    Text { text: ReleaseText, seen: Option<Seen> },
    /// Make it visible.
    Publish { tag: Tag, files: usize, publication: Publication },
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
            Self::Asset { tag, artifact, content: _ } => {
                let Artifact { file_name, size_bytes, sha256, .. } = artifact;
                write!(f, "attach {file_name} ({size_bytes} bytes, sha256 {}) to {tag}", sha256.short())
            }
            Self::Replace { tag, artifact, content: _, old: _, theirs, seen: _ } => {
                let Artifact { file_name, size_bytes, sha256, .. } = artifact;
                let (theirs, ours) = (theirs.short(), sha256.short());
                write!(
                    f,
                    "replace {file_name} on {tag} (sha256 {theirs}) by {size_bytes} bytes with sha256 {ours}"
                )
            }
            Self::Text { text, seen: _ } => {
                write!(f, "set title and notes of {} ({} characters)", text.tag, text.body.chars().count())
            }
            Self::Publish { tag, files, publication } => {
                let Publication { prerelease, latest, discussion_category, target, commit: _ } = publication;
                let kind = if *prerelease { "pre-release" } else { "release" };
                write!(f, "publish the {kind} {tag} with {files} files")?;
                if matches!(latest, MakeLatest::Yes) {
                    write!(f, ", marked as latest")?;
                }
                if let Some(category) = discussion_category {
                    write!(f, ", with a discussion in {category}")?;
                }
                match target {
                    Some(target) => write!(f, "; GitHub makes the tag at {target}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl Step for ReleaseStep {
    fn irreversible(&self) -> bool {
        matches!(self, Self::Publish { .. } | Self::Replace { .. })
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) struct Released {
    tag: Tag,
    release: Option<Release>,
    assets: usize,
    complete: bool,
    artifacts: Vec<Artifact>,
}

impl Output for Released {
    fn fields(&self) -> Vec<OutputField> {
        let mut fields = vec![
            ("tag".into(), self.tag.to_string()),
            ("assets".into(), self.assets.to_string()),
            ("complete".into(), self.complete.to_string()),
        ];
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

/// What was found in the files of `set`, and the files if nothing stands against them; neither where there is no set.
fn vetted(
    set: Option<&ReleaseSet>,
    cx: &Context,
    disk: &DiskRead,
    origin: &Origin,
) -> Result<(Report, Option<BoundManifest>), ReleaseSetError> {
    let Some(set) = set else { return Ok((Report::default(), None)) };
    let vetting = set.vet(disk, origin, &cx.surroundings.progress)?;
    Ok((vetting.report, vetting.bound))
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
        let (vetted, bound) = vetted(self.set.as_ref(), cx, &readers.disk, &origin)?;
        let mut plan = Plan {
            waves: Vec::new(),
            report: vetted,
            present: 0,
            waiting_for: None,
            output: Released {
                tag: self.tag.clone(),
                release: None,
                assets: 0,
                complete: false,
                artifacts: Vec::new(),
            },
        };
        let report = &mut plan.report;
        let notes = self.wording.read(&readers.disk, &self.tag, report)?;
        if self.set.is_some() && bound.is_none() {
            return Ok(plan);
        }
        let manifest_file = self.set.as_ref().and_then(ReleaseSet::manifest_file);
        let called = Called::of(&self.tag);
        let Declared { mut files, checksums } =
            self.contents.declared(bound.as_ref(), manifest_file, called, &readers.disk, report)?;
        let manifest = bound.as_ref().map(BoundManifest::manifest);
        let tag = self.check_tag(manifest, &readers.github, report).await?;

        let releases = readers.github.releases().await?;
        let release = canonical(&releases, self.tag.as_str()).cloned();
        let page = Page {
            tag: &self.tag,
            release: release.as_ref(),
            releases: &releases,
            target: tag.target(),
            allow_published_changes: self.allow_published_changes,
        };
        let facts = Facts {
            prerelease: self.kind.is_prerelease_on(page),
            tagged: !matches!(tag, TagIs::Nowhere),
            projects: manifest.map(Manifest::projects).unwrap_or_default(),
        };
        let words = self.wording.wanted(notes, page, &facts, &readers.github, report).await?;
        let stored = match &release {
            Some(release) => readers.github.assets(release.id).await?,
            None => Vec::new(),
        };

        let comparison =
            Comparison { page, stored: &stored, on_conflict: self.on_conflict, github: &readers.github };
        let mut compared = Compared::default();
        for file in &files {
            comparison.add(file.clone(), &mut compared, report).await?;
        }
        let last = match checksums {
            Some(checksums) => Some(checksums.of(&files, &compared.kept, &readers.disk)?),
            None => None,
        };
        for file in last.into_iter().chain(words.files) {
            comparison.add(file.clone(), &mut compared, report).await?;
            files.push(file);
        }
        assets::check_names(&files, report);
        assets::check_count(&files, &stored, compared.replaced.len().min(1), report);
        assets::foresee(&compared, report);

        let awaited = assets::awaited(&self.contents.expect, &files, &stored, report);
        plan.present = compared.there + usize::from(release.is_some());
        plan.output.assets = compared.there;
        plan.output.complete = awaited.is_empty() && compared.there == files.len() && !plan.report.blocks();
        plan.output.artifacts = files.into_iter().map(|file| file.artifact).collect();
        plan.waves = self.waves(page, words.text, compared, awaited.is_empty(), tag.commit());
        plan.waiting_for = (!awaited.is_empty()).then(|| awaited.join(", "));
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
            ReleaseStep::Asset { tag, artifact, content } => {
                github.ensure_asset(tag.as_str(), artifact, content).await
            }
            ReleaseStep::Replace { tag, artifact, content, old, theirs: _, seen } => {
                github.replace_asset(tag.as_str(), artifact, content, *old, seen.as_ref()).await
            }
            ReleaseStep::Text { text, seen } => {
                if let Some(seen) = seen {
                    github.require_seen(&text.tag, seen, Some(text)).await?;
                }
                github.ensure_text(text, seen.as_ref()).await
            }
            ReleaseStep::Publish { tag, files: _, publication } => {
                github.ensure_published(tag.as_str(), publication).await
            }
        }?;
        Ok(())
    }
}

impl CreateRelease {
    async fn check_tag(
        &self,
        manifest: Option<&Manifest>,
        github: &GithubRead,
        report: &mut Report,
    ) -> Result<TagIs, RemoteError> {
        let version = manifest.and_then(Manifest::version);
        if let Some(version) = version.filter(|version| *version != self.tag.version()) {
            let message =
                format!("the tag `{}` says {}, the files say {version}", self.tag, self.tag.version());
            report.push(OTHER_VERSION.finding(message));
        }
        let (tag, commit) = match github.tag_commit(self.tag.as_str()).await? {
            Some(commit) => (TagIs::There(commit.clone()), commit),
            None => match self.kind.target(github, report).await? {
                Some(commit) => (TagIs::Made(commit.clone()), commit),
                None => {
                    if self.kind.target.is_none() {
                        report.push(NO_TAG.finding(format!("`{}` is not among the tags", self.tag)));
                    }
                    return Ok(TagIs::Nowhere);
                }
            },
        };
        let built = manifest.and_then(|manifest| manifest.origin().commit.as_ref());
        let stated = [
            (built, "the manifest says the files were built from"),
            (self.commit.as_ref(), "the commit that is to be released is"),
        ];
        for (stated, who) in stated {
            if let Some(stated) = stated.filter(|stated| **stated != commit) {
                let points = if tag.target().is_some() { "would be made at" } else { "points to" };
                let message = format!("`{}` {points} {commit}, {who} {stated}", self.tag);
                report.push(OTHER_COMMIT.finding(message));
            }
        }
        Ok(tag)
    }

    /// Reversible first, visible last: the draft, its files one by one, its text, then the publication of what is whole.
    fn waves(
        &self,
        page: Page<'_>,
        text: Option<ReleaseText>,
        compared: Compared,
        whole: bool,
        commit: Option<CommitSha>,
    ) -> Vec<Vec<ReleaseStep>> {
        let files = compared.there + compared.missing.len() + compared.replaced.len();
        let is_draft = page.release.is_none_or(|release| release.draft);
        let (draft, text) = if page.release.is_none() { (text, None) } else { (None, text) };
        let assets = compared.missing.into_iter().map(|Desired { artifact, content }| ReleaseStep::Asset {
            tag: self.tag.clone(),
            artifact,
            content,
        });
        let replaced = compared.replaced.into_iter().map(|Replaced { file, old, theirs }| {
            let Desired { artifact, content } = file;
            ReleaseStep::Replace { tag: self.tag.clone(), artifact, content, old, theirs, seen: page.seen() }
        });
        let publish = (self.publish && is_draft && whole).then(|| ReleaseStep::Publish {
            tag: self.tag.clone(),
            files,
            publication: self.kind.publication(page, commit),
        });
        let body = page.release.map(|release| release.body.clone());
        let seen = page.seen().map(|seen| Seen { body, ..seen });
        let waves = [
            draft.into_iter().map(ReleaseStep::Draft).collect(),
            assets.collect(),
            replaced.collect(),
            text.into_iter().map(|text| ReleaseStep::Text { text, seen: seen.clone() }).collect(),
            publish.into_iter().collect::<Vec<_>>(),
        ];
        waves.into_iter().filter(|wave: &Vec<_>| !wave.is_empty()).collect()
    }
}
