//! The checks of the file itself: its name, and what is inside.
//!
//! Reads with the general ZIP and TAR libraries, so that our own reader of archives does not vouch for itself.

use std::collections::BTreeSet;
use std::io::{Cursor, Read as _};

use bytes::Bytes;
use zip::{CompressionMethod, ZipArchive};

use super::form::FileType;
use super::metadata::Metadata;
use super::platforms;
use super::refusal::{Checked, Refusal};
use crate::model::artifact::Distribution;
use crate::model::name::PackageName;
use crate::model::wheel_name::WheelName;

/// Archives that unpack to less than this are never called bombs, in bytes.
const RATIO_FLOOR_BYTES: u64 = 64 << 20;
/// How many times its size an archive may unpack to.
const RATIO_LIMIT: u64 = 50;
/// The most that is read of one metadata file, in bytes.
const MEMBER_LIMIT_BYTES: u64 = 16 << 20;

/// Checks that a file of this name may be of this type.
///
/// # Errors
/// When the name has characters that no name has, or the extension is another type's.
pub(super) fn check_extension(file_name: &str, file_type: FileType) -> Checked<()> {
    if file_name.chars().any(|c| c.is_ascii_control()) {
        return Err(Refusal::bad(
            "Cannot upload a file with non-printable characters (ordinals 0-31) or the DEL character (ordinal 127) in the name.",
        ));
    }
    if file_name.contains(['/', '\\']) {
        return Err(Refusal::bad("Cannot upload a file with '/' or '\\' in the name."));
    }
    let known = [".tar.gz", ".zip", ".whl"]
        .into_iter()
        .find(|extension| file_name.strip_suffix(extension).is_some_and(|stem| !stem.is_empty()));
    let Some(extension) = known else {
        return Err(Refusal::bad("Invalid file extension: Use .tar.gz, .whl or .zip extension."));
    };
    match (file_type, extension) {
        (FileType::Wheel, ".whl") => Ok(()),
        (FileType::Sdist, ".tar.gz" | ".zip") => Ok(()),
        (FileType::Wheel, other) => Err(wrong_extension(other, "bdist_wheel")),
        (FileType::Sdist, other) => Err(wrong_extension(other, "sdist")),
    }
}

fn wrong_extension(extension: &str, file_type: &str) -> Refusal {
    Refusal::bad(format!(
        "Invalid file extension: Extension {extension} is invalid for filetype {file_type}."
    ))
}

fn invalid(why: impl std::fmt::Display) -> Refusal {
    Refusal::bad(format!("Invalid distribution file. {why}"))
}

/// What a distribution that passed leaves with the index.
#[derive(Debug)]
pub(super) struct Vetted {
    /// What its name says.
    pub(super) distribution: Distribution,
    /// A wheel's METADATA.
    pub(super) metadata: Option<Bytes>,
}

/// Checks a wheel: name, archive, members.
///
/// # Errors
/// The first rule that does not hold.
pub(super) fn check_wheel(
    file_name: &str,
    bytes: &Bytes,
    project: &PackageName,
    metadata: &Metadata,
) -> Checked<Vetted> {
    let mut archive = open_zip(bytes)?;
    let stem = file_name.split('-').take(2).collect::<Vec<_>>().join("-");
    let info = format!("{stem}.dist-info");
    member(&mut archive, &format!("{info}/WHEEL"))
        .ok_or_else(|| invalid(format_args!("WHEEL not found at {info}/WHEEL")))?;
    let name: WheelName =
        file_name.parse().map_err(|error| Refusal::bad(format!("Invalid wheel filename: {error}")))?;
    wheel_name_fits(&name, project, metadata)?;
    for license in &metadata.license_files {
        let path = format!("{info}/licenses/{license}");
        if member(&mut archive, &path).is_none() {
            return Err(no_license(license, file_name, &path));
        }
    }
    record_fits(&mut archive, file_name, &info)?;
    let path = format!("{info}/METADATA");
    let inside = member(&mut archive, &path).ok_or_else(|| {
        Refusal::bad(format!("Wheel '{file_name}' does not contain the required METADATA file: {path}"))
    })?;
    metadata_agrees(&inside, project, metadata)?;
    Ok(Vetted { distribution: Distribution::Wheel(name), metadata: Some(inside.into()) })
}

