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
    /// `pyproject.toml` of the top-level directory that the file name promises.
    pub pyproject: Document<String>,
}

impl SdistFile {
    /// The path where PKG-INFO must be, as the file name promises it.
    pub fn promised_pkg_info(&self) -> Option<String> {
        self.name.as_ref().ok().map(|name| format!("{}/PKG-INFO", name.stem()))
    }
}

/// Reads an sdist: every byte of the file is hashed, every member unpacked and hashed, nothing kept but PKG-INFO and pyproject.toml.
///
/// # Errors
/// When the bytes are no gzip-compressed tar archive, a limit is reached, or they cannot be read.
pub fn read(source: &dyn ReadAt, name: &FileName, limits: &Limits) -> Result<SdistFile, ArchiveError> {
    let file_name = name.clone();
    let name: Result<SdistName, _> = file_name.as_str().parse();
    let promised = name.as_ref().ok().map(|name| format!("{}/PKG-INFO", name.stem()));
    let is_promised = |member: &tar::Member| Some(member.path.as_str()) == promised.as_deref();
    let pyproject = name.as_ref().ok().map(|name| format!("{}/pyproject.toml", name.stem()));
    let keep = |member: &tar::Member, so_far: [Option<&tar::Member>; tar::SLOTS]| {
        if is_promised(member) || is_pkg_info(&member.path) && !so_far[0].is_some_and(is_promised) {
            Some(0)
        } else {
            (Some(member.path.as_str()) == pyproject.as_deref()).then_some(1)
        }
    };
    let (tar, hashes, [pkg_info, project]) = tar::read(source, limits, &keep)?;
    // Of several members with the path the last one is what an installer leaves on the disk.
    let last = |path: &dyn Fn(&str) -> bool| tar.members.iter().rposition(|member| path(&member.path));
    let index = last(&|path| Some(path) == promised.as_deref()).or_else(|| last(&is_pkg_info));
    let metadata = document(&tar, index, pkg_info, limits.text_bytes, limits, Metadata::parse);
    let index = last(&|path| Some(path) == pyproject.as_deref());
    let pyproject = document(&tar, index, project, limits.project_bytes, limits, str::to_owned);
    Ok(SdistFile { file_name, name, hashes, tar, metadata, pyproject })
}

fn document<T>(
    tar: &Tar,
    index: Option<usize>,
    kept: Option<tar::Kept>,
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

/// Whether `path` is a PKG-INFO directly in a top-level directory.
fn is_pkg_info(path: &str) -> bool {
    path.split_once('/').is_some_and(|(_, rest)| rest == "PKG-INFO")
}
