//! Which run of a workflow counts for a commit.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use crate::model::revision::{CommitSha, Repository};
use crate::remote::github::Run;
use crate::remote::github::event::ProducerRun;
use crate::remote::github::runs::Sought;
use crate::report::{Finding, Rule, Severity};

/// So many runs that were passed over are told of a workflow.
const MOST_RUNS: usize = 10;

pub(super) const NO_RUN: Rule = Rule {
    id: "collect/no-run",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The workflow has no run for the commit",
    explain: "Every workflow that was named must have run for the commit that is released, or have succeeded on the \
              branch with `run: latest`. Runs of pull requests do not count unless `events` names them: they build a \
              merge of the commit with its base.",
    fix: "correct the workflow's file name, or push the commit so that the workflow runs for it",
    sources: &["GitHub's REST interface for workflow runs"],
    since: "0.1.0",
};

pub(super) const NOT_COMPLETE: Rule = Rule {
    id: "collect/not-complete",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The producer is still running",
    explain: "Its artifacts are not whole yet. `when-incomplete` says what to do then: fail, leave it at that, or \
              wait until `wait-timeout` is over.",
    fix: "run again when it is done, or set `when-incomplete: wait`",
    sources: &["GitHub's REST interface for workflow runs"],
    since: "0.1.0",
};

pub(super) const FAILED: Rule = Rule {
    id: "collect/failed-producer",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The producer did not succeed",
    explain: "A run that failed, was cancelled or went stale may have left some of its artifacts. A release made of \
              them would be short of files, and nobody would notice.",
    fix: "mend the producer, run it again, then this",
    sources: &["incident: 92 of 104 files were released, since one builder had failed"],
    since: "0.1.0",
};

pub(super) const FORK: Rule = Rule {
    id: "collect/fork-run",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The only run for the commit, or the event that started this one, comes from a fork",
    explain: "Whoever owns the fork decided what that run built, and the run that takes it over may hold secrets and \
              write access.",
    fix: "push the commit to a branch of this repository, so that the workflow runs there, or set `allow-forks`",
    sources: &["GitHub's documentation of the event `workflow_run`: artifacts are untrusted data"],
    since: "0.1.0",
};

/// The newest good run of each workflow on a branch.
#[derive(Clone, Debug)]
pub(crate) struct Latest {
    /// The branch; the repository's default branch if none is named.
    pub(crate) branch: Option<String>,
}

/// Which runs are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunChoice {
    /// Those of the commit.
    Commit,
    /// The newest good ones on a branch.
    Latest,
}

/// A text that says nothing of which runs are taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is neither `commit` nor `latest`")]
pub(crate) struct RunChoiceError;

impl FromStr for RunChoice {
    type Err = RunChoiceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "commit" => Ok(Self::Commit),
            "latest" => Ok(Self::Latest),
            _ => Err(RunChoiceError),
        }
    }
}

/// Which runs count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowed {
    /// What has to have started them; if nothing is named, anything but a pull request.
    pub(crate) events: Vec<String>,
    /// Whether runs count whose commit comes from a fork.
    pub(crate) forks: bool,
}

impl Allowed {
    fn takes_event(&self, event: &str) -> bool {
        match self.events.is_empty() {
            true => !event.starts_with("pull_request"),
            false => self.events.iter().any(|allowed| allowed == event),
        }
    }
}

/// What is looked for among the runs of one workflow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search<'a> {
    /// The workflow's file, or its whole path.
    pub(super) workflow: &'a str,
    /// The commit or the branch.
    pub(super) sought: &'a Sought,
    /// The tag that is released: a run that its push started goes before others of the same commit.
    pub(super) tag: Option<&'a str>,
    /// Which runs count.
    pub(super) allowed: &'a Allowed,
}

/// What the runs of a workflow come to.
#[derive(Clone, Debug)]
pub(super) enum Choice {
    /// This run succeeded.
    Good(Run),
    /// The run that counts is not over.
    Running { state: String, finding: Finding },
    /// There is none that counts.
    Absent(Finding),
    /// The run that counts did not succeed, or must not be used.
    Bad(Finding),
}

/// Why a run is not the one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Why {
    File(String),
    Event(String),
    Fork,
    NoSuccess(String),
    NotOfTag,
    Older,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "of the file `{path}`"),
            Self::Event(event) => write!(f, "started by `{event}`"),
            Self::Fork => f.write_str("from a fork"),
            Self::NoSuccess(state) => f.write_str(state),
            Self::NotOfTag => f.write_str("not of the tag"),
            Self::Older => f.write_str("older"),
        }
    }
}

/// How far a run is, in GitHub's words.
fn state(run: &Run) -> &str {
    match run.status.as_str() {
        "completed" => run.conclusion.as_deref().unwrap_or("no conclusion"),
        status => status,
    }
}

