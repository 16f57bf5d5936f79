//! Where a release is published: the lines of `targets`, `registries` and `credentials`.
//!
//! A line of `targets` is `REGISTRY [: PACKAGE, …] [needs PACKAGE, …] [when KIND, …]`. Which files it takes is not
//! decided here: that depends on the set. No message repeats anything of a line of `credentials`.

use std::fmt;
use std::str::FromStr;

use super::crate_name::CrateName;
use super::endpoints::{
    CRATES_IO_INDEX, Endpoint, PYPI_INDEX, PYPI_UPLOAD, TEST_PYPI_INDEX, TEST_PYPI_UPLOAD,
};
use super::name::PackageName;
use super::pep440::Pre;
use super::secret::Secret;
use super::version::Version;

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

/// The name of a package as a line names it: a Python project's, a crate's, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    written: String,
    project: Option<PackageName>,
    krate: Option<CrateName>,
}

/// One line of `targets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where to.
    pub registry: Registry,
    /// What; nothing stands for everything that no other line of this kind of registry names.
    pub packages: Vec<Package>,
    /// What has to be there before.
    pub needs: Vec<Package>,
    /// Of which versions; nothing stands for all.
    pub when: Vec<VersionKind>,
}

/// A kind of versions. One version may be of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum VersionKind {
    Stable,
    Prerelease,
    Alpha,
    Beta,
    Rc,
    Dev,
    Post,
}

/// How a run proves to a registry that it may publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// One secret.
    Token(Secret<String>),
    /// A user name and a password.
    User {
        /// The user name.
        user: String,
        /// The password.
        password: Secret<String>,
    },
}

/// Why a line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct LineError {
    /// Which line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: LineFault,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum LineFault {
    #[error("`{text}` is no name of a registry: small letters, digits, `-`, `_` and `.`, a letter first")]
    RegistryName { text: String },
    #[error("there is no registry `{name}`")]
    UnknownRegistry { name: String, known: Vec<String> },
    #[error("`{word}` stands where `:`, `needs` or `when` was expected")]
    Word { word: String },
    #[error("`{keyword}` names nothing")]
    Empty { keyword: &'static str },
    #[error("`{keyword}` stands twice")]
    Twice { keyword: &'static str },
    #[error("`{text}` is neither the name of a Python project nor of a crate")]
    Package { text: String },
    #[error("`{text}` is no name that {registry} could have")]
    NotOfRegistry { text: String, registry: RegistryName },
    #[error("`{text}` is no kind of versions")]
    Kind { text: String },
    #[error("`{package}` is sent to `{registry}` twice")]
    PackageTwice { package: String, registry: RegistryName },
    #[error("everything is sent to `{registry}` twice")]
    EverythingTwice { registry: RegistryName },
    #[error("`{package}` needs itself")]
    NeedsItself { package: String },
    #[error(
        "it is not of the form `NAME = python UPLOAD-ADDRESS INDEX-ADDRESS` or `NAME = cargo INDEX-ADDRESS`"
    )]
    RegistryForm,
    #[error("`{text}` is no kind of registry")]
    RegistryKind { text: String },
    #[error("the registry `{name}` is defined twice")]
    RegistryTwice { name: RegistryName },
    #[error("`{INDEX}` is the registry of `repository-url` and `index-url`")]
    Reserved,
    #[error("{what}: {error}")]
    Address { what: &'static str, error: super::endpoints::EndpointError },
    #[error("it is not of the form `REGISTRY = TOKEN` or `REGISTRY = USER PASSWORD`")]
    CredentialForm,
    #[error("it is for a registry that there is not")]
    CredentialOfNobody { nearest_to: Secret<String>, known: Vec<String> },
    #[error("there is a credential for `{registry}` already")]
    CredentialTwice { registry: RegistryName },
    #[error("`{registry}` takes crates, and a registry of crates takes one token, without a user name")]
    UserOfCargo { registry: RegistryName },
}

impl LineFault {
    /// The word that may be a typing mistake, and what it may have been meant to be. The word may be a secret: it is
    /// for comparing, never for showing.
    pub fn mistyped(&self) -> Option<(&str, Vec<&str>)> {
        match self {
            Self::UnknownRegistry { name, known } => Some((name, known.iter().map(String::as_str).collect())),
            Self::CredentialOfNobody { nearest_to, known } => {
                Some((nearest_to.expose(), known.iter().map(String::as_str).collect()))
            }
            Self::Word { word } => Some((word, vec!["needs", "when"])),
            Self::Kind { text } => Some((text, VersionKind::ALL.map(VersionKind::as_str).to_vec())),
            Self::RegistryKind { text } => Some((text, vec!["python", "cargo"])),
            _ => None,
        }
    }

    /// What could have stood there, where that is a short list.
    pub fn choices(&self) -> Option<String> {
        let (_, candidates) = self.mistyped()?;
        let quoted: Vec<_> = candidates.iter().map(|candidate| format!("`{candidate}`")).collect();
        Some(format!("there are {}", quoted.join(", ")))
    }
}

