//! The service that jobs leave their artifacts with: Twirp over JSON, by the token that the runner lends a job.
//!
//! It is not documented. What it takes and answers is what `@actions/artifact` 6 sends and reads, and the tests let
//! that client loose on it. Bytes go to the storage (`blobs`); here is only told that they will come, and came.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::model::digest::Sha256;
use crate::sim::oidc::jwt::Key;
use crate::sim::{Request, Response};

use super::git::hash;
use super::runs::{NewArtifact, RunArtifact, StatedDigest};
use super::storage::Parcel;
use super::{Github, body};

/// What every method's path begins with.
const SERVICE: &str = "/twirp/github.actions.results.api.v1.ArtifactService/";
/// How long a job's token lasts.
const TOKEN_VALID_S: u64 = 6 * 3_600;
/// What no name may hold: some file system cannot keep it.
const FORBIDDEN: [char; 11] = ['"', ':', '<', '>', '|', '*', '?', '\r', '\n', '\\', '/'];

/// Who uploads: a job of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Job {
    run_id: u64,
    run_backend_id: String,
    job_backend_id: String,
    expires_s: u64,
}

/// An artifact whose bytes are still to come.
#[derive(Clone, Debug)]
struct Pending {
    job: Job,
    name: String,
    media_type: String,
    /// The path of its blob in the storage.
    path: String,
}

/// What the service remembers beside the runs' artifacts.
#[derive(Clone, Debug, Default)]
pub(super) struct Results {
    /// Jobs by the tokens they were lent.
    jobs: BTreeMap<String, Job>,
    pending: Vec<Pending>,
    /// The job that left an artifact, by the artifact's number.
    uploaders: BTreeMap<u64, String>,
}

/// A refusal in Twirp's form.
#[derive(Debug)]
struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
}

type Answer = Result<Value, Refusal>;

impl Refusal {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    fn malformed(message: impl Into<String>) -> Self {
        Self::new(400, "malformed", message)
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_argument", message)
    }

    fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(401, "unauthenticated", message)
    }

    fn absent(what: &str) -> Self {
        Self::new(404, "not_found", format!("{what} not found"))
    }
}

/// A message of a request: fields in either case style, wrapped values bare, 64-bit numbers as texts.
struct Message(Map<String, Value>);

impl Message {
    fn of(request: &Request) -> Result<Self, Refusal> {
        let media_type = request.header("content-type").unwrap_or_default();
        if media_type.split(';').next().unwrap_or_default().trim() != "application/json" {
            return Err(Refusal::new(404, "bad_route", format!("unexpected Content-Type: {media_type:?}")));
        }
        match serde_json::from_slice(&request.body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            _ => Err(Refusal::malformed("the json request could not be decoded")),
        }
    }

    /// The field called `name` (`snake_case`).
    fn field(&self, name: &str) -> Option<&Value> {
        self.0.get(name).or_else(|| self.0.get(&camel_case(name))).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.field(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::malformed(format!("`{name}` is no text"))),
        }
    }

    fn required(&self, name: &str) -> Result<&str, Refusal> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| Refusal::invalid(format!("{name} is required")))
    }

    fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let wrong = || Refusal::malformed(format!("`{name}` is no number"));
        match self.field(name) {
            None => Ok(None),
            Some(Value::String(text)) => text.parse().map(Some).map_err(|_no_number| wrong()),
            Some(value) => value.as_u64().map(Some).ok_or_else(wrong),
        }
    }
}

impl Github {
    /// Lends a new job of the run a token, as the runner does: `ACTIONS_RUNTIME_TOKEN`.
    ///
    /// # Panics
    ///
    /// When there is no such run.
    pub fn runtime_token(&mut self, run_id: u64) -> String {
        assert!(self.runs.iter().any(|run| run.id == run_id), "the run exists");
        let run_backend_id = backend_id(&format!("run {run_id}"));
        let job_backend_id = backend_id(&format!("job {}", self.next_id()));
        let expires_s = self.now_s() + TOKEN_VALID_S;
        let claims = json!({
            "aud": "vstoken.actions.githubusercontent.invalid",
            "exp": expires_s,
            "scp": format!("Actions.GenericRead:00000000 Actions.Results:{run_backend_id}:{job_backend_id}"),
        });
        let token = Key::default().sign(&claims);
        let job = Job { run_id, run_backend_id, job_backend_id, expires_s };
        self.results.jobs.insert(token.clone(), job);
        token
    }

    /// Artifacts that were begun and never ended: their names.
    pub fn unfinished_artifacts(&self) -> Vec<String> {
        self.results.pending.iter().map(|pending| pending.name.clone()).collect()
    }

