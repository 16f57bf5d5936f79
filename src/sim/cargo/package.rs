//! A packed crate: a gzipped TAR with one folder, `NAME-VERSION`, and the normalised `Cargo.toml` in it.

use std::io::{Read, Write as _};
use std::path::{Component, Path};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::manifest::Manifest;
use super::refusal::{Checked, Refusal};
use crate::model::crate_name::CrateFile;

/// How much a packed crate may unpack to, in bytes.
const UNPACKED_LIMIT_BYTES: u64 = 512 << 20;
/// The most that is read of a manifest, in bytes.
const MANIFEST_LIMIT_BYTES: u64 = 16 << 20;

/// Reads a packed crate that is said to be of this name and version.
///
/// # Errors
/// 400 with the first rule that does not hold.
pub(super) fn read(name: &str, version: &str, bytes: &[u8]) -> Checked<Manifest> {
    let folder = format!("{name}-{version}");
    let text = manifest_text(&folder, bytes)?;
    let manifest = Manifest::read(&text)?;
    let differs = |what: &str, sent: &str, found: &str| {
        Refusal::bad(format!("metadata {what} `{sent}` does not match manifest {what} `{found}`"))
    };
    let package = &manifest.package;
    if package.name != name {
        return Err(differs("name", name, &package.name));
    }
    if package.version != version {
        return Err(differs("version", version, &package.version));
    }
    Ok(manifest)
}

fn manifest_text(folder: &str, bytes: &[u8]) -> Checked<String> {
    let malformed =
        |_error| Refusal::bad("uploaded tarball is malformed or too large when decompressed".to_owned());
    let mut archive = tar::Archive::new(GzDecoder::new(bytes).take(UNPACKED_LIMIT_BYTES));
    let mut found = None;
    for entry in archive.entries().map_err(malformed)? {
        let mut entry = entry.map_err(malformed)?;
        let path = entry.path().map_err(malformed)?.into_owned();
        let shown = path.display().to_string();
        let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        if !is_plain || !path.starts_with(folder) {
            return Err(Refusal::bad(format!("invalid path found: {shown}")));
        }
        let kind = entry.header().entry_type();
        if kind.is_hard_link() || kind.is_symlink() {
            return Err(Refusal::bad(format!("unexpected symlink or hard link found: {shown}")));
        }
        let Ok(inside) = path.strip_prefix(folder) else { continue };
        if inside == Path::new("Cargo.toml") {
            let mut text = String::new();
            entry.by_ref().take(MANIFEST_LIMIT_BYTES).read_to_string(&mut text).map_err(malformed)?;
            found = Some(text);
        } else if inside.to_str().is_some_and(|inside| inside.eq_ignore_ascii_case("Cargo.toml")) {
            return Err(Refusal::bad(
                "uploaded tarball has an incorrectly cased `Cargo.toml` manifest file".to_owned(),
            ));
        }
    }
    found.ok_or_else(|| Refusal::bad("uploaded tarball is missing a `Cargo.toml` manifest file".to_owned()))
}

/// A library with nothing in it.
pub(super) fn sample(file: &CrateFile) -> Vec<u8> {
    let (name, version) = (file.name(), file.version());
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\n\
         description = \"A crate that was there before.\"\nlicense = \"MIT\"\n"
    );
    pack(&file.stem(), &[("Cargo.toml", &manifest), ("src/lib.rs", "//! Nothing.\n")])
}

/// Packs files into one folder.
pub(super) fn pack(folder: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(text.len() as u64);
        archive
            .append_data(&mut header, format!("{folder}/{path}"), text.as_bytes())
            .expect("memory can be written to");
    }
    let mut compressed = archive.into_inner().expect("memory can be written to");
    compressed.flush().expect("memory can be written to");
    compressed.finish().expect("memory can be written to")
}
