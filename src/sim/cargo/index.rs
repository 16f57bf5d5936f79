//! The sparse index: a file for the registry, and one for each crate, with a line of JSON for each version.

use serde_json::json;

use super::refusal::{Checked, Refusal};
use super::store::{Krate, Krates};
use crate::model::digest::Sha256;
use crate::sim::{Request, Response};

/// The address of the index, as manifests have it.
pub(super) fn own_index(request: &Request) -> String {
    format!("sparse+{}{}", origin(request), super::INDEX_PATH)
}

/// The registry's origin, as this client calls it.
pub(super) fn origin(request: &Request) -> String {
    format!("http://{}", request.header("host").unwrap_or_default())
}

/// `config.json`, which names the registry's own API unless another one is given.
pub(super) fn config(request: &Request, api: Option<&str>, auth_required: bool) -> Response {
    let origin = origin(request);
    let mut config = json!({ "dl": format!("{origin}/crates"), "api": api.unwrap_or(&origin) });
    if auth_required {
        config["auth-required"] = json!(true);
    }
    Response::json(200, &config)
}

/// The file of one crate.
///
/// # Errors
/// 404 when the path is not where a crate's file belongs, or the crate has no version.
pub(super) fn file(request: &Request, krates: &Krates, path: &[&str]) -> Checked<Response> {
    let asked = path.join("/");
    let krate = krates
        .values()
        .find(|krate| path_of(krate.name.written()) == asked)
        .filter(|krate| !krate.releases.is_empty())
        .ok_or_else(Refusal::not_found)?;
    let body = lines(krate);
    let etag = format!("\"{}\"", &Sha256::of(body.as_bytes()).to_string()[..32]);
    if request.header("if-none-match") == Some(etag.as_str()) {
        return Ok(Response::empty(304).with("etag", etag));
    }
    let answer = Response::of(200, "text/plain", body).with("etag", etag);
    Ok(answer.with("cache-control", "public,max-age=600"))
}

/// Where a crate's file is found: by the length of its name, or by its first four letters, all in lower case.
pub(super) fn path_of(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.len() {
        0..=2 => format!("{}/{name}", name.len()),
        3 => format!("3/{}/{name}", &name[..1]),
        _ => format!("{}/{}/{name}", &name[..2], &name[2..4]),
    }
}

fn lines(krate: &Krate) -> String {
    krate
        .releases
        .iter()
        .map(|release| {
            let line = release.manifest.index_line(&release.sha256.to_string(), release.yanked);
            format!("{line}\n")
        })
        .collect()
}
