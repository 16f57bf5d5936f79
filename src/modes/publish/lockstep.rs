//! Packages of one release that need one another: the built metadata has to admit the version that goes out, and should
//! begin with it.

use semver::{Comparator, Op, VersionReq};

use super::error::PublishError;
use super::route::{File, PackageId, Packages};
use super::rules::{LOCKSTEP, LOCKSTEP_FLOOR, LOCKSTEP_SOMETIMES};
use crate::archive::crate_file::DependencyKind;
use crate::model::pep440::Pep440;
use crate::model::version::Version;
use crate::modes::proven::core_metadata;
use crate::python::requirement::Requirement;
use crate::python::specifier::SpecifierSet;
use crate::remote::disk::read::DiskRead;
use crate::report::Finding;

/// What a requirement on a package of the same release says of its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Floor {
    /// It begins with it.
    Here,
    /// It admits it, and older ones.
    Below,
    /// It does not admit it, where its marker holds.
    Sometimes,
    /// It does not admit it.
    Excluded,
}

/// What does not fit, file by file.
pub(super) fn find(disk: &DiskRead, packages: &Packages) -> Result<Vec<Finding>, PublishError> {
    let mut findings = crates(packages);
    let projects = packages.files.keys().filter(|id| matches!(id, PackageId::Project(_))).count();
    // A project alone has nobody to keep step with, and reading its files takes time.
    if projects < 2 {
        return Ok(findings);
    }
    for (id, files) in &packages.files {
        for File { artifact, path } in files.iter().filter(|file| file.artifact.distribution().is_some()) {
            let changed = || PublishError::Changed { file: path.clone() };
            let metadata = core_metadata(disk, path, artifact)?.ok_or_else(changed)?;
            let requirements = metadata.all("Requires-Dist").filter_map(|text| {
                // What is no requirement is a finding of validate-wheels.
                let requirement: Requirement = text.parse().ok()?;
                let name = PackageId::Project(requirement.name.parse().ok()?);
                let version = packages.files.get(&name)?.first()?.artifact.distribution()?.version();
                (name != *id && requirement.url.is_none())
                    .then(|| (text, name, version, project_floor(&requirement, version)))
            });
            for (text, name, version, floor) in requirements {
                findings.extend(finding(
                    floor,
                    text,
                    &name,
                    &version.to_string(),
                    artifact.file_name.as_str(),
                ));
            }
        }
    }
    Ok(findings)
}

fn crates(packages: &Packages) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, manifest) in &packages.manifests {
        let needed = manifest.dependencies().iter().filter(|found| found.kind != DependencyKind::Dev);
        for dependency in needed.filter(|dependency| dependency.name != *name) {
            let Some(other) = packages.manifests.get(&dependency.name) else { continue };
            let floor = crate_floor(&dependency.requirement, &other.version);
            let text = format!("{} = \"{}\"", dependency.name, dependency.requirement);
            let (id, version) = (PackageId::Crate(other.name.clone()), other.version.to_string());
            findings.extend(finding(
                floor,
                &text,
                &id,
                &version,
                &format!("{name}-{}.crate", manifest.version),
            ));
        }
    }
    findings
}

fn finding(floor: Floor, text: &str, name: &PackageId, version: &str, file: &str) -> Option<Finding> {
    let text: String = text.chars().take(200).collect();
    let message =
        |says: &str| format!("it asks for `{text}`, {says} {version} of `{name}`, which is released with it");
    match floor {
        Floor::Here => None,
        Floor::Below => Some(LOCKSTEP_FLOOR.finding(message("which begins below version")).in_file(file)),
        Floor::Sometimes => {
            let says = "for some installations, which does not admit version";
            Some(LOCKSTEP_SOMETIMES.finding(message(says)).in_file(file))
        }
        Floor::Excluded => Some(LOCKSTEP.finding(message("which does not admit version")).in_file(file)),
    }
}

