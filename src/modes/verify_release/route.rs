//! Which file is to be at which registry, as the lines of `targets` say it.

use super::look::Look;
use super::rules::NO_TARGET;
use crate::model::artifact::{Artifact, ArtifactKind};
use crate::model::manifest::Manifest;
use crate::model::target::{Package, Target};
use crate::model::version::Version;

/// The files that each of `targets` takes, in the same order. A file that none takes, and that was not routed away by the
/// version either, is told.
pub(super) fn routes<'a>(
    targets: &[&Target],
    manifest: &'a Manifest,
    version: &Version,
    look: &mut Look,
) -> Vec<Vec<&'a Artifact>> {
    let mut routes: Vec<Vec<&Artifact>> = targets.iter().map(|_| Vec::new()).collect();
    for artifact in manifest.artifacts() {
        if matches!(artifact.kind, ArtifactKind::Other) {
            continue;
        }
        let mut is_routed = false;
        for (at, target) in targets.iter().enumerate() {
            if names(targets, at, artifact) {
                is_routed = true;
                if target.takes_version(version) {
                    routes[at].push(artifact);
                }
            }
        }
        if !is_routed {
            let lines: Vec<_> = targets.iter().map(|target| format!("`{target}`")).collect();
            let message = format!("none of the targets takes it: {}", lines.join(", "));
            look.find(NO_TARGET.finding(message).in_file(artifact.file_name.to_string()));
        }
    }
    routes
}

/// Whether the line at `at` is about the file, whatever the version is. A line without packages is about what no other
/// line of its kind names.
fn names(targets: &[&Target], at: usize, artifact: &Artifact) -> bool {
    let target = targets[at];
    if takes_kind(target, artifact) {
        let is_named = |target: &Target| target.packages.iter().any(|package| is_of(package, artifact));
        if target.packages.is_empty() {
            !targets.iter().any(|other| takes_kind(other, artifact) && is_named(other))
        } else {
            is_named(target)
        }
    } else {
        false
    }
}

fn takes_kind(target: &Target, artifact: &Artifact) -> bool {
    match artifact.kind {
        ArtifactKind::Distribution(_) => target.registry.is_python(),
        ArtifactKind::Crate(_) => !target.registry.is_python(),
        ArtifactKind::Other => false,
    }
}

fn is_of(package: &Package, artifact: &Artifact) -> bool {
    match &artifact.kind {
        ArtifactKind::Distribution(distribution) => package.is_project(distribution.name()),
        ArtifactKind::Crate(krate) => package.is_crate(krate.name()),
        ArtifactKind::Other => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::artifact::{Distribution, FileName};
    use crate::model::crate_name::CrateFile;
    use crate::model::digest::Hashes;
    use crate::model::manifest::Origin;
    use crate::model::target::Registries;

    fn manifest(names: &[&str]) -> Manifest {
        let artifacts = names.iter().map(|name| {
            let name: FileName = name.parse().expect("good");
            let kind = match (Distribution::of_file_name(&name), CrateFile::of_file_name(&name)) {
                (Some(found), _) => ArtifactKind::Distribution(found),
                (None, Some(found)) => ArtifactKind::Crate(found),
                (None, None) => ArtifactKind::Other,
            };
            Artifact::new(name, Hashes::of(b"x"), kind)
        });
        Manifest::new(Origin::default(), artifacts.collect()).expect("good")
    }

    /// What each line takes, and how many files nobody takes.
    fn routed(lines: &str, files: &[&str], version: &str) -> (Vec<String>, usize) {
        let registries = Registries::read(Registries::default_index(), "").expect("good");
        let targets = Target::read(lines, &registries).expect("good");
        let (manifest, mut look) = (manifest(files), Look::default());
        let version = Version::from_either(version).expect("good");
        let routes = routes(&targets.iter().collect::<Vec<_>>(), &manifest, &version, &mut look);
        let told = |route: &Vec<&Artifact>| {
            let names: Vec<_> = route.iter().map(|artifact| artifact.file_name.as_str()).collect();
            names.join(" ")
        };
        (routes.iter().map(told).collect(), look.report.findings().len())
    }

    const FILES: [&str; 4] =
        ["coglet-1.0.tar.gz", "cog-1.0-py3-none-any.whl", "coglet-1.0.0.crate", "cog-linux"];

    #[test]
    fn a_line_without_packages_takes_what_no_other_names() {
        let found = routed("pypi: coglet\npypi needs coglet\ncrates-io", &FILES, "1.0");
        assert_eq!(found.0, [FILES[0], FILES[1], FILES[2]]);
        assert_eq!(found.1, 0);
    }

    #[test]
    fn what_nobody_takes_is_told_and_what_the_version_routes_away_is_not() {
        assert_eq!(routed("pypi", &FILES, "1.0").1, 1, "the crate");
        let two = "testpypi when alpha\npypi when stable\ncrates-io when stable";
        let python = [FILES[1], FILES[0]].join(" ");
        assert_eq!(routed(two, &FILES, "1.0a1"), (vec![python.clone(), String::new(), String::new()], 0));
        assert_eq!(routed(two, &FILES, "1.0"), (vec![String::new(), python, FILES[2].to_owned()], 0));
    }
}
