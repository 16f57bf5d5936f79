//! A packed crate (`.crate`): the archive that `cargo package` makes and a crate registry takes.
//!
//! Of its contents three texts are kept: the manifest in its top folder, what cargo took down of the checkout, and the
//! readme that the manifest names.

mod manifest;
mod packed_from;
mod platform;

pub use manifest::{
    CrateDependency, CrateManifest, CrateManifestError, DependencyKind, DependencySource, PublishTo,
};

pub use packed_from::PackedFrom;

use super::Limits;
use super::document::{Document, NotRead};
use super::error::ArchiveError;
use super::source::ReadAt;
use super::tar::{self, Kept, Kind, Member, Tar};
use crate::model::artifact::{Artifact, FileName};
use crate::model::crate_name::CrateFile;
use crate::model::digest::Hashes;

/// A packed crate's contents, as they are; nothing here was judged.
#[derive(Debug)]
pub struct PackedFile {
    /// What the file is called.
    pub file_name: FileName,
    /// Its name, taken apart; `None` when it is not of the form `NAME-VERSION.crate`.
    pub name: Option<CrateFile>,
    /// The digests of its bytes.
    pub hashes: Hashes,
    /// Its container, with all members.
    pub tar: Tar,
    /// `Cargo.toml` of the top folder.
    pub manifest: Document<Result<CrateManifest, CrateManifestError>>,
    /// The text that the manifest names as the readme; absent, too, where it names none.
    pub readme: Document<String>,
    /// The checkout that it was packed from, where cargo told.
    pub packed_from: Option<PackedFrom>,
}

impl PackedFile {
    /// What the manifest says, where it could be read.
    pub fn manifest(&self) -> Option<&CrateManifest> {
        self.manifest.value()?.as_ref().ok()
    }
}

/// What a registry is told of a crate besides its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedCrate {
    /// Its manifest.
    pub manifest: CrateManifest,
    /// Its readme.
    pub readme: Option<Readme>,
}

/// The text that a registry shows for a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readme {
    /// Its path in the crate, as the manifest has it.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// What a registry is told of `artifact`, by the same reader that vetted it, and out of the same bytes.
///
/// # Errors
/// When the bytes are not those of `artifact`, or are no packed crate with a manifest.
pub fn packed_crate(source: &dyn ReadAt, artifact: &Artifact) -> Result<PackedCrate, ArchiveError> {
    if artifact.packed_crate().is_none() {
        return Err(ArchiveError::Kind);
    }
    let PackedFile { hashes, manifest, readme, .. } = read(source, &artifact.file_name, &Limits::default())?;
    if hashes.sha256 != artifact.sha256 {
        return Err(ArchiveError::Changed);
    }
    match manifest {
        Document::Read { value: Ok(manifest), .. } => {
            let text = if let Document::Read { value, .. } = readme { Some(value) } else { None };
            let readme = manifest.readme.clone().zip(text).map(|(path, text)| Readme { path, text });
            Ok(PackedCrate { manifest, readme })
        }
        _ => Err(ArchiveError::Manifest),
    }
}

/// Reads a packed crate: every byte of the file is hashed, every member unpacked and hashed, nothing kept but the manifest
/// and the readme.
///
/// # Errors
/// When the bytes are no gzip-compressed tar archive, a limit is reached, or they cannot be read.
pub fn read(source: &dyn ReadAt, name: &FileName, limits: &Limits) -> Result<PackedFile, ArchiveError> {
    let file_name = name.clone();
    let name = CrateFile::of_file_name(&file_name);
    let promised = name.as_ref().map(|name| format!("{}/{MANIFEST}", name.stem()));
    let is_promised = |member: &Member| Some(member.path.as_str()) == promised.as_deref();
    let told = name.as_ref().map(|name| format!("{}/{}", name.stem(), packed_from::FILE));
    let keep = |member: &Member, so_far: [Option<&Member>; tar::SLOTS]| {
        let is_kept = is_manifest(&member.path) && !so_far[0].is_some_and(is_promised);
        match is_promised(member) || is_kept {
            true => Some(0),
            false => (Some(member.path.as_str()) == told.as_deref()).then_some(1),
        }
    };
    let (tar, hashes, [kept, told]) = tar::read(source, limits, &keep)?;
    // Of several members with the path the last one is what a reader leaves on the disk.
    let index = tar.members.iter().rposition(is_promised);
    let index = index.or_else(|| tar.members.iter().rposition(|member| is_manifest(&member.path)));
    let manifest = document(&tar, index, kept, limits.project_bytes, limits, CrateManifest::parse);
    let packed_from = told.and_then(|(_, bytes)| PackedFrom::parse(&bytes));
    let mut read =
        PackedFile { file_name, name, hashes, tar, manifest, readme: Document::Absent, packed_from };
    read.readme = readme(source, &read, limits)?;
    Ok(read)
}

const MANIFEST: &str = "Cargo.toml";

