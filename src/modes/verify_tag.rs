//! verify-tag: the tag names a version, the sources agree with it, and tag and commit exist.

use std::path::PathBuf;

use super::version_sources::{self, Source, Stated};
use crate::model::revision::CommitSha;
use crate::model::tag::{Tag, TagError};
use crate::plan::context::Context;
use crate::plan::{Failure, Mode, Output, OutputField, Plan};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::{DiskError, RemoteError};
use crate::remote::github::read::GithubRead;
use crate::report::{Finding, Report, Rule, Severity};

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct VerifyTag {
    /// The tag as it was given or pushed, still unread: that it names no version is a finding.
    pub(crate) tag: String,
    /// The commit that the tag must point to, where one is known.
    pub(crate) commit: Option<CommitSha>,
    /// The folder of `Cargo.toml` and `pyproject.toml`.
    pub(crate) project_dir: PathBuf,
}

const NO_VERSION: Rule = Rule {
    id: "tag/not-a-version",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The tag names no version",
    explain: "A release tag is a version in SemVer or PEP 440 spelling, with an optional `v` before it. A SemVer \
              pre-release that PEP 440 cannot say (`-nightly`, `-1`) is refused too: a guess would become a version \
              that can never be taken back.",
    fix: "tag releases as `v1.2.0`, `v1.2.0-rc1` or `v1.2.0rc1`",
    sources: &["PEP 440", "Semantic Versioning 2.0"],
    since: "0.1.0",
};

const MISMATCH: Rule = Rule {
    id: "tag/version-mismatch",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A file of the project states another version than the tag",
    explain: "What is built carries the version of the sources, not that of the tag.",
    fix: "change the version there, commit, and tag that commit",
    sources: &["incident: a tag without a version bump left holes in the version numbers, twice"],
    since: "0.1.0",
};

const UNREADABLE: Rule = Rule {
    id: "tag/unreadable-source",
    severity: Severity::Error,
    rejected_by: &["cargo", "pip"],
    summary: "A project file cannot be read, or states no readable version",
    explain: "`Cargo.toml` and `pyproject.toml` must be valid TOML, and their version a SemVer or PEP 440 version.",
    fix: "correct the file, commit, and tag that commit",
    sources: &["the manifest format of cargo", "the pyproject.toml specification"],
    since: "0.1.0",
};

const NO_SOURCE: Rule = Rule {
    id: "tag/no-version-source",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "No file of the project states a version to compare the tag with",
    explain: "Verifying nothing is a failure. The sources were not checked out, or the project is in another folder.",
    fix: "check the sources out before this step, and set `project-dir` to the folder of `Cargo.toml` or `pyproject.toml`",
    sources: &["design: verifying nothing is a failure"],
    since: "0.1.0",
};

const DYNAMIC: Rule = Rule {
    id: "tag/dynamic-version",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The project's version is computed when it is built, so the sources prove nothing",
    explain: "`dynamic = [\"version\"]` leaves the version to the build backend. Only the built files show which \
              version it is.",
    fix: "give validate-wheels the `tag` input, so that the built files are compared with the tag",
    sources: &["the pyproject.toml specification"],
    since: "0.1.0",
};

const MISSING: Rule = Rule {
    id: "tag/missing",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The repository has no such tag",
    explain: "GitHub would create the tag when the release is published, at a commit nobody chose.",
    fix: "push the tag, then run again",
    sources: &["GitHub's REST interface for references"],
    since: "0.1.0",
};

const OTHER_COMMIT: Rule = Rule {
    id: "tag/other-commit",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The tag points to another commit than the one that is released",
    explain: "The tag was moved after the build began, or the wrong commit was given. What would be released is not \
              what was built.",
    fix: "find out who moved the tag, and start the release from the tag again",
    sources: &["GitHub's REST interface for references"],
    since: "0.1.0",
};

const NO_COMMIT: Rule = Rule {
    id: "tag/no-commit",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The repository has no such commit",
    explain: "The commit was given by hand or came with an event, and the repository does not know it.",
    fix: "push the commit, or give the commit that the tag points to",
    sources: &["GitHub's REST interface for commits"],
    since: "0.1.0",
};

/// The rules of this mode.
pub(crate) const RULES: &[Rule] =
    &[NO_VERSION, MISMATCH, UNREADABLE, NO_SOURCE, DYNAMIC, MISSING, OTHER_COMMIT, NO_COMMIT];

