//! The registry against a scripted server.

mod publish;
mod reading;
mod simulated;
mod trusted;
mod yank;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::read::CargoRead;
use super::write::CargoWrite;
use super::*;
use crate::archive::crate_file::CrateManifest;
use crate::model::artifact::ArtifactKind;
use crate::model::crate_name::CrateName;
use crate::model::digest::Hashes;
use crate::remote::error::RemoteError;
use crate::remote::http::Http;
use crate::remote::http::script::{Reply, Script};
use crate::remote::surroundings::{Event, Masks, Progress, Surroundings};

const BYTES: &[u8] = b"the bytes of a crate";
const INDEX: &str = "/index/fo/o-/foo-bar";

fn krate() -> CrateName {
    "foo-bar".parse().expect("good")
}

fn version() -> Version {
    Version::new(1, 2, 0)
}

fn http() -> Http {
    Http::new(&Surroundings::silent()).expect("a client")
}

fn reader(script: &Script, http: Http, credential: Option<&str>) -> CargoRead {
    let credential = credential.map(|text| Secret::new(text.to_owned()));
    CargoRead::new(http, script.url("/index/").as_str().parse().expect("good"), credential)
}

fn writer(script: &Script, http: Http, credential: CargoCredential) -> CargoWrite {
    CargoWrite::new(http.clone(), reader(script, http, None), credential)
}

fn token() -> CargoCredential {
    CargoCredential::Token(Secret::new("cio-hunter2".into()))
}

/// `config.json` of an index whose API is beside it, at `/reg`.
fn config(host: Option<&str>) -> Reply {
    let host = host.unwrap_or("127.0.0.1:1");
    Reply::json(&format!(r#"{{"dl":"http://{host}/dl","api":"http://{host}/reg/"}}"#))
}

/// The index's file with one version of these bytes.
fn lists(version: &str, bytes: &[u8], yanked: bool) -> Reply {
    let sha256 = Sha256::of(bytes);
    let line =
        format!(r#"{{"name":"foo-bar","vers":"{version}","deps":[],"cksum":"{sha256}","yanked":{yanked}}}"#);
    Reply::of(200, "text/plain", line)
}

fn ours() -> Reply {
    lists("1.2.0", BYTES, false)
}

fn nothing() -> Reply {
    Reply::of(404, "text/plain", "not here")
}

fn refusal(status: u16, detail: &str) -> Reply {
    Reply::of(status, "application/json", format!(r#"{{"errors":[{{"detail":"{detail}"}}]}}"#))
}

/// A folder with the file, and all that is told of it.
struct Made {
    folder: tempfile::TempDir,
    file: CrateFile,
    artifact: Artifact,
    manifest: CrateManifest,
}

impl Made {
    fn new() -> Self {
        let file = CrateFile::new(krate(), version());
        let name = file.to_string().parse().expect("good");
        let made = Self {
            artifact: Artifact::new(name, Hashes::of(BYTES), ArtifactKind::Crate(file.clone())),
            file,
            folder: tempfile::tempdir().expect("a folder"),
            manifest: CrateManifest::parse("[package]\nname = \"foo-bar\"\nversion = \"1.2.0\"\n")
                .expect("a manifest"),
        };
        made.holds(BYTES);
        made
    }

    fn holds(&self, bytes: &[u8]) {
        crate::remote::disk::write::DiskWrite.ensure_file(&self.path(), bytes).expect("written");
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("a.crate")
    }

    async fn ensure(&self, write: &CargoWrite) -> Result<(), RemoteError> {
        let Self { file, artifact, manifest, .. } = self;
        let path = self.path();
        let upload = CrateUpload { file, artifact, path: &path, manifest, readme: None };
        write.ensure_published(&upload).await
    }
}

/// Masks, waits and notes, remembered.
#[derive(Default)]
struct Watch {
    hidden: Mutex<Vec<String>>,
    waits: Mutex<Vec<Duration>>,
    notes: Mutex<Vec<String>>,
}

impl Watch {
    fn http(self: &Arc<Self>) -> Http {
        let surroundings = Surroundings {
            masks: Arc::clone(self) as _,
            progress: Arc::clone(self) as _,
            ..Surroundings::silent()
        };
        Http::new(&surroundings).expect("a client")
    }

    fn waits(&self) -> Vec<u64> {
        self.waits.lock().expect("unshared").iter().map(Duration::as_secs).collect()
    }

    fn notes(&self) -> Vec<String> {
        self.notes.lock().expect("unshared").clone()
    }
}

impl Masks for Watch {
    fn mask(&self, secret: &str) {
        self.hidden.lock().expect("unshared").push(secret.to_owned());
    }

    fn hide(&self, text: &str) -> String {
        text.to_owned()
    }
}

impl Progress for Watch {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Waiting { delay, .. } => self.waits.lock().expect("unshared").push(delay),
            Event::Note(note) => self.notes.lock().expect("unshared").push(note.to_owned()),
            _ => {}
        }
    }
}
