//! What the runner tells about the run: its variables and the event, parsed once.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::env::Environment;
use super::error::InputError;
use crate::model::endpoints::{Endpoint, GITHUB_API};
use crate::model::revision::CommitSha;
use crate::model::secret::Secret;
use crate::remote::github::event::EventError;
use crate::remote::process::Variables;

/// The facts of the run. On a machine that is no runner nearly all are missing, and that is fine.
#[derive(Clone, Debug)]
pub(crate) struct Runner {
    /// The full ref that started the run (`refs/tags/v1.2.0`).
    pub(crate) git_ref: Option<String>,
    /// The commit that started the run. On `workflow_run` it is the default branch's, not what was built.
    pub(crate) commit: Option<CommitSha>,
    /// GitHub's number of the run.
    pub(crate) run_id: Option<u64>,
    /// The name of the event that started the run.
    pub(crate) event_name: Option<String>,
    /// The file with the event.
    pub(crate) event_path: Option<PathBuf>,
    /// GitHub's REST API, which may be another server's.
    pub(crate) api: Endpoint,
    /// Where an identity token can be had: with `id-token: write` only.
    pub(crate) identity: Option<IdentityRequest>,
    /// The service that takes the artifacts of the run: for containers of actions only.
    pub(crate) results_url: Option<String>,
    /// The token for that service.
    pub(crate) runtime_token: Option<Secret<String>>,
    /// What kind of machine the job runs on, as the runner tells it.
    pub(crate) machine: Option<String>,
    /// The most days that the repository keeps artifacts.
    pub(crate) retention_days: Option<u32>,
    /// The web page of the run.
    pub(crate) run_page: Option<String>,
    /// The file that takes outputs.
    pub(crate) output_path: Option<PathBuf>,
    /// The file that takes the step's summary.
    pub(crate) summary_path: Option<PathBuf>,
    /// Whether this is the image of the action, which holds this program and nothing else.
    pub(crate) in_image: bool,
    /// What programs may see that this one starts.
    pub(crate) for_children: Variables,
}

/// Where and with which token an identity token can be asked for.
#[derive(Clone, Debug)]
pub(crate) struct IdentityRequest {
    /// The address, with a query.
    pub(crate) url: String,
    /// The token that entitles to ask.
    pub(crate) token: Secret<String>,
}

impl Runner {
    /// Reads the facts out of the environment.
    ///
    /// # Errors
    /// When a variable holds what it cannot hold; the user may have set it by hand.
    pub(crate) fn of(environment: &Environment) -> Result<Self, InputError> {
        let owned = |name| environment.get(name).map(str::to_owned);
        let path = |name| environment.get(name).map(PathBuf::from);
        let url = owned("ACTIONS_ID_TOKEN_REQUEST_URL");
        let token = owned("ACTIONS_ID_TOKEN_REQUEST_TOKEN").map(Secret::new);
        Ok(Self {
            git_ref: owned("GITHUB_REF"),
            commit: parsed(environment, "GITHUB_SHA")?,
            run_id: parsed(environment, "GITHUB_RUN_ID")?,
            event_name: owned("GITHUB_EVENT_NAME"),
            event_path: path("GITHUB_EVENT_PATH"),
            api: match parsed(environment, "GITHUB_API_URL")? {
                Some(api) => api,
                None => GITHUB_API.parse().expect("the table holds good addresses"),
            },
            identity: url.zip(token).map(|(url, token)| IdentityRequest { url, token }),
            results_url: owned("ACTIONS_RESULTS_URL"),
            runtime_token: owned("ACTIONS_RUNTIME_TOKEN").map(Secret::new),
            machine: machine(environment),
            retention_days: environment.get("GITHUB_RETENTION_DAYS").and_then(|days| days.parse().ok()),
            run_page: run_page(environment),
            output_path: Self::output_path(environment),
            summary_path: path("GITHUB_STEP_SUMMARY"),
            in_image: environment.get("RELEASE_ACTION_IMAGE").is_some(),
            for_children: Variables::harmless(environment.all(), &environment.secrets()),
        })
    }

    /// The file that takes outputs, also where the other facts make no sense.
    pub(crate) fn output_path(environment: &Environment) -> Option<PathBuf> {
        environment.get("GITHUB_OUTPUT").map(PathBuf::from)
    }

