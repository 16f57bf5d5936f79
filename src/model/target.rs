//! Where a release is published: the lines of `targets`, `registries` and `credentials`.
//!
//! A line of `targets` is `REGISTRY [: PACKAGE, …] [needs PACKAGE, …] [when KIND, …]`. Which files it takes is not
//! decided here: that depends on the set. No message repeats anything of a line of `credentials`.

mod fault;
mod login;
mod registry;

use std::fmt;
use std::str::FromStr;

use super::crate_name::CrateName;
use super::name::PackageName;
use super::version::{UnknownKind, Version, VersionKind};
pub use fault::{LineError, LineFault};
pub use login::{Login, secrets_among};
pub use registry::{CRATES_IO, INDEX, PYPI, Registries, Registry, RegistryKind, RegistryName, TEST_PYPI};

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
            for earlier in targets.iter().filter(|earlier| earlier.registry.is_same_place(&target.registry)) {
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
        let unknown = |UnknownKind { text }| LineFault::Kind { text };
        let when = words("when").map(|word| word.parse().map_err(unknown)).collect::<Result<Vec<_>, _>>()?;
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
        let other = earlier.registry.name.clone();
        if self.packages.is_empty() && earlier.packages.is_empty() && registry != other {
            return Err(LineFault::EverythingTwiceByNames { registry, other });
        }
        if self.packages.is_empty() && earlier.packages.is_empty() {
            return Err(LineFault::EverythingTwice { registry });
        }
        let twice = self
            .packages
            .iter()
            .find(|package| earlier.packages.iter().any(|other| other.is_same(package, &self.registry)));
        match twice {
            Some(package) if registry != other => {
                Err(LineFault::PackageTwiceByNames { package: package.written.clone(), registry, other })
            }
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

/// The lines that say something, counted from 1. One that begins with `#` is a comment.
fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().map(str::trim).enumerate().map(|(at, line)| (at + 1, line));
    lines.filter(|(_, line)| !(line.is_empty() || line.starts_with('#')))
}

/// The line without a comment at its end. A password may hold anything, so lines of `credentials` have none.
fn bare(line: &str) -> &str {
    line.split_once(" #").map_or(line, |(before, _)| before.trim_end())
}

/// As much of a strange text as a message repeats.
fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests;
