//! A gzip-compressed tar archive, read front to back: what a source distribution is.
//!
//! Knows ustar, pax headers, GNU's long names and sparse files, links and devices. It judges nothing: where two
//! readers could see two archives in the same bytes, that is kept as a [`Fault`].

mod gzip;
mod header;

pub use gzip::Gzip;
pub use header::{Kind, Owner};

use std::collections::HashSet;

use sha2::Digest as _;

use self::gzip::{Gunzip, Pace};
use self::header::{BLOCK_BYTES, Header, PaxRecord, pax_records};
use super::Limits;
use super::error::ArchiveError;
use super::insight::{Insight, Observer};
use super::source::ReadAt;
use crate::model::digest::{Hashes, Sha256};

/// A tar archive and the gzip stream around it.
#[derive(Debug)]
pub struct Tar {
    /// The members in order.
    pub members: Vec<Member>,
    /// The stream around them.
    pub gzip: Gzip,
    /// What is ambiguous, in order; the first 100 such facts.
    pub faults: Vec<Fault>,
    /// Whether the end is marked by a block of zeros.
    pub has_end: bool,
    /// Where, in the unpacked stream, the first byte that is not zero follows the end mark.
    pub data_after_end: Option<u64>,
}

/// A member of a tar archive.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its path as text; bytes that are no UTF-8 are replaced. A directory's has no `/` at its end.
    pub path: String,
    /// Its path as written.
    pub path_bytes: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Where a link leads, as text.
    pub link: Option<String>,
    /// How many bytes its contents have.
    pub size_bytes: u64,
    /// SHA-256 of its contents.
    pub sha256: Sha256,
    /// The type flag of its header.
    pub type_flag: u8,
    /// Its Unix permissions.
    pub mode: u64,
    /// Who owned it where the archive was made.
    pub owner: Owner,
    /// When it was changed, in seconds since 1970.
    pub modified: u64,
    /// Whether its name or format is GNU's own.
    pub is_gnu: bool,
    /// What else was seen in its contents.
    pub insight: Option<Box<Insight>>,
}

/// Something that readers of tar archives take in different ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The member it is about.
    pub path: String,
    /// What it is.
    pub what: FaultKind,
}

/// What readers of tar archives take in different ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// A pax header is not of the form it must have.
    PaxForm,
    /// A pax header has a keyword twice.
    PaxRepeated {
        /// The keyword.
        keyword: String,
    },
    /// A pax path has a NUL or is no UTF-8.
    PaxText {
        /// The keyword.
        keyword: String,
    },
    /// A pax header and the header behind it state different sizes.
    PaxSize {
        /// The header's size.
        header_bytes: u64,
        /// The pax header's size, as written.
        pax: String,
    },
    /// A pax header gives another path than the header behind it, which could have held it.
    PaxPath {
        /// The header's path.
        header: String,
    },
    /// A pax header for all members states a path, a link or a size.
    PaxGlobal {
        /// The keyword.
        keyword: String,
    },
    /// A pax header asks for another character set than UTF-8.
    PaxCharset {
        /// The character set.
        charset: String,
    },
    /// A file with holes.
    Sparse,
    /// A link, directory or device has contents.
    Contents {
        /// How many bytes, says its header.
        size_bytes: u64,
    },
    /// Headers that speak of a next member stand at the end, or stand twice.
    Dangling,
}

const MOST_FAULTS: usize = 100;
/// A long name or pax header is held in memory.
const MOST_EXTENSION_BYTES: u64 = 1 << 20;
const ROOM_BYTES: usize = 64 << 10;

/// How many members' contents are kept at most.
pub(super) const SLOTS: usize = 2;

/// In which slot a member's contents are kept: told a member, and what the slots hold so far. The last one stays.
pub(super) type Keep<'a> = &'a dyn Fn(&Member, [Option<&Member>; SLOTS]) -> Option<usize>;

/// The index of the member that was kept, and its contents.
pub(super) type Kept = (usize, Vec<u8>);

