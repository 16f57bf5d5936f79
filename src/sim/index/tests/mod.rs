//! The index's rules, one way to be wrong each, without sockets.

mod attesting;
mod publishing;
mod reading;
mod refusing;
mod taking;

use std::io::Write as _;

use bytes::Bytes;
use zip::write::SimpleFileOptions;

use super::*;
use crate::model::digest::{Blake2b256, Hashes};
use crate::sim::oidc::Oidc;

const TYPE: &str = "multipart/form-data; boundary=xyz";

/// An index with a token for it.
struct World {
    index: Index,
    oidc: Oidc,
    clock: Clock,
    token: String,
}

impl World {
    fn new() -> Self {
        let clock = Clock::default();
        let oidc = Oidc::new("octo-org/sample", clock.clone());
        let mut index = Index::pypi(clock.clone(), oidc.key());
        let token = index.issue_token(Scope::User);
        Self { index, oidc, clock, token }
    }

    /// Status and reason phrase.
    fn upload(&mut self, upload: &Upload) -> (u16, String) {
        let response = self.index.handle(&upload.request(&self.token));
        (response.status, response.reason.unwrap_or_default())
    }

    fn get(&mut self, path: &str, accept: &str) -> Response {
        self.index.handle(&request("GET", path, &[("accept", accept), ("host", "127.0.0.1:1")], Bytes::new()))
    }

    /// File names and SHA-256 digests of the JSON listing.
    fn listed(&mut self, project: &str) -> Vec<(String, String)> {
        let response = self.get(&format!("/simple/{project}/"), "application/vnd.pypi.simple.v1+json");
        if response.status == 404 {
            return Vec::new();
        }
        let body: serde_json::Value = serde_json::from_slice(&response.body).expect("JSON");
        let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
        let files = body["files"].as_array().expect("files");
        files.iter().map(|file| (text(&file["filename"]), text(&file["hashes"]["sha256"]))).collect()
    }
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    Request {
        method: method.into(),
        path: path.into(),
        query: query.into(),
        headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        body: body.into().into(),
    }
}

fn basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    let both = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {both}")
}

/// An upload that can be spoilt.
#[derive(Clone)]
struct Upload {
    fields: Vec<(String, String)>,
    /// The content part's parameters and headers, as they stand in the request.
    content: Option<(String, Bytes)>,
}

impl Upload {
    /// What a good client sends for `bytes`, which are not looked at.
    fn of(file_name: &str, file_type: &str, python: &str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let hashes = Hashes::of(&bytes);
        let fields = [
            (":action", "file_upload"),
            ("protocol_version", "1"),
            ("filetype", file_type),
            ("pyversion", python),
            ("sha256_digest", &hashes.sha256.to_string()),
            ("blake2_256_digest", &Blake2b256::of(&bytes).to_string()),
            ("metadata_version", "2.4"),
            ("name", "demo-kit"),
            ("version", "1.0"),
            ("summary", "A demonstration"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        Self { fields, content: None }.file(file_name, bytes)
    }

    fn wheel() -> Self {
        Self::named_wheel("demo_kit-1.0-py3-none-any.whl")
    }

    /// A good wheel under another name; its inside stays that of `demo_kit-1.0`.
    fn named_wheel(file_name: &str) -> Self {
        Self::of(file_name, "bdist_wheel", "py3", wheel(&WHEEL))
    }

    fn sdist() -> Self {
        Self::of("demo_kit-1.0.tar.gz", "sdist", "source", sdist(&SDIST))
    }

    fn file(mut self, file_name: &str, bytes: Bytes) -> Self {
        let head = format!("; filename=\"{file_name}\"\r\nContent-Type: application/octet-stream");
        self.content = Some((head, bytes));
        self
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(have, _)| have != name);
        self.add(name, value)
    }

    fn add(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(have, _)| have != name);
        self
    }

    /// Replaces the content part's parameters and headers.
    fn content_head(mut self, head: &str) -> Self {
        let bytes = self.content.take().expect("there is content").1;
        self.content = Some((head.into(), bytes));
        self
    }

    fn body(&self) -> Bytes {
        let mut body = Vec::new();
        for (name, value) in &self.fields {
            write!(body, "--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .expect("memory");
        }
        if let Some((head, bytes)) = &self.content {
            write!(body, "--xyz\r\nContent-Disposition: form-data; name=\"content\"{head}\r\n\r\n")
                .expect("memory");
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--xyz--\r\n");
        body.into()
    }

    fn request(&self, token: &str) -> Request {
        let headers = [
            ("authorization", basic("__token__", token)),
            ("content-type", TYPE.to_owned()),
            ("host", "127.0.0.1:1".to_owned()),
        ];
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        request("POST", "/legacy/", &headers, self.body())
    }
}

const WHEEL: [(&str, &str); 4] = [
    ("demo_kit/__init__.py", ""),
    ("demo_kit-1.0.dist-info/METADATA", "Metadata-Version: 2.4\nName: Demo.Kit\nVersion: 1.0\n\nText\n"),
    ("demo_kit-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n"),
    (
        "demo_kit-1.0.dist-info/RECORD",
        "demo_kit/__init__.py,,\ndemo_kit-1.0.dist-info/METADATA,,\ndemo_kit-1.0.dist-info/WHEEL,,\ndemo_kit-1.0.dist-info/RECORD,,\n",
    ),
];

const SDIST: [(&str, &str); 2] =
    [("demo_kit-1.0/PKG-INFO", "Metadata-Version: 2.4\n"), ("demo_kit-1.0/src/a.py", "")];

fn wheel(members: &[(&str, &str)]) -> Bytes {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, text) in members {
        writer.start_file(*path, SimpleFileOptions::default()).expect("memory");
        writer.write_all(text.as_bytes()).expect("memory");
    }
    writer.finish().expect("memory").into_inner().into()
}

/// The good wheel with one member left out.
fn wheel_without(left_out: &str) -> Bytes {
    let kept: Vec<_> = WHEEL.into_iter().filter(|(path, _)| !path.ends_with(left_out)).collect();
    wheel(&kept)
}

fn sdist(members: &[(&str, &str)]) -> Bytes {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(gzip);
    for (path, text) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, text.as_bytes()).expect("memory");
    }
    builder.into_inner().and_then(flate2::write::GzEncoder::finish).expect("memory").into()
}
