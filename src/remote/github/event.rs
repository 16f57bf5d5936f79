//! The event `workflow_run`, as the runner writes it into a file: another workflow's run has ended.

use serde::Deserialize;

use crate::model::revision::{CommitSha, Repository, RevisionError};

/// Why the event makes no sense.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EventError {
    /// There is no file to read it from.
    #[error("a `workflow_run` event started this run, and no file tells of it")]
    NoFile,
    /// It is another event, or one without what it is about.
    #[error("the event of the kind `workflow_run` tells of no run")]
    NoRun,
    /// The bytes are no event.
    #[error("the event is no JSON of the form that GitHub writes")]
    Json(#[from] serde_json::Error),
    /// What stands in the commit's place is none.
    #[error("the event names no commit")]
    Commit(#[from] RevisionError),
}

/// The little of the event that we read.
#[derive(Deserialize)]
struct Event {
    workflow_run: Option<WorkflowRun>,
}

#[derive(Deserialize)]
struct WorkflowRun {
    head_sha: String,
    head_repository: Option<HeadRepository>,
    #[serde(default)]
    html_url: String,
}

#[derive(Deserialize)]
struct HeadRepository {
    full_name: Option<String>,
}

/// The run of another workflow whose end started this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProducerRun {
    /// The commit that it built.
    pub(crate) commit: CommitSha,
    /// The repository that the commit comes from; none where that was deleted.
    pub(crate) home: Option<String>,
    /// Its page, for people.
    pub(crate) html_url: String,
}

impl ProducerRun {
    /// Whether the commit comes from another repository than this one, or from one that is gone.
    pub(crate) fn is_foreign(&self, repository: &Repository) -> bool {
        !self.home.as_ref().is_some_and(|home| home.eq_ignore_ascii_case(&repository.to_string()))
    }
}

/// The run that a `workflow_run` event tells of.
///
/// # Errors
/// When the bytes are no such event.
pub(crate) fn producer_run(event: &[u8]) -> Result<ProducerRun, EventError> {
    let Event { workflow_run } = serde_json::from_slice(event)?;
    let WorkflowRun { head_sha, head_repository, html_url } = workflow_run.ok_or(EventError::NoRun)?;
    let home = head_repository.and_then(|repository| repository.full_name);
    Ok(ProducerRun { commit: head_sha.parse()?, home, html_url })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_tells_what_was_built() {
        let sha = "0123456789abcdef0123456789abcdef01234567";
        let event = format!(r#"{{"action":"completed","workflow_run":{{"id":1,"head_sha":"{sha}"}}}}"#);
        assert_eq!(producer_run(event.as_bytes()).expect("good").commit.as_str(), sha);
        assert!(matches!(producer_run(br#"{"ref":"refs/tags/v1"}"#), Err(EventError::NoRun)));
        for end in 0..event.len() {
            assert!(producer_run(&event.as_bytes()[..end]).is_err(), "cut at {end}");
        }
        assert!(producer_run(br#"{"workflow_run":{"head_sha":"main"}}"#).is_err());
        assert!(producer_run("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn an_event_without_a_known_home_is_foreign() {
        let here: Repository = "Owner/name".parse().expect("good");
        let is_foreign = |home: &str| {
            let sha = "a".repeat(40);
            let event = format!(r#"{{"workflow_run":{{"head_sha":"{sha}","head_repository":{home}}}}}"#);
            producer_run(event.as_bytes()).expect("good").is_foreign(&here)
        };
        assert!(!is_foreign(r#"{"full_name":"owner/Name"}"#));
        assert!(is_foreign(r#"{"full_name":"other/name"}"#) && is_foreign("null") && is_foreign("{}"));
    }
}