/// Reads a whole archive, and keeps the contents of a few members.
///
/// # Errors
/// When the bytes are no gzip stream or no tar archive, are cut short, or a limit is reached.
pub(super) fn read(
    source: &dyn ReadAt,
    limits: &Limits,
    keep: Keep<'_>,
) -> Result<(Tar, Hashes, [Option<Kept>; SLOTS]), ArchiveError> {
    match read_at(Pace::Quick, source, limits, keep) {
        Err(ArchiveError::Gzip { .. }) => read_at(Pace::Exact, source, limits, keep),
        read => read,
    }
}

fn read_at(
    pace: Pace,
    source: &dyn ReadAt,
    limits: &Limits,
    keep: Keep<'_>,
) -> Result<(Tar, Hashes, [Option<Kept>; SLOTS]), ArchiveError> {
    let mut walk = Walk {
        stream: Gunzip::new(source, limits, pace)?,
        limits,
        header_bytes: 0,
        members: Vec::new(),
        faults: Vec::new(),
        next: Extensions::default(),
        kept: [const { None }; SLOTS],
        room: vec![0; ROOM_BYTES],
    };
    let has_end = walk.members(keep)?;
    let data_after_end = walk.rest()?;
    let Walk { stream, mut members, mut faults, kept, .. } = walk;
    members.shrink_to_fit();
    faults.truncate(MOST_FAULTS);
    let (hashes, gzip) = stream.finish();
    Ok((Tar { members, gzip, faults, has_end, data_after_end }, hashes, kept))
}

/// What headers said about the member that comes next.
#[derive(Default)]
struct Extensions {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<Vec<u8>>,
    is_gnu: bool,
    is_sparse: bool,
    faults: Vec<FaultKind>,
}

impl Extensions {
    fn fault(&mut self, what: FaultKind) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(what);
        }
    }

    /// The member that `header` and these extensions describe, not read yet, and what is ambiguous about it.
    fn member(self, header: Header) -> (Member, Vec<FaultKind>) {
        let kind = header.kind();
        let Self { path, link, size, is_gnu, is_sparse, mut faults } = self;
        let renames = |path: &Vec<u8>| {
            // Writers cut or mangle a path in the header only where it does not fit in there.
            let fits = path.is_ascii() && path.len() <= header::PATH_BYTES;
            fits && !is_gnu && without_slash(path) != without_slash(&header.path)
        };
        if path.as_ref().is_some_and(renames) {
            let header = super::shown(&String::from_utf8_lossy(&header.path));
            faults.push(FaultKind::PaxPath { header });
        }
        let mut path_bytes = path.unwrap_or(header.path);
        if kind == Kind::Directory {
            path_bytes.truncate(without_slash(&path_bytes).len());
        }
        let is_link = matches!(kind, Kind::HardLink | Kind::SymbolicLink);
        let link = is_link.then(|| String::from_utf8_lossy(&link.unwrap_or(header.link)).into_owned());
        if is_sparse || kind == Kind::Sparse {
            faults.push(FaultKind::Sparse);
        }
        let mut size_bytes = header.size_bytes;
        if let Some(pax) = size {
            let stated = std::str::from_utf8(&pax).ok().and_then(|text| text.parse().ok());
            if stated != Some(size_bytes) {
                let pax = super::shown(&String::from_utf8_lossy(&pax));
                faults.push(FaultKind::PaxSize { header_bytes: size_bytes, pax });
            }
            size_bytes = stated.unwrap_or(size_bytes);
        }
        // Installers take no contents behind these, so the next header follows at once.
        if is_link || matches!(kind, Kind::Device | Kind::Directory) {
            if size_bytes > 0 {
                faults.push(FaultKind::Contents { size_bytes });
            }
            size_bytes = 0;
        }
        let member = Member {
            path: String::from_utf8_lossy(&path_bytes).into_owned(),
            path_bytes,
            kind,
            link,
            size_bytes,
            sha256: Sha256::from_bytes([0; 32]),
            type_flag: header.type_flag,
            mode: header.mode,
            owner: header.owner,
            modified: header.modified,
            is_gnu: is_gnu || header.is_gnu,
            insight: None,
        };
        (member, faults)
    }
}

/// A path without the slashes at its end, which a directory's may have.
fn without_slash(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |at| at + 1);
    &path[..end]
}

