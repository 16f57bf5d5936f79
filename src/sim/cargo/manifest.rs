//! The normalised `Cargo.toml` of a packed crate, and the line of the index that it makes.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::refusal::{Checked, Refusal};
use crate::model::crate_name::CrateName;
use crate::model::endpoints::CRATES_IO_GIT_INDEX;

/// How long a description may be, in bytes.
const LONGEST_DESCRIPTION: usize = 1000;
/// How many keywords, and how many categories, a crate may have.
const MOST_WORDS: usize = 5;
/// How long a keyword may be, in bytes.
const LONGEST_KEYWORD: usize = 20;

/// How many features a crate may have, and how many others each of them may turn on.
const MOST_FEATURES: usize = 300;
/// How many dependencies a crate may have.
const MOST_DEPENDENCIES: usize = 500;

/// A `Cargo.toml` as `cargo package` writes it: without inheritance, and with the index of every foreign registry.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Manifest {
    pub(super) package: Package,
    #[serde(flatten)]
    all: Dependencies,
    #[serde(default)]
    target: BTreeMap<String, Dependencies>,
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
}

/// Its first section.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) description: Option<String>,
    pub(super) license: Option<String>,
    license_file: Option<String>,
    homepage: Option<String>,
    documentation: Option<String>,
    pub(super) repository: Option<String>,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
    links: Option<String>,
    pub(super) rust_version: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Dependencies {
    dependencies: BTreeMap<String, Entry>,
    dev_dependencies: BTreeMap<String, Entry>,
    build_dependencies: BTreeMap<String, Entry>,
}

/// A dependency: its versions alone, or all that there is to say.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Entry {
    Versions(String),
    Full(Full),
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Full {
    version: Option<String>,
    package: Option<String>,
    registry_index: Option<String>,
    optional: bool,
    default_features: Option<bool>,
    features: Vec<String>,
}

/// A dependency with the place where it stands.
struct Dependency<'a> {
    /// The name in this manifest.
    key: &'a str,
    full: Full,
    kind: &'static str,
    target: Option<&'a str>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// 400 when it is none.
    pub(super) fn read(text: &str) -> Checked<Self> {
        toml::from_str(text)
            .map_err(|error| Refusal::bad(format!("failed to parse `Cargo.toml` manifest file\n\n{error}")))
    }

    /// Checks what the registry demands of a manifest on its own. `own_index` is what manifests call this registry, and
    /// `is_known` tells whether it has a crate of exactly this name.
    ///
    /// # Errors
    /// 400 with the first rule that does not hold.
    pub(super) fn check(&self, own_index: &str, is_known: impl Fn(&str) -> bool) -> Checked<()> {
        self.package.check()?;
        self.check_counts()?;
        for dependency in self.dependencies() {
            dependency.check(own_index)?;
        }
        match self.dependencies().find(|dependency| !is_known(dependency.name())) {
            Some(unknown) => Err(Refusal::bad(format!("no known crate named `{}`", unknown.name()))),
            None => Ok(()),
        }
    }

    fn check_counts(&self) -> Checked<()> {
        let features = self.features.len();
        if features > MOST_FEATURES {
            return Err(Refusal::bad(format!(
                "crates.io only allows a maximum number of {MOST_FEATURES} features, but your crate is declaring {features} features."
            )));
        }
        if let Some((name, others)) = self.features.iter().find(|(_, others)| others.len() > MOST_FEATURES) {
            let count = others.len();
            return Err(Refusal::bad(format!(
                "crates.io only allows a maximum number of {MOST_FEATURES} features or dependencies that another feature can enable, but the \"{name}\" feature of your crate is enabling {count} features or dependencies."
            )));
        }
        let dependencies = self.dependencies().count();
        if dependencies > MOST_DEPENDENCIES {
            return Err(Refusal::bad(format!(
                "crates.io only allows a maximum number of {MOST_DEPENDENCIES} dependencies, but your crate has {dependencies} dependencies."
            )));
        }
        Ok(())
    }

    /// What the index says of this version, but for what is known of the file and of yanking.
    pub(super) fn index_line(&self, sha256: &str, yanked: bool) -> Value {
        // Old versions of cargo cannot read these two, so they stand in a field that they pass over.
        let is_new = |value: &String| value.starts_with("dep:") || value.contains("?/");
        let (newer, older): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.features.iter().partition(|(_, values)| values.iter().any(is_new));
        let Package { name, version, links, rust_version, .. } = &self.package;
        let deps: Vec<Value> = self.dependencies().map(|dependency| dependency.in_index()).collect();
        let mut line = json!({
            "name": name,
            "vers": version,
            "deps": deps,
            "cksum": sha256,
            "features": older,
            "yanked": yanked,
        });
        let mut add = |key: &str, value: Value| line[key] = value;
        if !newer.is_empty() {
            add("features2", json!(newer));
            add("v", json!(2));
        }
        if let Some(links) = links {
            add("links", json!(links));
        }
        if let Some(rust_version) = rust_version {
            add("rust_version", json!(rust_version));
        }
        line
    }

    fn dependencies(&self) -> impl Iterator<Item = Dependency<'_>> {
        let everywhere = self.all.each(None);
        everywhere.chain(self.target.iter().flat_map(|(target, some)| some.each(Some(target))))
    }
}

