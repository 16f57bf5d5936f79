//! One upload, from the form to the store: every rule in the order in which PyPI asks.

use bytes::Bytes;

use super::archive;
use super::attestations::{self, Provenance};
use super::form::{FileType, Form, Upload};
use super::metadata::{self, Metadata};
use super::refusal::{Checked, Refusal};
use super::store::File;
use super::tokens::{Scope, USER};
use super::{Flavour, Index};
use crate::model::artifact::Distribution;
use crate::model::digest::{Blake2b256, Hashes};
use crate::model::name::PackageName;
use crate::sim::{Request, Response};

/// `POST /legacy/`.
pub(super) fn answer(index: &mut Index, request: &Request) -> Response {
    let outcome = match index.flavour {
        Flavour::Warehouse | Flavour::WarehouseWithoutPages => upload(index, request),
        Flavour::Pypiserver | Flavour::PypiserverWithoutHashes => upload_to_pypiserver(index, request),
    };
    match outcome {
        Ok(()) => Response::of(200, "text/plain; charset=UTF-8", ""),
        Err(refusal) => refusal.response(request),
    }
}

fn upload(index: &mut Index, request: &Request) -> Checked<()> {
    if index.read_only {
        return Err(Refusal::forbidden("Read-only mode: Uploads are temporarily disabled."));
    }
    let help = help(request);
    let scope = index.tokens.authenticate(request.header("authorization"), &help)?.clone();
    let form = Form::read(request.header("content-type").unwrap_or_default(), &request.body)?;
    action_is_upload(request, &form)?;
    let upload = form.upload()?;
    let metadata = metadata::check(&form)?;
    may_upload(index, &scope, &upload.name, &help)?;
    archive::check_extension(&upload.content.file_name, upload.file_type)?;
    size_is_allowed(index, &upload, &help)?;
    let hashes = Hashes::of(&upload.content.bytes);
    let blake2b256 = Blake2b256::of(&upload.content.bytes);
    form.digests_match(&hashes, blake2b256)?;
    if is_duplicate(index, &upload, &hashes, blake2b256, &help)? == Duplicate::Same {
        return Ok(());
    }
    let vetted = vet(index, &upload, &metadata)?;
    let provenance = attestations::check(&form, &scope, &vetted.distribution, hashes.sha256)?;
    store(index, &form, &upload, vetted, provenance);
    Ok(())
}

fn help(request: &Request) -> String {
    format!("http://{}/help/", request.header("host").unwrap_or("index.invalid"))
}

/// The action may stand in the form or in the query.
fn action_is_upload(request: &Request, form: &Form) -> Checked<()> {
    let query = request.query_pairs().into_iter().find(|(name, _)| name == ":action").map(|(_, value)| value);
    match query.as_deref().or_else(|| form.get(":action")) {
        Some("file_upload") => Ok(()),
        Some("submit" | "submit_pkg_info") => Err(Refusal::of(
            410,
            "Project pre-registration is no longer required or supported, upload your files instead.",
        )),
        Some("doc_upload") => Err(Refusal::of(410, "Uploading documentation is no longer supported.")),
        _ => Err(Refusal::of(404, "The field :action should be file_upload.")),
    }
}

