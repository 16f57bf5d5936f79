//! The service that a job leaves its artifacts with, and the store that their bytes go to.
//!
//! GitHub does not document the service; this is what its own clients (`@actions/artifact` 6) say to it. It is asked
//! by the token that the runner lends a job, so that only a job's own run can be seen and changed.

mod blocks;
mod wire;
mod write;

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use crate::model::digest::Sha256;
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::http::answer::Answer;
use crate::remote::http::call::Call;
use crate::remote::http::{Http, backoff};
use crate::remote::oidc::claims;
use wire::{Listed, Refused};

pub(crate) use write::{ArtifactWrite, NewArtifact, UploadError};

const SERVICE: &str = "the artifact service";
/// Where all methods of the service are.
const PATH: &str = "/twirp/github.actions.results.api.v1.ArtifactService/";
/// What the token says which run and job it is for.
const SCOPE: &str = "Actions.Results:";
/// How often something is asked for in all that is safe to ask for again.
const TRIES: u32 = 5;
/// What the service says when the storage of the account is used up: waiting does not help.
const USED_UP: &str = "insufficient usage";

/// An artifact of this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeftArtifact {
    /// Its number, by which the REST interface knows it too.
    pub(crate) id: u64,
    /// Its name.
    pub(crate) name: String,
    /// How many bytes are stored.
    pub(crate) size_bytes: u64,
    /// The digest that its uploader stated, if it stated any.
    pub(crate) sha256: Option<Sha256>,
    /// The job that left it.
    job: String,
}

/// Looks at the artifacts of one run.
#[derive(Clone)]
pub(crate) struct ArtifactRead {
    http: Http,
    origin: Url,
    token: Secret<String>,
    run: String,
    job: String,
}

impl fmt::Debug for ArtifactRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArtifactRead").field("origin", &self.origin.as_str()).finish_non_exhaustive()
    }
}

/// When a request may be sent once more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// Whatever became of it: sent twice it does the same.
    Always,
    /// When the service certainly did nothing.
    IfRefused,
}

impl ArtifactRead {
    /// Takes the values of the runner's two variables, `ACTIONS_RESULTS_URL` and `ACTIONS_RUNTIME_TOKEN`.
    ///
    /// # Errors
    /// When one is not set, or is none.
    pub(crate) fn of_runner(
        http: Http,
        url: Option<&str>,
        token: Option<Secret<String>>,
    ) -> Result<Self, RemoteError> {
        let missing = |what: String| {
            RemoteError::Missing {
            what,
            hint: "only the container of this action is lent them: use the action itself in this step (not `bin`, not \
                   the command line), or upload with GitHub's own action"
                .into(),
        }
        };
        let (url, token) = match (url, token) {
            (Some(url), Some(token)) => (url, token),
            (None, None) => {
                let text = "neither `ACTIONS_RUNTIME_TOKEN` nor `ACTIONS_RESULTS_URL` is set, and artifacts are \
                            uploaded with them";
                return Err(missing(text.into()));
            }
            (url, _) => {
                let name = if url.is_none() { "ACTIONS_RESULTS_URL" } else { "ACTIONS_RUNTIME_TOKEN" };
                return Err(missing(format!("`{name}` is not set, and artifacts are uploaded with it")));
            }
        };
        let wrong = |what: &str| RemoteError::Missing {
            what: what.to_owned(),
            hint: "the runner sets it: is it overwritten in the workflow?".into(),
        };
        // The service is at the root of its host, whatever path the variable has.
        let mut origin: Url = url.parse().map_err(|_error| wrong("`ACTIONS_RESULTS_URL` is no address"))?;
        origin.set_path("/");
        origin.set_query(None);
        origin.set_fragment(None);
        let said = claims(&token);
        let scopes = said.as_ref().and_then(|claims| claims.get("scp")).unwrap_or_default();
        let of_results = scopes.split(' ').find_map(|scope| scope.strip_prefix(SCOPE)?.split_once(':'));
        let ids = of_results.filter(|(run, job)| !run.is_empty() && !job.is_empty() && !job.contains(':'));
        let (run, job) =
            ids.ok_or_else(|| wrong("`ACTIONS_RUNTIME_TOKEN` does not say which run and job it is for"))?;
        let (run, job) = (run.to_owned(), job.to_owned());
        Ok(Self { http, origin, token, run, job })
    }

