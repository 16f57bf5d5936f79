//! A wheel, read in one pass.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;

use super::Limits;
use super::document::{Document, NotRead};
use super::entry_points::EntryPoints;
use super::error::ArchiveError;
use super::metadata::Metadata;
use super::record::{Algorithm, Record};
use super::source::{Cursor, ReadAt};
use super::texts::{self, Texts};
use super::zip::{self, Contents, Inflater, Unpacked, Unread, Wanted, Way, Zip};
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
    /// Other small texts: `entry_points.txt`, the modules that it names, `.pth` files and their like.
    pub texts: Texts,
    /// What `entry_points.txt` says, where there is one; its bytes are judged by the text in `texts`.
    pub entry_points: Option<EntryPoints>,
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
    let described = Described::find(&zip, dist_info(&dist_infos, name.as_ref().ok()));
    let mut inflater = Inflater::take();

    // RECORD comes first, since it may name other digests than SHA-256 for the members.
    let record = described.record(source, &zip, &mut inflater, limits)?;
    let algorithms = record.value().map(other_algorithms).unwrap_or_default();

    // So do entry points, since the modules that they name are kept.
    let entry_points = described.entry_points(source, &zip, &mut inflater, limits)?;
    let named = entry_points.as_ref().map(|read| texts::modules(read, &zip)).unwrap_or_default();

    let wanted =
        described.wanted(&zip, dist_info(&dist_infos, name.as_ref().ok()), &algorithms, &named, limits);
    let (hashes, read) = unpack(source, &zip, &wanted, inflater)?;
    let (mut kept, mut texts) = (HashMap::new(), Texts::default());
    for ((index, _), (contents, bytes)) in wanted.into_iter().zip(read) {
        let member = &mut zip.members[index];
        member.contents = contents;
        match bytes {
            Some(bytes) if described.keeps(index) => drop(kept.insert(index, bytes)),
            Some(bytes) => texts.insert(member.path.clone(), bytes, limits.text_lines),
            None => {}
        }
    }

    let most = (limits.text_bytes, limits.text_lines);
    let headers = |index| document(&zip, index, |index| kept.remove(&index), most, Metadata::parse);
    let [metadata, wheel] = [described.metadata, described.wheel].map(headers);
    Ok(WheelFile { file_name, name, hashes, dist_infos, metadata, wheel, record, texts, entry_points, zip })
}

/// METADATA alone, as [`read`] finds it; nothing else is unpacked, and nothing is hashed.
///
/// # Errors
/// As [`read`].
pub(super) fn metadata(
    source: &dyn ReadAt,
    name: &FileName,
    limits: &Limits,
) -> Result<Document<Metadata>, ArchiveError> {
    let zip = zip::walk(source, limits)?;
    let found = dist_infos(&zip);
    let index = Described::find(&zip, dist_info(&found, name.as_str().parse().ok().as_ref())).metadata;
    let mut inflater = Inflater::take();
    let bytes = early(index, limits.text_bytes, source, &zip, &mut inflater)?;
    inflater.put_away();
    Ok(document(&zip, index, |_| bytes, (limits.text_bytes, limits.text_lines), Metadata::parse))
}

/// From this size on a wheel is worth the work of several cores.
pub const SHARED_FROM_BYTES: u64 = 4 << 20;
/// So much of a wheel is one piece of that work.
const SHARE_BYTES: u64 = 1 << 20;

/// Hashes the file, and unpacks and hashes the wanted members, which are in the order of the file.
fn unpack(
    source: &dyn ReadAt,
    zip: &Zip,
    wanted: &[(usize, Wanted)],
    mut inflater: Inflater,
) -> Result<(Hashes, Vec<Unpacked>), ArchiveError> {
    if zip.size_bytes < SHARED_FROM_BYTES {
        let mut cursor = Cursor::new(source);
        let read = inflater.read_all(&mut cursor, zip, wanted)?;
        cursor.pass(zip.size_bytes, &mut Vec::new())?;
        inflater.put_away();
        return Ok((cursor.finish(), read));
    }
    inflater.put_away();
    // A core that has to do all of it alone takes large members one after the other, so that each finds the room free;
    // only one that has nothing else to do takes some of them, and streams those.
    let by =
        |way| wanted.iter().enumerate().filter(move |(_, (index, _))| Way::of(&zip.members[*index]) == way);
    let [small, large, streamed] =
        [Way::Small, Way::Large, Way::Streamed].map(|way| by(way).collect::<Vec<_>>());
    let share_of = |index: usize| zip.members[index].data_at() / SHARE_BYTES;
    let shares: Vec<_> = small.chunk_by(|(_, (a, _)), (_, (b, _))| share_of(*a) == share_of(*b)).collect();
    let one_by_one = |members: &[Numbered<'_>]| {
        let mut inflater = Inflater::take();
        let read = members.iter().map(|(position, (index, wanted))| {
            let member = &zip.members[*index];
            let read = inflater.read(&mut Cursor::second(source, member.data_at()), member, *wanted)?;
            Ok((*position, read))
        });
        let read = read.collect::<Result<Vec<_>, ArchiveError>>();
        inflater.put_away();
        read
    };
    let side_by_side = |parts: Vec<&[Numbered<'_>]>| {
        let parts = parts.into_par_iter().map(one_by_one).collect::<Result<Vec<_>, _>>();
        parts.map(|parts| parts.into_iter().flatten())
    };
    let members = || {
        rayon::join(
            || side_by_side(large.chunks(1).collect()),
            || rayon::join(|| side_by_side(streamed.chunks(1).collect()), || side_by_side(shares)),
        )
    };
    let (hashes, (large, (streamed, small))) = rayon::join(|| super::source::hashes(source), members);
    let mut read: Vec<_> = large?.chain(streamed?).chain(small?).collect();
    read.sort_unstable_by_key(|(position, _)| *position);
    Ok((hashes?, read.into_iter().map(|(_, read)| read).collect()))
}

