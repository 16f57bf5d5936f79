//! Registries of crates: whether what cargo fetches is what the manifest names.
//!
//! cargo holds every crate that it fetches to the digest of the index, so that digest is what counts.

use std::cmp::Ordering;

use super::look::{Look, Standing};
use super::rules::{NOT_THERE, OTHER_BYTES, YANKED};
use crate::model::artifact::{Artifact, ArtifactKind};
use crate::model::crate_name::CrateFile;
use crate::model::target::Registry;
use crate::remote::cargo::IndexedVersion;
use crate::remote::cargo::read::CargoRead;

/// What messages call the registry.
fn called(registry: &Registry) -> String {
    format!("`{registry}` ({})", registry.index().authority())
}

/// Looks at one crate. Other files are none of this place.
pub(super) async fn look(registry: &Registry, read: &CargoRead, artifact: &Artifact) -> Look {
    let mut look = Look::default();
    let ArtifactKind::Crate(krate) = &artifact.kind else { return look };
    let name = registry.name.as_str();
    let Some(versions) = look.asked(read.versions(krate.name()).await) else {
        look.state(name, artifact, Standing::NotAsked, None);
        return look;
    };
    let found = find(&versions, krate);
    let standing = judge(registry, artifact, found, &mut look);
    if found.is_some_and(|found| found.yanked) {
        let message = format!("{} marks it as yanked", called(registry));
        look.find(YANKED.finding(message).in_file(artifact.file_name.to_string()));
    }
    look.state(name, artifact, standing, None);
    look
}

/// The version, whatever its build metadata: a registry takes only one of those.
fn find<'a>(versions: &'a [IndexedVersion], krate: &CrateFile) -> Option<&'a IndexedVersion> {
    let is_same = |found: &&IndexedVersion| found.version.cmp_precedence(krate.version()) == Ordering::Equal;
    versions.iter().find(is_same)
}

fn judge(
    registry: &Registry,
    artifact: &Artifact,
    found: Option<&IndexedVersion>,
    look: &mut Look,
) -> Standing {
    let (file, ours) = (artifact.file_name.to_string(), artifact.sha256);
    let called = called(registry);
    match found.map(|found| (found, found.sha256)) {
        Some((_, Some(theirs))) if theirs == ours => Standing::Proven,
        None => {
            let message = format!("{called} does not list it; the manifest has it with sha256 {ours}");
            look.find(NOT_THERE.finding(message).in_file(file));
            Standing::Missing
        }
        Some((found, theirs)) => {
            let theirs =
                theirs.map_or_else(|| "no SHA-256 digest".to_owned(), |theirs| format!("sha256 {theirs}"));
            let message = format!(
                "{called} has version {} with {theirs}, the manifest with sha256 {ours}",
                found.version
            );
            look.find(OTHER_BYTES.finding(message).in_file(file));
            Standing::Differs
        }
    }
}
