//! Registries: the ones that everybody has, and the lines of `registries`.

use std::fmt;
use std::str::FromStr;

use super::fault::{LineError, LineFault};
use super::{bare, numbered, shown};
use crate::model::endpoints::{
    CRATES_IO_INDEX, Endpoint, PYPI_INDEX, PYPI_UPLOAD, TEST_PYPI_INDEX, TEST_PYPI_UPLOAD,
};

/// What the registry of `repository-url` is called.
pub const INDEX: &str = "index";
/// What PyPI is called.
pub const PYPI: &str = "pypi";
/// What TestPyPI is called.
pub const TEST_PYPI: &str = "testpypi";
/// What crates.io is called.
pub const CRATES_IO: &str = "crates-io";

/// What a registry is called in the inputs: small letters, digits, `-`, `_` and `.`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegistryName(String);

/// One registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// What it is called in the inputs.
    pub name: RegistryName,
    /// What it takes, and where it is.
    pub kind: RegistryKind,
}

/// What a registry takes, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryKind {
    /// Wheels and sdists.
    Python {
        /// The upload endpoint (legacy API).
        upload: Endpoint,
        /// The simple index that people install from.
        index: Endpoint,
    },
    /// Crates.
    Cargo {
        /// The sparse index.
        index: Endpoint,
    },
}

/// All registries that a run knows, each name once, in the order of their naming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registries(Vec<Registry>);

impl RegistryName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RegistryName {
    type Err = LineFault;

    fn from_str(text: &str) -> Result<Self, LineFault> {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        let good =
            text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(inner) && text.len() <= 60;
        if good { Ok(Self(text.to_owned())) } else { Err(LineFault::RegistryName { text: shown(text) }) }
    }
}

impl fmt::Display for RegistryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Registry {
    /// The address that people install from.
    pub const fn index(&self) -> &Endpoint {
        match &self.kind {
            RegistryKind::Python { upload: _, index } | RegistryKind::Cargo { index } => index,
        }
    }

    /// Whether it takes wheels and sdists; otherwise it takes crates.
    pub const fn is_python(&self) -> bool {
        matches!(self.kind, RegistryKind::Python { .. })
    }

    /// Whether what is sent to one is sent to the other: the same name, or two names for one address.
    pub fn is_same_place(&self, other: &Self) -> bool {
        let address = |endpoint: &Endpoint| endpoint.to_string().trim_end_matches('/').to_owned();
        self.name == other.name
            || match (&self.kind, &other.kind) {
                (RegistryKind::Python { upload: a, .. }, RegistryKind::Python { upload: b, .. })
                | (RegistryKind::Cargo { index: a }, RegistryKind::Cargo { index: b }) => {
                    address(a) == address(b)
                }
                _ => false,
            }
    }

    /// Whether this is crates.io itself.
    pub fn is_crates_io(&self) -> bool {
        !self.is_python()
            && self.index().to_string().trim_end_matches('/') == CRATES_IO_INDEX.trim_end_matches('/')
    }

    /// Whether this is PyPI or TestPyPI itself.
    pub fn is_pypi(&self) -> bool {
        match &self.kind {
            RegistryKind::Python { upload, index: _ } => upload.known_index().is_some(),
            RegistryKind::Cargo { .. } => false,
        }
    }
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

impl Registries {
    /// The registries that everybody has, with `index` as the one of the inputs `repository-url` and `index-url`, and
    /// those of `lines` (the text of the input `registries`), which add to them or stand for them.
    ///
    /// # Errors
    /// When a line cannot be read.
    pub fn read(index: Registry, lines: &str) -> Result<Self, LineError> {
        let predefined = [
            python(PYPI, PYPI_UPLOAD, PYPI_INDEX),
            python(TEST_PYPI, TEST_PYPI_UPLOAD, TEST_PYPI_INDEX),
            Registry {
                name: RegistryName(CRATES_IO.to_owned()),
                kind: RegistryKind::Cargo { index: known(CRATES_IO_INDEX) },
            },
        ];
        let mut given: Vec<Registry> = Vec::new();
        for (line, text) in numbered(lines) {
            let at = |fault| LineError { line, fault };
            let registry = registry(bare(text)).map_err(at)?;
            if given.iter().any(|other| other.name == registry.name) {
                return Err(at(LineFault::RegistryTwice { name: registry.name }));
            }
            given.push(registry);
        }
        let kept = predefined.into_iter().chain([index]);
        let mut all: Vec<_> =
            kept.filter(|known| given.iter().all(|given| given.name != known.name)).collect();
        all.extend(given);
        Ok(Self(all))
    }

    /// `index` as PyPI, for modes that have no input for another one.
    pub fn default_index() -> Registry {
        python(INDEX, PYPI_UPLOAD, PYPI_INDEX)
    }

    /// The registry called so.
    pub fn get(&self, name: &str) -> Option<&Registry> {
        self.0.iter().find(|registry| registry.name.as_str() == name)
    }

    /// All of them.
    pub fn all(&self) -> &[Registry] {
        &self.0
    }

    pub(super) fn named(&self, name: &str) -> Result<&Registry, LineFault> {
        let name: RegistryName = name.parse()?;
        self.get(name.as_str())
            .ok_or_else(|| LineFault::UnknownRegistry { name: name.0, known: self.names() })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|registry| registry.name.0.clone()).collect()
    }
}

fn python(name: &str, upload: &str, index: &str) -> Registry {
    let kind = RegistryKind::Python { upload: known(upload), index: known(index) };
    Registry { name: RegistryName(name.to_owned()), kind }
}

fn known(address: &str) -> Endpoint {
    address.parse().expect("the table holds good addresses")
}

/// One line of `registries`.
fn registry(text: &str) -> Result<Registry, LineFault> {
    let (name, rest) = text.split_once('=').ok_or(LineFault::RegistryForm)?;
    let name: RegistryName = name.trim().parse()?;
    if name.as_str() == INDEX {
        return Err(LineFault::Reserved);
    }
    let words: Vec<_> = rest.split_whitespace().collect();
    let address = |what, text: &str| {
        // `Cargo.toml` and cargo's configuration write it so.
        let text = text.strip_prefix("sparse+").unwrap_or(text);
        text.parse::<Endpoint>().map_err(|error| LineFault::Address { what, error })
    };
    let kind = match words[..] {
        ["python", upload, index] => RegistryKind::Python {
            upload: address("the upload address", upload)?,
            index: address("the index address", index)?,
        },
        ["cargo", index] => RegistryKind::Cargo { index: address("the index address", index)? },
        [] | ["python" | "cargo", ..] => return Err(LineFault::RegistryForm),
        [kind, ..] => return Err(LineFault::RegistryKind { text: shown(kind) }),
    };
    Ok(Registry { name, kind })
}
