//! A record beside each archive that says what it is and where it comes from, as lines of `key=value`.
//!
//! The keys are those that wheelhouse archives are kept with. No moment of this run stands in it: the same archive gives
//! the same record.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::contents::moment;
use super::rules::{META_TAKEN, UNREADABLE_ARCHIVE};
use crate::archive::pack::Item;
use crate::archive::wheelhouse;
use crate::model::artifact::{Distribution, FileName};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;
use crate::report::Report;

/// What the names of archives end in.
const ENDINGS: [&str; 3] = [".tgz", ".tar.gz", ".zip"];
/// What the name of a record adds to its archive's.
pub(super) const ENDING: &str = ".meta";

/// What a record says beside what the archive tells by itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Provenance {
    /// The machine that made the archive, as the runner describes it.
    pub(crate) machine: Option<String>,
    /// The file with the requirements that the archive was made of.
    pub(crate) requirements: Option<PathBuf>,
}

/// Whether a record is wanted for this file: for archives, and not for sdists, which have their metadata inside.
pub(super) fn is_archive(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_distribution =
        name.parse::<FileName>().is_ok_and(|name| Distribution::of_file_name(&name).is_some());
    ENDINGS.iter().any(|ending| name.ends_with(ending)) && !is_distribution
}

impl Provenance {
    /// The record of the archive at `path`; none if it cannot be read, which the report says.
    pub(super) fn record(
        &self,
        item: &Item,
        path: &Path,
        disk: &DiskRead,
        report: &mut Report,
    ) -> Result<Option<String>, DiskError> {
        let wheels = match wheelhouse::wheels(&disk.open(path)?) {
            Ok(wheels) => wheels,
            Err(error) => {
                report.push(UNREADABLE_ARCHIVE.finding(error.to_string()).in_file(item.path.clone()));
                return Ok(None);
            }
        };
        let requirements = match &self.requirements {
            Some(path) => Some(disk.hashes(path)?.sha256.to_string()),
            None => None,
        };
        let mut text = String::new();
        let mut line = |key: &str, value: Option<String>| {
            // A stranger's name begins no line of its own.
            if let Some(value) = value.filter(|value| !value.is_empty() && !value.contains(char::is_control))
            {
                writeln!(text, "{key}={value}").expect("writing to a string cannot fail");
            }
        };
        line("name", item.path.rsplit('/').next().map(str::to_owned));
        line("sha256", Some(item.hashes.sha256.to_string()));
        line("size", Some(item.hashes.size_bytes.to_string()));
        line("created_at", Some(moment(disk.written_s(path)?)));
        line("runner", self.machine.clone());
        line("python", Some(wheelhouse::pythons(&wheels).join(",")));
        line("requirements_hash", requirements);
        line("wheels", Some(wheels.join(",")));
        Ok(Some(text))
    }
}

/// Finds out whether the record may stand beside its archive; `true` when the very same is there already.
pub(super) fn is_brought(record: &Item, items: &[Item], report: &mut Report) -> bool {
    let Some(brought) = items.iter().find(|item| item.path == record.path) else { return false };
    if brought.hashes != record.hashes {
        let (theirs, ours) = (brought.hashes.sha256.short(), record.hashes.sha256.short());
        let message = format!("it has sha256 {theirs}…, and the record of its archive {ours}…");
        report.push(META_TAKEN.finding(message).in_file(record.path.clone()));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_have_records_and_distributions_have_not() {
        for archive in ["wheelhouse-3.11.tgz", "a/b.zip", "docs.tar.gz"] {
            assert!(is_archive(archive), "{archive}");
        }
        for other in ["sample-1.2.0.tar.gz", "sample-1.2.0-py3-none-any.whl", "zip", "a.zip/readme"] {
            assert!(!is_archive(other), "{other}");
        }
    }
}