/// Whether the token opens this project. A new one is created only when its first file is stored.
fn may_upload(index: &mut Index, scope: &Scope, project: &PackageName, help: &str) -> Checked<()> {
    let existing = index.store.projects.get(project.normal());
    match (scope, existing) {
        (Scope::Publisher { .. }, None) => Err(Refusal::forbidden(
            "Non-user identities cannot create new projects. This was probably caused by successfully using a pending publisher but specifying the project name incorrectly (either in the publisher or in your project's metadata). Please ensure that both match.",
        )),
        (Scope::Publisher { expires, .. }, Some(_)) if *expires <= index.clock.now() => {
            Err(Refusal::forbidden("Invalid API Token: token is expired"))
        }
        (Scope::Publisher { projects, .. }, Some(_)) if !projects.contains(project) => {
            Err(Refusal::forbidden(format!(
                "The given token isn't allowed to upload to project '{project}'. See {help}#project-name for more information."
            )))
        }
        (Scope::Project(only), _) if only != project => Err(Refusal::forbidden(format!(
            "Invalid API Token: project-scoped token is not valid for project: '{project}'"
        ))),
        (Scope::User | Scope::Project(_), Some(found)) if found.foreign => Err(Refusal::forbidden(format!(
            "The user '{USER}' isn't allowed to upload to project '{project}'. See {help}#project-name for more information."
        ))),
        (Scope::User | Scope::Project(_), None) => match &mut index.new_projects_left {
            Some(0) => Err(Refusal::of(429, "Too many new projects created")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn size_is_allowed(index: &Index, upload: &Upload<'_>, help: &str) -> Checked<()> {
    if upload.content.bytes.len() as u64 <= index.file_limit_bytes {
        return Ok(());
    }
    let (name, limit) = (&upload.name, index.file_limit_bytes >> 20);
    Err(Refusal::bad(format!(
        "File too large. Limit for project '{name}' is {limit} MB. See {help}#file-size-limit for more information."
    )))
}

#[derive(PartialEq, Eq)]
enum Duplicate {
    /// This very file is there.
    Same,
    /// Nothing of it is there.
    New,
}

/// A file is there when its name is, or its content under any name.
fn is_duplicate(
    index: &Index,
    upload: &Upload<'_>,
    hashes: &Hashes,
    blake2b256: Blake2b256,
    help: &str,
) -> Checked<Duplicate> {
    let name = &upload.content.file_name;
    let found = index.store.files().find(|file| file.name == *name || file.blake2b256 == blake2b256);
    if let Some(found) = found {
        if found.name == *name && found.hashes == *hashes {
            return Ok(Duplicate::Same);
        }
        return Err(Refusal::bad(format!(
            "File already exists ('{name}', with blake2_256 hash '{blake2b256}'). See {help}#file-name-reuse for more information."
        )));
    }
    if index.store.is_burnt(name) {
        return Err(Refusal::bad(format!(
            "This filename was previously used by a file that has since been deleted. Use a different version. See {help}#file-name-reuse for more information."
        )));
    }
    Ok(Duplicate::New)
}

fn vet(index: &Index, upload: &Upload<'_>, metadata: &Metadata) -> Checked<archive::Vetted> {
    let Upload { name, file_type, content } = upload;
    match file_type {
        FileType::Wheel => archive::check_wheel(&content.file_name, &content.bytes, name, metadata),
        FileType::Sdist if index.store.has_sdist(name, &metadata.version) => {
            Err(Refusal::bad("Only one sdist may be uploaded per release."))
        }
        FileType::Sdist => archive::check_sdist(&content.file_name, &content.bytes, name, metadata),
    }
}

fn store(
    index: &mut Index,
    form: &Form,
    upload: &Upload<'_>,
    vetted: archive::Vetted,
    provenance: Option<Provenance>,
) {
    let archive::Vetted { distribution, metadata } = vetted;
    let bytes = index.kept(&upload.content.bytes);
    let file = File {
        name: upload.content.file_name.clone(),
        distribution,
        hashes: Hashes::of(&bytes),
        blake2b256: Blake2b256::of(&bytes),
        bytes,
        form: form.fields().to_vec(),
        metadata,
        uploaded_at: index.clock.now(),
        yanked: None,
        provenance,
    };
    index.store.put(&upload.name, file);
}

/// A server that looks at the file's name and at nothing else.
fn upload_to_pypiserver(index: &mut Index, request: &Request) -> Checked<()> {
    if index.tokens.authenticate(request.header("authorization"), "").is_err() {
        return Err(Refusal::forbidden("Forbidden"));
    }
    let form = Form::read(request.header("content-type").unwrap_or_default(), &request.body)?;
    if form.get(":action") != Some("file_upload") {
        return Err(Refusal::bad("Missing ':action' field!"));
    }
    let content = form.content()?;
    let bad_name = || Refusal::bad(format!("Bad filename: {}", content.file_name));
    let file_name = content.file_name.parse().map_err(|_source| bad_name())?;
    let distribution = Distribution::of_file_name(&file_name).ok_or_else(bad_name)?;
    if index.store.file(file_name.as_str()).is_some() {
        // It talks to old clients in the only way they understand.
        let is_twine = request.header("user-agent").is_some_and(|agent| agent.starts_with("twine/"));
        let status = if is_twine { 400 } else { 409 };
        return Err(Refusal::of(status, format!("Package \"{file_name}\" already exists!")));
    }
    let bytes: Bytes = index.kept(&content.bytes);
    let project = distribution.name().clone();
    let file = File {
        name: file_name.to_string(),
        hashes: Hashes::of(&bytes),
        blake2b256: Blake2b256::of(&bytes),
        distribution,
        bytes,
        form: form.fields().to_vec(),
        metadata: None,
        uploaded_at: index.clock.now(),
        yanked: None,
        provenance: None,
    };
    index.store.put(&project, file);
    Ok(())
}