fn no_license(license: &str, file_name: &str, path: &str) -> Refusal {
    Refusal::bad(format!("License-File {license} does not exist in distribution file {file_name} at {path}"))
}

fn wheel_name_fits(name: &WheelName, project: &PackageName, metadata: &Metadata) -> Checked<()> {
    if let Some(platform) = name.platform().iter().find(|platform| !platforms::supported(platform)) {
        return Err(Refusal::bad(format!(
            "Binary wheel '{name}' has an unsupported platform tag '{platform}'."
        )));
    }
    let expected = project.in_file_name();
    if name.name() != project {
        return Err(Refusal::bad(format!("Start filename for '{project}' with '{expected}'.")));
    }
    let found = name.written_name();
    if found != expected {
        return Err(Refusal::bad(format!(
            "Filename '{name}' should contain the normalized project name '{expected}', not '{found}'."
        )));
    }
    if *name.version() != metadata.version {
        let (expected, found) = (metadata.version.pep440(), name.version().pep440());
        return Err(Refusal::bad(format!("Version in filename should be '{expected}' not '{found}'.")));
    }
    Ok(())
}

fn open_zip(bytes: &Bytes) -> Checked<ZipArchive<Cursor<&[u8]>>> {
    // Data before the first member, or after the end record, is where two readers see two archives.
    if !bytes.starts_with(b"PK\x03\x04") {
        return Err(invalid("File is not a zipfile"));
    }
    let mut archive =
        ZipArchive::new(Cursor::new(&bytes[..])).map_err(|_source| invalid("File is not a zipfile"))?;
    let refused = |why: &str| invalid(format_args!("ZIP archive not accepted: {why}."));
    let end_record = bytes.len().checked_sub(22).filter(|at| bytes[*at..].starts_with(b"PK\x05\x06"));
    let Some(end_record) = end_record else { return Err(refused("Trailing data")) };
    let stated = usize::from(u16::from_le_bytes([bytes[end_record + 10], bytes[end_record + 11]]));
    if stated != 0xffff && stated != archive.len() {
        return Err(refused("Duplicate filename in central directory"));
    }
    let mut unpacked = 0_u64;
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index).map_err(|_source| refused("Malformed member"))?;
        unpacked = unpacked.saturating_add(file.size());
        if !matches!(file.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            return Err(invalid("File does not use a supported compression type"));
        }
    }
    if unpacked > RATIO_FLOOR_BYTES && unpacked / bytes.len() as u64 > RATIO_LIMIT {
        return Err(invalid(format_args!("File exceeds compression ratio of {RATIO_LIMIT}")));
    }
    Ok(archive)
}

/// A member's content; none when there is no such member or it does not unpack.
fn member(archive: &mut ZipArchive<Cursor<&[u8]>>, path: &str) -> Option<Vec<u8>> {
    let file = archive.by_name(path).ok()?;
    let mut content = Vec::new();
    file.take(MEMBER_LIMIT_BYTES).read_to_end(&mut content).ok()?;
    Some(content)
}

/// RECORD must name the files of the wheel and no others; since 2026 PyPI refuses wheels where it does not.
fn record_fits(archive: &mut ZipArchive<Cursor<&[u8]>>, file_name: &str, info: &str) -> Checked<()> {
    let path = format!("{info}/RECORD");
    let record = member(archive, &path).ok_or_else(|| {
        Refusal::bad(format!("Wheel '{file_name}' does not contain the required RECORD file: {path}"))
    })?;
    let record = String::from_utf8_lossy(&record).into_owned();
    let listed: BTreeSet<String> = record.lines().filter_map(record_path).collect();
    let signatures = [format!("{path}.jws"), format!("{path}.p7s")];
    let present: BTreeSet<String> = archive
        .file_names()
        .filter_map(Result::ok)
        .filter(|name| !name.ends_with('/') && !signatures.contains(&name.to_string()))
        .map(std::borrow::Cow::into_owned)
        .collect();
    if listed != present {
        return Err(Refusal::bad(format!(
            "Wheel '{file_name}' has a RECORD file that does not match its contents: {path}"
        )));
    }
    Ok(())
}

