//! A wheel, read in one pass.

use std::collections::{BTreeSet, HashMap};

use super::Limits;
use super::document::{Document, NotRead};
use super::error::ArchiveError;
use super::metadata::Metadata;
use super::record::{Algorithm, Record};
use super::source::{Cursor, ReadAt};
use super::zip::{self, Contents, Inflater, Unread, Wanted, Zip};
use crate::model::artifact::FileName;
use crate::model::digest::Hashes;
use crate::model::wheel_name::{WheelName, WheelNameError};

/// A wheel's contents, as they are; nothing here was judged.
#[derive(Debug)]
pub struct WheelFile {
    /// What the file is called.
    pub file_name: FileName,
    /// Its name, taken apart.
    pub name: Result<WheelName, WheelNameError>,
    /// The digests of its bytes.
    pub hashes: Hashes,
    /// Its container, with all members.
    pub zip: Zip,
    /// Its top-level `.dist-info` directories, sorted.
    pub dist_infos: BTreeSet<String>,
    /// METADATA.
    pub metadata: Document<Metadata>,
    /// WHEEL, whose lines have the form of headers.
    pub wheel: Document<Metadata>,
    /// RECORD.
    pub record: Document<Record>,
}

impl WheelFile {
    /// The `.dist-info` directory that was read: the one that the file name promises, else the only one.
    pub fn dist_info(&self) -> Option<&str> {
        dist_info(&self.dist_infos, self.name.as_ref().ok())
    }
}

/// Reads a wheel: every byte of the file is hashed, every member unpacked and hashed, nothing kept but the texts
/// that describe it.
///
/// # Errors
/// When the bytes are no ZIP archive that can be walked, a limit is reached, or they cannot be read.
pub fn read(source: &dyn ReadAt, name: &FileName, limits: &Limits) -> Result<WheelFile, ArchiveError> {
    let mut zip = zip::walk(source, limits)?;
    let file_name = name.clone();
    let name: Result<WheelName, _> = file_name.as_str().parse();
    let dist_infos = dist_infos(&zip);
    let texts = Texts::find(&zip, dist_info(&dist_infos, name.as_ref().ok()));
    let mut inflater = Inflater::new();

    // RECORD comes first, since it may name other digests than SHA-256 for the members.
    let record = texts.record(source, &zip, &mut inflater, limits)?;
    let algorithms = record.value().map(other_algorithms).unwrap_or_default();

    let mut kept = HashMap::new();
    let mut cursor = Cursor::new(source);
    for index in zip.by_offset() {
        let member = &zip.members[index];
        if member.contents == Contents::Unread(Unread::Overlaps) {
            continue;
        }
        let wanted = Wanted {
            contents: texts.keeps(index) && member.central.size_bytes <= limits.text_bytes,
            algorithm: algorithms.get(&member.path).copied(),
        };
        let (contents, bytes) = inflater.read(&mut cursor, member, wanted)?;
        zip.members[index].contents = contents;
        kept.extend(bytes.map(|bytes| (index, bytes)));
    }
    cursor.pass(zip.size_bytes, &mut Vec::new())?;
    let hashes = cursor.finish();

    let most = (limits.text_bytes, limits.text_lines);
    let headers = |index| document(&zip, index, |index| kept.remove(&index), most, Metadata::parse);
    let [metadata, wheel] = [texts.metadata, texts.wheel].map(headers);
    Ok(WheelFile { file_name, name, hashes, dist_infos, metadata, wheel, record, zip })
}

/// The indexes of the members that are held in memory.
struct Texts {
    metadata: Option<usize>,
    wheel: Option<usize>,
    record: Option<usize>,
}

impl Texts {
    fn find(zip: &Zip, dist_info: Option<&str>) -> Self {
        let find = |file: &str| {
            let path = format!("{}/{file}", dist_info?);
            zip.members.iter().position(|member| member.path == path)
        };
        Self { metadata: find("METADATA"), wheel: find("WHEEL"), record: find("RECORD") }
    }

    fn keeps(&self, index: usize) -> bool {
        [self.metadata, self.wheel].contains(&Some(index))
    }

    fn record(
        &self,
        source: &dyn ReadAt,
        zip: &Zip,
        inflater: &mut Inflater,
        limits: &Limits,
    ) -> Result<Document<Record>, ArchiveError> {
        let mut bytes = None;
        if let Some(member) = self.record.map(|index| &zip.members[index])
            && member.contents != Contents::Unread(Unread::Overlaps)
            && member.central.size_bytes <= limits.record_bytes
        {
            let wanted = Wanted { contents: true, algorithm: None };
            bytes = inflater.read(&mut Cursor::at(source, member.data_at()), member, wanted)?.1;
        }
        Ok(document(zip, self.record, |_| bytes, (limits.record_bytes, limits.text_lines), Record::parse))
    }
}

fn document<T>(
    zip: &Zip,
    index: Option<usize>,
    bytes: impl FnOnce(usize) -> Option<Vec<u8>>,
    (most_bytes, most_lines): (u64, usize),
    parse: impl FnOnce(&str) -> T,
) -> Document<T> {
    let Some(index) = index else { return Document::Absent };
    let member = zip.members[index].path.clone();
    match bytes(index) {
        Some(bytes) => Document::of(member, bytes, most_lines, parse),
        None if zip.members[index].central.size_bytes > most_bytes => {
            Document::Unread { member, reason: NotRead::TooLong { limit: most_bytes } }
        }
        None => Document::Unread { member, reason: NotRead::Damaged },
    }
}

fn dist_infos(zip: &Zip) -> BTreeSet<String> {
    zip.members
        .iter()
        .filter_map(|member| member.path.split_once('/'))
        .filter(|(top, _)| top.ends_with(".dist-info"))
        .map(|(top, _)| top.to_owned())
        .collect()
}

fn dist_info<'a>(found: &'a BTreeSet<String>, name: Option<&WheelName>) -> Option<&'a str> {
    let promised = name.map(|name| format!("{}.dist-info", name.directory_stem()));
    let only = || found.first().filter(|_| found.len() == 1);
    promised.and_then(|promised| found.get(&promised)).or_else(only).map(String::as_str)
}

fn other_algorithms(record: &Record) -> HashMap<String, Algorithm> {
    let other = record.rows.iter().filter_map(|row| {
        let algorithm = Algorithm::named(row.digest.split_once('=')?.0)?;
        (algorithm != Algorithm::Sha256).then(|| (row.path.clone(), algorithm))
    });
    other.collect()
}
