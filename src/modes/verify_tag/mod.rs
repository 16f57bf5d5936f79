//! verify-tag: the tag names a version, the sources agree with it, and it may be released.
//!
//! It changes nothing. The project's files are read on the disk; tags, branches and commits are asked of GitHub, or of
//! the checkout's own git. Requests are counted: for a tag with one rule about branches and one branch that fits they are
//! the tags, the tag's object, the branch, one comparison and the release.

mod branches;
mod checkout;
mod checks;
mod latest;
mod outputs;
mod rules;
mod sources;
mod trust;

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

pub(crate) use checks::RequiredCheck;
pub(crate) use outputs::Verified;
pub(crate) use rules::{RULES, is_vital};
pub(crate) use trust::Trust;

use self::branches::Question;
use self::checks::Demand;
use self::latest::Tags;
use self::outputs::PackageRow;
use self::rules::{MISSING, NO_COMMIT, NO_VERSION, OTHER_COMMIT};
use super::notes::{Form, Section, section, unreleased};
use super::project::tree::DiskTree;
use crate::model::branch_rules::{BranchBudget, BranchRules};
use crate::model::revision::CommitSha;
use crate::model::tag::{Tag, TagError, TagPrefix};
use crate::model::version::VersionKind;
use crate::plan::context::Context;
use crate::plan::{Failure, Mode, Plan};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::{DiskError, RemoteError};
use crate::remote::history::{History, Peeled};
use crate::report::policy::Policy;
use crate::report::{Finding, Report};
use crate::sources::{self as project, SourcePattern, TreeError, Wanted};

/// No changelog is larger, in bytes.
const LARGEST_CHANGELOG: u64 = 16 << 20;

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct VerifyTag {
    /// The tag as it was given or pushed, still unread: that it names no version is a finding.
    pub(crate) tag: String,
    /// What stands before the version in the project's tags; a `v` or nothing where nobody says.
    pub(crate) prefix: Option<TagPrefix>,
    /// The commit that the tag must point to, where one is known.
    pub(crate) commit: Option<CommitSha>,
    /// The folder of the project.
    pub(crate) project_dir: PathBuf,
    /// Folders below it that are projects of their own.
    pub(crate) apart: Vec<String>,
    /// Files that state the version, beside those that are found.
    pub(crate) version_files: Vec<SourcePattern>,
    /// The changelog, if there is one.
    pub(crate) changelog: Option<PathBuf>,
    /// From which branches versions may be released.
    pub(crate) branch_rules: BranchRules,
    /// How many branches are compared.
    pub(crate) branch_budget: BranchBudget,
    /// What is demanded of the tag's maker.
    pub(crate) trust: Trust,
    /// What must have passed for the commit.
    pub(crate) checks: Vec<RequiredCheck>,
    /// The run that asks.
    pub(crate) own_run: Option<u64>,
    /// What started the run.
    pub(crate) occasion: Occasion,
    /// The kinds of versions that go to the test index.
    pub(crate) testpypi_for: Vec<VersionKind>,
    /// What the user makes of findings.
    pub(crate) policy: Policy,
}

/// What started the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// The publication of the tag's release: that it is out is no news.
    Publication,
    /// Anything else.
    Other,
}

/// Why it could not tell, and what it had found until then.
#[derive(Debug)]
pub(crate) struct VerifyTagError {
    cause: Cause,
    found: Report,
}

impl fmt::Display for VerifyTagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl Error for VerifyTagError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.source()
    }
}

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

impl Failure for VerifyTagError {
    fn is_ambiguous(&self) -> bool {
        false
    }

    fn hint(&self) -> Option<String> {
        match &self.cause {
            Cause::Disk(error) => error.hint(),
            Cause::Tree(_) => Some("is the project checked out, and may this user read it?".to_owned()),
            Cause::Remote(error) => error.hint(),
        }
    }

    fn found(&self) -> Report {
        self.found.clone()
    }
}

/// What it looks at.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    /// The project's files.
    pub(crate) disk: DiskRead,
    /// Tags, branches and commits.
    pub(crate) history: History,
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
        let mut look = Look { report: Report::default(), output: Verified::default() };
        let judged = |report: Report| self.policy.apply(report, |finding| is_vital(finding.check));
        match Tag::read(&self.tag, self.prefix.as_ref()) {
            Err(error) => look.report.push(no_version(&error)),
            Ok(tag) => {
                if let Err(cause) = self.look(&tag, readers, &mut look).await {
                    return Err(VerifyTagError { cause, found: judged(look.report) });
                }
            }
        }
        let Look { report, output } = look;
        Ok(Plan { waves: Vec::new(), report: judged(report), output, present: 0, waiting_for: None })
    }

    async fn apply(&self, _cx: &Context, step: &Self::Step, _writers: &()) -> Result<(), VerifyTagError> {
        match *step {}
    }
}

