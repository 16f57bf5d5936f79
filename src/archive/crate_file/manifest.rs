//! `Cargo.toml` of a packed crate, as cargo leaves it there: nothing inherited, every dependency from a registry.
//!
//! Source: the reference of cargo, manifest format and registry web API. What only a build needs is passed over.

use std::collections::BTreeMap;

use semver::{Version, VersionReq};
use serde::Deserialize;

use super::platform;
use crate::archive::shown;
use crate::model::crate_name::{CrateName, CrateNameError};
use crate::model::endpoints::{CRATES_IO_GIT_INDEX, CRATES_IO_INDEX};

/// What a manifest says that registries and users are told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is called as in the manifest")]
pub struct CrateManifest {
    pub name: CrateName,
    pub version: Version,
    pub authors: Vec<String>,
    pub description: Option<String>,
    pub documentation: Option<String>,
    pub homepage: Option<String>,
    pub repository: Option<String>,
    pub license: Option<String>,
    pub license_file: Option<String>,
    /// The readme's path in the crate.
    pub readme: Option<String>,
    pub keywords: Vec<String>,
    pub categories: Vec<String>,
    pub badges: BTreeMap<String, BTreeMap<String, String>>,
    pub links: Option<String>,
    pub edition: Option<String>,
    pub rust_version: Option<String>,
    pub features: BTreeMap<String, Vec<String>>,
    pub publish: PublishTo,
    /// Tables that cargo leaves in no packed crate: `patch`, `replace`, `workspace`.
    pub left_over: Vec<&'static str>,
    dependencies: Vec<CrateDependency>,
}

/// Which registries the manifest allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishTo {
    /// Any.
    Any,
    /// These, by the names that its author gives them. An empty list is `publish = false`.
    Only(Vec<String>),
}

/// Another crate that a crate needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrateDependency {
    /// What the crate is called in its registry.
    pub name: CrateName,
    /// What the manifest calls it, where that is something else.
    pub renamed: Option<String>,
    /// Which versions of it.
    pub requirement: VersionReq,
    /// When it is needed.
    pub kind: DependencyKind,
    /// For which platforms, in cargo's spelling; `None` for all.
    pub target: Option<String>,
    /// Which of its features are asked for.
    pub features: Vec<String>,
    /// Whether its default features are.
    pub default_features: bool,
    /// Whether it is only needed when a feature says so.
    pub optional: bool,
    /// Where it comes from.
    pub source: DependencySource,
}

/// When a dependency is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DependencyKind {
    /// By the crate itself.
    Normal,
    /// By its build script.
    Build,
    /// By its tests, examples and benchmarks.
    Dev,
}

/// Where a dependency comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DependencySource {
    /// From crates.io.
    CratesIo,
    /// From the registry with this index, as cargo writes it.
    Index(String),
    /// From what exists only where the crate was packed, which cargo takes out: the key that says so.
    Local(&'static str),
}

impl CrateDependency {
    /// The index of the registry that it comes from, when that is not crates.io.
    pub fn registry_index(&self) -> Option<&str> {
        if let DependencySource::Index(index) = &self.source { Some(index) } else { None }
    }
}

/// Why a text is no manifest of a packed crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum CrateManifestError {
    #[error("it is no manifest of a packed crate: {why}")]
    Form { why: String },
    #[error(transparent)]
    Name(#[from] CrateNameError),
    #[error("its version `{text}` is not of the form MAJOR.MINOR.PATCH: {why}")]
    Version { text: String, why: String },
    #[error("its dependency `{dependency}` is of no crate: {source}")]
    DependencyName { dependency: String, source: CrateNameError },
    #[error("its dependency `{dependency}` asks for `{text}`, which are no versions: {why}")]
    Requirement { dependency: String, text: String, why: String },
}

