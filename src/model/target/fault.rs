//! Why a line cannot be read.

use super::registry::{INDEX, RegistryName};
use crate::model::endpoints::EndpointError;
use crate::model::secret::Secret;
use crate::model::version::VersionKind;

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
    #[error("`{package}` is sent to one registry twice: `{registry}` and `{other}` are the same")]
    PackageTwiceByNames { package: String, registry: RegistryName, other: RegistryName },
    #[error("everything is sent to one registry twice: `{registry}` and `{other}` are the same")]
    EverythingTwiceByNames { registry: RegistryName, other: RegistryName },
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
    Address { what: &'static str, error: EndpointError },
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