    /// Answers a request to the service.
    pub(super) fn results(&mut self, request: &Request) -> Response {
        match self.result(request) {
            Ok(answer) if self.settings.camel_case_results => Response::json(200, &in_camel_case(answer)),
            Ok(answer) => Response::json(200, &answer),
            Err(Refusal { status, code, message }) => {
                Response::json(status, &json!({ "code": code, "msg": message }))
            }
        }
    }

    fn result(&mut self, request: &Request) -> Answer {
        let method = request.path.strip_prefix(SERVICE).filter(|_| request.method == "POST");
        let method = method.ok_or_else(|| {
            Refusal::new(404, "bad_route", format!("no handler for path {:?}", request.path))
        })?;
        let job = self.job(request)?;
        if self.troubles.throttled_results > 0 {
            self.troubles.throttled_results -= 1;
            return Err(Refusal::new(429, "resource_exhausted", "too many requests"));
        }
        let message = Message::of(request)?;
        let run_backend_id = message.required("workflow_run_backend_id")?;
        let job_backend_id = message.required("workflow_job_run_backend_id")?.to_owned();
        if run_backend_id != job.run_backend_id {
            return Err(Refusal::new(403, "permission_denied", "the token is for another run"));
        }
        let own = || match job_backend_id == job.job_backend_id {
            true => Ok(()),
            false => Err(Refusal::new(403, "permission_denied", "the token is for another job")),
        };
        match method {
            "CreateArtifact" => own().and_then(|()| self.create_artifact(job.clone(), &message)),
            "FinalizeArtifact" => own().and_then(|()| self.finalize_artifact(&job, &message)),
            "ListArtifacts" => self.list_job_artifacts(&job, &message),
            "GetSignedArtifactURL" => self.signed_artifact(&job, &job_backend_id, &message),
            "DeleteArtifact" => self.drop_artifact(&job, &job_backend_id, &message),
            _ => Err(Refusal::new(404, "bad_route", format!("no handler for path {:?}", request.path))),
        }
    }

    fn job(&self, request: &Request) -> Result<Job, Refusal> {
        let token = request.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
        let job = token.and_then(|token| self.results.jobs.get(token.trim()));
        job.filter(|job| job.expires_s > self.now_s())
            .cloned()
            .ok_or_else(|| Refusal::unauthenticated("token is invalid or has expired"))
    }

    fn create_artifact(&mut self, job: Job, message: &Message) -> Answer {
        let name = message.required("name")?.to_owned();
        if name.contains(FORBIDDEN) {
            return Err(Refusal::invalid(format!("the artifact name is not valid: {name}")));
        }
        match message.number("version")? {
            Some(4..=7) => {}
            other => return Err(Refusal::invalid(format!("version {other:?} is not supported"))),
        }
        if message.text("expires_at")?.is_some_and(|moment| !is_moment(moment)) {
            return Err(Refusal::malformed("expires_at is no moment in the form of RFC 3339"));
        }
        let media_type = message.text("mime_type")?.unwrap_or("application/zip").to_owned();
        if message.number("version")? != Some(7) && media_type != "application/zip" {
            return Err(Refusal::invalid("raw artifacts need version 7")); // R36
        }
        let taken = self.left_by(&job).any(|(_, artifact)| artifact.facts.name == name)
            || self.results.pending.iter().any(|one| one.job.run_id == job.run_id && one.name == name);
        if taken {
            let text = format!("an artifact with the name {name} already exists on the workflow run");
            return Err(Refusal::new(409, "already_exists", text));
        }
        let path = format!(
            "/actions-results/{}/artifacts/{}",
            job.run_backend_id,
            hash(&format!("blob {}", self.next_id()))
        );
        let address = self.sign_upload(&path);
        self.results.pending.push(Pending { job, name, media_type, path });
        Ok(json!({ "ok": true, "signed_upload_url": address }))
    }

    fn finalize_artifact(&mut self, job: &Job, message: &Message) -> Answer {
        let name = message.required("name")?;
        let at = self.results.pending.iter().position(|one| one.job == *job && one.name == name);
        let at = at.ok_or_else(|| Refusal::absent("artifact"))?;
        let blob = self.blob(&self.results.pending[at].path).ok_or_else(|| Refusal::absent("blob"))?;
        let (bytes, stated) = (blob.bytes.clone(), blob.content_type.clone());
        if message.number("size")?.unwrap_or_default() != bytes.len() as u64 {
            return Err(Refusal::invalid("the size is not that of the blob"));
        }
        let digest = match message.text("hash")? {
            None => StatedDigest::Absent,
            Some(text) => {
                let digest = text.strip_prefix("sha256:").and_then(|hex| hex.parse::<Sha256>().ok());
                StatedDigest::Claimed(digest.ok_or_else(|| Refusal::invalid("hash is no sha256"))?) // R35
            }
        };
        let pending = self.results.pending.remove(at);
        let content_type = stated.unwrap_or(pending.media_type);
        let facts = NewArtifact { name: pending.name, bytes, content_type, digest, expired: false };
        let id = self.add_artifact(job.run_id, facts);
        self.results.uploaders.insert(id, job.job_backend_id.clone());
        Ok(json!({ "ok": true, "artifact_id": id.to_string() }))
    }