/// A member that is wanted, with its place among all of them.
type Numbered<'a> = (usize, &'a (usize, Wanted));

/// The indexes of the members that are held in memory.
struct Described {
    metadata: Option<usize>,
    wheel: Option<usize>,
    record: Option<usize>,
    entry_points: Option<usize>,
}

impl Described {
    fn find(zip: &Zip, dist_info: Option<&str>) -> Self {
        let find = |file: &str| {
            let path = format!("{}/{file}", dist_info?);
            zip.members.iter().position(|member| member.path == path)
        };
        let [metadata, wheel, record] = ["METADATA", "WHEEL", "RECORD"].map(find);
        Self { metadata, wheel, record, entry_points: find("entry_points.txt") }
    }

    fn keeps(&self, index: usize) -> bool {
        [self.metadata, self.wheel].contains(&Some(index))
    }

    /// What is wanted of each member that can be read, in the order of the file.
    fn wanted(
        &self,
        zip: &Zip,
        dist_info: Option<&str>,
        algorithms: &HashMap<String, Algorithm>,
        named: &BTreeSet<usize>,
        limits: &Limits,
    ) -> Vec<(usize, Wanted)> {
        let mut room_bytes = limits.kept_bytes;
        let mut wanted = Vec::with_capacity(zip.members.len());
        for index in zip.by_offset() {
            let member = &zip.members[index];
            if member.contents == Contents::Unread(Unread::Overlaps) {
                continue;
            }
            let size_bytes = member.central.size_bytes;
            let contents = if self.keeps(index) {
                size_bytes <= limits.text_bytes
            } else if texts::is_wanted_of_wheel(&member.path, dist_info) && size_bytes <= room_bytes {
                room_bytes -= size_bytes;
                true
            } else {
                named.contains(&index)
            };
            wanted.push((index, Wanted { contents, algorithm: algorithms.get(&member.path).copied() }));
        }
        wanted
    }

    fn record(
        &self,
        source: &dyn ReadAt,
        zip: &Zip,
        inflater: &mut Inflater,
        limits: &Limits,
    ) -> Result<Document<Record>, ArchiveError> {
        let bytes = early(self.record, limits.record_bytes, source, zip, inflater)?;
        Ok(document(zip, self.record, |_| bytes, (limits.record_bytes, limits.text_lines), Record::parse))
    }

    fn entry_points(
        &self,
        source: &dyn ReadAt,
        zip: &Zip,
        inflater: &mut Inflater,
        limits: &Limits,
    ) -> Result<Option<EntryPoints>, ArchiveError> {
        let bytes = early(self.entry_points, limits.kept_bytes, source, zip, inflater)?;
        let most = (limits.kept_bytes, limits.text_lines);
        Ok(match document(zip, self.entry_points, |_| bytes, most, EntryPoints::parse) {
            Document::Read { value, .. } => Some(value),
            Document::Absent | Document::Unread { .. } => None,
        })
    }
}

/// The contents of a member that is read before all others.
fn early(
    index: Option<usize>,
    most_bytes: u64,
    source: &dyn ReadAt,
    zip: &Zip,
    inflater: &mut Inflater,
) -> Result<Option<Vec<u8>>, ArchiveError> {
    let Some(member) = index.map(|index| &zip.members[index]) else { return Ok(None) };
    if member.contents == Contents::Unread(Unread::Overlaps) || member.central.size_bytes > most_bytes {
        return Ok(None);
    }
    let wanted = Wanted { contents: true, algorithm: None };
    Ok(inflater.read(&mut Cursor::second(source, member.data_at()), member, wanted)?.1)
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