/// What was seen so far.
struct Look {
    report: Report,
    output: Verified,
}

impl VerifyTag {
    async fn look(&self, tag: &Tag, readers: &Readers, look: &mut Look) -> Result<(), Cause> {
        look.output.tag = Some(tag.clone());
        look.output.is_test = outputs::is_one_of(&self.testpypi_for, tag.version());
        let tree = DiskTree::new(readers.disk.clone(), self.project_dir.clone());
        self.compare_sources(tag, &tree, look)?;
        self.look_into_changelog(tag, &readers.disk, &mut look.report)?;
        self.look_up(tag, &tree, &readers.history, look).await?;
        Ok(())
    }

    fn compare_sources(&self, tag: &Tag, tree: &DiskTree, look: &mut Look) -> Result<(), Cause> {
        let (patterns, apart) = (self.version_files.clone(), self.apart.clone());
        let wanted = Wanted { patterns, discover: true, apart };
        let found = project::find(tree, &wanted)?;
        sources::compare(&found, tag, tree, &mut look.report);
        look.output.packages = PackageRow::all(&found, tag.version(), |file| tree.shown(file));
        Ok(())
    }

    /// A prerelease may stand under what is not released yet.
    fn look_into_changelog(&self, tag: &Tag, disk: &DiskRead, report: &mut Report) -> Result<(), DiskError> {
        let Some(path) = &self.changelog else { return Ok(()) };
        let Some(text) = disk.text(path, LARGEST_CHANGELOG)? else { return Ok(()) };
        let form = Form::of(path);
        let is_there = |section: Section| !matches!(section, Section::Missing { .. });
        let has_section = is_there(section(&text, form, tag.version()))
            || (tag.version().is_prerelease() && is_there(unreleased(&text, form)));
        if !has_section {
            report.push(sources::no_section(&path.display().to_string(), tag));
        }
        Ok(())
    }

    /// Looks at the tag, its commit, and all that stands for or against both.
    async fn look_up(
        &self,
        tag: &Tag,
        tree: &DiskTree,
        history: &History,
        look: &mut Look,
    ) -> Result<(), RemoteError> {
        let prefix = self.prefix.as_ref();
        let all = history.tags_starting(prefix.map_or("", TagPrefix::as_str)).await?;
        let tags = Tags::read(tag, prefix, all);
        let report = &mut look.report;
        tags.tell_spellings(tag, report);
        look.output.previous_tag = tags.previous(tag);
        let Some(own) = tags.own() else {
            report.push(MISSING.finding(format!("`{tag}` is not among the tags")));
            return Ok(());
        };
        let peeled = history.peeled(own).await?;
        look.output.commit = Some(peeled.commit.clone());
        self.compare_commit(tag, &peeled, history, report).await?;
        let head = match history {
            History::Api(_) => checkout::head(tree),
            History::Checkout(git) => git.head().await?,
        };
        report.extend(checkout::judge(head.as_ref(), tag, &peeled.commit));
        self.trust.judge(tag, &peeled, report);
        if let Some(rule) = self.branch_rules.for_version(tag.version()) {
            let question = Question { tag, commit: &peeled.commit, rule, budget: self.branch_budget };
            match question.ask(history).await? {
                Ok(branch) => look.output.branch = Some(branch),
                Err(finding) => report.push(finding),
            }
        }
        match history {
            History::Checkout(_) => tags.tell_higher(tag, report),
            History::Api(github) => {
                let demand = Demand { checks: &self.checks, commit: &peeled.commit, own_run: self.own_run };
                demand.judge(github, report).await?;
                if self.occasion == Occasion::Other {
                    Tags::tell_own_release(tag, github, report).await?;
                }
                tags.tell_higher_release(tag, prefix, github, report).await?;
            }
        }
        Ok(())
    }

    /// Whether the tag leads to the commit that is released.
    async fn compare_commit(
        &self,
        tag: &Tag,
        Peeled { commit: found, .. }: &Peeled,
        history: &History,
        report: &mut Report,
    ) -> Result<(), RemoteError> {
        let Some(wanted) = self.commit.as_ref().filter(|wanted| *wanted != found) else { return Ok(()) };
        report.push(match history.commit_facts(wanted).await? {
            Some(_) => {
                OTHER_COMMIT.finding(format!("`{tag}` points to {found}, and {wanted} is to be released"))
            }
            None => {
                NO_COMMIT.finding(format!("{wanted} is not in the repository; `{tag}` points to {found}"))
            }
        });
        Ok(())
    }
}

/// The finding about a tag that names no version, for whoever needs one that does.
pub(crate) fn no_version(error: &TagError) -> Finding {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    NO_VERSION.finding(format!("{error}{cause}"))
}
