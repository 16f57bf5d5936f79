//! create-release, taken back: a release becomes a draft again, or goes.

use std::fmt;
use std::str::FromStr;

use super::{CreateReleaseError, Readers, Writers};
use crate::plan::context::Context;
use crate::plan::{Mode, Output, OutputField, Plan, Step};
use crate::remote::github::{Release, is_ours};
use crate::report::{Report, Rule, Severity};

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct UndoRelease {
    /// The tag, which may be a channel's.
    pub(crate) tag: String,
    /// What becomes of its release.
    pub(crate) undo: Undo,
}

/// What becomes of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undo {
    /// Only those who may write see it.
    Draft,
    /// It is gone, with its files.
    Delete,
}

/// A text that names no way to take a release back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is neither `draft` nor `delete`")]
pub(crate) struct UndoError {
    text: String,
}

impl FromStr for Undo {
    type Err = UndoError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "draft" => Ok(Self::Draft),
            "delete" => Ok(Self::Delete),
            other => Err(UndoError { text: other.chars().take(60).collect() }),
        }
    }
}

const IMMUTABLE: Rule = Rule {
    id: "release/undo-immutable",
    severity: Severity::Error,
    rejected_by: &["github: immutable releases"],
    summary: "The release is immutable and is not taken back",
    explain: "GitHub fixes files and tag of an immutable release for good. It can be deleted by hand, but the name of its tag \
              is used up even then, so the same version can never be released again.",
    fix: "release a new version; say in the notes of this one (which can be changed) what is wrong with it",
    sources: &["GitHub's documentation of immutable releases"],
    since: "0.1.0",
};

const REMAINS: Rule = Rule {
    id: "release/undo-remains",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "Taking a release back does not take back everything",
    explain: "A release page is one of several places that know of a release. What the others hold is told, so that nobody \
              believes it gone.",
    fix: "decide for each of them whether it has to go too",
    sources: &["design: what cannot be undone is said"],
    since: "0.1.0",
};

const NOTHING: Rule = Rule {
    id: "release/undo-nothing",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "There is no release to take back",
    explain: "It may have been deleted before, or the tag is spelt in another way. Drafts show only to tokens with \
              `contents: write`.",
    fix: "compare the tag with those on the page of the releases",
    sources: &["design: a second run finds what the first one did"],
    since: "0.1.0",
};

const OTHERS: Rule = Rule {
    id: "release/undo-others-draft",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The tag has several releases, and a draft among them is not ours",
    explain: "A tag has one published release at most, and any number of drafts. Which of them was meant is not known, and a \
              draft without our mark was made by a person or another tool. Once all are drafts, nobody could tell which \
              was the release.",
    fix: "delete by hand the drafts that are not wanted, or give them another tag, then run it again",
    sources: &["design: what others made is kept"],
    since: "0.1.0",
};

/// The rules of this mode.
pub(crate) const RULES: &[Rule] = &[IMMUTABLE, REMAINS, NOTHING, OTHERS];

/// One effect.
#[derive(Clone, Debug)]
pub(crate) enum UndoStep {
    /// Make a published release a draft.
    Redraft { tag: String, release_id: u64 },
    /// Delete a release, or the draft of one.
    Delete { tag: String, release_id: u64, draft: bool },
}

impl fmt::Display for UndoStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redraft { tag, release_id } => {
                write!(f, "make the release {tag} (number {release_id}) a draft again")
            }
            Self::Delete { tag, release_id, draft } => {
                let what = if *draft { "draft" } else { "release" };
                write!(f, "delete the {what} {tag} (number {release_id}) with its files")
            }
        }
    }
}