impl Search<'_> {
    /// The run that counts: of this file, started by an event that is allowed, not from a fork, of the tag rather
    /// than not, with the highest number. With it a line that says which one it is and why no other.
    ///
    /// For a commit it is judged afterwards: that the newest run failed is not mended by an older one. On a branch
    /// the newest that succeeded is taken.
    pub(super) fn choose(&self, runs: Vec<Run>) -> (Choice, String) {
        let (mut fit, mut others) = (Vec::new(), Vec::new());
        for run in runs {
            match self.against(&run) {
                None => fit.push(run),
                Some(why) => others.push((run, why)),
            }
        }
        fit.sort_by_key(|run| Reverse((self.is_of_tag(run), run.run_number, run.run_attempt, run.id)));
        let mut fit = fit.into_iter();
        let chosen = fit.next();
        let has_tag = chosen.as_ref().is_some_and(|run| self.is_of_tag(run));
        others.extend(fit.map(|run| {
            let why = if has_tag && !self.is_of_tag(&run) { Why::NotOfTag } else { Why::Older };
            (run, why)
        }));
        others.sort_by_key(|(run, _)| Reverse((run.run_number, run.id)));
        let line = self.line(chosen.as_ref(), &others);
        let choice = match chosen {
            Some(run) => self.judged(run),
            None => self.absent(&others),
        };
        (choice, line)
    }

    fn against(&self, run: &Run) -> Option<Why> {
        let Allowed { events: _, forks } = self.allowed;
        if !self.is_its_file(&run.path) {
            Some(Why::File(run.path.clone()))
        } else if !self.allowed.takes_event(&run.event) {
            Some(Why::Event(run.event.clone()))
        } else if run.from_fork && !forks {
            Some(Why::Fork)
        } else if matches!(self.sought, Sought::Branch(_)) && !run.succeeded() {
            Some(Why::NoSuccess(state(run).to_owned()))
        } else {
            None
        }
    }

    /// A list of runs may hold those of another file: the workflow's number stays when its file is renamed. Servers
    /// that state no path are believed.
    fn is_its_file(&self, path: &str) -> bool {
        path.is_empty() || path == self.workflow || path.rsplit('/').next() == Some(self.workflow)
    }

    fn is_of_tag(&self, run: &Run) -> bool {
        self.tag.is_some() && run.head_branch.as_deref() == self.tag
    }

    fn line(&self, chosen: Option<&Run>, others: &[(Run, Why)]) -> String {
        let workflow = self.workflow;
        let chosen = chosen.map_or_else(
            || format!("no run for {}", self.sought),
            |run| {
                let Run { run_number, event, run_attempt, html_url, .. } = run;
                let branch = run.head_branch.as_deref().unwrap_or("no branch");
                let state = state(run);
                format!("run {run_number} ({event} of {branch}, attempt {run_attempt}, {state}) {html_url}")
            },
        );
        match others {
            [] => format!("{workflow}: {chosen}"),
            others => format!("{workflow}: {chosen}; not {}", told(others)),
        }
    }

    fn judged(&self, run: Run) -> Choice {
        let (workflow, state) = (self.workflow, state(&run).to_owned());
        if run.status != "completed" {
            let finding = NOT_COMPLETE.finding(format!("{workflow} is {state} ({})", run.html_url));
            return Choice::Running { state, finding };
        }
        if run.succeeded() {
            return Choice::Good(run);
        }
        let finding = FAILED.finding(format!("{workflow} ended with {state} ({})", run.html_url));
        Choice::Bad(match state.as_str() {
            "action_required" => finding.hint("approve the run on its page, then run this again"),
            "startup_failure" => {
                finding.hint("mend the workflow's file, which GitHub could not start, and run it again")
            }
            _ => finding,
        })
    }

    fn absent(&self, others: &[(Run, Why)]) -> Choice {
        let workflow = self.workflow;
        let what = match self.sought {
            Sought::Commit(commit) => format!("for {commit}"),
            Sought::Branch(branch) => format!("that succeeded on the branch `{branch}`"),
        };
        if let Some((fork, _)) = others.iter().find(|(_, why)| *why == Why::Fork) {
            let message = format!("{workflow} has a run {what} from a fork only: {}", fork.html_url);
            return Choice::Bad(FORK.finding(message));
        }
        let has_event = others.iter().any(|(_, why)| matches!(why, Why::Event(_)));
        let seen =
            if others.is_empty() { "none was seen".to_owned() } else { format!("not {}", told(others)) };
        Choice::Absent(NO_RUN.finding(format!("{workflow} has no run {what}: {seen}")).hint(if has_event {
            "push the commit, so that the workflow runs for it, or name the event in `events`: runs of pull requests \
             do not count otherwise"
        } else {
            "is the workflow's file name right, was the commit pushed, and may the token see runs (`actions: read`)?"
        }))
    }
}

/// The commit of the run whose end started this one, unless that was a fork's and nobody allows those.
pub(crate) fn commit_of_event(
    run: ProducerRun,
    repository: &Repository,
    allowed: &Allowed,
) -> Result<CommitSha, Box<Finding>> {
    if run.is_foreign(repository) && !allowed.forks {
        let home = run.home.as_deref().unwrap_or("a repository that is gone");
        let told = format!("the event that started this run tells of a run for {home} ({})", run.html_url);
        return Err(Box::new(FORK.finding(told)));
    }
    Ok(run.commit)
}

/// The runs that were passed over, each with the reason.
fn told(others: &[(Run, Why)]) -> String {
    let shown: Vec<_> =
        others.iter().take(MOST_RUNS).map(|(run, why)| format!("run {} ({why})", run.run_number)).collect();
    match others.len().checked_sub(MOST_RUNS) {
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}
