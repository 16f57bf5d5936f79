//! Bodies on their way: streamed out of files, streamed into files or hashed while they pass, never without a bound.

use std::fmt;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::io::{AsyncWriteExt as _, BufWriter};
use url::Url;

use super::answer::Answer;
use super::call::{Body, Call, Part};
use super::proven::{Mismatch, proven};
use super::{Http, authority};
use crate::model::digest::{Hasher, Hashes, Sha256};
use crate::remote::disk::read::open_exactly;
use crate::remote::disk::write::DiskWrite;
use crate::remote::error::{DiskError, RemoteError};
use crate::remote::surroundings::{Event, Patience};

/// Bytes between two events of progress.
const REPORT_EVERY: u64 = 1 << 20;
/// How much is written to a file at a time: each write is handed to a thread that may wait for the disk.
const WRITE_BYTES: usize = 256 << 10;

/// Where the body of an answer goes.
#[derive(Clone, Copy)]
pub(super) enum Sink<'a> {
    /// Into the answer.
    Memory,
    /// Through the hasher.
    Hashed,
    /// Into the file of this path, which is made anew.
    File(&'a Path),
}

/// What became of a body.
pub(super) enum Sunk {
    /// It is in the answer.
    Kept,
    /// It went by.
    Hashed(Hashes),
    /// It was written; so many bytes.
    Written(u64),
}

/// A file of a body, and what it turned out to be when that is not what was vetted.
struct SentFile {
    path: PathBuf,
    expected: Sha256,
    found: Mismatch,
}

impl SentFile {
    fn fault(&self) -> Option<RemoteError> {
        let found = self.found.get()?;
        let text = format!(
            "its bytes changed after they were vetted: sha256 {} then, {found} now; the transfer was broken off",
            self.expected
        );
        let source = io::Error::new(io::ErrorKind::InvalidData, text);
        Some(DiskError { path: self.path.display().to_string(), action: "sent", source }.into())
    }
}

/// Nothing came, or nothing was taken, for too long.
#[derive(Debug)]
struct Silence {
    seconds: f32,
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "silence for {} seconds", self.seconds)
    }
}

impl std::error::Error for Silence {}

/// Something came now and then, and too little of it.
#[derive(Debug)]
struct Trickle {
    bytes: u64,
    seconds: f32,
}

impl fmt::Display for Trickle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "only {} bytes in {} seconds", self.bytes, self.seconds)
    }
}

impl std::error::Error for Trickle {}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Http {
    /// Sends `call` to `url` and waits until the answer begins. Credentials go along only to their own origin.
    pub(super) async fn exchange(
        &self,
        call: &Call,
        url: &Url,
        at_home: bool,
    ) -> Result<reqwest::Response, RemoteError> {
        let mut request = self.clients.client(url)?.request(call.method.clone(), url.clone());
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(authorization) = call.authorization.as_ref().filter(|_| at_home) {
            let mut value =
                reqwest::header::HeaderValue::from_str(authorization.expose()).map_err(|_error| {
                    RemoteError::Missing {
                        what: format!(
                            "the credential for {} holds characters that no header can carry",
                            call.service
                        ),
                        hint: "is there a line break or a space in the secret?".into(),
                    }
                })?;
            value.set_sensitive(true);
            request = request.header(reqwest::header::AUTHORIZATION, value);
        }
        let sent = Arc::new(AtomicU64::new(0));
        let total = call.body.size_bytes();
        let mut files = Vec::new();
        if !call.body.parts.is_empty() {
            let body = self.stream(call, Arc::clone(&sent), &mut files)?;
            request = request.header(reqwest::header::CONTENT_LENGTH, total).body(body);
        }
        let outcome = heard(request.send(), &sent, total, self.patience).await;
        if let Some(error) = files.iter().find_map(SentFile::fault) {
            return Err(error);
        }
        match outcome {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(transport(call, url, error)),
            Err(silence) => Err(lost(call, url, silence)),
        }
    }

