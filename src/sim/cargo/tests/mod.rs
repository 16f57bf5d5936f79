//! The registry's rules, without sockets.

mod publishing;
mod reading;
mod trusting;

use serde_json::{Value, json};

use super::*;
use crate::sim::oidc::Oidc;

const HOST: &str = "127.0.0.1:4711";

struct World {
    clock: Clock,
    oidc: Oidc,
    registry: Crates,
    token: String,
}

/// A publish request that can be bent.
struct Upload {
    name: String,
    version: String,
    json: Value,
    manifest: String,
    folder: String,
}

impl Upload {
    fn of(name: &str, version: &str) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            json: json!({ "name": name, "vers": version }),
            manifest: format!(
                "[package]\nname = \"{name}\"\nversion = \"{version}\"\ndescription = \"A crate.\"\nlicense = \"MIT\"\n"
            ),
            folder: format!("{name}-{version}"),
        }
    }

    /// With more lines at the end of its manifest.
    fn and(mut self, lines: &str) -> Self {
        self.manifest.push_str(lines);
        self
    }

    /// With another text in its manifest.
    fn replacing(mut self, old: &str, new: &str) -> Self {
        assert!(self.manifest.contains(old), "{old}");
        self.manifest = self.manifest.replace(old, new);
        self
    }

    fn tarball(&self) -> Vec<u8> {
        package::pack(&self.folder, &[("Cargo.toml", &self.manifest), ("src/lib.rs", "")])
    }

    fn body(&self) -> Vec<u8> {
        framed(self.json.to_string().as_bytes(), &self.tarball())
    }
}

fn framed(json: &[u8], tarball: &[u8]) -> Vec<u8> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("small").to_le_bytes();
    [&length(json)[..], json, &length(tarball)[..], tarball].concat()
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let body = body.into();
    Request { method: method.into(), path: path.into(), query: String::new(), headers, body: body.into() }
}

fn name(text: &str) -> CrateName {
    text.parse().expect("a crate's name")
}

fn file(text: &str) -> CrateFile {
    CrateFile::of_file_name(&format!("{text}.crate").parse().expect("a file name")).expect("a crate's file")
}

impl World {
    fn new() -> Self {
        let clock = Clock::default();
        let oidc = Oidc::new("octo-org/sample", clock.clone());
        let mut registry = Crates::new(clock.clone(), oidc.key());
        let token = registry.issue_token(Scope::default());
        Self { clock, oidc, registry, token }
    }

    fn send(&mut self, method: &str, path: &str, body: impl Into<Bytes>) -> Response {
        let token = self.token.clone();
        let headers = [("host", HOST), ("user-agent", "tests (nobody)"), ("authorization", token.as_str())];
        let headers = if token.is_empty() { &headers[..2] } else { &headers[..] };
        self.registry.handle(&request(method, path, headers, body))
    }

    fn upload(&mut self, upload: &Upload) -> (u16, String) {
        let response = self.send("PUT", "/api/v1/crates/new", upload.body());
        (response.status, detail(&response))
    }

    /// The sentence by which an upload is refused with `status`.
    fn refusal(&mut self, status: u16, upload: &Upload) -> String {
        let (found, detail) = self.upload(upload);
        assert_eq!(found, status, "{detail}");
        detail
    }

    fn takes(&mut self, upload: &Upload) {
        assert_eq!(self.upload(upload), (200, String::new()), "{} {}", upload.name, upload.version);
    }

    /// The lines of a crate's file in the index; none when there is no file.
    fn index(&mut self, path: &str) -> Vec<Value> {
        let response = self.send("GET", &format!("/index/{path}"), "");
        let lines = String::from_utf8(response.body.to_vec()).expect("text");
        match response.status {
            200 => lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect(),
            404 => Vec::new(),
            other => panic!("{other}"),
        }
    }
}

/// What an error says; empty where it is none.
fn detail(response: &Response) -> String {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    body["errors"][0]["detail"].as_str().unwrap_or_default().to_owned()
}
