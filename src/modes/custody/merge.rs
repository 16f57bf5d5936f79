//! Manifests that parallel jobs left, made into one.

use std::collections::BTreeMap;

use super::rules::MANIFESTS;
use crate::model::artifact::Artifact;
use crate::model::collection::CollectedFile;
use crate::model::digest::Sha256;
use crate::model::manifest::{Manifest, Origin};
use crate::report::Finding;

/// What the manifests say together. They were held to the bytes before; here they are held to one another, to the `asked`
/// tag and commit, and to `placed`: the manifest names exactly the files that were placed, and at least every wheel,
/// sdist and crate. Nothing when they do not, or when there is none.
///
/// # Errors
/// When they are not about the same release.
pub(crate) fn merge(
    manifests: &[(String, Manifest)],
    asked: &Origin,
    placed: &[CollectedFile],
) -> Result<Option<Manifest>, Vec<Finding>> {
    let mut findings = Vec::new();
    let this = [("this run", asked)];
    let origins: Vec<_> = this
        .into_iter()
        .chain(manifests.iter().map(|(by, manifest)| (by.as_str(), manifest.origin())))
        .collect();
    let tag = same("tag", origins.iter().map(|(by, origin)| (*by, origin.tag.as_ref())), &mut findings);
    let commit =
        same("commit", origins.iter().map(|(by, origin)| (*by, origin.commit.as_ref())), &mut findings);
    let versions = manifests.iter().map(|(by, manifest)| (by.as_str(), manifest.version()));
    same("version", versions, &mut findings);
    if !findings.is_empty() {
        return Err(findings);
    }
    let mut union: BTreeMap<&str, &Artifact> = BTreeMap::new();
    for artifact in manifests.iter().flat_map(|(_, manifest)| manifest.artifacts()) {
        let before = union.insert(artifact.file_name.as_str(), artifact);
        // Executables of one name for several platforms: they got other names when they were placed.
        if before.is_some_and(|before| before != artifact) {
            return Ok(None);
        }
    }
    let there: BTreeMap<&str, (Sha256, bool)> = placed.iter().map(CollectedFile::brief).collect();
    let all_there = union
        .iter()
        .all(|(name, artifact)| there.get(name).is_some_and(|(sha256, _)| *sha256 == artifact.sha256));
    let all_vetted = there.iter().all(|(name, (_, is_package))| !is_package || union.contains_key(name));
    if !(all_there && all_vetted) {
        return Ok(None);
    }
    let origin = Origin { tag: tag.cloned(), commit: commit.cloned() };
    Ok(Manifest::new(origin, union.into_values().cloned().collect()).ok())
}

/// The value that all who know one agree on. Whoever differs from the first is a finding.
fn same<'a, T: PartialEq + ToString>(
    what: &str,
    told: impl Iterator<Item = (&'a str, Option<&'a T>)>,
    findings: &mut Vec<Finding>,
) -> Option<&'a T> {
    let mut known = told.filter_map(|(by, value)| Some((by, value?)));
    let (first, value) = known.next()?;
    for (by, other) in known.filter(|(_, other)| *other != value) {
        let (ours, theirs) = (value.to_string(), other.to_string());
        let message = format!("its {what} is `{theirs}`, and that of {first} is `{ours}`");
        findings.push(MANIFESTS.finding(message).in_file(by));
    }
    Some(value)
}
