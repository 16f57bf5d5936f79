//! A source distribution, read in one pass.

use super::Limits;
use super::document::{Document, NotRead};
use super::error::ArchiveError;
use super::metadata::Metadata;
use super::source::ReadAt;
use super::tar::{self, Kind, Tar};
use crate::model::artifact::FileName;
use crate::model::digest::Hashes;
use crate::model::sdist_name::{SdistName, SdistNameError};

/// A source distribution's contents, as they are; nothing here was judged.
#[derive(Debug)]
pub struct SdistFile {
    /// What the file is called.
    pub file_name: FileName,
    /// Its name, taken apart.
    pub name: Result<SdistName, SdistNameError>,
    /// The digests of its bytes.
    pub hashes: Hashes,
    /// Its container, with all members.
    pub tar: Tar,
    /// PKG-INFO of the top-level directory.
    pub metadata: Document<Metadata>,
}

impl SdistFile {
    /// The path where PKG-INFO must be, as the file name promises it.
    pub fn promised_pkg_info(&self) -> Option<String> {
        self.name.as_ref().ok().map(|name| format!("{}/PKG-INFO", name.stem()))
    }
}

/// Reads an sdist: every byte of the file is hashed, every member unpacked and hashed, nothing kept but PKG-INFO.
///
/// # Errors
/// When the bytes are no gzip-compressed tar archive, a limit is reached, or they cannot be read.
pub fn read(source: &dyn ReadAt, name: &FileName, limits: &Limits) -> Result<SdistFile, ArchiveError> {
    let file_name = name.clone();
    let name: Result<SdistName, _> = file_name.as_str().parse();
    let promised = name.as_ref().ok().map(|name| format!("{}/PKG-INFO", name.stem()));
    let is_promised = |member: &tar::Member| Some(member.path.as_str()) == promised.as_deref();
    let keep = |member: &tar::Member, so_far: Option<&tar::Member>| {
        is_promised(member) || is_pkg_info(&member.path) && !so_far.is_some_and(is_promised)
    };
    let (tar, hashes, kept) = tar::read(source, limits, &keep)?;
    // Of several members with the path the last one is what an installer leaves on the disk.
    let last = |path: &dyn Fn(&str) -> bool| tar.members.iter().rposition(|member| path(&member.path));
    let index = last(&|path| Some(path) == promised.as_deref()).or_else(|| last(&is_pkg_info));
    let metadata = match index {
        None => Document::Absent,
        Some(index) => {
            let member = tar.members[index].path.clone();
            match kept.filter(|(found, _)| *found == index) {
                _ if tar.members[index].kind != Kind::File => {
                    Document::Unread { member, reason: NotRead::NoFile }
                }
                Some((_, bytes)) => Document::of(member, bytes, limits.text_lines, Metadata::parse),
                None => Document::Unread { member, reason: NotRead::TooLong { limit: limits.text_bytes } },
            }
        }
    };
    Ok(SdistFile { file_name, name, hashes, tar, metadata })
}

/// Whether `path` is a PKG-INFO directly in a top-level directory.
fn is_pkg_info(path: &str) -> bool {
    path.split_once('/').is_some_and(|(_, rest)| rest == "PKG-INFO")
}
