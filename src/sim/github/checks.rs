//! What others found out about commits: check runs, which applications make, and the older statuses.

use serde_json::{Value, json};

use super::git::Commit;
use super::reply::{Answer, Call, Refusal};
use super::state::Look;
use super::{Github, body};

/// A check run to be put there.
#[derive(Clone, Debug)]
pub struct NewCheck {
    /// The commit it is about.
    pub head_sha: String,
    /// Its name; for a job of a workflow, the job's.
    pub name: String,
    /// `queued`, `in_progress` or `completed`.
    pub status: String,
    /// How it ended, once it has.
    pub conclusion: Option<String>,
    /// The application that made it.
    pub app: String,
    /// Which of the application's suites it belongs to: each run of a workflow has its own.
    pub suite: u64,
}

impl Default for NewCheck {
    fn default() -> Self {
        Self {
            head_sha: String::new(),
            name: "test".to_owned(),
            status: "completed".to_owned(),
            conclusion: Some("success".to_owned()),
            app: "github-actions".to_owned(),
            suite: 1,
        }
    }
}

/// A check run.
#[derive(Clone, Debug)]
pub(super) struct CheckRun {
    pub id: u64,
    pub started_at_s: u64,
    pub facts: NewCheck,
}

/// What somebody said of a commit.
#[derive(Clone, Debug)]
pub(super) struct Status {
    pub id: u64,
    pub sha: String,
    pub context: String,
    /// `success`, `pending`, `failure` or `error`.
    pub state: String,
    pub created_at_s: u64,
}

/// Everything that was found out, in the order it came.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    runs: Vec<CheckRun>,
    statuses: Vec<Status>,
}

impl Github {
    /// Adds a check run and gives its number.
    pub fn add_check(&mut self, facts: NewCheck) -> u64 {
        let (id, started_at_s) = (self.next_id(), self.now_s());
        self.findings.runs.push(CheckRun { id, started_at_s, facts });
        id
    }

    /// Ends a check run.
    ///
    /// # Panics
    ///
    /// When there is no such check run.
    pub fn end_check(&mut self, id: u64, conclusion: &str) {
        let run = self.findings.runs.iter_mut().find(|run| run.id == id).expect("the check run exists");
        run.facts.status = "completed".to_owned();
        run.facts.conclusion = Some(conclusion.to_owned());
    }

    /// Says something of a commit: the newest word of a context is the one that counts.
    pub fn add_status(&mut self, sha: &str, context: &str, state: &str) {
        let (id, created_at_s) = (self.next_id(), self.now_s());
        let [sha, context, state] = [sha, context, state].map(str::to_owned);
        self.findings.statuses.push(Status { id, sha, context, state, created_at_s });
    }

    /// The check runs of a commit, the newest first; of each suite the newest of every name unless all are asked for.
    pub(super) fn list_check_runs(&mut self, call: &Call<'_>, name: &str) -> Answer {
        let sha = self.judged(name)?.sha.clone();
        let of_commit = |run: &&CheckRun| run.facts.head_sha == sha;
        let all: Vec<&CheckRun> = self.findings.runs.iter().filter(of_commit).collect();
        let is_latest = |run: &CheckRun| {
            let same = |other: &&&CheckRun| {
                let (a, b) = (&run.facts, &other.facts);
                a.app == b.app && a.suite == b.suite && a.name == b.name
            };
            all.iter().rfind(same).is_some_and(|last| last.id == run.id)
        };
        let same = |name: &str, have: &str| call.query(name).is_none_or(|want| want == have);
        let shown = all.iter().rev().copied().filter(|run| {
            (call.query("filter") == Some("all") || is_latest(run))
                && same("check_name", &run.facts.name)
                && same("status", &run.facts.status)
        });
        Ok(self.page(call, shown.collect(), |total, page| {
            let runs = page.into_iter().map(|run| body::check::run(&self.links, run));
            json!({ "total_count": total, "check_runs": runs.collect::<Vec<_>>() })
        }))
    }

    /// The newest status of each context, and what they come to.
    pub(super) fn combined_status(&mut self, call: &Call<'_>, name: &str) -> Answer {
        let sha = self.judged(name)?.sha.clone();
        let said: Vec<&Status> = self.findings.statuses.iter().filter(|status| status.sha == sha).collect();
        let is_newest = |status: &Status| {
            let last = said.iter().rfind(|other| other.context == status.context);
            last.is_some_and(|last| last.id == status.id)
        };
        let newest: Vec<&Status> = said.iter().copied().filter(|status| is_newest(status)).collect();
        let any = |states: &[&str]| newest.iter().any(|status| states.contains(&status.state.as_str()));
        let state = match newest.is_empty() {
            _ if any(&["failure", "error"]) => "failure",
            true => "pending",
            false if any(&["pending"]) => "pending",
            false => "success",
        };
        Ok(self.page(call, newest, |total, page| {
            let statuses: Vec<Value> =
                page.into_iter().map(|status| body::check::status(&self.links, status)).collect();
            body::check::combined(&self.links, self.settings.private, &sha, state, (total, statuses))
        }))
    }

    /// The commit that findings are asked of, by hash, branch or tag.
    fn judged(&mut self, name: &str) -> Result<&Commit, Refusal> {
        let shown = self.shown(Look::Refs);
        let unknown = || {
            let name: String = name.chars().take(120).collect();
            Refusal::new(422, format!("No commit found for SHA: {name}"))
        };
        self.resolve(&shown, name).ok_or_else(unknown)
    }
}