    /// The body as a stream that opens its files first, so that a file that cannot be read is found before
    /// anything is sent.
    fn stream(
        &self,
        call: &Call,
        sent: Arc<AtomicU64>,
        files: &mut Vec<SentFile>,
    ) -> Result<reqwest::Body, RemoteError> {
        let Body { parts } = &call.body;
        let mut streams: Vec<BoxStream<'static, io::Result<Bytes>>> = Vec::new();
        for part in parts {
            streams.push(match part {
                Part::Bytes(bytes) => stream::iter([Ok(bytes.clone())]).boxed(),
                Part::File { path, size_bytes, sha256 } => {
                    let file = tokio::fs::File::from_std(open_exactly(path, *size_bytes)?);
                    let mismatch = Mismatch::default();
                    files.push(SentFile {
                        path: path.clone(),
                        expected: *sha256,
                        found: Arc::clone(&mismatch),
                    });
                    proven(file, *size_bytes, *sha256, mismatch).boxed()
                }
            });
        }
        let (progress, what, total) =
            (Arc::clone(&self.surroundings.progress), call.what.clone(), call.body.size_bytes());
        let counted = stream::iter(streams).flatten().inspect_ok(move |bytes| {
            let before = sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            let done = before + bytes.len() as u64;
            if total > REPORT_EVERY && (before / REPORT_EVERY != done / REPORT_EVERY || done == total) {
                progress.event(Event::Bytes { what: &what, done, total: Some(total) });
            }
        });
        Ok(reqwest::Body::wrap_stream(counted))
    }

    /// Reads the answer's body into `sink`, or into the answer when it is no success.
    pub(super) async fn read(
        &self,
        call: &Call,
        url: Url,
        mut response: reqwest::Response,
        sink: Sink<'_>,
    ) -> Result<(Answer, Sunk), RemoteError> {
        let mut answer = Answer::begin(call, url, &response);
        let is_success = response.status().is_success();
        let sunk = match sink {
            Sink::Hashed if is_success => {
                let mut hasher = Hasher::new();
                let mut passing = Passing::of(call, &answer, &mut response, Call::FILE_LIMIT_BYTES);
                while let Some(chunk) = self.next(&mut passing).await? {
                    hasher.update(&chunk);
                }
                Sunk::Hashed(hasher.finish())
            }
            Sink::File(path) if is_success => {
                let written =
                    |source| DiskError { path: path.display().to_string(), action: "written", source };
                let file = tokio::fs::File::from_std(DiskWrite.create(path)?);
                let mut file = BufWriter::with_capacity(WRITE_BYTES, file);
                let mut passing = Passing::of(call, &answer, &mut response, Call::FILE_LIMIT_BYTES);
                while let Some(chunk) = self.next(&mut passing).await? {
                    file.write_all(&chunk).await.map_err(written)?;
                }
                let done = passing.done;
                file.flush().await.map_err(written)?;
                Sunk::Written(done)
            }
            _ => {
                answer.body = self.read_whole(call, &answer, &mut response).await?;
                Sunk::Kept
            }
        };
        Ok((answer.keeping(&call.secrets), sunk))
    }

    /// The next piece of a body. A source that sends a little now and then is never silent for long, so it is held to a
    /// rate too: to that, or to its end.
    async fn next(&self, passing: &mut Passing<'_>) -> Result<Option<Bytes>, RemoteError> {
        let Passing { call, answer, response, limit_bytes, done, in_window, window } = passing;
        let Patience { window: length, least_bytes, .. } = self.patience;
        let timer = window.get_or_insert_with(|| Box::pin(tokio::time::sleep(length)));
        loop {
            tokio::select! {
                biased;
                chunk = self.chunk(call, answer, response, (*done, *limit_bytes)) => {
                    let Some(chunk) = chunk? else { return Ok(None) };
                    let (before, total) = (*done, response.content_length());
                    *done += chunk.len() as u64;
                    *in_window += chunk.len() as u64;
                    if before / REPORT_EVERY != *done / REPORT_EVERY {
                        self.surroundings.progress.event(Event::Bytes { what: &call.what, done: *done, total });
                    }
                    return Ok(Some(chunk));
                }
                () = timer.as_mut() => {
                    if *in_window < least_bytes {
                        let trickle = Trickle { bytes: *in_window, seconds: length.as_secs_f32() };
                        return Err(lost(call, &answer.url, trickle));
                    }
                    *in_window = 0;
                    timer.set(tokio::time::sleep(length));
                }
            }
        }
    }