struct Walk<'a> {
    stream: Gunzip<'a>,
    limits: &'a Limits,
    /// Bytes of names and extensions that were read so far.
    header_bytes: u64,
    members: Vec<Member>,
    faults: Vec<Fault>,
    next: Extensions,
    kept: [Option<Kept>; SLOTS],
    room: Vec<u8>,
}

impl Walk<'_> {
    /// Reads members up to the end mark; tells whether there was one.
    fn members(&mut self, keep: Keep<'_>) -> Result<bool, ArchiveError> {
        loop {
            let at = self.stream.unpacked_bytes();
            let mut block = [0; BLOCK_BYTES];
            match self.fill(&mut block)? {
                0 => {
                    self.dangling();
                    return Ok(false);
                }
                BLOCK_BYTES => {}
                _ => return Err(ArchiveError::Cut { what: "tar header", at }),
            }
            if block == [0; BLOCK_BYTES] {
                self.dangling();
                return Ok(true);
            }
            let header = Header::parse(&block).map_err(|what| ArchiveError::TarHeader { what, at })?;
            match header.type_flag {
                b'L' => self.gnu_name(&header, |next| &mut next.path)?,
                b'K' => self.gnu_name(&header, |next| &mut next.link)?,
                b'x' | b'X' => self.pax(&header)?,
                b'g' => self.pax_global(&header)?,
                _ => self.member(header, keep)?,
            }
        }
    }

    fn dangling(&mut self) {
        let Extensions { path, link, size, faults, .. } = std::mem::take(&mut self.next);
        if path.is_some() || link.is_some() || size.is_some() || !faults.is_empty() {
            self.fault(String::new(), FaultKind::Dangling);
        }
    }

    fn fault(&mut self, path: String, what: FaultKind) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(Fault { path, what });
        }
    }

    fn spend(&mut self, bytes: u64) -> Result<(), ArchiveError> {
        self.header_bytes += bytes;
        if self.header_bytes > self.limits.header_bytes {
            return Err(ArchiveError::HeadersTooLong { limit: self.limits.header_bytes });
        }
        Ok(())
    }

    fn member(&mut self, header: Header, keep: Keep<'_>) -> Result<(), ArchiveError> {
        if self.members.len() == self.limits.members {
            return Err(ArchiveError::TooManyMembers { limit: self.limits.members });
        }
        let (mut member, faults) = std::mem::take(&mut self.next).member(header);
        self.spend((member.path_bytes.len() + member.link.as_ref().map_or(0, String::len)) as u64)?;
        for what in faults {
            self.fault(super::shown(&member.path), what);
        }
        let so_far = self.kept.each_ref().map(|kept| kept.as_ref().map(|(index, _)| &self.members[*index]));
        let slot = keep(&member, so_far).filter(|_| member.size_bytes <= self.limits.text_bytes);
        let mut kept = slot.map(|_| Vec::new());
        let mut observer = Observer::new(&member.path, member.size_bytes, false);
        member.sha256 = self.contents(member.size_bytes, &mut |bytes| {
            if let Some(kept) = &mut kept {
                kept.extend_from_slice(bytes);
            }
            observer.update(bytes);
        })?;
        member.insight = observer.finish();
        if let Some((slot, bytes)) = slot.zip(kept) {
            self.kept[slot] = Some((self.members.len(), bytes));
        }
        self.members.push(member);
        Ok(())
    }

    fn contents(&mut self, size_bytes: u64, take: &mut dyn FnMut(&[u8])) -> Result<Sha256, ArchiveError> {
        let at = self.stream.unpacked_bytes();
        if size_bytes > self.limits.member_bytes {
            let archive_bytes = self.stream.size_bytes();
            return Err(ArchiveError::Bomb { unpacked_bytes: size_bytes, size_bytes: archive_bytes });
        }
        let mut sha256 = sha2::Sha256::new();
        let mut left = size_bytes;
        let mut room = std::mem::take(&mut self.room);
        while left > 0 {
            let count = usize::try_from(left).unwrap_or(ROOM_BYTES).min(ROOM_BYTES);
            let made = self.stream.read(&mut room[..count])?;
            if made == 0 {
                return Err(ArchiveError::Cut { what: "tar member", at });
            }
            sha256.update(&room[..made]);
            take(&room[..made]);
            left -= made as u64;
        }
        let padding = usize::try_from(size_bytes.next_multiple_of(BLOCK_BYTES as u64) - size_bytes)
            .expect("less than a block");
        let filled = self.fill(&mut room[..padding])?;
        self.room = room;
        if filled < padding {
            return Err(ArchiveError::Cut { what: "tar member", at });
        }
        Ok(Sha256::from_bytes(sha256.finalize().into()))
    }

    /// Fills `buffer` as far as the stream goes.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.stream.read(&mut buffer[filled..])? {
                0 => break,
                made => filled += made,
            }
        }
        Ok(filled)
    }

    fn extension(&mut self, header: &Header) -> Result<Vec<u8>, ArchiveError> {
        if header.size_bytes > MOST_EXTENSION_BYTES {
            return Err(ArchiveError::HeadersTooLong { limit: MOST_EXTENSION_BYTES });
        }
        self.spend(header.size_bytes)?;
        let mut bytes = Vec::new();
        self.contents(header.size_bytes, &mut |part| bytes.extend_from_slice(part))?;
        Ok(bytes)
    }

    fn gnu_name(
        &mut self,
        header: &Header,
        place: impl FnOnce(&mut Extensions) -> &mut Option<Vec<u8>>,
    ) -> Result<(), ArchiveError> {
        let mut name = self.extension(header)?;
        name.truncate(name.iter().position(|&byte| byte == 0).unwrap_or(name.len()));
        self.next.is_gnu = true;
        if place(&mut self.next).replace(name).is_some() {
            self.next.fault(FaultKind::Dangling);
        }
        Ok(())
    }

    fn records(&mut self, header: &Header) -> Result<Vec<PaxRecord>, ArchiveError> {
        let bytes = self.extension(header)?;
        let records = pax_records(&bytes).unwrap_or_else(|| {
            self.next.fault(FaultKind::PaxForm);
            Vec::new()
        });
        let mut seen = HashSet::new();
        for (keyword, _) in &records {
            if !seen.insert(keyword) {
                self.next.fault(FaultKind::PaxRepeated { keyword: super::shown(keyword) });
            }
        }
        Ok(records)
    }

    fn pax(&mut self, header: &Header) -> Result<(), ArchiveError> {
        for (keyword, value) in self.records(header)? {
            let next = &mut self.next;
            let clean = !value.contains(&0) && std::str::from_utf8(&value).is_ok();
            let place = match keyword.as_str() {
                "path" => &mut next.path,
                "linkpath" => &mut next.link,
                "size" => &mut next.size,
                "hdrcharset" => {
                    if !matches!(&value[..], b"ISO-IR 10646 2000 UTF-8" | b"BINARY") {
                        let charset = super::shown(&String::from_utf8_lossy(&value));
                        next.fault(FaultKind::PaxCharset { charset });
                    }
                    continue;
                }
                _ => {
                    next.is_sparse |= keyword.starts_with("GNU.sparse.");
                    continue;
                }
            };
            // Between a path by pax and one by GNU readers choose differently; a repeated keyword was told.
            if place.replace(value).is_some() && next.is_gnu {
                next.fault(FaultKind::Dangling);
            }
            if !clean {
                next.fault(FaultKind::PaxText { keyword });
            }
        }
        Ok(())
    }

    fn pax_global(&mut self, header: &Header) -> Result<(), ArchiveError> {
        for (keyword, _) in self.records(header)? {
            if matches!(keyword.as_str(), "path" | "linkpath" | "size") {
                self.fault(String::new(), FaultKind::PaxGlobal { keyword });
            }
        }
        Ok(())
    }

    /// Reads the stream to its end, so that all of it is checked, and looks for data behind the end mark.
    fn rest(&mut self) -> Result<Option<u64>, ArchiveError> {
        let mut found = None;
        loop {
            let at = self.stream.unpacked_bytes();
            let made = self.stream.read(&mut self.room)?;
            if made == 0 {
                return Ok(found);
            }
            let data = self.room[..made].iter().position(|&byte| byte != 0);
            found = found.or(data.map(|data| at + data as u64));
        }
    }
}
