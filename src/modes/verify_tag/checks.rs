//! Whether what is released was tried, and passed: check runs, statuses, and whole workflows.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use super::rules::{CHECK_FAILED, CHECK_MISSING, CHECK_PENDING};
use crate::model::revision::CommitSha;
use crate::remote::error::RemoteError;
use crate::remote::github::read::GithubRead;
use crate::remote::github::runs::Sought;
use crate::remote::github::{CheckRun, CommitStatus, Run};
use crate::report::{Finding, Report};

/// So many names of checks are told where one was not found.
const MOST_NAMED: usize = 12;

/// A check that has to have passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequiredCheck {
    /// A workflow, by the name of its file.
    Workflow(String),
    /// A check run or a status, by its name.
    Named(String),
}

/// Reads `ci.yml`, `.github/workflows/ci.yml`, or the name of a check.
impl FromStr for RequiredCheck {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let is_file = [".yml", ".yaml"].iter().any(|ending| text.ends_with(ending));
        let file = text.strip_prefix(".github/workflows/").unwrap_or(text);
        Ok(if is_file && !file.contains('/') {
            Self::Workflow(file.to_owned())
        } else {
            Self::Named(text.to_owned())
        })
    }
}

impl fmt::Display for RequiredCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workflow(file) => write!(f, "the workflow `{}`", shown(file)),
            Self::Named(name) => write!(f, "the check `{}`", shown(name)),
        }
    }
}

/// How a check stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    Passed,
    /// What it became, and its page.
    Failed(String, String),
    Pending(String, String),
    /// What else there is.
    Missing(Vec<String>),
}

/// The commit, and what has to have passed for it.
pub(super) struct Demand<'a> {
    pub(super) checks: &'a [RequiredCheck],
    pub(super) commit: &'a CommitSha,
    /// The run that asks, which is not over and says nothing of itself.
    pub(super) own_run: Option<u64>,
}

impl Demand<'_> {
    /// What did not pass. One request for each workflow, one for all check runs, and one more for statuses where those
    /// do not have every name.
    ///
    /// # Errors
    /// When GitHub cannot tell.
    pub(super) async fn judge(&self, github: &GithubRead, report: &mut Report) -> Result<(), RemoteError> {
        let mut names = Vec::new();
        for check in self.checks {
            match check {
                RequiredCheck::Workflow(file) => {
                    let runs = github.runs(file, &Sought::Commit(self.commit.clone())).await?;
                    report.extend(self.finding(check, of_runs(&runs, self.own_run)));
                }
                RequiredCheck::Named(name) => names.push((check, name)),
            }
        }
        if names.is_empty() {
            return Ok(());
        }
        let runs = github.check_runs(self.commit).await?;
        let is_unknown = |(_, name): &(_, &String)| !runs.iter().any(|run| run.name == **name && ran(run));
        let statuses = if names.iter().any(is_unknown) {
            github.combined_status(self.commit).await?
        } else {
            Vec::new()
        };
        for (check, name) in names {
            report.extend(self.finding(check, of_name(name, &runs, &statuses)));
        }
        Ok(())
    }

    fn finding(&self, check: &RequiredCheck, standing: Standing) -> Option<Finding> {
        let commit = self.commit.short();
        match standing {
            Standing::Passed => None,
            Standing::Failed(state, page) => {
                Some(CHECK_FAILED.finding(format!("{check} ended as `{state}` for {commit}{}", at(&page))))
            }
            Standing::Pending(state, page) => {
                Some(CHECK_PENDING.finding(format!("{check} is `{state}` for {commit}{}", at(&page))))
            }
            Standing::Missing(others) => {
                let others: Vec<_> =
                    others.iter().take(MOST_NAMED).map(|name| format!("`{}`", shown(name))).collect();
                let there = if others.is_empty() {
                    String::new()
                } else {
                    format!("; these did: {}", others.join(", "))
                };
                Some(CHECK_MISSING.finding(format!("{check} never ran for {commit}{there}")))
            }
        }
    }
}

/// The newest run counts, for better or worse. Runs of pull requests build a merge that is not this commit, and forks
/// build what their owners want.
fn of_runs(runs: &[Run], own_run: Option<u64>) -> Standing {
    let counts =
        |run: &&Run| !run.from_fork && !run.event.starts_with("pull_request") && Some(run.id) != own_run;
    match runs.iter().filter(counts).max_by_key(|run| (run.run_number, run.run_attempt, run.id)) {
        None => Standing::Missing(Vec::new()),
        Some(run) if run.succeeded() => Standing::Passed,
        Some(Run { conclusion: Some(conclusion), html_url, .. }) => {
            Standing::Failed(shown(conclusion), html_url.clone())
        }
        Some(Run { status, html_url, .. }) => Standing::Pending(shown(status), html_url.clone()),
    }
}