/// What it answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verified {
    tag: Option<Tag>,
    commit: Option<CommitSha>,
}

impl Output for Verified {
    fn fields(&self) -> Vec<OutputField> {
        let mut fields = Vec::new();
        if let Some(tag) = &self.tag {
            let version = tag.version();
            fields.push(("tag".into(), tag.to_string()));
            fields.push(("version".into(), tag.written_version().to_owned()));
            fields.push(("version-pep440".into(), version.pep440()));
            fields.extend(version.semver().map(|semver| ("version-semver".into(), semver)));
            fields.push(("prerelease".into(), version.is_prerelease().to_string()));
        }
        fields.extend(self.commit.iter().map(|commit| ("commit".into(), commit.to_string())));
        fields
    }
}

/// Why it could not tell.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyTagError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

impl Failure for VerifyTagError {
    fn is_ambiguous(&self) -> bool {
        false
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Disk(error) => error.hint(),
            Self::Remote(error) => error.hint(),
        }
    }
}

/// What it looks at.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    /// The project's files.
    pub(crate) disk: DiskRead,
    /// The repository.
    pub(crate) github: GithubRead,
}

impl Mode for VerifyTag {
    const NAME: &'static str = "verify-tag";
    type Step = std::convert::Infallible;
    type Output = Verified;
    type Error = VerifyTagError;
    type Readers = Readers;
    type Writers = ();

    async fn plan(
        &self,
        _cx: &Context,
        readers: &Readers,
    ) -> Result<Plan<Self::Step, Verified>, VerifyTagError> {
        let mut report = Report::default();
        let mut output = Verified::default();
        match self.tag.parse::<Tag>() {
            Err(error) => report.push(no_version(&error)),
            Ok(tag) => {
                compare_sources(
                    &version_sources::read(&readers.disk, &self.project_dir)?,
                    &tag,
                    &self.project_dir,
                    &mut report,
                );
                output.commit = self.look_up(&tag, &readers.github, &mut report).await?;
                output.tag = Some(tag);
            }
        }
        Ok(Plan { waves: Vec::new(), report, output, present: 0, waiting_for: None })
    }

    async fn apply(&self, _cx: &Context, step: &Self::Step, _writers: &()) -> Result<(), VerifyTagError> {
        match *step {}
    }
}

impl VerifyTag {
    /// The commit of the tag, with findings when tag or commit are not there or do not belong together.
    async fn look_up(
        &self,
        tag: &Tag,
        github: &GithubRead,
        report: &mut Report,
    ) -> Result<Option<CommitSha>, RemoteError> {
        let Some(found) = github.tag_commit_exactly(tag.as_str()).await? else {
            report.push(MISSING.finding(format!("`{tag}` is not among the tags")));
            return Ok(None);
        };
        if let Some(wanted) = self.commit.as_ref().filter(|wanted| **wanted != found) {
            if github.commit(wanted).await? {
                let message = format!("`{tag}` points to {found}, and {wanted} is to be released");
                report.push(OTHER_COMMIT.finding(message));
            } else {
                report.push(
                    NO_COMMIT
                        .finding(format!("{wanted} is not in the repository; `{tag}` points to {found}")),
                );
            }
        }
        Ok(Some(found))
    }
}

/// The finding about a tag that names no version, for whoever needs one that does.
pub(crate) fn no_version(error: &TagError) -> Finding {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    NO_VERSION.finding(format!("{error}{cause}"))
}

fn compare_sources(sources: &[Source], tag: &Tag, project_dir: &std::path::Path, report: &mut Report) {
    for source in sources {
        let file = source.file.display().to_string();
        match &source.stated {
            Stated::Version { version, text, key } if version != tag.version() => {
                let message = format!("`{key}` is {text}, the tag `{tag}` says {}", tag.version());
                report.push(MISMATCH.finding(message).in_file(file));
            }
            Stated::Version { .. } => {}
            Stated::Dynamic { by } => {
                report.push(DYNAMIC.finding(format!("the version is left to {by}")).in_file(file));
            }
            Stated::Unreadable { why } => report.push(UNREADABLE.finding(why.clone()).in_file(file)),
        }
    }
    if sources.is_empty() {
        let message = format!(
            "`{}` holds no `Cargo.toml` and no `pyproject.toml` that states a version",
            project_dir.display()
        );
        report.push(NO_SOURCE.finding(message));
    }
}
