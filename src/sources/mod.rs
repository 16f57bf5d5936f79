//! Where a project states its version: manifests, lock files, pins between packages that are released together.
//!
//! Text in, facts with their places out; an edit replaces the bytes of a version and nothing beside them, so formatting
//! and comments survive. Nothing here touches a disk or a network: a [`Tree`] hands out the texts. Nothing is judged
//! either: whether what is found agrees with a tag is the caller's question, with [`Statement::disagreement`] as answer.

use std::ops::Range;

use finds::Finds;

use crate::model::version::{Spelling, Version};

mod cargo;
pub mod changelog;
mod citation;
mod discover;
mod document;
pub mod edit;
mod finds;
mod json;
mod lock;
mod members;
mod package_json;
mod page;
pub mod pattern;
mod pins;
mod pyproject;
mod python_dynamic;
mod python_module;
mod python_package;
mod setup_cfg;
pub mod tree;
mod version_file;

pub use edit::{Edit, EditError, edit};
pub use pattern::SourcePattern;
pub use tree::{Entry, EntryKind, Tree, TreeError};

/// One place that states a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The file, with `/`, from the project's folder.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The bytes of the bare version in the file: no quotes, no operator.
    pub span: Range<usize>,
    /// What the place is called there, as in `package.version`.
    pub key: String,
    /// The version as written: the text at `span`. Of a pin it may be a part of a version, as in `1.2`.
    pub text: String,
    /// How versions are written there.
    pub spelling: Spelling,
    /// The package whose version it is (of a pin: the package that has the pin), where the file tells.
    pub package: Option<String>,
    /// What the place is for.
    pub role: Role,
}

/// What a place that states a version is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// It decides the version.
    Version,
    /// It repeats it for a package manager, in a lock file.
    Lock,
    /// It binds one package to another that is released with it.
    Pin {
        /// The package that is required.
        of: String,
        /// What is required of its version, as written: `>=1.2.0,<2.0`.
        requirement: String,
        /// The byte at which the requirement starts in the file.
        at: usize,
    },
}

/// What a file says of the version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It states one.
    Statement(Statement),
    /// It leaves it to somebody else, who decides when the package is built.
    Dynamic {
        /// The file.
        file: String,
        /// The line that says so, from 1.
        line: usize,
        /// Who decides: `setuptools-scm`, `hatch-vcs`, …
        by: String,
    },
    /// It ought to say something, and nothing can be made of it.
    Unreadable {
        /// The file.
        file: String,
        /// The line, from 1, where one is to blame.
        line: Option<usize>,
        /// Why, in one sentence without a full stop.
        why: String,
    },
}

/// What to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Files that are named.
    pub patterns: Vec<SourcePattern>,
    /// Whether the usual files of the project's folder are looked for as well.
    pub discover: bool,
    /// Folders that are projects of their own, from this project's folder: what is stated there is not this project's.
    pub apart: Vec<String>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// All places, by file and position.
    pub found: Vec<Found>,
    /// The packages that have the version, by name.
    pub packages: Vec<Package>,
    /// What was looked for.
    pub wanted: Wanted,
}

/// A package of the project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Package {
    /// Its name, as written.
    pub name: String,
    /// For which package manager it is.
    pub kind: PackageKind,
    /// The manifest that names it.
    pub file: String,
}

/// For which package manager a package is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum PackageKind {
    Python,
    Crate,
    Npm,
}

/// How a place does not agree with a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// It states another one.
    Other(Version),
    /// It requires another one: the package that is released with it would not be admitted.
    Refused,
    /// It admits the version, and starts at another one.
    Behind,
}

impl Statement {
    /// The same pin, on a package that is known by now.
    fn on(&self, package: &str) -> Self {
        let mut pin = self.clone();
        if let Role::Pin { of, .. } = &mut pin.role {
            package.clone_into(of);
        }
        pin
    }

    /// How this place does not agree with `version`; nothing where it does.
    pub fn disagreement(&self, version: &Version) -> Option<Disagreement> {
        match &self.role {
            Role::Version | Role::Lock => match read(&self.text, self.spelling) {
                Ok(own) if own == *version => None,
                Ok(own) => Some(Disagreement::Other(own)),
                Err(_no_version) => Some(Disagreement::Refused),
            },
            Role::Pin { of: _, requirement, at: _ } => {
                pins::disagreement(requirement, self.spelling, version)
            }
        }
    }
}

/// Reads a version as it is written somewhere.
fn read(text: &str, spelling: Spelling) -> Result<Version, crate::model::version::VersionError> {
    match spelling {
        Spelling::Pep440 => Version::from_pep440(text),
        Spelling::Semver => Version::from_semver(text),
    }
}

/// A version as it is written somewhere, or why it cannot be.
fn spelled(version: &Version, spelling: Spelling) -> Result<String, String> {
    version.spelled(spelling).map_err(|why| why.to_string())
}

/// Finds every place of `tree` that states the version.
///
/// A file that cannot be understood is among what is found ([`Found::Unreadable`]).
///
/// # Errors
/// When the tree cannot tell.
pub fn find(tree: &dyn Tree, wanted: &Wanted) -> Result<Sources, TreeError> {
    let mut finds = Finds::new(tree, wanted);
    if wanted.discover {
        cargo::read(&mut finds, "Cargo.toml")?;
        pyproject::read(&mut finds, "pyproject.toml")?;
        discover::read(&mut finds)?;
    }
    for pattern in &wanted.patterns {
        discover::named(&mut finds, pattern)?;
    }
    pyproject::read_pins(&mut finds)?;
    Ok(finds.finish())
}
