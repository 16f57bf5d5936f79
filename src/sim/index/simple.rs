//! The simple index: which files a project has, in JSON (PEP 691, version 1.4) and as a page (PEP 503).

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::accept::preferred;
use super::refusal::{Refusal, escaped};
use super::store::{File, Project, Projects};
use crate::sim::clock::rfc3339;
use crate::sim::{Request, Response};

/// The version of the simple API.
const API_VERSION: &str = "1.4";
const JSON: &str = "application/vnd.pypi.simple.v1+json";
const HTML: &str = "application/vnd.pypi.simple.v1+html";
/// Every form of a listing.
pub(super) const ALL_FORMS: &[&str] = &["text/html", HTML, JSON];
/// That of an index without pages.
pub(super) const JSON_ONLY: &[&str] = &[JSON];

/// How links of a page prove what they lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fragments {
    /// `#sha256=…`.
    Sha256,
    /// None.
    Nothing,
}

/// The list of all projects.
pub(super) fn root(request: &Request, projects: &Projects, forms: &[&'static str]) -> Response {
    let Some(media) = media(request, forms) else { return not_acceptable(request) };
    if media == JSON {
        let names: Vec<Value> =
            projects.values().map(|project| json!({ "name": project.name.to_string() })).collect();
        let body = json!({ "meta": { "api-version": API_VERSION }, "projects": names });
        return listing(media, body.to_string());
    }
    let mut links = String::new();
    for (normal, project) in projects {
        let name = escaped(&project.name.to_string());
        writeln!(links, "    <a href=\"/simple/{normal}/\">{name}</a>").expect("strings grow");
    }
    listing(media, page("Simple index", &links))
}

/// One project's files.
pub(super) fn project(request: &Request, project: &Project, forms: &[&'static str]) -> Response {
    let Some(media) = media(request, forms) else { return not_acceptable(request) };
    if media == JSON {
        return listing(media, detail(request, project).to_string());
    }
    let title = format!("Links for {}", project.name.normal());
    let links = project.files.values().map(|file| link(request, file, Fragments::Sha256)).collect::<String>();
    listing(media, page(&title, &links))
}

/// One project's files as an index shows them that knows pages only.
pub(super) fn plain_page(request: &Request, project: &Project, fragments: Fragments) -> Response {
    let links = project.files.values().map(|file| link(request, file, fragments)).collect::<String>();
    let title = format!("Links for {}", project.name.normal());
    Response::of(200, "text/html; charset=UTF-8", page(&title, &links))
}

/// The form that the client prefers. One that accepts none gets a page, where there are pages.
fn media(request: &Request, forms: &[&'static str]) -> Option<&'static str> {
    let usual = forms.first().copied().filter(|form| *form == "text/html");
    preferred(request.header("accept"), forms).or(usual)
}

fn not_acceptable(request: &Request) -> Response {
    Refusal::of(406, "Not Acceptable").response(request)
}

fn listing(media: &str, body: String) -> Response {
    Response::of(200, media, body).with("cache-control", "max-age=600, public").with("vary", "Accept")
}

fn detail(request: &Request, project: &Project) -> Value {
    let mut versions: Vec<String> =
        project.files.values().map(|file| file.distribution.version().pep440()).collect();
    versions.sort();
    versions.dedup();
    let files: Vec<Value> = project.files.values().map(|file| entry(request, file)).collect();
    json!({
        "alternate-locations": [],
        "files": files,
        "meta": { "api-version": API_VERSION },
        "name": project.name.normal(),
        "project-status": { "status": "active" },
        "versions": versions,
    })
}

fn entry(request: &Request, file: &File) -> Value {
    let metadata = match file.metadata_sha256() {
        Some(sha256) => json!({ "sha256": sha256.to_string() }),
        None => json!(false),
    };
    json!({
        "core-metadata": metadata,
        "data-dist-info-metadata": metadata,
        "filename": file.name,
        "hashes": { "sha256": file.hashes.sha256.to_string() },
        "provenance": file.provenance.as_ref().map(|_| provenance_address(request, file)),
        "requires-python": requires_python(file),
        "size": file.hashes.size_bytes,
        "upload-time": rfc3339(file.uploaded_at),
        "url": address(request, file),
        "yanked": match file.yanked.as_deref() {
            None => json!(false),
            Some("") => json!(true),
            Some(reason) => json!(reason),
        },
    })
}

fn requires_python(file: &File) -> Option<&str> {
    file.field("requires_python").filter(|text| !text.is_empty())
}

/// The file's address: on the origin that was asked.
fn address(request: &Request, file: &File) -> String {
    format!("{}{}", origin(request), file.path())
}

/// Where the attestations of a file are shown.
fn provenance_address(request: &Request, file: &File) -> String {
    let (project, version) = (file.distribution.name().normal(), file.distribution.version().pep440());
    format!("{}/integrity/{project}/{version}/{}/provenance", origin(request), file.name)
}

fn origin(request: &Request) -> String {
    request.header("host").map(|host| format!("http://{host}")).unwrap_or_default()
}

fn link(request: &Request, file: &File, fragments: Fragments) -> String {
    let mut attributes = String::new();
    let mut attribute = |name: &str, value: &str| {
        write!(attributes, " {name}=\"{}\"", escaped(value)).expect("strings grow");
    };
    let fragment = match fragments {
        Fragments::Sha256 => format!("#sha256={}", file.hashes.sha256),
        Fragments::Nothing => String::new(),
    };
    attribute("href", &format!("{}{fragment}", address(request, file)));
    if let Some(requires_python) = requires_python(file) {
        attribute("data-requires-python", requires_python);
    }
    if let Some(reason) = &file.yanked {
        attribute("data-yanked", reason);
    }
    if let Some(sha256) = file.metadata_sha256() {
        attribute("data-dist-info-metadata", &format!("sha256={sha256}"));
        attribute("data-core-metadata", &format!("sha256={sha256}"));
    }
    if file.provenance.is_some() {
        attribute("data-provenance", &provenance_address(request, file));
    }
    format!("    <a{attributes}>{}</a><br />\n", escaped(&file.name))
}

fn page(title: &str, links: &str) -> String {
    let title = escaped(title);
    format!(
        "<!DOCTYPE html>\n<html>\n  <head>\n    <meta name=\"pypi:repository-version\" content=\"{API_VERSION}\">\n    <title>{title}</title>\n  </head>\n  <body>\n    <h1>{title}</h1>\n{links}  </body>\n</html>\n"
    )
}
