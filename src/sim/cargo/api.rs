//! What the API tells of a crate and of one of its versions, as far as programs that release ask for it.

use serde_json::{Value, json};

use super::Crates;
use super::refusal::Checked;
use super::store::{Krate, PublishedBy, Release};
use crate::sim::clock::rfc3339;
use crate::sim::{Request, Response};

/// `GET /api/v1/crates/NAME`.
///
/// # Errors
/// 404 when there is no such crate.
pub(super) fn krate(registry: &Crates, request: &Request, name: &str) -> Checked<Response> {
    registry.may_read(request)?;
    let krate = registry.store.find_krate(name)?;
    // The latest comes first.
    let versions: Vec<Value> = krate.releases.iter().rev().map(|release| of(krate, release)).collect();
    let body = json!({ "crate": overview(krate), "versions": versions, "keywords": [], "categories": [] });
    Ok(Response::json(200, &body))
}

/// `GET /api/v1/crates/NAME/VERSION`.
///
/// # Errors
/// 404 when there is no such version.
pub(super) fn version(registry: &Crates, request: &Request, name: &str, version: &str) -> Checked<Response> {
    registry.may_read(request)?;
    let release = registry.store.find(name, version)?;
    let krate = registry.store.find_krate(name)?;
    Ok(Response::json(200, &json!({ "version": of(krate, release) })))
}

/// A crate without its versions.
pub(super) fn overview(krate: &Krate) -> Value {
    let highest = |also_unstable: bool| {
        let kept = krate.releases.iter().map(|release| &release.version);
        kept.filter(|version| also_unstable || version.pre.is_empty()).max().map(ToString::to_string)
    };
    let newest = krate.releases.last();
    let described = newest.map(|release| &release.manifest.package);
    json!({
        "id": krate.name.written(),
        "name": krate.name.written(),
        "description": described.and_then(|package| package.description.clone()),
        "repository": described.and_then(|package| package.repository.clone()),
        "max_version": highest(true),
        "max_stable_version": highest(false),
        "newest_version": newest.map(|release| release.version.to_string()),
        "default_version": highest(false).or_else(|| highest(true)),
        "num_versions": krate.releases.len(),
        "yanked": krate.releases.iter().all(|release| release.yanked),
        "trustpub_only": krate.trusted_publishing_only,
    })
}

fn of(krate: &Krate, release: &Release) -> Value {
    let package = &release.manifest.package;
    let (by, trusted) = match release.published_by {
        PublishedBy::User => (json!({ "id": 1, "login": super::USER }), Value::Null),
        PublishedBy::Workflow => (Value::Null, json!({ "provider": "github" })),
    };
    json!({
        "crate": krate.name.written(),
        "num": release.version.to_string(),
        "dl_path": format!("/api/v1/crates/{}/{}/download", krate.name, release.version),
        "checksum": release.sha256.to_string(),
        "crate_size": release.bytes.len(),
        "created_at": rfc3339(release.published_at),
        "license": package.license,
        "rust_version": package.rust_version,
        "yanked": release.yanked,
        "yank_message": null,
        "published_by": by,
        "trustpub_data": trusted,
    })
}
