//! How a release is published: as what, whether it becomes the latest one, and where its tag is made.

use std::str::FromStr;

use super::Page;
use crate::model::revision::CommitSha;
use crate::model::tag::Tag;
use crate::remote::error::RemoteError;
use crate::remote::github::read::GithubRead;
use crate::remote::github::{MakeLatest, Publication, Release};
use crate::report::{Report, Rule, Severity};

pub(super) const NO_TARGET: Rule = Rule {
    id: "release/no-target",
    severity: Severity::Error,
    rejected_by: &["github"],
    summary: "The repository has no such branch or commit to make the tag at",
    explain: "The tag is not there, and `target-commitish` says where GitHub is to make it when the release is \
              published: at the head of a branch, or at a commit by its full hash.",
    fix: "name a branch or the full hash of a commit, or push the tag and leave `target-commitish` out",
    sources: &["GitHub's REST interface for releases"],
    since: "0.1.0",
};

/// What the user decides, or leaves to the version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Choice {
    /// As the version says.
    #[default]
    Auto,
    /// Yes.
    Yes,
    /// No.
    No,
}

/// Why a text is no choice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is none of `auto`, `true` and `false`")]
pub(crate) struct ChoiceError {
    text: String,
}

impl FromStr for Choice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "auto" => Ok(Self::Auto),
            "true" => Ok(Self::Yes),
            "false" => Ok(Self::No),
            _ => Err(ChoiceError { text: text.chars().take(60).collect() }),
        }
    }
}

/// Where a tag is made that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// At the head of this branch, as it is when the plan is made.
    Branch(String),
    /// At this commit.
    Commit(CommitSha),
}

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is neither a branch nor the full hash of a commit")]
pub(crate) struct TargetError {
    text: String,
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(commit) = text.parse() {
            return Ok(Self::Commit(commit));
        }
        let name = text.strip_prefix("refs/heads/").unwrap_or(text);
        // What no branch can be called; the whole rule is git's.
        let is_odd = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
        let is_branch = !name.is_empty()
            && !name.contains(is_odd)
            && !name.starts_with(['/', '-', '.'])
            && !name.starts_with("refs/")
            && !name.ends_with(['/', '.'])
            && !name.contains("..")
            && !name.contains("//");
        if is_branch {
            Ok(Self::Branch(name.to_owned()))
        } else {
            Err(TargetError { text: text.chars().take(120).collect() })
        }
    }
}

/// What the user wants a release to be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kind {
    /// Whether it is marked as a prerelease.
    pub(crate) prerelease: Choice,
    /// Whether it becomes the latest one.
    pub(crate) latest: Choice,
    /// Where its tag is made, if it is not there.
    pub(crate) target: Option<Target>,
    /// The category of the discussion that is opened with it.
    pub(crate) discussion_category: Option<String>,
}

impl Kind {
    /// Whether the release of `tag` is a prerelease.
    pub(crate) fn is_prerelease(&self, tag: &Tag) -> bool {
        match self.prerelease {
            Choice::Auto => tag.version().is_prerelease(),
            Choice::Yes => true,
            Choice::No => false,
        }
    }

    /// Whether the page is to be marked as a prerelease. What a published release is marked as stays, unless somebody
    /// asked for it.
    pub(super) fn is_prerelease_on(&self, page: Page<'_>) -> bool {
        match page.release {
            Some(release) if !release.draft && self.prerelease == Choice::Auto => release.prerelease,
            _ => self.is_prerelease(page.tag),
        }
    }

    /// The commit at which GitHub is to make the tag; nothing if none was asked for, or if it is not there, which the
    /// report then says.
    pub(super) async fn target(
        &self,
        github: &GithubRead,
        report: &mut Report,
    ) -> Result<Option<CommitSha>, RemoteError> {
        let (found, message) = match &self.target {
            None => return Ok(None),
            Some(Target::Commit(commit)) => {
                let found = github.commit(commit).await?.then(|| commit.clone());
                (found, format!("{commit} is no commit of the repository"))
            }
            Some(Target::Branch(name)) => {
                (github.branch_commit(name).await?, format!("there is no branch `{name}`"))
            }
        };
        if found.is_none() {
            report.push(NO_TARGET.finding(message));
        }
        Ok(found)
    }

    /// How the release is published.
    pub(super) fn publication(&self, page: Page<'_>, commit: Option<CommitSha>) -> Publication {
        Publication {
            prerelease: self.is_prerelease(page.tag),
            latest: self.latest(page),
            discussion_category: self.discussion_category.clone(),
            target: page.target.map(ToString::to_string),
            commit,
        }
    }

    /// Latest is the highest stable version; a back-port must not become it.
    fn latest(&self, page: Page<'_>) -> MakeLatest {
        let version = page.tag.version();
        let higher = |release: &Release| {
            !release.draft
                && !release.prerelease
                && release
                    .tag_name
                    .parse::<Tag>()
                    .is_ok_and(|tag| !tag.version().is_prerelease() && tag.version() > version)
        };
        let is_highest = || !version.is_prerelease() && !page.releases.iter().any(higher);
        match self.latest {
            // GitHub takes no prerelease for the latest one.
            _ if self.is_prerelease(page.tag) => MakeLatest::No,
            Choice::Yes => MakeLatest::Yes,
            Choice::Auto if is_highest() => MakeLatest::Yes,
            Choice::Auto | Choice::No => MakeLatest::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_and_targets_are_read() {
        assert_eq!("auto".parse(), Ok(Choice::Auto));
        assert_eq!("True".parse(), Ok(Choice::Yes));
        assert!("legacy".parse::<Choice>().is_err());
        let hash = "c0ffee0123456789c0ffee0123456789c0ffee01";
        assert!(matches!(hash.parse(), Ok(Target::Commit(commit)) if commit.as_str() == hash));
        for (text, name) in [("main", "main"), ("refs/heads/release/1.x", "release/1.x")] {
            assert_eq!(text.parse(), Ok(Target::Branch(name.to_owned())));
        }
        for bad in ["refs/tags/v1", "a b", "", "-x", "a..b", "a\nb", "refs/heads/", "x^"] {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_version_decides_unless_somebody_does() {
        for (tag, prerelease) in [
            ("v1.0.0", false),
            ("v1.0.0-rc.1", true),
            ("1.0rc1", true),
            ("1.0.dev3", true),
            ("1.0.post1", false),
        ] {
            let tag = tag.parse().expect("good");
            assert_eq!(Kind::default().is_prerelease(&tag), prerelease, "{tag}");
            for (choice, expected) in [(Choice::Yes, true), (Choice::No, false)] {
                let kind = Kind { prerelease: choice, ..Kind::default() };
                assert_eq!(kind.is_prerelease(&tag), expected, "{tag}");
            }
        }
    }
}