impl CrateManifest {
    /// The crates that it needs: normal, then build, then dev, each sorted by what the manifest calls them, and those for
    /// some platforms only behind them.
    pub fn dependencies(&self) -> &[CrateDependency] {
        &self.dependencies
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// When it is no TOML, or lacks what a packed crate must have in it, or has that in another form.
    pub fn parse(text: &str) -> Result<Self, CrateManifestError> {
        let form = |error: toml::de::Error| {
            let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
            let place = line.map(|line| format!(", in line {line}")).unwrap_or_default();
            CrateManifestError::Form { why: format!("{}{place}", quoted(error.message())) }
        };
        let ManifestToml { package, features, badges, dependencies, target, left } =
            toml::from_str(text).map_err(form)?;
        let version = Version::parse(&package.version).map_err(|error| CrateManifestError::Version {
            text: quoted(&package.version),
            why: error.to_string(),
        })?;
        let mut all = dependencies.read(None)?;
        for (platform, dependencies) in target {
            all.extend(dependencies.read(Some(&platform::spelled(&platform)))?);
        }
        let LeftOver { patch, replace, workspace } = left;
        let left_over = [("patch", patch), ("replace", replace), ("workspace", workspace)];
        Ok(Self {
            name: package.name.parse()?,
            version,
            authors: package.authors,
            description: package.description,
            documentation: package.documentation,
            homepage: package.homepage,
            repository: package.repository,
            license: package.license,
            license_file: package.license_file,
            readme: match package.readme {
                Some(Readme::Path(path)) => Some(path),
                Some(Readme::Usual(true)) => Some("README.md".to_owned()),
                Some(Readme::Usual(false)) | None => None,
            },
            keywords: package.keywords,
            categories: package.categories,
            badges,
            links: package.links,
            edition: package.edition,
            rust_version: package.rust_version,
            features,
            publish: match package.publish {
                Some(Publish::Registries(names)) => PublishTo::Only(names),
                Some(Publish::Anywhere(false)) => PublishTo::Only(Vec::new()),
                Some(Publish::Anywhere(true)) | None => PublishTo::Any,
            },
            left_over: left_over.into_iter().filter_map(|(name, found)| found.map(|_| name)).collect(),
            dependencies: all,
        })
    }
}

/// A stranger's text, for a message.
fn quoted(text: &str) -> String {
    shown(text).escape_debug().to_string()
}

#[derive(Deserialize)]
struct ManifestToml {
    #[serde(alias = "project")]
    package: PackageToml,
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    badges: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(flatten)]
    dependencies: DependenciesToml,
    #[serde(default)]
    target: BTreeMap<String, DependenciesToml>,
    #[serde(flatten)]
    left: LeftOver,
}