/// A marker, of which an extra is one, may never hold where both are installed: old Pythons can be told to take old parts.
fn project_floor(requirement: &Requirement, version: &Version) -> Floor {
    match floor(&requirement.specifiers, version) {
        Floor::Excluded if !requirement.comparisons.is_empty() => Floor::Sometimes,
        floor => floor,
    }
}

fn floor(specifiers: &SpecifierSet, version: &Version) -> Floor {
    if !specifiers.contains(version) {
        return Floor::Excluded;
    }
    let begins = specifiers.specifiers.iter().any(|specifier| {
        let bound = Pep440::read(&specifier.version);
        matches!(specifier.operator, ">=" | "==" | "~=" | "===")
            && bound.is_some_and(|bound| version.parts().is_same_public(&bound))
    });
    if begins { Floor::Here } else { Floor::Below }
}

fn crate_floor(requirement: &VersionReq, version: &semver::Version) -> Floor {
    if !requirement.matches(version) {
        return Floor::Excluded;
    }
    let begins = requirement.comparators.iter().any(|comparator| {
        let Comparator { op, major, minor, patch, pre } = comparator;
        let begins_with = matches!(op, Op::Exact | Op::GreaterEq | Op::Tilde | Op::Caret);
        let bound = (*major, minor.unwrap_or_default(), patch.unwrap_or_default(), pre);
        begins_with && bound == (version.major, version.minor, version.patch, &version.pre)
    });
    if begins { Floor::Here } else { Floor::Below }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_begin_with_a_version_or_below_it_or_leave_it_out() {
        for (specifiers, version, expected) in [
            (">=1.2.0,<2.0", "1.2", Floor::Here),
            ("==1.2.0", "1.2.0", Floor::Here),
            ("~=1.2.0", "1.2.0", Floor::Here),
            (">=0.17.0a3,<1.0", "0.17.0a3", Floor::Here),
            (">=1.0,<2.0", "1.2.0", Floor::Below),
            ("", "1.2.0", Floor::Below),
            ("==1.2.*", "1.2.0", Floor::Below),
            ("<1.0", "1.2.0", Floor::Excluded),
            (">=1.2.0", "1.2.0rc1", Floor::Excluded),
            ("==1.1.0", "1.2.0", Floor::Excluded),
        ] {
            let version = Version::from_pep440(version).expect("good");
            assert_eq!(floor(&specifiers.parse().expect("good"), &version), expected, "{specifiers}");
        }
    }

    #[test]
    fn what_a_marker_leaves_out_is_left_out_sometimes() {
        let version = Version::from_pep440("1.2.0").expect("good");
        for (requirement, expected) in [
            ("coglet==0.5; python_version<\"3.9\"", Floor::Sometimes),
            ("coglet<1; extra == \"old\"", Floor::Sometimes),
            ("coglet==1.2.0; extra == \"fast\"", Floor::Here),
            ("coglet[fast]==0.5", Floor::Excluded),
        ] {
            let read: Requirement = requirement.parse().expect("good");
            assert_eq!(project_floor(&read, &version), expected, "{requirement}");
        }
    }

    #[test]
    fn so_do_requirements_of_crates() {
        for (requirement, version, expected) in [
            ("1.2.0", "1.2.0", Floor::Here),
            ("=1.2.0", "1.2.0", Floor::Here),
            (">=0.9.0-alpha.3, <1", "0.9.0-alpha.3", Floor::Here),
            ("1", "1.2.0", Floor::Below),
            ("1", "1.0.0", Floor::Here),
            ("*", "1.2.0", Floor::Below),
            ("1.3", "1.2.0", Floor::Excluded),
            ("0.9", "0.9.0-alpha.3", Floor::Excluded),
        ] {
            let (read, version) = (requirement.parse().expect("good"), version.parse().expect("good"));
            assert_eq!(crate_floor(&read, &version), expected, "{requirement}");
        }
    }
}
