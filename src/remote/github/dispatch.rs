//! Starting a workflow by its `workflow_dispatch`, once for a commit: the one way in which what a job's own token did
//! starts another workflow.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::json;

use super::cut;
use super::refusal::{is_absent, says};
use super::runs::Sought;
use super::wire::changes::DispatchedWire;
use super::write::{GithubWrite, LOOKS, SENDS, may_repeat};
use crate::model::revision::CommitSha;
use crate::remote::error::RemoteError;
use crate::remote::http::backoff;

/// The event by which such runs are known.
const EVENT: &str = "workflow_dispatch";
/// Asks for the run's number. Servers that are older refuse what they do not know, by its name.
const DETAILS: &str = "return_run_details";

/// What is to be started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dispatch<'a> {
    /// The workflow's file, such as `release.yml`, or its whole path.
    pub(crate) workflow: &'a str,
    /// The branch or the tag that it is started on, with or without `refs/heads/` or `refs/tags/`.
    pub(crate) git_ref: &'a str,
    /// The commit that this leads to, by which the run is known.
    pub(crate) commit: &'a CommitSha,
    /// What it is told.
    pub(crate) inputs: &'a BTreeMap<String, String>,
}

/// A run that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StartedRun {
    /// The number that names it for good.
    pub(crate) id: u64,
    /// Its page, for people.
    pub(crate) url: String,
}

impl Dispatch<'_> {
    fn file(&self) -> &str {
        self.workflow.rsplit('/').next().unwrap_or(self.workflow)
    }

    /// What runs are said to be of.
    fn short_ref(&self) -> &str {
        let short = |shelf| self.git_ref.strip_prefix(shelf);
        short("refs/heads/").or_else(|| short("refs/tags/")).unwrap_or(self.git_ref)
    }
}

impl GithubWrite {
    /// Starts the workflow, unless it was started so for this commit on this branch or tag, whatever became of that run.
    /// `None` where GitHub does not show the run yet.
    ///
    /// # Errors
    /// When GitHub refuses, or when it stays unknown whether it was started.
    pub(crate) async fn dispatch(&self, dispatch: &Dispatch<'_>) -> Result<Option<StartedRun>, RemoteError> {
        let _one_at_a_time = self.known.lock().await;
        let api = &self.read.api;
        let (file, git_ref) = (cut(dispatch.file()), cut(dispatch.git_ref));
        let what = format!("starting `{file}` on `{git_ref}`");
        if let Some(run) = self.dispatched(dispatch).await? {
            return Ok(Some(run));
        }
        let route = api.route(&["actions", "workflows", dispatch.file(), "dispatches"]);
        let mut body = json!({ "ref": dispatch.git_ref, DETAILS: true });
        if !dispatch.inputs.is_empty() {
            body["inputs"] = json!(dispatch.inputs);
        }
        let mut sends = 0;
        loop {
            self.go_on(&what)?;
            let error = match api.change::<Option<DispatchedWire>>(&what, Method::POST, &route, &body).await {
                Ok(Some(DispatchedWire { workflow_run_id: id, html_url: url })) => {
                    return Ok(Some(StartedRun { id, url }));
                }
                Ok(None) => return self.dispatched(dispatch).await,
                Err(error) if says(&error, DETAILS) && body.get(DETAILS).is_some() => {
                    body.as_object_mut().into_iter().for_each(|body| drop(body.remove(DETAILS)));
                    continue;
                }
                Err(error) if is_absent(&error) => return Err(no_workflow(&file)),
                Err(error) => error,
            };
            sends += 1;
            if sends >= SENDS || self.stopping() || !may_repeat(&error) {
                return Err(error);
            }
            // A second run is worse than a wait, and a run that was started shows after some seconds.
            let looks = if error.is_ambiguous() { LOOKS } else { 1 };
            for look in 1..=looks {
                api.http.pause(&format!("GitHub to show whether it began ({what})"), backoff(look)).await;
                if let Some(run) = self.dispatched(dispatch).await? {
                    return Ok(Some(run));
                }
            }
        }
    }

    /// The newest run that was started so.
    async fn dispatched(&self, dispatch: &Dispatch<'_>) -> Result<Option<StartedRun>, RemoteError> {
        let runs = self.read.runs(dispatch.file(), &Sought::Commit(dispatch.commit.clone())).await?;
        let is_ours = |run: &&super::Run| {
            run.event == EVENT && run.head_branch.as_deref() == Some(dispatch.short_ref()) && !run.from_fork
        };
        let found = runs.iter().find(is_ours);
        Ok(found.map(|run| StartedRun { id: run.id, url: run.html_url.clone() }))
    }
}

fn no_workflow(file: &str) -> RemoteError {
    RemoteError::Missing {
        what: format!("GitHub knows no workflow `{file}` that could be started"),
        hint: "is the file below `.github/workflows` on the default branch? does the job have `permissions: actions: \
               write`?"
            .to_owned(),
    }
}
