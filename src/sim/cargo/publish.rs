//! `PUT /api/v1/crates/new`, check by check in the order of crates.io.

use semver::Version;
use serde_json::json;

use super::refusal::{Checked, Refusal};
use super::store::{PublishedBy, Release, without_build};
use super::tokens::{Action, Holder};
use super::{Crates, api, body, index, package};
use crate::model::crate_name::CrateName;
use crate::model::digest::Sha256;
use crate::sim::{Request, Response};

/// Names that only the compiler's own crates may have.
const RESERVED: [&str; 6] = ["alloc", "core", "proc_macro", "std", "test", "rustc"];

/// Takes a crate.
///
/// # Errors
/// The first rule that does not hold.
pub(super) fn answer(registry: &mut Crates, request: &Request) -> Checked<Response> {
    registry.limits.are_open(registry.clock.now())?;
    let (metadata, tarball) = body::split(request.body.kept().cloned().unwrap_or_default())?;
    let name: CrateName =
        metadata.name.parse().map_err(|error| Refusal::bad(format!("invalid crate name: {error}")))?;
    let version = Version::parse(&metadata.vers)
        .map_err(|_error| Refusal::bad(format!("\"{}\" is an invalid semver version", metadata.vers)))?;
    let by = may_publish(registry, request, &name)?;
    let existing = registry.store.krate(&name);
    if by == PublishedBy::User {
        registry.limits.count(existing.is_none(), registry.clock.now())?;
    }
    if tarball.len() > registry.crate_limit_bytes {
        return Err(Refusal::of(413, format!("max upload size is: {}", registry.crate_limit_bytes)));
    }
    let manifest = package::read(name.written(), &version.to_string(), &tarball)?;
    let is_known = |other: &str| {
        let known = other.parse().ok().and_then(|other| registry.store.krate(&other));
        known.is_some_and(|krate| krate.name.written() == other) || other == name.written()
    };
    let own_index = index::own_index(request);
    check_name(registry, &name, by)?;
    if registry.store.krate(&name).is_some_and(|krate| krate.release(&version).is_some()) {
        let version = without_build(&version);
        return Err(Refusal::bad(format!("crate version `{version}` is already uploaded")));
    }
    manifest.check(&own_index, is_known)?;
    let bytes = registry.kept(&tarball);
    let release = Release {
        version,
        sha256: Sha256::of(&bytes),
        bytes,
        yanked: false,
        published_at: registry.clock.now(),
        published_by: by,
        manifest,
    };
    registry.store.put(&name, release);
    let krate = registry.store.krate(&name).expect("it was just stored");
    let warnings = json!({ "invalid_categories": [], "invalid_badges": [], "other": [] });
    Ok(Response::json(200, &json!({ "crate": api::overview(krate), "warnings": warnings })))
}

/// Whether the token is for this, and whose it is.
fn may_publish(registry: &Crates, request: &Request, name: &CrateName) -> Checked<PublishedBy> {
    let existing = registry.store.krate(name);
    match (registry.tokens.holder(request, registry.clock.now())?, existing) {
        (Holder::Nobody, _) => Err(Refusal::forbidden("this action requires authentication")),
        // Before the token itself is looked at, so that it is the answer to tokens that ended as well.
        (Holder::Publisher { .. } | Holder::Expired, None) => Err(Refusal::forbidden(
            "Trusted Publishing tokens do not support creating new crates. Publish the crate manually, first",
        )),
        (Holder::Expired, Some(_)) => Err(Refusal::forbidden("Invalid authentication token")),
        (Holder::Publisher { crates }, Some(_)) if !crates.contains(name) => {
            Err(Refusal::forbidden(format!("The provided access token is not valid for crate `{name}`")))
        }
        (Holder::Publisher { .. }, Some(_)) => Ok(PublishedBy::Workflow),
        (Holder::User(scope), existing) => {
            let action = if existing.is_some() { Action::PublishUpdate } else { Action::PublishNew };
            if !scope.allows(action, name.written()) {
                return Err(Refusal::forbidden(
                    "this token does not have the required permissions to perform this action",
                ));
            }
            if existing.is_some_and(|krate| krate.trusted_publishing_only) {
                return Err(Refusal::forbidden(
                    "New versions of this crate can only be published using Trusted Publishing",
                ));
            }
            Ok(PublishedBy::User)
        }
    }
}

/// Whether the name is the user's, and spelt as ever.
fn check_name(registry: &Crates, name: &CrateName, by: PublishedBy) -> Checked<()> {
    if RESERVED.contains(&name.canonical()) {
        return Err(Refusal::bad("cannot upload a crate with a reserved name"));
    }
    let Some(krate) = registry.store.krate(name) else { return Ok(()) };
    if by == PublishedBy::User && krate.foreign {
        return Err(Refusal::forbidden(
            "this crate exists but you don't seem to be an owner. If you believe this is a mistake, perhaps you need to accept an invitation to be an owner before publishing.",
        ));
    }
    if krate.name.written() != name.written() {
        return Err(Refusal::bad(format!("crate was previously named `{}`", krate.name)));
    }
    Ok(())
}
