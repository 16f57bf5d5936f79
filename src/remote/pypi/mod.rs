//! A Python index: the simple index to read, the legacy upload to write.
//!
//! Which files are there is asked on the road that installers take. An upload is never believed: what the index
//! shows afterwards decides.

pub(crate) mod attestation;
mod form;
mod html;
mod mint;
mod publisher;
pub(crate) mod read;
mod refusal;
mod taken;
#[cfg(test)]
mod tests;
mod wire;
pub(crate) mod write;

use std::path::Path;

use url::Url;

use crate::model::artifact::{Artifact, RemoteFile};
use crate::model::digest::Blake2b256;
use crate::model::name::PackageName;
use crate::model::secret::Secret;
use crate::remote::oidc::AmbientIdentity;

/// What messages call it.
const SERVICE: &str = "the package index";
/// The user name that goes with every token.
const TOKEN_USER: &str = "__token__";

/// A file as the index lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexFile {
    /// Its name, and size and digest where the index states them.
    pub(crate) file: RemoteFile,
    /// Where its bytes are.
    pub(crate) url: Url,
    /// Whether installers are told to pass it over.
    pub(crate) yanked: bool,
    /// The Pythons that it is for, as its metadata says, where the index repeats that.
    pub(crate) requires_python: Option<String>,
    /// Where the index shows the attestations that it took with the file, where it says so.
    pub(crate) provenance: Option<Url>,
}

/// What an index says of a file's Pythons, unless it is blank or longer than anybody would write.
fn requires_python(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= 1000).then(|| text.to_owned())
}

/// What kind of proof a [`Credential`] is. Some things an index grants to one kind only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CredentialKind {
    /// A user name and a password.
    Password,
    /// A token of the index, given as a password. A token that somebody else minted looks the same.
    ApiToken,
    /// The runner's identity.
    TrustedPublishing,
}

/// How we prove to an index that we may upload.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// A user name and a password; for an API token the user is `__token__`.
    Password {
        /// The user name.
        user: String,
        /// The password or token.
        password: Secret<String>,
    },
    /// The runner's identity is exchanged for a token of the index.
    TrustedPublishing(AmbientIdentity),
}

impl Credential {
    /// What kind of proof it is.
    pub(crate) fn kind(&self) -> CredentialKind {
        match self {
            Self::Password { user, .. } if user == TOKEN_USER => CredentialKind::ApiToken,
            Self::Password { .. } => CredentialKind::Password,
            Self::TrustedPublishing(_) => CredentialKind::TrustedPublishing,
        }
    }
}

/// One file to upload, with all that the form wants to know of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upload<'a> {
    /// The project.
    pub(crate) project: &'a PackageName,
    /// The file, as it was vetted.
    pub(crate) artifact: &'a Artifact,
    /// BLAKE2b of its bytes, which the form names beside SHA-256.
    pub(crate) blake2b256: Blake2b256,
    /// Where its bytes are.
    pub(crate) path: &'a Path,
    /// The core metadata headers in the order of the file.
    pub(crate) metadata: &'a [(String, String)],
    /// The description, where it stands in the metadata's body.
    pub(crate) description: Option<&'a str>,
    /// A JSON array of the file's attestations (PEP 740).
    pub(crate) attestations: Option<&'a str>,
}