    /// No runner at all.
    pub(crate) fn nowhere() -> Self {
        Self::of(&Environment::default()).expect("an empty environment holds nothing wrong")
    }

    /// The file that tells of the other workflow's run whose end started this one; `None` when something else did.
    ///
    /// # Errors
    /// When the runner names no file: what was built is not known then, and `GITHUB_SHA` is something else.
    pub(crate) fn producer_event(&self) -> Result<Option<&Path>, EventError> {
        match self.event_name.as_deref() {
            Some("workflow_run") => self.event_path.as_deref().map(Some).ok_or(EventError::NoFile),
            _ => Ok(None),
        }
    }
}

/// System, processor and who runs the machine: `Linux X64 github-hosted`.
fn machine(environment: &Environment) -> Option<String> {
    let told = ["RUNNER_OS", "RUNNER_ARCH", "RUNNER_ENVIRONMENT"].map(|name| environment.get(name));
    let told: Vec<_> = told.into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join(" "))
}

/// Where people find the run, if the runner tells all of it.
fn run_page(environment: &Environment) -> Option<String> {
    let [server, repository, run] =
        ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"].map(|name| environment.get(name));
    Some(format!("{}/{}/actions/runs/{}", server?.trim_end_matches('/'), repository?, run?))
}

fn parsed<T>(environment: &Environment, name: &str) -> Result<Option<T>, InputError>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let value = environment.get(name).map(str::parse::<T>).transpose();
    value.map_err(|error| InputError::Value {
        place: format!("the variable `{name}`"),
        source: Box::new(error),
        hint: "the runner sets it: is it overwritten in the workflow, or in this shell?",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_is_no_runner_has_github_and_nothing_else() {
        let runner = Runner::of(&Environment::default()).expect("good");
        assert!(runner.identity.is_none());
        assert_eq!(runner.api.to_string().trim_end_matches('/'), GITHUB_API);
    }

    #[test]
    fn a_runner_tells_all() {
        let sha = "0123456789abcdef0123456789abcdef01234567";
        let variables = [
            ("GITHUB_REF", "refs/tags/v1.0.0"),
            ("GITHUB_SHA", sha),
            ("GITHUB_API_URL", "http://127.0.0.1:9/api/v3"),
            ("GITHUB_EVENT_NAME", "push"),
            ("GITHUB_EVENT_PATH", "/github/workflow/event.json"),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "http://127.0.0.1:8/token?a=b"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "jwt-of-the-run"),
            ("ACTIONS_RUNTIME_TOKEN", "jwt-of-the-job"),
            ("ACTIONS_RESULTS_URL", "http://127.0.0.1:7/"),
            ("GITHUB_SERVER_URL", "http://127.0.0.1:9/"),
            ("GITHUB_REPOSITORY", "octo-org/sample"),
            ("GITHUB_RUN_ID", "101"),
        ];
        let runner = Runner::of(&Environment::from_iter(variables)).expect("good");
        assert_eq!(runner.commit.as_ref().map(CommitSha::as_str), Some(sha));
        assert_eq!(runner.api.to_string(), "http://127.0.0.1:9/api/v3");
        assert!(runner.identity.is_some() && runner.producer_event().expect("good").is_none());
        assert!(runner.results_url.is_some() && runner.runtime_token.is_some());
        assert_eq!(runner.run_page.as_deref(), Some("http://127.0.0.1:9/octo-org/sample/actions/runs/101"));
        assert!(!format!("{runner:?}").contains("jwt-of-the"));
    }

    #[test]
    fn one_half_of_the_identity_request_is_none() {
        let environment = Environment::from_iter([("ACTIONS_ID_TOKEN_REQUEST_URL", "http://127.0.0.1:8/")]);
        assert!(Runner::of(&environment).expect("good").identity.is_none());
    }

    #[test]
    fn variables_that_make_no_sense_are_named() {
        for (name, value) in [("GITHUB_SHA", "main"), ("GITHUB_API_URL", "http://10.0.0.1/")] {
            let error = Runner::of(&Environment::from_iter([(name, value)])).expect_err(name);
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn the_event_of_a_producer_needs_its_file() {
        let environment = Environment::from_iter([("GITHUB_EVENT_NAME", "workflow_run")]);
        let runner = Runner::of(&environment).expect("good");
        assert!(matches!(runner.producer_event(), Err(EventError::NoFile)));
    }
}