/// The first field of a line of comma separated values.
fn record_path(line: &str) -> Option<String> {
    match line.strip_prefix('"') {
        Some(quoted) => {
            let end = quoted.replace("\"\"", "\0\0").find('"')?;
            Some(quoted[..end].replace("\"\"", "\""))
        }
        None => line.split(',').next().filter(|path| !path.is_empty()).map(str::to_owned),
    }
}

/// The file's own metadata must be that of the release that the form announces.
fn metadata_agrees(inside: &[u8], project: &PackageName, metadata: &Metadata) -> Checked<()> {
    let text = String::from_utf8_lossy(inside);
    let header = |wanted: &str| {
        text.lines()
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim().to_owned())
            .unwrap_or_default()
    };
    let name = header("Name");
    if name.parse::<PackageName>().as_ref() != Ok(project) {
        return Err(Refusal::bad(format!("Name in METADATA should be '{project}' not '{name}'.")));
    }
    let version = header("Version");
    let same = crate::model::version::Version::from_pep440(&version)
        .is_ok_and(|version| version == metadata.version);
    if !same {
        let expected = metadata.version.pep440();
        return Err(Refusal::bad(format!("Version in METADATA should be '{expected}' not '{version}'.")));
    }
    Ok(())
}

/// Checks a source distribution: archive, name, members.
///
/// # Errors
/// The first rule that does not hold.
pub(super) fn check_sdist(
    file_name: &str,
    bytes: &Bytes,
    project: &PackageName,
    metadata: &Metadata,
) -> Checked<Vetted> {
    let members = tar_members(bytes)?;
    let top = match members.first().and_then(|path| path.split('/').next()) {
        Some(top) if !matches!(top, "" | ".") && members.iter().all(|path| below(path, top)) => top,
        _ => return Err(invalid("Incorrect number of top-level directories in sdist")),
    };
    let info = format!("{top}/PKG-INFO");
    if !members.contains(&info) {
        return Err(invalid(format_args!("PKG-INFO not found at {info}")));
    }
    // PEP 625: normalised name, canonical version, and no other form of compression.
    let expected = format!("{}-{}.tar.gz", project.in_file_name(), metadata.version.pep440());
    if file_name != expected {
        return Err(Refusal::bad(format!("Filename '{file_name}' is invalid, should be '{expected}'.")));
    }
    for license in &metadata.license_files {
        let path = format!("{top}/{license}");
        if !members.contains(&path) {
            return Err(no_license(license, file_name, &path));
        }
    }
    let name = file_name
        .parse()
        .map_err(|_source| Refusal::bad(format!("Invalid source distribution filename: {file_name}")))?;
    Ok(Vetted { distribution: Distribution::Sdist(name), metadata: None })
}

fn below(path: &str, top: &str) -> bool {
    path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The names of all members, unpacking everything.
fn tar_members(bytes: &Bytes) -> Checked<Vec<String>> {
    let broken = || invalid("File is not a tarfile");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
    let mut members = Vec::new();
    for entry in archive.entries().map_err(|_source| broken())? {
        let mut entry = entry.map_err(|_source| broken())?;
        members.push(String::from_utf8_lossy(&entry.path_bytes()).trim_end_matches('/').to_owned());
        std::io::copy(&mut entry, &mut std::io::sink()).map_err(|_source| broken())?;
    }
    // The end of the compressed stream carries its checksum, which the members alone do not reach.
    let mut rest = archive.into_inner();
    std::io::copy(&mut rest, &mut std::io::sink()).map_err(|_source| broken())?;
    if members.is_empty() { Err(broken()) } else { Ok(members) }
}
