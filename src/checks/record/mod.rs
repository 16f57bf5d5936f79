//! RECORD against the archive, in both directions.

mod digests;
mod listing;

use std::collections::HashMap;

use crate::archive::document::Document;
use crate::archive::record::{Record, Row};
use crate::archive::wheel::WheelFile;
use crate::archive::zip::Member;

use super::Check;

pub(super) const TABLES: &[&[Check]] = &[listing::CHECKS, digests::CHECKS];

const RECORD: &str = "binary distribution format, the .dist-info directory";
const INSTALLED: &str = "recording installed projects, the RECORD file";

/// RECORD's path and what it says.
fn read(wheel: &WheelFile) -> Option<(&str, &Record)> {
    match &wheel.record {
        Document::Read { member, value, .. } => Some((member, value)),
        _ => None,
    }
}

/// A row's path as the public index and pip read it.
fn plain(row: &Row) -> String {
    row.path.replace('\\', "/")
}

/// Whether `path` is RECORD or one of its signatures, which RECORD lists without digest or not at all.
fn is_special(path: &str, record: &str) -> bool {
    path.strip_prefix(record).is_some_and(|rest| matches!(rest, "" | ".jws" | ".p7s"))
}

/// The rows of files, each with the member that it is about; RECORD and its signatures are left out.
fn rows_with_members(wheel: &WheelFile) -> Vec<(&Row, Option<&Member>)> {
    let Some((record, Record { rows, .. })) = read(wheel) else { return Vec::new() };
    let members: HashMap<&str, &Member> =
        wheel.zip.members.iter().map(|member| (member.path.as_str(), member)).collect();
    rows.iter()
        .map(|row| (row, plain(row)))
        .filter(|(_, path)| !is_special(path, record))
        .map(|(row, path)| (row, members.get(path.as_str()).copied()))
        .collect()
}

/// The rows about RECORD itself.
fn own_rows(wheel: &WheelFile) -> impl Iterator<Item = (&str, &Row)> {
    let read = read(wheel);
    read.into_iter().flat_map(|(record, Record { rows, .. })| {
        rows.iter().filter(move |row| plain(row) == record).map(move |row| (record, row))
    })
}