impl Package {
    fn check(&self) -> Checked<()> {
        let empty = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
        let lacks_license = empty(&self.license) && empty(&self.license_file);
        let missing: Vec<&str> = [(empty(&self.description), "description"), (lacks_license, "license")]
            .into_iter()
            .filter_map(|(is_missing, field)| is_missing.then_some(field))
            .collect();
        if !missing.is_empty() {
            let fields = missing.join(", ");
            return Err(Refusal::bad(format!(
                "missing or empty metadata fields: {fields}. Please see the reference of the manifest for more information on configuring these fields"
            )));
        }
        if self.description.as_ref().is_some_and(|text| text.len() > LONGEST_DESCRIPTION) {
            return Err(Refusal::bad(format!(
                "The `description` is too long. A maximum of {LONGEST_DESCRIPTION} characters are currently allowed."
            )));
        }
        for (field, url) in [
            ("homepage", &self.homepage),
            ("documentation", &self.documentation),
            ("repository", &self.repository),
        ] {
            let Some(url) = url else { continue };
            if !url.starts_with("http://") && !url.starts_with("https://") {
                return Err(Refusal::bad(format!(
                    "URL for field `{field}` must begin with http:// or https:// (url: {url})"
                )));
            }
        }
        self.check_words()
    }

    fn check_words(&self) -> Checked<()> {
        for (what, words) in [("keywords", &self.keywords), ("categories", &self.categories)] {
            if words.len() > MOST_WORDS {
                return Err(Refusal::bad(format!("expected at most {MOST_WORDS} {what} per crate")));
            }
        }
        let is_good = |word: &String| {
            word.starts_with(|c: char| c.is_ascii_alphanumeric())
                && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
                && word.len() <= LONGEST_KEYWORD
        };
        match self.keywords.iter().find(|word| !is_good(word)) {
            Some(bad) => Err(Refusal::bad(format!("\"{bad}\" is an invalid keyword"))),
            None => Ok(()),
        }
    }
}

impl Dependencies {
    fn each<'a>(&'a self, target: Option<&'a str>) -> impl Iterator<Item = Dependency<'a>> {
        let kinds = [
            (&self.dependencies, "normal"),
            (&self.dev_dependencies, "dev"),
            (&self.build_dependencies, "build"),
        ];
        kinds.into_iter().flat_map(move |(entries, kind)| {
            entries.iter().map(move |(key, entry)| {
                let full = match entry {
                    Entry::Versions(version) => Full { version: Some(version.clone()), ..Full::default() },
                    Entry::Full(full) => full.clone(),
                };
                Dependency { key, full, kind, target }
            })
        })
    }
}

impl Dependency<'_> {
    /// The crate's own name.
    fn name(&self) -> &str {
        self.full.package.as_deref().unwrap_or(self.key)
    }

    fn versions(&self) -> String {
        let written = self.full.version.clone().unwrap_or_else(|| "*".to_owned());
        semver::VersionReq::parse(&written).map_or(written, |versions| versions.to_string())
    }

    fn check(&self, own_index: &str) -> Checked<()> {
        let name = self.name();
        if name.parse::<CrateName>().is_err() {
            return Err(Refusal::bad(format!("invalid dependency name: `{name}`")));
        }
        let is_own = |index: &String| index == own_index || index == CRATES_IO_GIT_INDEX;
        if self.full.registry_index.as_ref().is_some_and(|index| !is_own(index)) {
            return Err(Refusal::bad(format!(
                "Dependency `{name}` is hosted on another registry. Cross-registry dependencies are not permitted on crates.io."
            )));
        }
        let versions = self.versions();
        match semver::VersionReq::parse(&versions) {
            Err(_) => Err(Refusal::bad(format!("\"{versions}\" is an invalid version requirement"))),
            Ok(parsed) if parsed == semver::VersionReq::STAR => Err(Refusal::bad(format!(
                "wildcard (`*`) dependency constraints are not allowed on crates.io. Crate with this problem: `{name}`"
            ))),
            Ok(_) => Ok(()),
        }
    }

    fn in_index(&self) -> Value {
        let mut value = json!({
            "name": self.key,
            "req": self.versions(),
            "features": self.full.features,
            "optional": self.full.optional,
            "default_features": self.full.default_features.unwrap_or(true),
            "target": self.target,
            "kind": self.kind,
        });
        if let Some(package) = &self.full.package {
            value["package"] = json!(package);
        }
        value
    }
}
