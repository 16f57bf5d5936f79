//! `package.json`, and the lock files of npm that repeat its version.

use super::json::{Json, Kind, Member};
use super::page::Page;
use super::{Found, Package, PackageKind, Role};
use crate::model::version::Spelling;

/// The lock files in which npm repeats the version, which are of one form.
pub(super) const LOCKS: &[&str] = &["package-lock.json", "npm-shrinkwrap.json"];

/// The versions that people write who leave the real one to semantic-release.
const PLACEHOLDERS: &[&str] = &["0.0.0-development", "0.0.0-semantically-released", "0.0.0-semantic-release"];

/// What a manifest states, and of which package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    /// What it states; nothing where it has no version, as manifests have that are not published.
    pub(super) found: Vec<Found>,
    /// The package, where it has a name and a version.
    pub(super) package: Option<Package>,
}

/// Reads a `package.json`.
pub(super) fn manifest(page: Page<'_>) -> Manifest {
    let only = |found| Manifest { found: vec![found], package: None };
    let json = match Json::read(page.text) {
        Ok(json) => json,
        Err(error) => return only(no_json(page, error.line, error.why)),
    };
    let Some(members) = json.members() else {
        return only(page.unreadable(None, "it is JSON, and not an object"));
    };
    let name = last(&members, "name").and_then(|name| json.said(name));
    let page = Page { package: name.as_deref().or(page.package), ..page };
    match versions(&members)[..] {
        [] => Manifest::default(),
        [version] if version.kind == Kind::Text => {
            if json.said(version).is_some_and(|text| PLACEHOLDERS.contains(&text.as_str())) {
                let line = page.line(version.value.start);
                return only(Found::Dynamic {
                    file: page.file.into(),
                    line,
                    by: "`semantic-release`".into(),
                });
            }
            let package =
                name.clone().map(|name| Package { name, kind: PackageKind::Npm, file: page.file.into() });
            let found = page.spelled("version", version.value.clone(), Spelling::Semver, Role::Version);
            Manifest { found: vec![found], package }
        }
        [version] => only(page.unreadable(Some(version.value.start), "`version` is no text")),
        [_, second, ..] => only(twice(page, second)),
    }
}

/// Whether a manifest says that npm is not to publish it.
pub(super) fn is_private(page: Page<'_>) -> bool {
    let members = Json::read(page.text).ok().and_then(|json| json.members()).unwrap_or_default();
    last(&members, "private").is_some_and(|private| page.text.get(private.value.clone()) == Some("true"))
}

/// Reads a lock file beside a `package.json`: what it says of the package itself.
pub(super) fn lock(page: Page<'_>) -> Vec<Found> {
    let json = match Json::read(page.text) {
        Ok(json) => json,
        Err(error) => return vec![no_json(page, error.line, error.why)],
    };
    let Some(members) = json.members() else {
        return vec![page.unreadable(None, "it is JSON, and not an object")];
    };
    let name = last(&members, "name").and_then(|name| json.said(name));
    let page = Page { package: page.package.or(name.as_deref()), ..page };
    // Since npm 7 the package itself is the one at the empty path, beside the older place.
    let packages = last(&members, "packages").and_then(|packages| json.members_of(packages));
    let own =
        packages.as_deref().and_then(|packages| last(packages, "")).and_then(|own| json.members_of(own));
    let mut found = Vec::new();
    for (members, key) in [(Some(members.as_slice()), "version"), (own.as_deref(), "packages..version")] {
        match versions(members.unwrap_or_default())[..] {
            [] => {}
            [version] if version.kind == Kind::Text => {
                found.push(page.spelled(key, version.value.clone(), Spelling::Semver, Role::Lock));
            }
            [version] => {
                found.push(page.unreadable(Some(version.value.start), format!("`{key}` is no text")))
            }
            [_, second, ..] => found.push(twice(page, second)),
        }
    }
    found
}

fn versions(members: &[Member]) -> Vec<&Member> {
    members.iter().filter(|member| member.key == "version").collect()
}

/// Of two members with one name, the last counts.
fn last<'m>(members: &'m [Member], key: &str) -> Option<&'m Member> {
    members.iter().rev().find(|member| member.key == key)
}

fn twice(page: Page<'_>, second: &Member) -> Found {
    page.unreadable(
        Some(second.value.start),
        "`version` stands twice in one object, and readers differ in which counts",
    )
}

fn no_json(page: Page<'_>, line: usize, why: String) -> Found {
    Found::Unreadable { file: page.file.into(), line: Some(line), why }
}

#[cfg(test)]
mod tests {
    use super::super::Statement;
    use super::*;

    fn page<'a>(file: &'a str, text: &'a str) -> Page<'a> {
        Page { file, text, habit: Spelling::Semver, package: None }
    }

    fn stated(found: &Found) -> (&str, usize, &str, Option<&str>) {
        match found {
            Found::Statement(Statement { key, line, text, package, .. }) => {
                (key, *line, text, package.as_deref())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_version_of_the_package_is_found_and_no_other() {
        let text = "{\r\n  \"name\": \"@scope/sample\",\r\n  \"dependencies\": {\"version\": \"9.9.9\"},\r\n  \"version\": \"1.2.0-rc1\"\r\n}\r\n";
        let Manifest { found, package } = manifest(page("package.json", text));
        assert_eq!(stated(&found[0]), ("version", 4, "1.2.0-rc1", Some("@scope/sample")));
        assert_eq!(package.map(|package| package.name).as_deref(), Some("@scope/sample"));
        assert_eq!(found.len(), 1);
        assert_eq!(manifest(page("package.json", "{\"private\": true}")), Manifest::default());
    }

    #[test]
    fn what_cannot_be_read_says_where_and_why() {
        for (text, line, part) in [
            ("{\n\"version\": 1\n}", Some(2), "is no text"),
            ("{\n\"version\": \"1.2\"\n}", Some(2), "no SemVer"),
            ("{\n\"version\": \"1.\\u0032.0\"\n}", Some(2), "no SemVer"),
            ("{\"version\": \"1.2.0\",\n\"version\": \"1.3.0\"}", Some(2), "twice"),
            ("[]", None, "not an object"),
            ("{\n// why\n}", Some(2), "no JSON"),
        ] {
            let found = manifest(page("package.json", text)).found;
            let [Found::Unreadable { line: at, why, .. }] = &found[..] else { panic!("{found:?}") };
            assert!(*at == line && why.contains(part), "{text}: {at:?} {why}");
        }
    }

    #[test]
    fn a_placeholder_is_left_to_its_tool() {
        let found = manifest(page("package.json", "{\"version\": \"0.0.0-development\"}")).found;
        assert!(
            matches!(&found[..], [Found::Dynamic { by, .. }] if by.contains("semantic-release")),
            "{found:?}"
        );
    }

    #[test]
    fn lock_files_repeat_it_in_two_places() {
        let text = "{\"name\": \"sample\", \"version\": \"1.2.0\", \"lockfileVersion\": 3, \"packages\": {\n\"\": {\"version\": \"1.1.0\"},\n\"node_modules/a\": {\"version\": \"3.0.0\"}}}";
        let found = lock(page("package-lock.json", text));
        let found: Vec<_> = found.iter().map(stated).collect();
        assert_eq!(
            found,
            [("version", 1, "1.2.0", Some("sample")), ("packages..version", 2, "1.1.0", Some("sample"))]
        );
        assert_eq!(lock(page("package-lock.json", "{\"lockfileVersion\": 3}")), []);
    }
}