/// As much of a strange text as a message repeats.
fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

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

    fn named(&self, name: &str) -> Result<&Registry, LineFault> {
        let name: RegistryName = name.parse()?;
        self.get(name.as_str())
            .ok_or_else(|| LineFault::UnknownRegistry { name: name.0, known: self.names() })
    }

    fn names(&self) -> Vec<String> {
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

/// The lines that say something, counted from 1. One that begins with `#` is a comment.
fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().map(str::trim).enumerate().map(|(at, line)| (at + 1, line));
    lines.filter(|(_, line)| !(line.is_empty() || line.starts_with('#')))
}

/// The line without a comment at its end. A password may hold anything, so lines of `credentials` have none.
fn bare(line: &str) -> &str {
    line.split_once(" #").map_or(line, |(before, _)| before.trim_end())
}

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

impl Package {
    /// The name as it is written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Whether it names this Python project.
    pub fn is_project(&self, name: &PackageName) -> bool {
        self.project.as_ref() == Some(name)
    }

    /// Whether it names this crate.
    pub fn is_crate(&self, name: &CrateName) -> bool {
        self.krate.as_ref() == Some(name)
    }

    /// Whether both name one package of a registry of this kind.
    pub fn is_same(&self, other: &Self, registry: &Registry) -> bool {
        if registry.is_python() {
            self.project.is_some() && self.project == other.project
        } else {
            self.krate.is_some() && self.krate == other.krate
        }
    }

    const fn could_be_of(&self, registry: &Registry) -> bool {
        if registry.is_python() { self.project.is_some() } else { self.krate.is_some() }
    }
}

impl FromStr for Package {
    type Err = LineFault;

    fn from_str(text: &str) -> Result<Self, LineFault> {
        let (project, krate) = (text.parse().ok(), text.parse().ok());
        if project.is_none() && krate.is_none() {
            return Err(LineFault::Package { text: shown(text) });
        }
        Ok(Self { written: text.to_owned(), project, krate })
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl VersionKind {
    /// All kinds, in the order of the documents.
    pub const ALL: [Self; 7] =
        [Self::Stable, Self::Prerelease, Self::Alpha, Self::Beta, Self::Rc, Self::Dev, Self::Post];

    /// What it is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Prerelease => "prerelease",
            Self::Alpha => "alpha",
            Self::Beta => "beta",
            Self::Rc => "rc",
            Self::Dev => "dev",
            Self::Post => "post",
        }
    }

    /// Whether `version` is of this kind.
    pub fn fits(self, version: &Version) -> bool {
        let parts = version.parts();
        let pre = parts.pre.as_ref().map(|(pre, _)| *pre);
        match self {
            Self::Stable => !version.is_prerelease(),
            Self::Prerelease => version.is_prerelease(),
            Self::Alpha => pre == Some(Pre::Alpha),
            Self::Beta => pre == Some(Pre::Beta),
            Self::Rc => pre == Some(Pre::Candidate),
            Self::Dev => parts.dev.is_some(),
            Self::Post => parts.post.is_some(),
        }
    }
}

impl FromStr for VersionKind {
    type Err = LineFault;

    fn from_str(text: &str) -> Result<Self, LineFault> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| LineFault::Kind { text: shown(text) })
    }
}

impl fmt::Display for VersionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Target {
    /// Everything to one registry.
    pub const fn everything(registry: Registry) -> Self {
        Self { registry, packages: Vec::new(), needs: Vec::new(), when: Vec::new() }
    }

    /// The lines of the input `targets`.
    ///
    /// # Errors
    /// When a line cannot be read, or two send the same package to the same registry.
    pub fn read(lines: &str, registries: &Registries) -> Result<Vec<Self>, LineError> {
        let mut targets: Vec<Self> = Vec::new();
        for (line, text) in numbered(lines) {
            let at = |fault| LineError { line, fault };
            let target = Self::read_line(bare(text), registries).map_err(at)?;
            for earlier in targets.iter().filter(|earlier| earlier.registry.name == target.registry.name) {
                target.check_beside(earlier).map_err(at)?;
            }
            targets.push(target);
        }
        Ok(targets)
    }

    fn read_line(text: &str, registries: &Registries) -> Result<Self, LineFault> {
        let end = text.find(|c: char| c == ':' || c.is_whitespace()).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let registry = registries.named(name)?.clone();
        let rest = rest.trim_start();
        let mut clause = rest.starts_with(':').then_some(":");
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        let mut clauses: Vec<(&'static str, Vec<&str>)> =
            clause.map(|name| (name, Vec::new())).into_iter().collect();
        for word in rest.split([',', ' ', '\t']).map(str::trim).filter(|word| !word.is_empty()) {
            let keyword = ["needs", "when"].into_iter().find(|keyword| *keyword == word);
            if let Some(keyword) = keyword {
                if clauses.iter().any(|(name, _)| *name == keyword) {
                    return Err(LineFault::Twice { keyword });
                }
                clause = Some(keyword);
                clauses.push((keyword, Vec::new()));
                continue;
            }
            match clauses.last_mut().filter(|_| clause.is_some()) {
                Some((_, words)) => words.push(word),
                None => return Err(LineFault::Word { word: shown(word) }),
            }
        }
        if let Some((keyword, _)) = clauses.iter().find(|(_, words)| words.is_empty()) {
            return Err(LineFault::Empty { keyword });
        }
        let words = |name: &'static str| {
            clauses.iter().filter(move |(found, _)| *found == name).flat_map(|(_, words)| words)
        };
        let packages = words(":").map(|word| word.parse()).collect::<Result<Vec<Package>, _>>()?;
        let needs = words("needs").map(|word| word.parse()).collect::<Result<Vec<Package>, _>>()?;
        let when = words("when").map(|word| word.parse()).collect::<Result<Vec<_>, _>>()?;
        let target = Self { registry, packages, needs, when };
        target.check()?;
        Ok(target)
    }

