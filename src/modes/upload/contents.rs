//! What an artifact is made of: the files that were named, and the list of their digests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use super::rules::{CHECKSUMS_TAKEN, COLLISION, LINK_OUTSIDE, NO_FILE, NOT_ONE_FILE, UNFIT_PATH};
use super::{Form, UploadArtifacts, provenance};
use crate::archive::pack::Item;
use crate::model::digest::{Hashes, Sha256};
use crate::model::member_path::{MemberPath, folded};
use crate::remote::disk::gather::Found;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;
use crate::report::Report;

/// The list of digests inside of the artifact.
const CHECKSUMS: &str = "SHA256SUMS";
/// A list that somebody brings along is read up to this size.
const LARGEST_LIST_BYTES: u64 = 64 << 20;
/// What GitHub takes in no name.
const UNFIT: [char; 9] = ['"', ':', '<', '>', '|', '*', '?', '\r', '\n'];

/// The name of an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArtifactName(String);

/// Why a text names no artifact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no name for an artifact: GitHub takes none of `\" : < > | * ? \\ /` and no line ends in it"
)]
pub(crate) struct ArtifactNameError {
    text: String,
}

impl FromStr for ArtifactName {
    type Err = ArtifactNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = |c: char| UNFIT.contains(&c) || matches!(c, '\\' | '/') || c.is_control();
        match text.is_empty() || text.len() > 255 || text.contains(bad) {
            false => Ok(Self(text.to_owned())),
            true => {
                let text = text.chars().take(120).flat_map(char::escape_debug).collect();
                Err(ArtifactNameError { text })
            }
        }
    }
}

impl fmt::Display for ArtifactName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many days an artifact is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retention {
    days: u32,
}

/// Why a text is no number of days.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no number of days from 1 to 400")]
pub(crate) struct RetentionError {
    text: String,
}

impl FromStr for Retention {
    type Err = RetentionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let days = text.parse().ok().filter(|days| (1..=400).contains(days));
        let shown = || text.chars().take(60).flat_map(char::escape_debug).collect();
        days.map(|days| Self { days }).ok_or_else(|| RetentionError { text: shown() })
    }
}

impl Retention {
    /// The same, but no longer than so many days.
    pub(super) fn at_most(self, days: u32) -> Self {
        Self { days: self.days.min(days) }
    }

    /// The end, for an artifact that is left now: `2026-11-25T15:53:59Z`.
    pub(super) fn ends(self, now: SystemTime) -> String {
        let end = now + Duration::from_secs(u64::from(self.days) * 86_400);
        moment(end.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs())
    }
}

/// A moment in the form of RFC 3339.
pub(super) fn moment(epoch_s: u64) -> String {
    let (days, second) = (epoch_s / 86_400, epoch_s % 86_400);
    // The calendar of 400 years, which begins with a March so that leap days end it.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z", second % 60)
}

/// Where the bytes of a member come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A file of the job.
    File(PathBuf),
    /// A text of ours.
    Text(String),
}

/// What the artifact holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    items: Vec<Item>,
    sources: BTreeMap<String, Source>,
    checksum: Option<Sha256>,
}

impl Contents {
    /// The members, sorted by path.
    pub(super) fn items(&self) -> &[Item] {
        &self.items
    }

    /// Where a member's bytes come from.
    pub(super) fn source(&self, item: &Item) -> &Source {
        &self.sources[&item.path]
    }

    /// How many files there are, the list of digests among them.
    pub(super) fn files(&self) -> usize {
        self.items.len()
    }

    /// How many bytes they have in all.
    pub(super) fn size_bytes(&self) -> u64 {
        self.items.iter().map(|item| item.hashes.size_bytes).sum()
    }

    /// The digest of the list of digests: one number that stands for all files.
    pub(super) const fn checksum(&self) -> Option<Sha256> {
        self.checksum
    }
}

impl UploadArtifacts {
    /// The files that were named, with the list of their digests; what is wrong with them goes to the report.
    pub(super) fn contents(&self, disk: &DiskRead, report: &mut Report) -> Result<Contents, DiskError> {
        let gathered = disk.gather(&self.paths, self.include_hidden)?;
        for line in &gathered.unmatched {
            report.push(NO_FILE.finding("there is no such file").in_file(line.clone()));
        }
        let is_raw = self.form == Form::Raw;
        check_links(&gathered.files, report);
        self.check_names(&gathered.files, report);
        if is_raw && gathered.files.len() != 1 {
            report.push(NOT_ONE_FILE.finding(format!("`paths` names {} files", gathered.files.len())));
        }
        if report.blocks() {
            return Ok(Contents::default());
        }
        let mut contents = Contents::default();
        let mut brought = None;
        for Found { path, member, executable, outside: _ } in gathered.files {
            let hashes = disk.hashes(&path)?;
            if member == CHECKSUMS && !is_raw {
                brought = Some((path, hashes));
                continue;
            }
            contents.sources.insert(member.clone(), Source::File(path));
            contents.items.push(Item { path: member, hashes, executable });
        }
        if is_raw {
            return Ok(contents);
        }
        self.add_records(&mut contents, disk, report)?;
        contents.add_checksums();
        if let Some((path, hashes)) = brought
            && Some(hashes.sha256) != contents.checksum
        {
            let listed = disk.text(&path, LARGEST_LIST_BYTES)?.unwrap_or_default().lines().count();
            let ours = contents.items.len() - 1;
            let message =
                format!("it has {listed} lines, and the list of the {ours} other files is not the same");
            report.push(CHECKSUMS_TAKEN.finding(message).in_file(path.display().to_string()));
        }
        Ok(contents)
    }
}

