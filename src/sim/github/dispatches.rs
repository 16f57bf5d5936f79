//! Workflows that are started by name, with what they are told.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::sim::Response;

use super::Github;
use super::reply::{Answer, Call, Refusal};
use super::runs::NewRun;

/// A workflow is told no more than this.
const INPUTS: usize = 25;

/// A workflow that was started by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatched {
    /// The run that began.
    pub run_id: u64,
    /// The workflow's file.
    pub path: String,
    /// The branch or tag that it was started on.
    pub git_ref: String,
    /// What it was told.
    pub inputs: BTreeMap<String, String>,
}

impl Github {
    /// Starts a workflow on a branch or a tag.
    pub(super) fn create_dispatch(&mut self, call: &Call<'_>, name: &str) -> Answer {
        call.caller.writes_actions()?;
        let (_, path) = self.workflow(name)?;
        let path = path.to_owned();
        let fields = call.fields()?;
        let git_ref = fields.required("Workflow", "ref")?;
        if self.settings.silent_dispatches && fields.has("return_run_details") {
            let words = "Invalid request.\n\n\"return_run_details\" is not a permitted key.";
            return Err(Refusal::new(422, words));
        }
        let (short, head_sha) = self.started_on(&git_ref)?;
        let file = self.objects.peel(&head_sha).and_then(|commit| commit.files.get(&path));
        // A workflow that the set-up told of by its name only is one that can be started.
        if file.is_some_and(|file| !String::from_utf8_lossy(file).contains("workflow_dispatch")) {
            return Err(Refusal::new(422, "Workflow does not have 'workflow_dispatch' trigger"));
        }
        let inputs = fields.object("inputs")?;
        if inputs.len() > INPUTS {
            return Err(Refusal::new(
                422,
                format!("Invalid request.\n\nNo more than {INPUTS} properties are allowed."),
            ));
        }
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let inputs = inputs.into_iter().map(|(name, value)| (name, text(value))).collect();
        let run_id = self.add_run(NewRun {
            path: path.clone(),
            name: path.rsplit('/').next().unwrap_or_default().to_owned(),
            event: "workflow_dispatch".to_owned(),
            status: "queued".to_owned(),
            conclusion: None,
            head_sha,
            head_branch: Some(short),
            ..NewRun::default()
        });
        let hidden_for = std::mem::take(&mut self.troubles.late_dispatches);
        self.appear_after(run_id, hidden_for);
        self.dispatched.push(Dispatched { run_id, path, git_ref, inputs });
        if fields.flag("return_run_details")? != Some(true) {
            return Ok(Response::empty(204));
        }
        let body = json!({
            "workflow_run_id": run_id,
            "run_url": self.links.repo(&format!("/actions/runs/{run_id}")),
            "html_url": self.links.page(&format!("/actions/runs/{run_id}")),
        });
        Ok(Response::json(200, &body))
    }

    /// The short name and the commit of a branch or a tag; a commit's own hash is neither.
    fn started_on(&self, git_ref: &str) -> Result<(String, String), Refusal> {
        let shelves = ["refs/heads/", "refs/tags/"];
        let full = shelves.iter().find_map(|shelf| Some((*shelf, git_ref.strip_prefix(shelf)?)));
        let found =
            full.into_iter().chain(shelves.map(|shelf| (shelf, git_ref))).find_map(|(shelf, name)| {
                let sha = self.state.refs.get(&format!("{shelf}{name}"))?;
                Some((name.to_owned(), self.objects.peel(sha)?.sha.clone()))
            });
        let shown: String = git_ref.chars().take(120).collect();
        found.ok_or_else(|| Refusal::new(422, format!("No ref found for: {shown}")))
    }

    /// Every workflow that was started by name, in that order.
    pub fn dispatched(&self) -> &[Dispatched] {
        &self.dispatched
    }
}
