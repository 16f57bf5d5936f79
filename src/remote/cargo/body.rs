//! The body of a publication: what cargo would say of the crate, then the crate.
//!
//! Source: cargo's reference, registry web API, and what cargo sends. crates.io reads all but four fields from the
//! manifest in the crate; other registries, and the index that they write, know only what is said here.

use std::collections::BTreeMap;

use bytes::{BufMut as _, Bytes, BytesMut};
use serde::Serialize;

use super::CrateUpload;
use crate::archive::crate_file::{CrateDependency, CrateManifest, DependencyKind, DependencySource};
use crate::model::endpoints::{CRATES_IO_GIT_INDEX, CRATES_IO_INDEX, Endpoint};
use crate::remote::error::RemoteError;
use crate::remote::http::call::Part;

/// What a registry is told of a crate. Every field is sent, also where there is nothing to say.
#[derive(Serialize)]
struct Krate<'a> {
    name: &'a str,
    vers: String,
    deps: Vec<Dependency<'a>>,
    features: &'a BTreeMap<String, Vec<String>>,
    authors: &'a [String],
    description: Option<&'a str>,
    documentation: Option<&'a str>,
    homepage: Option<&'a str>,
    readme: Option<&'a str>,
    readme_file: Option<&'a str>,
    keywords: &'a [String],
    categories: &'a [String],
    license: Option<&'a str>,
    license_file: Option<&'a str>,
    repository: Option<&'a str>,
    badges: &'a BTreeMap<String, BTreeMap<String, String>>,
    links: Option<&'a str>,
    rust_version: Option<&'a str>,
}

#[derive(Serialize)]
struct Dependency<'a> {
    optional: bool,
    default_features: bool,
    name: &'a str,
    features: &'a [String],
    version_req: String,
    target: Option<&'a str>,
    kind: &'static str,
    /// The index of another registry than the one that is published to.
    #[serde(skip_serializing_if = "Option::is_none")]
    registry: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explicit_name_in_toml: Option<&'a str>,
}

/// The parts of the body for the registry with this index: two lengths, the JSON between them, and the file, which is
/// read while it is sent.
///
/// # Errors
/// When the manifest names a dependency that exists only where the crate was packed, or the file is longer than the
/// form can say.
pub(super) fn parts(upload: &CrateUpload<'_>, index: &Endpoint) -> Result<Vec<Part>, RemoteError> {
    let json = json(upload, index)?;
    let length = |bytes: u64, what: &str| {
        u32::try_from(bytes).map_err(|_error| RemoteError::Missing {
            what: format!("{what} `{}` is longer than a registry can take", upload.artifact.file_name),
            hint: "exclude what users of the crate do not need (`exclude` in `Cargo.toml`)".into(),
        })
    };
    let mut head = BytesMut::with_capacity(json.len() + 8);
    head.put_u32_le(length(json.len() as u64, "what is said of")?);
    head.put_slice(&json);
    head.put_u32_le(length(upload.artifact.size_bytes, "the file")?);
    let file = Part::File {
        path: upload.path.to_owned(),
        size_bytes: upload.artifact.size_bytes,
        sha256: upload.artifact.sha256,
    };
    Ok(vec![Part::Bytes(head.freeze()), file])
}

fn json(upload: &CrateUpload<'_>, index: &Endpoint) -> Result<Bytes, RemoteError> {
    let CrateUpload { file: _, artifact, path: _, manifest, readme } = upload;
    let mut deps = Vec::new();
    let mut dependencies: Vec<&CrateDependency> = manifest.dependencies().iter().collect();
    // In cargo's order, so that both bodies are the same also where nobody compares them as sets.
    dependencies.sort_by_key(|one| (&one.target, matches!(one.kind, DependencyKind::Build), one.kind));
    for dependency in dependencies {
        deps.push(said_of(dependency, index).map_err(|key| RemoteError::Missing {
            what: format!(
                "`{}` in `{}` is a dependency by `{key}`, which no registry knows",
                dependency.name, artifact.file_name
            ),
            hint: "was the file packed by `cargo package`? it leaves versions and registries only".into(),
        })?);
    }
    let CrateManifest {
        name,
        version,
        authors,
        description,
        documentation,
        homepage,
        repository,
        license,
        license_file,
        readme: readme_file,
        keywords,
        categories,
        badges,
        links,
        edition: _,
        rust_version,
        features,
        ..
    } = manifest;
    let krate = Krate {
        name: name.written(),
        vers: version.to_string(),
        deps,
        features,
        authors,
        description: description.as_deref(),
        documentation: documentation.as_deref(),
        homepage: homepage.as_deref(),
        readme: readme.map(|(_, text)| text),
        readme_file: readme.map(|(path, _)| path).or(readme_file.as_deref()),
        keywords,
        categories,
        license: license.as_deref(),
        license_file: license_file.as_deref(),
        repository: repository.as_deref(),
        badges,
        links: links.as_deref(),
        rust_version: rust_version.as_deref(),
    };
    Ok(serde_json::to_vec(&krate).expect("texts and lists are JSON").into())
}

/// The error is the key of the manifest that says where else than in a registry the dependency is.
fn said_of<'a>(dependency: &'a CrateDependency, index: &Endpoint) -> Result<Dependency<'a>, &'static str> {
    let CrateDependency {
        name,
        renamed,
        requirement,
        kind,
        target,
        features,
        default_features,
        optional,
        source,
    } = dependency;
    let from = match source {
        DependencySource::CratesIo => CRATES_IO_GIT_INDEX,
        DependencySource::Index(index) => index,
        DependencySource::Local(key) => return Err(key),
    };
    Ok(Dependency {
        optional: *optional,
        default_features: *default_features,
        name: name.written(),
        features,
        version_req: requirement.to_string(),
        target: target.as_deref(),
        kind: match kind {
            DependencyKind::Normal => "normal",
            DependencyKind::Build => "build",
            DependencyKind::Dev => "dev",
        },
        registry: (bare(from) != bare(index.url().as_str())).then_some(from),
        explicit_name_in_toml: renamed.as_deref(),
    })
}