impl Step for UndoStep {
    fn irreversible(&self) -> bool {
        matches!(self, Self::Delete { .. })
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) struct Undone {
    tag: String,
    release: Option<Release>,
}

impl Output for Undone {
    fn fields(&self) -> Vec<OutputField> {
        let Self { tag, release } = self;
        let mut fields = vec![("tag".into(), tag.clone())];
        if let Some(release) = release {
            fields.push(("release-id".into(), release.id.to_string()));
            fields.push(("release-url".into(), release.html_url.clone()));
            fields.push(("draft".into(), release.draft.to_string()));
        }
        fields
    }
}

impl Mode for UndoRelease {
    const NAME: &'static str = "create-release";
    type Step = UndoStep;
    type Output = Undone;
    type Error = CreateReleaseError;
    type Readers = Readers;
    type Writers = Writers;

    async fn plan(
        &self,
        _cx: &Context,
        readers: &Readers,
    ) -> Result<Plan<UndoStep, Undone>, CreateReleaseError> {
        let tag = self.tag.as_str();
        let releases = readers.github.releases().await?;
        let mut of_tag: Vec<_> = releases.into_iter().filter(|release| release.tag_name == tag).collect();
        // What users see goes first.
        of_tag.sort_by_key(|release| (release.draft, release.id));
        let is_tagged = readers.github.tag_commit(tag).await?.is_some();
        let mut report = Report::default();
        self.tell(&of_tag, is_tagged, &mut report);
        let steps: Vec<_> = of_tag.iter().filter_map(|release| self.step(release)).collect();
        Ok(Plan {
            present: usize::from(steps.is_empty()),
            waves: if steps.is_empty() { Vec::new() } else { vec![steps] },
            report,
            waiting_for: None,
            output: Undone { tag: tag.to_owned(), release: of_tag.into_iter().next() },
        })
    }

    async fn apply(
        &self,
        _cx: &Context,
        step: &UndoStep,
        writers: &Writers,
    ) -> Result<(), CreateReleaseError> {
        match step {
            UndoStep::Redraft { tag, release_id } => writers.github.redraft(*release_id, tag).await,
            UndoStep::Delete { tag: _, release_id, draft: _ } => {
                writers.github.delete_release(*release_id).await
            }
        }?;
        Ok(())
    }
}

impl UndoRelease {
    fn step(&self, release: &Release) -> Option<UndoStep> {
        let Release { id, draft, .. } = *release;
        let tag = self.tag.clone();
        match self.undo {
            Undo::Draft => (!draft).then_some(UndoStep::Redraft { tag, release_id: id }),
            Undo::Delete => Some(UndoStep::Delete { tag, release_id: id, draft }),
        }
    }

    /// Says what stands against it, and what stays as it is.
    fn tell(&self, of_tag: &[Release], is_tagged: bool, report: &mut Report) {
        let tag = &self.tag;
        if of_tag.iter().any(|release| release.immutable) {
            report.push(IMMUTABLE.finding(format!("the release of `{tag}` is immutable")));
            return;
        }
        let others = of_tag.iter().filter(|release| release.draft && !is_ours(&release.body));
        let others: Vec<_> = others.map(|release| release.id.to_string()).collect();
        let is_to_change = of_tag.iter().any(|release| self.step(release).is_some());
        if of_tag.len() > 1 && is_to_change && !others.is_empty() {
            let others = others.join(", ");
            let message =
                format!("`{tag}` has {} releases, with drafts of others: number {others}", of_tag.len());
            report.push(OTHERS.finding(message));
            return;
        }
        if of_tag.is_empty() {
            report.push(NOTHING.finding(format!("there is neither a release nor a draft of `{tag}`")));
        }
        if is_tagged {
            let finding = REMAINS.finding(format!("the git tag `{tag}` stays where it is"));
            report.push(
                finding
                    .hint("delete it by `git push --delete origin TAG` if the version is to be tagged anew"),
            );
        }
        for (message, hint) in [
            (
                "files that were published to an index stay there",
                "PyPI lets the owner yank a release, or delete it; a file's name is used up in any case",
            ),
            (
                "if it was the latest release, GitHub shows another one as the latest",
                "is it the right one? the release's page lets you choose",
            ),
            (
                "whoever fetched files from its page keeps them, and those who watch were told of it",
                "tell them where it matters",
            ),
        ] {
            report.push(REMAINS.finding(message).hint(hint));
        }
    }
}