/// Whether `path` is a manifest directly in a top folder.
fn is_manifest(path: &str) -> bool {
    path.split_once('/').is_some_and(|(_, rest)| rest == MANIFEST)
}

/// Which text is the readme is known after the manifest was read, so it takes a second pass; crates are small.
fn readme(
    source: &dyn ReadAt,
    PackedFile { hashes, tar, manifest: document_read, .. }: &PackedFile,
    limits: &Limits,
) -> Result<Document<String>, ArchiveError> {
    let Document::Read { member, value: Ok(manifest), .. } = document_read else {
        return Ok(Document::Absent);
    };
    let Some(readme) = &manifest.readme else { return Ok(Document::Absent) };
    let root = member.strip_suffix(MANIFEST).unwrap_or_default();
    let path = format!("{root}{}", readme.strip_prefix("./").unwrap_or(readme));
    let Some(index) = tar.members.iter().rposition(|member| member.path == path) else {
        return Ok(Document::Absent);
    };
    let (again, hashes_again, [kept, _]) =
        tar::read(source, limits, &|member, _| (member.path == path).then_some(0))?;
    if hashes_again != *hashes || again.members.len() != tar.members.len() {
        return Err(ArchiveError::Changed);
    }
    Ok(document(tar, Some(index), kept, limits.text_bytes, limits, str::to_owned))
}

fn document<T>(
    tar: &Tar,
    index: Option<usize>,
    kept: Option<Kept>,
    most_bytes: u64,
    limits: &Limits,
    parse: impl FnOnce(&str) -> T,
) -> Document<T> {
    let Some(index) = index else { return Document::Absent };
    let member = tar.members[index].path.clone();
    // What is longer than any text was not even kept.
    match kept.filter(|(found, bytes)| *found == index && bytes.len() as u64 <= most_bytes) {
        _ if tar.members[index].kind != Kind::File => Document::Unread { member, reason: NotRead::NoFile },
        Some((_, bytes)) => Document::of(member, bytes, limits.text_lines, parse),
        None => Document::Unread { member, reason: NotRead::TooLong { limit: most_bytes } },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::build::CrateBuilder;
    use crate::model::artifact::ArtifactKind;

    fn artifact(builder: &CrateBuilder) -> (Artifact, Vec<u8>) {
        let (file_name, bytes) = builder.build();
        let kind = CrateFile::of_file_name(&file_name).map_or(ArtifactKind::Other, ArtifactKind::Crate);
        (Artifact::new(file_name, Hashes::of(&bytes), kind), bytes)
    }

    #[test]
    fn a_crate_tells_its_manifest_and_its_readme() {
        let mut builder = CrateBuilder::new("sample", "1.0.0");
        builder.dependency("other", "2").package("readme", "\"./docs/README.md\"");
        builder.member("docs/README.md", "Read me.");
        let (sample, bytes) = artifact(&builder);
        let PackedCrate { manifest, readme } = packed_crate(&bytes, &sample).expect("a crate");
        assert_eq!(manifest.name.written(), "sample");
        assert_eq!(manifest.dependencies()[0].name.written(), "other");
        let readme = readme.expect("a readme");
        assert_eq!((&*readme.path, &*readme.text), ("./docs/README.md", "Read me."));
        builder.package("readme", "false");
        let (sample, without) = artifact(&builder);
        assert_eq!(packed_crate(&without, &sample).expect("a crate").readme, None);
        assert!(matches!(packed_crate(&bytes, &sample), Err(ArchiveError::Changed)));
    }

    #[test]
    fn only_a_crate_with_a_manifest_tells_anything() {
        let builder = CrateBuilder::new("sample", "1.0.0");
        let (mut other, bytes) = artifact(&builder);
        other.kind = ArtifactKind::Other;
        assert!(matches!(packed_crate(&bytes, &other), Err(ArchiveError::Kind)));
        let mut bare = builder;
        bare.edit_tar(|tar| tar.entries.retain(|entry| !entry.path.ends_with("/Cargo.toml")));
        let (bare, bytes) = artifact(&bare);
        assert!(matches!(packed_crate(&bytes, &bare), Err(ArchiveError::Manifest)));
        assert!(matches!(packed_crate(&bytes[..90].to_vec(), &bare), Err(ArchiveError::Gzip { .. })));
    }

    #[test]
    fn the_manifest_is_that_of_the_promised_folder() {
        let mut builder = CrateBuilder::new("sample", "1.0.0");
        let manifest = |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\n");
        let others = ["another-1.0.0/Cargo.toml", "zoo/Cargo.toml"];
        builder.edit_tar(move |tar| {
            for path in others {
                let entry = crate::archive::build::TarEntry::file(path, manifest("other"));
                tar.entries.push(entry.clone());
                tar.entries.insert(0, entry);
            }
        });
        let (sample, bytes) = artifact(&builder);
        assert_eq!(packed_crate(&bytes, &sample).expect("a crate").manifest.name.written(), "sample");
    }
}