    async fn read_whole(
        &self,
        call: &Call,
        answer: &Answer,
        response: &mut reqwest::Response,
    ) -> Result<Bytes, RemoteError> {
        let mut passing = Passing::of(call, answer, response, Call::LIMIT_BYTES);
        let mut body = Vec::new();
        loop {
            match self.next(&mut passing).await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return Ok(body.into()),
                // A refusal is one even when the rest of its words is lost: services close the connection on an
                // upload that they do not want to read.
                Err(RemoteError::Lost { .. }) if (400..500).contains(&answer.status) => {
                    return Ok(body.into());
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The next piece of the body, after `done` bytes of at most `limit_bytes`.
    async fn chunk(
        &self,
        call: &Call,
        answer: &Answer,
        response: &mut reqwest::Response,
        (done, limit_bytes): (u64, u64),
    ) -> Result<Option<Bytes>, RemoteError> {
        let too_large =
            || RemoteError::TooLarge { service: call.service, what: call.what.clone(), limit_bytes };
        if done == 0 && response.content_length().is_some_and(|stated| stated > limit_bytes) {
            return Err(too_large());
        }
        let patience = self.patience.piece;
        match tokio::time::timeout(patience, response.chunk()).await {
            Ok(Ok(Some(chunk))) if done + chunk.len() as u64 > limit_bytes => Err(too_large()),
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) => Err(lost(call, &answer.url, error.without_url())),
            Err(_elapsed) => Err(lost(call, &answer.url, Silence { seconds: patience.as_secs_f32() })),
        }
    }
}

/// Waits for `answer` for as long as bytes of the body leave; when all are out, for as long as a write may take.
async fn heard<F: Future>(
    answer: F,
    sent: &AtomicU64,
    total: u64,
    patience: Patience,
) -> Result<F::Output, Silence> {
    let mut answer = pin!(answer);
    loop {
        let before = sent.load(Ordering::Relaxed);
        let wait: Duration = match total {
            0 => patience.look_up,
            total if before < total => patience.piece,
            _ => patience.write,
        };
        match tokio::time::timeout(wait, &mut answer).await {
            Ok(output) => return Ok(output),
            Err(_elapsed) if sent.load(Ordering::Relaxed) != before => {}
            Err(_elapsed) => return Err(Silence { seconds: wait.as_secs_f32() }),
        }
    }
}

/// A body, as far as it has come.
struct Passing<'a> {
    call: &'a Call,
    answer: &'a Answer,
    response: &'a mut reqwest::Response,
    limit_bytes: u64,
    done: u64,
    in_window: u64,
    window: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl<'a> Passing<'a> {
    /// A body that has at most the bytes that the call allows, or else `limit_bytes`.
    fn of(call: &'a Call, answer: &'a Answer, response: &'a mut reqwest::Response, limit_bytes: u64) -> Self {
        let limit_bytes = call.limit_bytes.unwrap_or(limit_bytes);
        Self { call, answer, response, limit_bytes, done: 0, in_window: 0, window: None }
    }
}

/// Without a connection nothing was sent; after that nobody knows.
fn transport(call: &Call, url: &Url, error: reqwest::Error) -> RemoteError {
    let error = error.without_url();
    if error.is_connect() || error.is_builder() {
        let host = authority(url);
        let (service, what) = (call.service, call.what.clone());
        return RemoteError::Unreachable { service, host, what, source: error.into() };
    }
    lost(call, url, error)
}

fn lost(call: &Call, url: &Url, source: impl Into<BoxError>) -> RemoteError {
    let (service, what) = (call.service, call.what.clone());
    RemoteError::Lost { service, host: authority(url), what, source: source.into() }
}
