//! Artifacts, from a signed address to a proven file.
//!
//! All causes share one budget of tries: a connection that breaks, a service that fails, a page in the place of the
//! bytes, bytes that are not the stated ones. What counts is what can be read back from the disk, not what went by.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use reqwest::Method;

use super::disposition::file_name;
use super::read::{GithubRead, LARGEST_FILE};
use super::refusal::Refusal;
use super::{Downloaded, RunArtifact, cut};
use crate::model::digest::Hashes;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::{DiskError, RemoteError};
use crate::remote::http::answer::Answer;
use crate::remote::http::call::Call;
use crate::remote::http::{Fetched, backoff};

/// How often an artifact is tried in all, with 1, 2, 4 and 8 seconds between.
const TRIES: usize = 5;

/// What an answer may have more than GitHub states before it is broken off: a page of some kind is small.
const ROOM_BYTES: u64 = 1 << 20;

/// Why an artifact was not had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DownloadError {
    /// It is not kept any longer. Others may be.
    #[error("GitHub answered 410: {message}")]
    Gone { message: String },
    /// What arrived in the last try was not what GitHub states.
    #[error("{tries}")]
    NotAsStated { tries: Tries },
    /// The last try of several failed, and says nothing about other artifacts.
    #[error("{tries}")]
    Failed { tries: Tries, source: RemoteError },
    /// Another try would end the same.
    #[error(transparent)]
    Refused(RemoteError),
}

impl DownloadError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Failed { source, .. } | Self::Refused(source) => source.hint(),
            Self::Gone { .. } | Self::NotAsStated { .. } => None,
        }
    }
}

/// What came of each try.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tries(Vec<String>);

/// `5 tries (1 to 4: silence for 60 seconds; 5: …)`.
impl fmt::Display for Tries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(tries) = self;
        match &tries[..] {
            [only] => return f.write_str(only),
            [first, rest @ ..] if rest.iter().all(|other| other == first) => {
                return write!(f, "{first}, in each of {} tries", tries.len());
            }
            _ => write!(f, "{} tries", tries.len())?,
        }
        let mut begin = 0;
        for run in tries.chunk_by(|one, next| one == next) {
            let end = begin + run.len();
            f.write_str(if begin == 0 { " (" } else { "; " })?;
            match run.len() {
                1 => write!(f, "{end}: {}", run[0])?,
                _ => write!(f, "{} to {end}: {}", begin + 1, run[0])?,
            }
            begin = end;
        }
        f.write_str(")")
    }
}

/// How one try failed.
enum Fault {
    Gone(String),
    NotAsStated(String),
    /// Another try may do better, after the time that the service asks for, if it does.
    Again(RemoteError, Option<Duration>),
    Final(RemoteError),
}

impl From<DiskError> for Fault {
    fn from(error: DiskError) -> Self {
        Self::Final(error.into())
    }
}

impl GithubRead {
    /// Puts an artifact into the file `path`, which is made anew for each try, and reads it back: the digests are
    /// those of the file.
    ///
    /// Each try asks for a new signed address, since one lasts for a minute; the token stays with GitHub.
    ///
    /// # Errors
    /// When it cannot be had within the budget, or the file cannot be written.
    pub(crate) async fn download_artifact(
        &self,
        artifact: &RunArtifact,
        path: &Path,
        disk: &DiskRead,
    ) -> Result<Downloaded, DownloadError> {
        let http = &self.api.http;
        let mut tries = Tries::default();
        loop {
            let (told, wait, fault) = match self.one_try(artifact, path, disk).await {
                Ok(downloaded) => return Ok(downloaded),
                Err(Fault::Gone(message)) => return Err(DownloadError::Gone { message }),
                Err(Fault::Final(error)) => return Err(DownloadError::Refused(error)),
                Err(Fault::NotAsStated(told)) => (told, None, None),
                Err(Fault::Again(error, wait)) => (root(&error), wait, Some(error)),
            };
            tries.0.push(told.clone());
            let tried = tries.0.len();
            let delay = wait.unwrap_or_else(|| backoff(u32::try_from(tried).unwrap_or(u32::MAX)));
            if tried >= TRIES || !http.may_wait(delay) {
                return Err(match fault {
                    None => DownloadError::NotAsStated { tries },
                    Some(source) => DownloadError::Failed { tries, source },
                });
            }
            let what = format!("another try of the artifact `{}` ({told})", cut(&artifact.name));
            http.pause(&what, delay).await;
        }
    }

