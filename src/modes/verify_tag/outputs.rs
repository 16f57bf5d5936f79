//! What verify-tag answers.

use serde_json::json;

use crate::model::pep440::Pre;
use crate::model::revision::CommitSha;
use crate::model::tag::Tag;
use crate::model::version::{Spelling, Version, VersionKind};
use crate::plan::{Output, OutputField};
use crate::sources::{Found, PackageKind, Role, Sources, Statement};

/// The answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verified {
    pub(super) tag: Option<Tag>,
    pub(super) commit: Option<CommitSha>,
    /// The branch that the rules ask for.
    pub(super) branch: Option<String>,
    /// Nothing until the tags are known.
    pub(super) previous_tag: Option<Tag>,
    pub(super) packages: Vec<PackageRow>,
    /// Whether the version goes to the test index.
    pub(super) is_test: bool,
}

/// A package and its version, as its registry spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PackageRow {
    name: String,
    kind: &'static str,
    version: Option<String>,
    files: Vec<String>,
}

impl PackageRow {
    /// The packages that have the version, each with the files that state it.
    pub(super) fn all(sources: &Sources, version: &Version, shown: impl Fn(&str) -> String) -> Vec<Self> {
        let row = |package: &crate::sources::Package| {
            let (kind, spelling) = match package.kind {
                PackageKind::Python => ("python", Spelling::Pep440),
                PackageKind::Crate => ("crate", Spelling::Semver),
                PackageKind::Npm => ("npm", Spelling::Semver),
            };
            // A crate and a Python package may share a name, and the files of each are spelled as its registry spells.
            let is_npm = package.kind == PackageKind::Npm;
            let states = |found: &'_ Found| match found {
                Found::Statement(statement)
                    if statement.package.as_ref() == Some(&package.name)
                        && statement.spelling == spelling
                        && statement.file.ends_with(".json") == is_npm =>
                {
                    Some(statement.clone())
                }
                _ => None,
            };
            let statements: Vec<Statement> = sources.found.iter().filter_map(states).collect();
            let mut files: Vec<String> = statements.iter().map(|statement| shown(&statement.file)).collect();
            files.push(shown(&package.file));
            files.sort();
            files.dedup();
            // SemVer has no normal form: registries keep what the file says.
            let is_said = |statement: &&Statement| {
                spelling == Spelling::Semver
                    && statement.role == Role::Version
                    && statement.disagreement(version).is_none()
            };
            let said = statements.iter().find(is_said).map(|statement| statement.text.clone());
            let version = said.or_else(|| version.spelled(spelling).ok());
            Self { name: package.name.clone(), kind, version, files }
        };
        sources.packages.iter().map(row).collect()
    }
}

/// The word for a version's maturity, and its number: `rc` and 1 of `1.2.0rc1`.
fn maturity(version: &Version) -> (&'static str, Option<String>) {
    let parts = version.parts();
    // A development release of a candidate is less than the candidate.
    match (&parts.dev, &parts.pre) {
        (Some(number), _) => ("dev", Some(number.to_string())),
        (None, Some((Pre::Alpha, number))) => ("alpha", Some(number.to_string())),
        (None, Some((Pre::Beta, number))) => ("beta", Some(number.to_string())),
        (None, Some((Pre::Candidate, number))) => ("rc", Some(number.to_string())),
        (None, None) => ("stable", None),
    }
}

impl Output for Verified {
    fn fields(&self) -> Vec<OutputField> {
        let Self { tag, commit, branch, previous_tag, packages, is_test } = self;
        let Some(tag) = tag else { return Vec::new() };
        let version = tag.version();
        let mut fields: Vec<OutputField> = Vec::new();
        let mut push = |name: &'static str, value: String| fields.push((name.into(), value));
        push("tag", tag.to_string());
        push("version", tag.written_version().to_owned());
        push("version-pep440", version.pep440());
        push("version-semver", version.semver().unwrap_or_default());
        let numbers = &version.parts().release;
        for (position, name) in ["major", "minor", "patch"].into_iter().enumerate() {
            push(name, numbers.get(position).map_or_else(|| "0".to_owned(), ToString::to_string));
        }
        let (channel, number) = maturity(version);
        push("prerelease", version.is_prerelease().to_string());
        push("prerelease-kind", if number.is_some() { channel.to_owned() } else { String::new() });
        push("prerelease-number", number.unwrap_or_default());
        push("channel", channel.to_owned());
        push("index", if *is_test { "testpypi" } else { "pypi" }.to_owned());
        if let Some(commit) = commit {
            push("previous-tag", previous_tag.as_ref().map(ToString::to_string).unwrap_or_default());
            push("commit", commit.to_string());
            push("branch", branch.clone().unwrap_or_default());
        }
        push("versions", rows(packages));
        fields
    }
}

/// The table as JSON.
fn rows(packages: &[PackageRow]) -> String {
    let row = |PackageRow { name, kind, version, files }: &PackageRow| json!({ "name": name, "kind": kind, "version": version, "files": files });
    serde_json::Value::from(packages.iter().map(row).collect::<Vec<_>>()).to_string()
}

/// Whether a version is of one of these kinds.
pub(super) fn is_one_of(kinds: &[VersionKind], version: &Version) -> bool {
    kinds.iter().any(|kind| kind.fits(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(tag: &str, name: &str) -> String {
        let tag = Some(tag.parse().expect("good"));
        let fields = Verified { tag, ..Verified::default() }.fields();
        fields.into_iter().find(|(found, _)| found == name).map(|(_, value)| value).expect(name)
    }

    #[test]
    fn a_version_is_taken_apart() {
        let names =
            ["major", "minor", "patch", "prerelease", "prerelease-kind", "prerelease-number", "channel"];
        for (tag, parts) in [
            ("v1.2.3", ["1", "2", "3", "false", "", "", "stable"]),
            ("v1.2.0-rc.4", ["1", "2", "0", "true", "rc", "4", "rc"]),
            ("v1.2.0-beta1", ["1", "2", "0", "true", "beta", "1", "beta"]),
            ("1.2a3", ["1", "2", "0", "true", "alpha", "3", "alpha"]),
            ("v1.2.0-dev7", ["1", "2", "0", "true", "dev", "7", "dev"]),
            ("v1.2.0rc1.dev2", ["1", "2", "0", "true", "dev", "2", "dev"]),
            ("v1.2.0.post1", ["1", "2", "0", "false", "", "", "stable"]),
        ] {
            assert_eq!(names.map(|name| field(tag, name)), parts, "{tag}");
        }
        assert_eq!(field("v1.2.0.post1", "version-semver"), "");
        assert_eq!((field("v1.2.0", "index"), field("v1.2.0", "versions")), ("pypi".into(), "[]".into()));
    }
}
