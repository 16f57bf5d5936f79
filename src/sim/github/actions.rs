//! Workflow runs and their artifacts.

use serde_json::json;

use crate::sim::Response;

use super::reply::{Answer, Call, Refusal};
use super::runs::{Run, RunArtifact};
use super::storage::Parcel;
use super::{Github, body};

/// However many runs match, a search ends here. // R33
const FOUND_RUNS: usize = 1_000;

impl Github {
    /// The runs that match the query, of one workflow or of all, the newest first. // R33
    pub(super) fn list_runs(&mut self, call: &Call<'_>, workflow_id: Option<u64>) -> Response {
        let blind = call.query("head_sha").is_some() && self.troubles.blind_run_searches > 0;
        if blind {
            self.troubles.blind_run_searches -= 1;
        }
        let matches =
            |run: &Run| !blind && workflow_id.is_none_or(|id| run.workflow_id == id) && matches(run, call);
        let shown = self.runs.iter().rev().filter(|run| matches(run) && run.course.hidden_for == 0);
        let response = self.page(call, shown.take(FOUND_RUNS).collect(), |total, page| {
            let runs: Vec<_> = page.into_iter().map(|run| self.run_body(run)).collect();
            json!({ "total_count": total, "workflow_runs": runs })
        });
        let now_s = self.clock.now();
        self.runs.iter_mut().filter(|run| matches(run)).for_each(|run| run.was_listed(now_s));
        response
    }

    /// The runs of one workflow, which goes by its number or its file name.
    pub(super) fn list_workflow_runs(&mut self, call: &Call<'_>, name: &str) -> Answer {
        let (id, _) = self.workflow(name)?;
        Ok(self.list_runs(call, Some(id)))
    }

    /// One run as it is, or as an earlier attempt.
    pub(super) fn get_run(&self, id: u64, attempt: Option<u64>) -> Answer {
        let run = self.runs.iter().find(|run| run.id == id).ok_or_else(Refusal::not_found)?;
        let attempt = attempt.unwrap_or(run.facts.run_attempt);
        let run = run.at_attempt(attempt).ok_or_else(Refusal::not_found)?;
        Ok(Response::json(200, &self.run_body(&run)))
    }

    /// The artifacts of a run, of all its attempts; one name may come twice. // R34
    pub(super) fn list_run_artifacts(&self, call: &Call<'_>, id: u64) -> Answer {
        let run = self.runs.iter().find(|run| run.id == id).ok_or_else(Refusal::not_found)?;
        let mut artifacts: Vec<_> = run.artifacts.iter().map(|artifact| (run, artifact)).collect();
        if call.query("direction") != Some("asc") {
            artifacts.reverse();
        }
        Ok(self.artifact_page(call, artifacts))
    }

    /// The artifacts of the whole repository, the newest first.
    pub(super) fn list_artifacts(&self, call: &Call<'_>) -> Response {
        self.artifact_page(call, self.artifacts().rev().collect())
    }

    /// What is known of an artifact.
    pub(super) fn get_artifact(&self, id: u64) -> Answer {
        let (run, artifact) = self.artifact(id)?;
        Ok(Response::json(200, &body::run::artifact(&self.links, run, artifact)))
    }

    /// Removes an artifact.
    pub(super) fn delete_artifact(&mut self, call: &Call<'_>, id: u64) -> Answer {
        call.caller.writes_actions()?;
        self.artifact(id)?;
        self.runs.iter_mut().for_each(|run| run.artifacts.retain(|artifact| artifact.id != id));
        Ok(Response::empty(204))
    }

    /// The way to an artifact's bytes, good for a minute. // R37
    pub(super) fn download_artifact(&mut self, id: u64) -> Answer {
        let expires = self.troubles.expired_downloads > 0;
        self.troubles.expired_downloads -= u32::from(expires);
        let (_, artifact) = self.artifact(id)?;
        if expires || artifact.facts.expired {
            return Err(Refusal::new(410, "Artifact has expired"));
        }
        let file_name = match artifact.zipped() {
            true => format!("{}.zip", artifact.facts.name),
            false => artifact.facts.name.clone(), // R36
        };
        let parcel = Parcel {
            path: format!("/actions-results/{id}/{file_name}"),
            bytes: artifact.facts.bytes.clone(),
            content_type: artifact.facts.content_type.clone(),
            file_name,
        };
        let location = self.sign(parcel);
        Ok(Response::empty(302).with("location", location))
    }

