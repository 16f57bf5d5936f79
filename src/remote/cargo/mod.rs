//! A registry of crates: the sparse index to read, the web API to publish, to yank and to un-yank.
//!
//! Which versions are there is asked on the road that cargo takes. An answer of the API is never believed: what the
//! index shows afterwards decides. Crates come here packed; this packs none and needs no cargo.

mod body;
mod mint;
pub(crate) mod read;
mod refusal;
#[cfg(test)]
mod tests;
mod wire;
pub(crate) mod write;

use std::path::Path;

use semver::Version;

use crate::archive::crate_file::CrateManifest;
use crate::model::artifact::Artifact;
use crate::model::crate_name::CrateFile;
use crate::model::digest::Sha256;
use crate::model::secret::Secret;
use crate::remote::oidc::AmbientIdentity;

/// What messages call it.
const SERVICE: &str = "the crate registry";

/// A version as the index lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexedVersion {
    /// The version, build metadata included.
    pub(crate) version: Version,
    /// The digest of its `.crate` file, where the index states one that can be read.
    pub(crate) sha256: Option<Sha256>,
    /// Whether no new lock file may choose it.
    pub(crate) yanked: bool,
}

/// How we prove to a registry that we may publish.
#[derive(Clone, Debug)]
pub(crate) enum CargoCredential {
    /// What goes into `Authorization` as it stands, as cargo does it; some registries want a scheme in front.
    Token(Secret<String>),
    /// The runner's identity is exchanged for a token of the registry.
    TrustedPublishing(AmbientIdentity),
}

/// One crate to publish, with all that a registry is told of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CrateUpload<'a> {
    /// Its name and version.
    pub(crate) file: &'a CrateFile,
    /// The file, as it was vetted.
    pub(crate) artifact: &'a Artifact,
    /// Where its bytes are.
    pub(crate) path: &'a Path,
    /// What its own manifest says.
    pub(crate) manifest: &'a CrateManifest,
    /// The path in the crate and the text of its readme, where it has one.
    pub(crate) readme: Option<(&'a str, &'a str)>,
}