    fn list_job_artifacts(&self, job: &Job, message: &Message) -> Answer {
        let (name, id) = (message.text("name_filter")?, message.number("id_filter")?);
        let found = self.left_by(job).filter(|(_, artifact)| {
            name.is_none_or(|name| artifact.facts.name == name) && id.is_none_or(|id| artifact.id == id)
        });
        let shown = found.map(|(uploader, artifact)| {
            let mut shown = json!({
                "workflow_run_backend_id": job.run_backend_id,
                "workflow_job_run_backend_id": uploader,
                "database_id": artifact.id.to_string(),
                "name": artifact.facts.name,
                "size": artifact.facts.bytes.len().to_string(),
                "created_at": body::date(artifact.created_at_s),
            });
            if let Some(digest) = artifact.digest() {
                shown["digest"] = format!("sha256:{digest}").into();
            }
            shown
        });
        Ok(json!({ "artifacts": shown.collect::<Vec<_>>() }))
    }

    fn signed_artifact(&mut self, job: &Job, uploader: &str, message: &Message) -> Answer {
        let name = message.required("name")?;
        let artifact = self.artifact_of(job, uploader, name).ok_or_else(|| Refusal::absent("artifact"))?;
        let file_name = match artifact.zipped() {
            true => format!("{name}.zip"),
            false => name.to_owned(), // R36
        };
        let parcel = Parcel {
            path: format!("/actions-results/{}/{file_name}", artifact.id),
            bytes: artifact.facts.bytes.clone(),
            content_type: artifact.facts.content_type.clone(),
            file_name,
        };
        Ok(json!({ "signed_url": self.sign(parcel) }))
    }

    /// Removes an artifact, or what was begun of one: then nothing stands in the way of its name any more.
    fn drop_artifact(&mut self, job: &Job, uploader: &str, message: &Message) -> Answer {
        let name = message.required("name")?;
        if let Some(id) = self.artifact_of(job, uploader, name).map(|artifact| artifact.id) {
            self.runs.iter_mut().for_each(|run| run.artifacts.retain(|artifact| artifact.id != id));
            return Ok(json!({ "ok": true, "artifact_id": id.to_string() }));
        }
        let is_it = |one: &Pending| {
            one.job.run_id == job.run_id && one.job.job_backend_id == uploader && one.name == name
        };
        let at = self.results.pending.iter().position(is_it).ok_or_else(|| Refusal::absent("artifact"))?;
        let pending = self.results.pending.remove(at);
        self.forget_blob(&pending.path);
        Ok(json!({ "ok": true, "artifact_id": "0" }))
    }

    /// The artifacts of the job's run, each with the job that left it.
    fn left_by(&self, job: &Job) -> impl Iterator<Item = (String, &RunArtifact)> {
        let run = self.runs.iter().find(|run| run.id == job.run_id);
        run.into_iter().flat_map(|run| &run.artifacts).map(|artifact| {
            let uploader = self.results.uploaders.get(&artifact.id).cloned();
            (uploader.unwrap_or_else(|| backend_id(&format!("job of {}", artifact.id))), artifact)
        })
    }

    fn artifact_of(&self, job: &Job, uploader: &str, name: &str) -> Option<&RunArtifact> {
        let found = self.left_by(job).filter(|(by, artifact)| by == uploader && artifact.facts.name == name);
        found.map(|(_, artifact)| artifact).max_by_key(|artifact| artifact.id)
    }
}

/// A number of the backend's own: a UUID by its looks.
fn backend_id(seed: &str) -> String {
    let hex = hash(seed);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
}

/// Whether a text is a moment in UTC, to the second or finer: `2026-11-25T15:53:59.560Z`.
fn is_moment(text: &str) -> bool {
    const FORM: &str = "0000-00-00T00:00:00";
    let Some((head, rest)) = text.strip_suffix('Z').and_then(|text| text.split_at_checked(FORM.len())) else {
        return false;
    };
    let fits = |(have, form): (char, char)| if form == '0' { have.is_ascii_digit() } else { have == form };
    let fraction = rest.strip_prefix('.').unwrap_or(rest);
    head.chars().zip(FORM.chars()).all(fits) && fraction.chars().all(|c| c.is_ascii_digit())
}

/// `workflow_run_backend_id` as `workflowRunBackendId`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| {
        let (head, tail) = word.split_at(word.len().min(1));
        all + &head.to_ascii_uppercase() + tail
    })
}

fn in_camel_case(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter();
            fields.map(|(name, value)| (camel_case(&name), in_camel_case(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(in_camel_case).collect(),
        other => other,
    }
}
