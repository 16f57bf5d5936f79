//! Events, as the runner writes them into a file for the workflows that they start.

use serde_json::{Value, json};

use super::{Github, body};

impl Github {
    /// The event `workflow_run` that tells of a run's end. It says what REST says of the run, at this moment.
    ///
    /// # Panics
    ///
    /// When there is no such run, or it has not ended.
    pub fn ended_event(&self, run_id: u64) -> Value {
        let run = self.runs.iter().find(|run| run.id == run_id).expect("the run exists");
        assert_eq!(run.facts.status, "completed", "the run has ended");
        let file = run.facts.path.split('@').next().unwrap_or_default();
        let (links, settings) = (&self.links, &self.settings);
        json!({
            "action": "completed",
            "workflow_run": self.run_body(run),
            "workflow": body::run::workflow(links, run.workflow_id, file),
            "repository": body::repository::full(links, settings.private, &settings.default_branch, false),
            "sender": body::bot(links),
        })
    }
}