impl UploadArtifacts {
    /// Adds the record of each archive beside it, where records are wanted.
    fn add_records(
        &self,
        contents: &mut Contents,
        disk: &DiskRead,
        report: &mut Report,
    ) -> Result<(), DiskError> {
        let Some(wanted) = &self.provenance else { return Ok(()) };
        let mut records = Vec::new();
        for item in contents.items.iter().filter(|item| provenance::is_archive(&item.path)) {
            let Source::File(path) = contents.source(item) else { continue };
            let Some(text) = wanted.record(item, path, disk, report)? else { continue };
            let path = format!("{}{}", item.path, provenance::ENDING);
            let record = Item { path, hashes: Hashes::of(text.as_bytes()), executable: false };
            if !provenance::is_brought(&record, &contents.items, report) {
                records.push((record, text));
            }
        }
        for (record, text) in records {
            contents.sources.insert(record.path.clone(), Source::Text(text));
            contents.items.push(record);
        }
        contents.items.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(())
    }
}

impl Contents {
    /// Adds the list of all digests, as `sha256sum --check` reads it.
    fn add_checksums(&mut self) {
        let mut text = String::new();
        for item in &self.items {
            writeln!(text, "{}  {}", item.hashes.sha256, item.path).expect("writing to a string cannot fail");
        }
        let hashes = Hashes::of(text.as_bytes());
        self.checksum = Some(hashes.sha256);
        self.items.push(Item { path: CHECKSUMS.to_owned(), hashes, executable: false });
        self.items.sort_by(|a, b| a.path.cmp(&b.path));
        self.sources.insert(CHECKSUMS.to_owned(), Source::Text(text));
    }
}

/// Links that lead out of all folders that were named.
fn check_links(files: &[Found], report: &mut Report) {
    for Found { path, outside, .. } in files {
        if let Some(outside) = outside {
            let message =
                format!("a link leads from there to `{}`, which no line of `paths` names", outside.display());
            report.push(LINK_OUTSIDE.finding(message).in_file(path.display().to_string()));
        }
    }
}

impl UploadArtifacts {
    /// Names that some system cannot keep, or cannot keep apart: whoever collects the artifact would refuse it.
    fn check_names(&self, files: &[Found], report: &mut Report) {
        let mut names: BTreeSet<String> = files.iter().map(|found| found.member.clone()).collect();
        for name in &names {
            if let Err(error) = name.parse::<MemberPath>() {
                report.push(UNFIT_PATH.finding(error.to_string()).in_file(name.clone()));
            }
        }
        if self.form != Form::Raw {
            if self.provenance.is_some() {
                let archives = files.iter().filter(|found| provenance::is_archive(&found.member));
                let records: Vec<_> =
                    archives.map(|found| format!("{}{}", found.member, provenance::ENDING)).collect();
                names.extend(records);
            }
            names.insert(CHECKSUMS.to_owned());
        }
        // No path holds this character, and none is less: what is below a path follows it at once.
        let key = |name: &String| folded(name).replace('/', "\0");
        let mut sorted: Vec<_> = names.iter().map(|name| (key(name), name)).collect();
        sorted.sort_unstable();
        for pair in sorted.windows(2) {
            let [(one_key, one), (other_key, other)] = pair else { continue };
            let below = other_key.strip_prefix(one_key.as_str());
            let why = match below {
                Some("") => "is there as well",
                Some(below) if below.starts_with('\0') => "is a file, and here it is a folder",
                _ => continue,
            };
            let message = format!("`{}` {why}", one.escape_debug());
            report.push(COLLISION.finding(message).in_file(other.as_str()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (epoch_s, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_827_696, "2000-02-29T12:34:56Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_709_251_200, "2024-03-01T00:00:00Z"),
            (1_795_219_200, "2026-11-21T00:00:00Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
        ] {
            assert_eq!(moment(epoch_s), expected);
        }
        let retention: Retention = "5".parse().expect("good");
        assert_eq!(retention.ends(SystemTime::UNIX_EPOCH), "1970-01-06T00:00:00Z");
        for bad in ["0", "401", "-1", "x", ""] {
            assert!(bad.parse::<Retention>().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_of_artifacts_are_those_that_github_takes() {
        for good in ["wheels", "wheels-linux x86_64", "näme", "a.b-c_d"] {
            assert!(good.parse::<ArtifactName>().is_ok(), "{good}");
        }
        for bad in ["", "a/b", "a\\b", "a:b", "a*", "a\nb", "\"", "<", "|"] {
            assert!(bad.parse::<ArtifactName>().is_err(), "{bad}");
        }
    }
}