#[derive(Deserialize)]
struct LeftOver {
    patch: Option<serde::de::IgnoredAny>,
    replace: Option<serde::de::IgnoredAny>,
    workspace: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct PackageToml {
    name: String,
    version: String,
    #[serde(default)]
    authors: Vec<String>,
    description: Option<String>,
    documentation: Option<String>,
    homepage: Option<String>,
    repository: Option<String>,
    license: Option<String>,
    license_file: Option<String>,
    readme: Option<Readme>,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
    links: Option<String>,
    edition: Option<String>,
    rust_version: Option<String>,
    publish: Option<Publish>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a path, `true` or `false`")]
enum Readme {
    Path(String),
    Usual(bool),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a list of registries, `true` or `false`")]
enum Publish {
    Registries(Vec<String>),
    Anywhere(bool),
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct DependenciesToml {
    dependencies: BTreeMap<String, DependencyToml>,
    #[serde(alias = "build_dependencies")]
    build_dependencies: BTreeMap<String, DependencyToml>,
    #[serde(alias = "dev_dependencies")]
    dev_dependencies: BTreeMap<String, DependencyToml>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a version or a table with one")]
enum DependencyToml {
    Version(String),
    Table(DependencyTable),
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct DependencyTable {
    version: Option<String>,
    package: Option<String>,
    registry: Option<String>,
    registry_index: Option<String>,
    path: Option<serde::de::IgnoredAny>,
    git: Option<serde::de::IgnoredAny>,
    workspace: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    features: Vec<String>,
    #[serde(alias = "default_features")]
    default_features: Option<bool>,
    #[serde(default)]
    optional: bool,
}

impl DependenciesToml {
    fn read(self, target: Option<&str>) -> Result<Vec<CrateDependency>, CrateManifestError> {
        let Self { dependencies, build_dependencies, dev_dependencies } = self;
        let tables = [
            (DependencyKind::Normal, dependencies),
            (DependencyKind::Build, build_dependencies),
            (DependencyKind::Dev, dev_dependencies),
        ];
        let rows = tables.into_iter().flat_map(|(kind, table)| {
            table.into_iter().map(move |(key, dependency)| dependency.read(&key, kind, target))
        });
        rows.collect()
    }
}

impl DependencyToml {
    fn read(
        self,
        key: &str,
        kind: DependencyKind,
        target: Option<&str>,
    ) -> Result<CrateDependency, CrateManifestError> {
        let table = match self {
            Self::Version(version) => DependencyTable { version: Some(version), ..Default::default() },
            Self::Table(table) => table,
        };
        let DependencyTable { version, package, registry, registry_index, path, git, workspace, .. } = table;
        let local = [
            ("path", path.is_some()),
            ("git", git.is_some()),
            ("workspace", workspace.is_some()),
            ("registry", registry.is_some()),
        ];
        let local = local.into_iter().find_map(|(key, is_there)| is_there.then_some(key));
        // Who names crates.io's own index names no other registry.
        let source = match (local, registry_index) {
            (_, Some(index)) if is_crates_io(&index) => DependencySource::CratesIo,
            (_, Some(index)) => DependencySource::Index(index),
            (Some(key), None) => DependencySource::Local(key),
            (None, None) => DependencySource::CratesIo,
        };
        let requirement = version.as_deref().unwrap_or("*");
        Ok(CrateDependency {
            name: package
                .as_deref()
                .unwrap_or(key)
                .parse()
                .map_err(|source| CrateManifestError::DependencyName { dependency: quoted(key), source })?,
            renamed: package.is_some().then(|| key.to_owned()),
            requirement: VersionReq::parse(requirement).map_err(|error| CrateManifestError::Requirement {
                dependency: quoted(key),
                text: quoted(requirement),
                why: error.to_string(),
            })?,
            kind,
            target: target.map(str::to_owned),
            features: table.features,
            default_features: table.default_features.unwrap_or(true),
            optional: table.optional,
            source,
        })
    }
}

/// Whether an index is the one of crates.io, by whichever protocol.
fn is_crates_io(index: &str) -> bool {
    fn bare(index: &str) -> &str {
        index.trim_end_matches('/')
    }
    match index.strip_prefix("sparse+") {
        Some(sparse) => bare(sparse) == bare(CRATES_IO_INDEX),
        None => bare(index.strip_prefix("registry+").unwrap_or(index)) == bare(CRATES_IO_GIT_INDEX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGE: &str = "[package]\nname = \"a-b\"\nversion = \"1.2.3-rc.1+b.5\"\n";

    fn parse(rest: &str) -> Result<CrateManifest, CrateManifestError> {
        CrateManifest::parse(&format!("{PACKAGE}{rest}"))
    }

    #[test]
    fn every_kind_of_dependency_is_read() {
        let manifest = parse(
            "readme = false\npublish = [\"ours\"]\n[dependencies.x]\nversion = \"1\"\npackage = \"real\"\n\
             optional = true\ndefault-features = false\nfeatures = [\"f\"]\n[build-dependencies]\ncc = \"=1.0.1\"\n\
             [dev-dependencies.t]\nversion = \">=1, <3\"\nregistry-index = \"sparse+https://r.example/\"\n\
             [target.\"cfg( unix )\".dependencies.libc]\nversion = \"0.2\"\ndefault_features = false\n\
             [features]\ndefault = [\"x\"]\n[badges.b]\nk = \"v\"\n[workspace]\n",
        )
        .expect("good");
        assert_eq!(manifest.name.written(), "a-b");
        assert_eq!(manifest.version.to_string(), "1.2.3-rc.1+b.5");
        assert_eq!((&manifest.readme, &manifest.left_over[..]), (&None, &["workspace"][..]));
        assert_eq!(manifest.publish, PublishTo::Only(vec!["ours".to_owned()]));
        assert_eq!(manifest.features["default"], ["x"]);
        assert_eq!(manifest.badges["b"]["k"], "v");
        let rows: Vec<_> = manifest
            .dependencies()
            .iter()
            .map(|one| {
                let name = one.name.written();
                let renamed = one.renamed.as_deref().unwrap_or("-");
                let target = one.target.as_deref().unwrap_or("-");
                let index = one.registry_index().unwrap_or("-");
                let flags = (one.optional, one.default_features);
                format!("{name} {renamed} {} {:?} {target} {index} {flags:?}", one.requirement, one.kind)
            })
            .collect();
        assert_eq!(
            rows,
            [
                "real x ^1 Normal - - (true, false)",
                "cc - =1.0.1 Build - - (false, true)",
                "t - >=1, <3 Dev - sparse+https://r.example/ (false, true)",
                "libc - ^0.2 Normal cfg(unix) - (false, false)",
            ]
        );
    }

    #[test]
    fn the_index_of_crates_io_is_no_foreign_registry() {
        let source = |index: &str| {
            let rest = format!("[dependencies.x]\nversion = \"1\"\nregistry-index = \"{index}\"\n");
            parse(&rest).expect("good").dependencies()[0].source.clone()
        };
        let (sparse, git) = (format!("sparse+{CRATES_IO_INDEX}"), CRATES_IO_GIT_INDEX.to_owned());
        for own in [
            format!("{git}/"),
            format!("registry+{git}"),
            sparse.trim_end_matches('/').to_owned(),
            sparse,
            git,
        ] {
            assert_eq!(source(&own), DependencySource::CratesIo, "{own}");
        }
        let (bare, long) = (CRATES_IO_INDEX.to_owned(), format!("{CRATES_IO_GIT_INDEX}-of-ours"));
        for foreign in [bare, long, "sparse+https://r.example/".to_owned()] {
            assert_eq!(source(&foreign), DependencySource::Index(foreign.clone()));
        }
    }

    #[test]
    fn what_is_no_manifest_of_a_packed_crate_is_told() {
        let why = |rest: &str| parse(rest).expect_err("bad").to_string();
        assert!(
            why("authors.workspace = true\n").contains("line 4"),
            "{}",
            why("authors.workspace = true\n")
        );
        assert!(why("[dependencies]\nx = 1\n").contains("a version or a table with one"));
        assert!(why("[dependencies]\nx = \"one\"\n").contains("`x` asks for `one`"));
        assert!(why("[dependencies]\n\"x y\" = \"1\"\n").contains("`x y`"));
        let whole = |text: &str| CrateManifest::parse(text).expect_err("bad").to_string();
        assert!(whole("[workspace]\n").contains("package"));
        assert!(whole("[package]\nname = \"a\"\nversion = \"1.0\"\n").contains("1.0"));
        assert!(whole("[package]\nname = \"-\"\nversion = \"1.0.0\"\n").contains("no crate name"));
    }
}