    async fn one_try(
        &self,
        artifact: &RunArtifact,
        path: &Path,
        disk: &DiskRead,
    ) -> Result<Downloaded, Fault> {
        let call = self.artifact_call(artifact);
        let Fetched { answer, size_bytes } = match self.api.http.fetch(&call, path).await {
            Ok(fetched) => fetched,
            Err(error @ (RemoteError::Unreachable { .. } | RemoteError::Lost { .. })) => {
                return Err(Fault::Again(error, None));
            }
            Err(RemoteError::TooLarge { limit_bytes, .. }) if artifact.sha256.is_some() => {
                let stated = artifact.size_bytes;
                return Err(Fault::NotAsStated(format!(
                    "more than {limit_bytes} bytes, and {stated} are stated"
                )));
            }
            Err(error) => return Err(Fault::Final(error)),
        };
        if !answer.is_success() {
            return Err(self.refused(&answer, &call));
        }
        let kind = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
        if kind.starts_with("text/html") && answer.header("content-disposition").is_none() {
            let told = format!("`{}` answered with a page of HTML of {size_bytes} bytes", answer.host());
            return Err(Fault::NotAsStated(told));
        }
        let (disk, path) = (disk.clone(), path.to_owned());
        let hashes = tokio::task::spawn_blocking(move || disk.read_back(&path))
            .await
            .expect("reading a file does not panic")?;
        let zipped = is_zip(&answer);
        compare(artifact, &hashes, zipped).map_err(Fault::NotAsStated)?;
        let file_name = answer.header("content-disposition").and_then(file_name);
        Ok(Downloaded { hashes, zipped, file_name })
    }

    fn artifact_call(&self, artifact: &RunArtifact) -> Call {
        let what = format!("downloading the artifact `{}`", cut(&artifact.name));
        let segments = ["actions", "artifacts", &artifact.id.to_string(), "zip"];
        // What was uploaded without a digest may be packed anew for each download, and no size of that is known.
        let limit_bytes = match artifact.sha256 {
            Some(_) => artifact.size_bytes.saturating_add(ROOM_BYTES).min(LARGEST_FILE),
            None => LARGEST_FILE,
        };
        self.api.bytes(what, &segments, super::transport::ACCEPT_JSON).limit(limit_bytes)
    }

    /// What an answer without the bytes means.
    fn refused(&self, answer: &Answer, call: &Call) -> Fault {
        let wait = answer.asks_to_wait(self.api.http.surroundings().pace.now());
        // A refusal of the store is about the signed address, which may have run out: the next one is new.
        let of_store = answer.url.origin() != call.url.origin();
        let error = Refusal::of_answer(answer, &Method::GET).into_error();
        match error {
            RemoteError::Status { status: 410, message, .. } => Fault::Gone(message),
            error if wait.is_some() || of_store || answer.is_failure_of_service() => {
                Fault::Again(error, wait)
            }
            error => Fault::Final(error),
        }
    }
}

/// Holds what is on the disk to what GitHub states. Without a digest the size of a single file is all there is; an
/// archive proves itself when it is unpacked, and GitHub may state the size of what is in it.
fn compare(artifact: &RunArtifact, found: &Hashes, zipped: bool) -> Result<(), String> {
    let (size_bytes, stated_bytes) = (found.size_bytes, artifact.size_bytes);
    match artifact.sha256 {
        Some(stated) if stated == found.sha256 => Ok(()),
        Some(stated) => Err(format!(
            "GitHub states sha256 {stated} and {stated_bytes} bytes, and sha256 {} of {size_bytes} bytes arrived",
            found.sha256
        )),
        None if zipped || size_bytes == stated_bytes => Ok(()),
        None => Err(format!("GitHub states {stated_bytes} bytes, and {size_bytes} arrived")),
    }
}

/// Since version 7 of the upload action an artifact may be one raw file. Which it is stands in the content type or
/// in the signed address, not in the list of artifacts.
fn is_zip(answer: &Answer) -> bool {
    let kind = answer.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(kind.as_str(), "application/zip" | "application/x-zip-compressed" | "application/zip-compressed")
        || answer.url.path().to_ascii_lowercase().ends_with(".zip")
}

/// The innermost reason; the error's own words for a refusal, which has none.
fn root(error: &RemoteError) -> String {
    let mut reason: &dyn Error = error;
    while let Some(deeper) = reason.source() {
        reason = deeper;
    }
    reason.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::Sha256;

    #[test]
    fn tries_are_told_in_runs() {
        let told = |tries: &[&str]| Tries(tries.iter().map(ToString::to_string).collect()).to_string();
        assert_eq!(told(&["a"]), "a");
        assert_eq!(told(&["a", "a", "a"]), "a, in each of 3 tries");
        assert_eq!(told(&["a", "a", "b", "a"]), "4 tries (1 to 2: a; 3: b; 4: a)");
    }

    #[test]
    fn the_digest_decides_and_the_size_where_there_is_none() {
        let artifact = |size_bytes, sha256| RunArtifact {
            id: 1,
            name: "a".into(),
            size_bytes,
            expired: false,
            sha256,
            created_at: None,
        };
        let found = Hashes::of(b"abc");
        let compare = |size_bytes, sha256, zipped| compare(&artifact(size_bytes, sha256), &found, zipped);
        assert_eq!(compare(3, Some(found.sha256), true), Ok(()));
        let other = Sha256::of(b"other");
        let told = compare(5, Some(other), true).expect_err("another digest");
        assert!(told.contains(&other.to_string()) && told.contains(&found.sha256.to_string()), "{told}");
        assert_eq!(compare(3, None, false), Ok(()));
        assert!(compare(4, None, false).is_err());
        assert_eq!(compare(4, None, true), Ok(()), "packed anew for each download");
    }
}