    /// All workflows.
    pub(super) fn list_workflows(&self, call: &Call<'_>) -> Response {
        let all = self.workflows.iter().enumerate().map(|(index, path)| (workflow_id(index), path)).collect();
        self.page(call, all, |total, page: Vec<(u64, &String)>| {
            let workflows: Vec<_> =
                page.into_iter().map(|(id, path)| body::run::workflow(&self.links, id, path)).collect();
            json!({ "total_count": total, "workflows": workflows })
        })
    }

    /// One workflow, by its number or its file name.
    pub(super) fn get_workflow(&self, name: &str) -> Answer {
        let (id, path) = self.workflow(name)?;
        Ok(Response::json(200, &body::run::workflow(&self.links, id, path)))
    }

    pub(super) fn workflow(&self, name: &str) -> Result<(u64, &str), Refusal> {
        let found = self.workflows.iter().enumerate().find(|(index, path)| {
            workflow_id(*index).to_string() == name || path.rsplit('/').next() == Some(name)
        });
        found.map(|(index, path)| (workflow_id(index), path.as_str())).ok_or_else(Refusal::not_found)
    }

    fn artifacts(&self) -> impl DoubleEndedIterator<Item = (&Run, &RunArtifact)> {
        self.runs.iter().flat_map(|run| run.artifacts.iter().map(move |artifact| (run, artifact)))
    }

    fn artifact(&self, id: u64) -> Result<(&Run, &RunArtifact), Refusal> {
        self.artifacts().find(|(_, artifact)| artifact.id == id).ok_or_else(Refusal::not_found)
    }

    fn artifact_page(&self, call: &Call<'_>, mut artifacts: Vec<(&Run, &RunArtifact)>) -> Response {
        if let Some(name) = call.query("name") {
            artifacts.retain(|(_, artifact)| artifact.facts.name == name);
        }
        self.page(call, artifacts, |total, page| {
            let shown =
                page.into_iter().map(|(run, artifact)| body::run::artifact(&self.links, run, artifact));
            json!({ "total_count": total, "artifacts": shown.collect::<Vec<_>>() })
        })
    }

    pub(super) fn run_body(&self, run: &Run) -> serde_json::Value {
        let head = self.objects.commit(&run.facts.head_sha);
        body::run::run(&self.links, self.settings.private, run, head)
    }
}

/// The number of the workflow at this place of the list.
pub(super) const fn workflow_id(index: usize) -> u64 {
    9_000 + index as u64
}

fn matches(run: &Run, call: &Call<'_>) -> bool {
    let facts = &run.facts;
    let same = |name: &str, have: Option<&str>| call.query(name).is_none_or(|want| have == Some(want));
    let status = call
        .query("status")
        .is_none_or(|want| facts.status == want || facts.conclusion.as_deref() == Some(want));
    status
        && same("head_sha", Some(&facts.head_sha))
        && same("branch", facts.head_branch.as_deref())
        && same("event", Some(&facts.event))
        && call.query("created").is_none_or(|span| is_within(&body::date(run.created_at_s), span))
}

/// Whether a date lies in a span as searches write it: `>=2026-01-01`, `2026-01-01..2026-02-01` or a bare date.
fn is_within(date: &str, span: &str) -> bool {
    if let Some((from, to)) = span.split_once("..") {
        return date >= from && (date <= to || date.starts_with(to));
    }
    for (sign, holds) in [
        (">=", date >= span.trim_start_matches(">=")),
        ("<=", date <= span.trim_start_matches("<=") || date.starts_with(span.trim_start_matches("<="))),
        (">", date > span.trim_start_matches('>') && !date.starts_with(span.trim_start_matches('>'))),
        ("<", date < span.trim_start_matches('<')),
    ] {
        if span.starts_with(sign) {
            return holds;
        }
    }
    date.starts_with(span)
}

#[cfg(test)]
mod tests {
    use super::is_within;

    #[test]
    fn spans_of_dates_include_what_they_say() {
        let date = "2026-01-02T00:00:00Z";
        for span in [
            "2026-01-02",
            ">=2026-01-02",
            ">2026-01-01",
            "<=2026-01-02",
            "<2026-01-03",
            "2026-01-01..2026-01-02",
        ] {
            assert!(is_within(date, span), "{span}");
        }
        for span in ["2026-01-03", ">2026-01-02", "<2026-01-02", ">=2026-01-03", "2026-01-03..2026-02-01"] {
            assert!(!is_within(date, span), "{span}");
        }
    }
}