    fn check(&self) -> Result<(), LineFault> {
        let registry = &self.registry;
        for (at, package) in self.packages.iter().enumerate() {
            if !package.could_be_of(registry) {
                let (text, registry) = (package.written.clone(), registry.name.clone());
                return Err(LineFault::NotOfRegistry { text, registry });
            }
            if self.packages[..at].iter().any(|other| other.is_same(package, registry)) {
                return Err(LineFault::PackageTwice {
                    package: package.written.clone(),
                    registry: registry.name.clone(),
                });
            }
            if self.needs.iter().any(|need| need.is_same(package, registry)) {
                return Err(LineFault::NeedsItself { package: package.written.clone() });
            }
        }
        Ok(())
    }

    /// Two lines for one registry take different packages, unless they are for different versions.
    fn check_beside(&self, earlier: &Self) -> Result<(), LineFault> {
        let may_meet = self.when.is_empty()
            || earlier.when.is_empty()
            || self.when.iter().any(|kind| earlier.when.contains(kind));
        if !may_meet {
            return Ok(());
        }
        let registry = self.registry.name.clone();
        if self.packages.is_empty() && earlier.packages.is_empty() {
            return Err(LineFault::EverythingTwice { registry });
        }
        let twice = self
            .packages
            .iter()
            .find(|package| earlier.packages.iter().any(|other| other.is_same(package, &self.registry)));
        match twice {
            Some(package) => Err(LineFault::PackageTwice { package: package.written.clone(), registry }),
            None => Ok(()),
        }
    }

    /// Whether the line is for this version.
    pub fn takes_version(&self, version: &Version) -> bool {
        self.when.is_empty() || self.when.iter().any(|kind| kind.fits(version))
    }
}

/// The line, as one would write it.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { registry, packages, needs, when } = self;
        let joined = |names: &[Package]| names.iter().map(Package::written).collect::<Vec<_>>().join(", ");
        registry.fmt(f)?;
        if !packages.is_empty() {
            write!(f, ": {}", joined(packages))?;
        }
        if !needs.is_empty() {
            write!(f, " needs {}", joined(needs))?;
        }
        if !when.is_empty() {
            let kinds: Vec<_> = when.iter().map(|kind| kind.as_str()).collect();
            write!(f, " when {}", kinds.join(", "))?;
        }
        Ok(())
    }
}

impl Login {
    /// The lines of the input `credentials`, each with the registry that it is for.
    ///
    /// # Errors
    /// When a line cannot be read. Nothing of it is repeated: it may be a token and nothing else.
    pub fn read(lines: &str, registries: &Registries) -> Result<Vec<(RegistryName, Self)>, LineError> {
        let mut logins: Vec<(RegistryName, Self)> = Vec::new();
        for (line, text) in numbered(lines) {
            let at = |fault| LineError { line, fault };
            let (name, rest) = text.split_once('=').ok_or_else(|| at(LineFault::CredentialForm))?;
            let registry = registries.get(name.trim()).ok_or_else(|| {
                let nearest_to = Secret::new(name.trim().to_owned());
                at(LineFault::CredentialOfNobody { nearest_to, known: registries.names() })
            })?;
            let name = registry.name.clone();
            if logins.iter().any(|(other, _)| *other == name) {
                return Err(at(LineFault::CredentialTwice { registry: name }));
            }
            let words: Vec<_> = rest.split_whitespace().collect();
            let login = match words[..] {
                [token] => Self::Token(Secret::new(token.to_owned())),
                [_, _] if !registry.is_python() => {
                    return Err(at(LineFault::UserOfCargo { registry: name }));
                }
                [user, password] => {
                    Self::User { user: user.to_owned(), password: Secret::new(password.to_owned()) }
                }
                _ => return Err(at(LineFault::CredentialForm)),
            };
            logins.push((name, login));
        }
        Ok(logins)
    }
}

/// Every text among lines of `credentials` that could be a secret: what is to be hidden before the lines are read, and
/// also of lines that cannot be.
pub fn secrets_among(lines: &str) -> Vec<&str> {
    let mut secrets = Vec::new();
    for line in lines.lines().map(str::trim) {
        match line.split_once('=') {
            Some((_, rest)) => secrets.extend(rest.split_whitespace().next_back()),
            None => secrets.extend(line.split_whitespace()),
        }
    }
    secrets
}

#[cfg(test)]
mod tests;