/// An index's address without what does not tell it from others: its protocol, and which of crates.io's two it is.
fn bare(index: &str) -> &str {
    let bare = |index: &'static str| index.trim_end_matches('/');
    match index.strip_prefix("sparse+").unwrap_or(index).trim_end_matches('/') {
        index if index == bare(CRATES_IO_GIT_INDEX) => bare(CRATES_IO_INDEX),
        index => index,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::artifact::{Artifact, ArtifactKind};
    use crate::model::crate_name::CrateFile;
    use crate::model::digest::Hashes;

    const TARGET: &str = "http://127.0.0.1:18999/ours/";
    const FILE: &[u8] = b"the bytes of a crate";

    fn read(manifest: &str) -> CrateManifest {
        CrateManifest::parse(manifest).expect("a manifest")
    }

    /// What `f` makes of an upload of a crate with this manifest.
    fn with<R>(
        manifest: &CrateManifest,
        readme: Option<(&str, &str)>,
        f: impl FnOnce(&CrateUpload<'_>) -> R,
    ) -> R {
        let file = CrateFile::new(manifest.name.clone(), manifest.version.clone());
        let file_name = file.to_string().parse().expect("good");
        let artifact = Artifact::new(file_name, Hashes::of(FILE), ArtifactKind::Crate(file.clone()));
        let path = std::path::Path::new("x.crate");
        f(&CrateUpload { file: &file, artifact: &artifact, path, manifest, readme })
    }

    fn said(manifest: &str, readme: Option<(&str, &str)>, index: &str) -> Value {
        let index = index.parse().expect("good");
        let json = with(&read(manifest), readme, |upload| json(upload, &index)).expect("a body");
        serde_json::from_slice(&json).expect("JSON")
    }

    /// What the real cargo sent; `scripts/record_cargo_publish.py` wrote it down.
    #[test]
    fn registries_are_told_what_cargo_tells_them() {
        macro_rules! recorded {
            ($name:literal, $ending:literal) => {
                include_str!(concat!("../../../tests/data/cargo_publish/", $name, $ending))
            };
        }
        for (manifest, readme, cargo) in [
            (
                recorded!("everything", ".toml"),
                Some(("docs/ReadMe.md", recorded!("everything", ".md"))),
                recorded!("everything", ".json"),
            ),
            (
                recorded!("inherits", ".toml"),
                Some(("README.md", recorded!("inherits", ".md"))),
                recorded!("inherits", ".json"),
            ),
            (recorded!("plain", ".toml"), None, recorded!("plain", ".json")),
        ] {
            let cargo: Value =
                serde_json::from_str(&cargo.replace("CRATES.IO", CRATES_IO_GIT_INDEX)).expect("JSON");
            let ours = said(manifest, readme, TARGET);
            assert_eq!(ours, cargo, "{ours:#}");
        }
    }

    #[test]
    fn a_registry_is_not_told_its_own_index() {
        let manifest = format!(
            "[package]\nname = \"a\"\nversion = \"1.0.0\"\n[dependencies]\nb = \"1\"\n\
             c = {{ version = \"1\", registry-index = \"sparse+{CRATES_IO_INDEX}\" }}\n\
             d = {{ version = \"1\", registry-index = \"sparse+{TARGET}\" }}\n"
        );
        let told = |index: &str| {
            let said = said(&manifest, None, index);
            let deps = said["deps"].as_array().expect("a list").iter();
            deps.map(|one| one["registry"].as_str().map(str::to_owned)).collect::<Vec<_>>()
        };
        // crates.io is called by one name, whichever of its two addresses a manifest has.
        let (git, ours) = (Some(CRATES_IO_GIT_INDEX.to_owned()), Some(format!("sparse+{TARGET}")));
        assert_eq!(told(CRATES_IO_INDEX), [None, None, ours]);
        assert_eq!(told(TARGET), [git.clone(), git.clone(), None]);
        assert_eq!(told(TARGET.trim_end_matches('/')), [git.clone(), git, None]);
    }

    #[test]
    fn the_file_follows_what_is_said_of_it() {
        let manifest = read("[package]\nname = \"a\"\nversion = \"1.0.0\"\n");
        let index = TARGET.parse().expect("good");
        let parts = with(&manifest, None, |upload| parts(upload, &index)).expect("a body");
        let [Part::Bytes(head), Part::File { size_bytes, sha256, .. }] = &parts[..] else {
            panic!("two parts")
        };
        let length = u32::from_le_bytes(head[..4].try_into().expect("four bytes")) as usize;
        assert!(head[4..].starts_with(b"{") && head[..4 + length].ends_with(b"}"));
        assert_eq!(head[4 + length..], (FILE.len() as u32).to_le_bytes());
        assert_eq!((*size_bytes, *sha256), (FILE.len() as u64, Hashes::of(FILE).sha256));
    }

    #[test]
    fn what_exists_only_where_it_was_packed_is_told_to_nobody() {
        let manifest =
            read("[package]\nname = \"a\"\nversion = \"1.0.0\"\n[dependencies]\nb = { path = \"../b\" }\n");
        let index = TARGET.parse().expect("good");
        let error = with(&manifest, None, |upload| json(upload, &index)).expect_err("local");
        assert!(error.to_string().contains("`b` in `a-1.0.0.crate` is a dependency by `path`"), "{error}");
    }
}