/// All check runs of that name count, of whatever application or event, and the worst decides: nothing in them tells
/// which one was meant. A status counts only where there is no check run.
fn of_name(name: &str, runs: &[CheckRun], statuses: &[CommitStatus]) -> Standing {
    let standing = |run: &CheckRun| match run {
        run if run.passed() => (0, Standing::Passed),
        CheckRun { conclusion: Some(conclusion), html_url, .. } => {
            (2, Standing::Failed(shown(conclusion), html_url.clone()))
        }
        CheckRun { status, html_url, .. } => (1, Standing::Pending(shown(status), html_url.clone())),
    };
    let named = runs.iter().filter(|run| run.name == name && ran(run));
    if let Some((_, worst)) = named.map(standing).max_by_key(|(badness, _)| *badness) {
        return worst;
    }
    match statuses.iter().find(|status| status.context == name) {
        Some(status) if status.passed() => Standing::Passed,
        Some(CommitStatus { state, target_url, .. }) if state == "pending" => {
            Standing::Pending(shown(state), target_url.clone())
        }
        Some(CommitStatus { state, target_url, .. }) => Standing::Failed(shown(state), target_url.clone()),
        None => {
            let names = runs
                .iter()
                .filter(|run| ran(run))
                .map(|run| &run.name)
                .chain(statuses.iter().map(|status| &status.context));
            let mut names: Vec<String> = names.cloned().collect();
            names.sort();
            names.dedup();
            Standing::Missing(names)
        }
    }
}

/// Whether anything was tried: what was skipped says nothing of the commit.
fn ran(run: &CheckRun) -> bool {
    run.conclusion.as_deref() != Some("skipped")
}

fn at(page: &str) -> String {
    if page.is_empty() { String::new() } else { format!(": {}", shown(page)) }
}

fn shown(text: &str) -> String {
    text.chars().take(200).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(number: u64, event: &str, conclusion: Option<&str>) -> Run {
        Run {
            id: number,
            path: ".github/workflows/ci.yml".into(),
            event: event.into(),
            status: if conclusion.is_some() { "completed" } else { "in_progress" }.into(),
            conclusion: conclusion.map(str::to_owned),
            head_sha: "a".repeat(40).parse().expect("a hash"),
            head_branch: None,
            run_number: number,
            run_attempt: 1,
            html_url: "page".into(),
            from_fork: false,
        }
    }

    fn check_run(id: u64, conclusion: Option<&str>) -> CheckRun {
        CheckRun {
            id,
            name: "test".into(),
            status: if conclusion.is_some() { "completed" } else { "queued" }.into(),
            conclusion: conclusion.map(str::to_owned),
            app: None,
            html_url: String::new(),
        }
    }

    #[test]
    fn the_newest_run_counts_unless_it_is_of_a_pull_request_or_our_own() {
        let (good, bad) = (Some("success"), Some("failure"));
        let failed = |state: &str| Standing::Failed(state.into(), "page".into());
        for (runs, own, expected) in [
            (vec![run(1, "push", bad), run(2, "push", good)], None, Standing::Passed),
            (vec![run(1, "push", good), run(2, "schedule", bad)], None, failed("failure")),
            (vec![run(1, "push", good), run(2, "pull_request", bad)], None, Standing::Passed),
            (vec![run(1, "push", None)], None, Standing::Pending("in_progress".into(), "page".into())),
            (vec![run(1, "push", good), run(2, "push", None)], Some(2), Standing::Passed),
            (vec![run(1, "push", Some("skipped"))], None, failed("skipped")),
            (vec![Run { from_fork: true, ..run(1, "push", good) }], None, Standing::Missing(Vec::new())),
            (vec![], None, Standing::Missing(Vec::new())),
        ] {
            assert_eq!(of_runs(&runs, own), expected, "{runs:?}");
        }
    }

    #[test]
    fn the_worst_check_run_of_a_name_counts_and_a_status_only_without_one() {
        let status = |state: &str| CommitStatus {
            context: "test".into(),
            state: state.into(),
            target_url: String::new(),
        };
        let failed = |state: &str| Standing::Failed(state.into(), String::new());
        let pending = |state: &str| Standing::Pending(state.into(), String::new());
        for (runs, statuses, expected) in [
            (vec![check_run(1, Some("failure")), check_run(2, Some("success"))], vec![], failed("failure")),
            (vec![check_run(1, Some("success")), check_run(2, None)], vec![], pending("queued")),
            (vec![check_run(1, Some("failure")), check_run(2, None)], vec![], failed("failure")),
            (vec![check_run(1, Some("success")), check_run(2, Some("skipped"))], vec![], Standing::Passed),
            (vec![check_run(1, Some("skipped"))], vec![], Standing::Missing(Vec::new())),
            (vec![check_run(1, Some("skipped"))], vec![status("success")], Standing::Passed),
            (vec![check_run(1, Some("timed_out"))], vec![status("success")], failed("timed_out")),
            (vec![check_run(1, None)], vec![], pending("queued")),
            (vec![], vec![status("success")], Standing::Passed),
            (vec![], vec![status("error")], failed("error")),
            (vec![], vec![status("pending")], pending("pending")),
        ] {
            assert_eq!(of_name("test", &runs, &statuses), expected);
        }
        let others = of_name("lint", &[check_run(1, None)], &[status("error")]);
        assert_eq!(others, Standing::Missing(vec!["test".into()]));
    }

    #[test]
    fn a_workflow_is_named_by_its_file() {
        let read = |text: &str| text.parse::<RequiredCheck>().map_err(drop);
        assert_eq!(read(".github/workflows/ci.yml"), Ok(RequiredCheck::Workflow("ci.yml".into())));
        assert_eq!(read("ci.yaml"), Ok(RequiredCheck::Workflow("ci.yaml".into())));
        for name in ["test (ubuntu, 3.12)", "ci", "lint / a.yml"] {
            assert_eq!(read(name), Ok(RequiredCheck::Named(name.into())));
        }
    }
}
