//! Files of a commit's tree in answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::sim::github::git::{hash, hash_bytes};
use crate::sim::github::links::{Links, path, segment};

/// A file with its content.
pub(in crate::sim::github) fn file(links: &Links, at: &str, revision: &str, bytes: &[u8]) -> Value {
    let mut body = entry(links, "file", at, revision, bytes);
    // The service breaks the text into lines of sixty characters.
    let encoded = STANDARD.encode(bytes);
    let lines = encoded.as_bytes().chunks(60).map(|line| format!("{}\n", String::from_utf8_lossy(line)));
    body["content"] = lines.collect::<String>().into();
    body["encoding"] = "base64".into();
    body
}

/// One row of a folder: a `file` with its bytes, or a `dir` with none.
pub(in crate::sim::github) fn entry(
    links: &Links,
    kind: &str,
    at: &str,
    revision: &str,
    bytes: &[u8],
) -> Value {
    let is_file = kind == "file";
    let sha = if is_file { hash_bytes(bytes) } else { hash(at) };
    let (shelf, object) = if is_file { ("blob", "blobs") } else { ("tree", "trees") };
    let url = links.repo(&format!("/contents/{}?ref={}", path(at), segment(revision)));
    let git = links.repo(&format!("/git/{object}/{sha}"));
    let html = links.page(&format!("/{shelf}/{}/{}", path(revision), path(at)));
    let download = is_file.then(|| links.page(&format!("/raw/{}/{}", path(revision), path(at))));
    json!({
        "type": kind,
        "name": at.rsplit('/').next(),
        "path": at,
        "sha": sha,
        "size": bytes.len(),
        "url": url,
        "git_url": git,
        "html_url": html,
        "download_url": download,
        "_links": { "self": url, "git": git, "html": html },
    })
}