    /// The newest artifact of this name that is complete.
    ///
    /// # Errors
    /// When the service could not tell.
    pub(crate) async fn artifact(&self, name: &str) -> Result<Option<LeftArtifact>, RemoteError> {
        let what = format!("looking for the artifact `{name}`");
        let body = json!({
            "workflow_run_backend_id": self.run,
            "workflow_job_run_backend_id": self.job,
            "name_filter": name,
        });
        let listed: Listed = self.ask(what, "ListArtifacts", &body, Repeat::Always).await?;
        let found = listed.artifacts.into_iter().filter(|artifact| artifact.name == name);
        Ok(found.map(LeftArtifact::from).max_by_key(|artifact| artifact.id))
    }

    /// Asks one of the service's methods.
    async fn ask<T: DeserializeOwned>(
        &self,
        what: String,
        method: &str,
        body: &Value,
        repeat: Repeat,
    ) -> Result<T, RemoteError> {
        let mut url = self.origin.clone();
        url.set_path(&format!("{PATH}{method}"));
        let call = Call::new(reqwest::Method::POST, SERVICE, what, url)
            .bearer(&self.token)
            .header("accept", "application/json")
            .json(body);
        patiently(&self.http, &call, repeat, |answer| answer.json("what its clients know")).await
    }
}

/// Sends a request and reads the answer with `read`; sends it again when that is safe and may help.
async fn patiently<T>(
    http: &Http,
    call: &Call,
    repeat: Repeat,
    read: impl Fn(&Answer) -> Result<T, RemoteError>,
) -> Result<T, RemoteError> {
    let mut tried = 1;
    loop {
        let (error, may, delay) = match http.send(call).await {
            Ok(answer) if answer.is_success() => match read(&answer) {
                Ok(read) => return Ok(read),
                Err(error) => (error, repeat == Repeat::Always, None),
            },
            Ok(answer) => {
                let done_nothing = answer.status == 429 && !is_used_up(&answer);
                let may = done_nothing || (repeat == Repeat::Always && answer.is_failure_of_service());
                // Without a word of when, waiting as for any other failure is enough here.
                let says_when = answer.header("retry-after").is_some();
                let delay = answer.asks_to_wait(http.surroundings().pace.now()).filter(|_| says_when);
                (refusal(&answer), may, delay)
            }
            Err(error @ RemoteError::Unreachable { .. }) => (error, true, None),
            Err(error @ RemoteError::Lost { .. }) => (error, repeat == Repeat::Always, None),
            Err(error) => return Err(error),
        };
        let delay = delay.unwrap_or_else(|| backoff(tried));
        if !may || tried >= TRIES || !http.may_wait(delay) {
            return Err(error);
        }
        http.pause(&format!("{} to answer ({})", call.service, call.what), delay).await;
        tried += 1;
    }
}

fn is_used_up(answer: &Answer) -> bool {
    let said = Refused::of(answer);
    said.msg.is_some_and(|text| text.to_ascii_lowercase().contains(USED_UP))
}

/// The error that an answer stands for: the service has a form of its own for what it says.
fn refusal(answer: &Answer) -> RemoteError {
    let Refused { code, msg } = Refused::of(answer);
    let said: Vec<String> = code.into_iter().chain(msg).collect();
    let hint = match answer.status {
        401 => {
            Some("the runner's token lasts as long as the job: does this run in the job that it was lent to?")
        }
        409 => Some(
            "an artifact's name is taken once in a run, also while its upload lasts: give each job's artifact a name of \
             its own",
        ),
        _ if is_used_up(answer) => Some("delete artifacts that nobody needs, or let them expire sooner"),
        _ => None,
    };
    let error = answer.error(hint.map(str::to_owned));
    match error {
        RemoteError::Status { service, what, status, message: _, hint } if !said.is_empty() => {
            let message = crate::remote::http::answer::words(&said.join(": "));
            RemoteError::Status { service, what, status, message, hint }
        }
        error => error,
    }
}
