//! Title and notes of a release, and whose text may be changed.

use std::path::PathBuf;

use crate::model::tag::Tag;
use crate::modes::notes::{self, Section};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;
use crate::remote::github::{self, Release, ReleaseText};
use crate::report::{Report, Rule, Severity};

/// Larger than any text that people write: 16 MiB.
const LARGEST_BYTES: u64 = 16 << 20;

pub(super) const NO_SECTION: Rule = Rule {
    id: "release/no-notes",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The notes of this version were not found",
    explain: "The changelog must have a heading of level two for the version (`## [1.2.0] - 2026-01-31`), with text \
              below it. It is looked up before anything is published, because notes that are missing afterwards are \
              missing for ever.",
    fix: "add a section for the version, with text below its heading, or name another file with `notes-file`",
    sources: &["Keep a Changelog 1.1"],
    since: "0.1.0",
};

pub(super) const TOO_LONG: Rule = Rule {
    id: "release/notes-too-long",
    severity: Severity::Error,
    rejected_by: &["github"],
    summary: "The notes are longer than GitHub takes",
    explain: "GitHub takes 125,000 characters.",
    fix: "shorten the notes and link to the whole text",
    sources: &["incident: notes were refused for their length once everything else was published"],
    since: "0.1.0",
};

pub(super) const KEPT: Rule = Rule {
    id: "release/text-kept",
    severity: Severity::Info,
    rejected_by: &[],
    summary: "The release has a text that somebody else wrote, and it is kept",
    explain: "Only text between our own marks is ever changed.",
    fix: "empty the text of the draft by hand to have it filled",
    sources: &["design: what others made is kept"],
    since: "0.1.0",
};

/// Where the notes come from.
#[derive(Clone, Debug)]
pub(crate) enum Notes {
    /// A file that holds them, whole.
    File(PathBuf),
    /// The version's section of a changelog.
    Changelog {
        /// The changelog.
        path: PathBuf,
        /// Whether it may be missing: nobody named it, the default was taken.
        optional: bool,
    },
}

impl Notes {
    /// The notes of `tag`; what stands against them goes to the report.
    pub(super) fn text(&self, disk: &DiskRead, tag: &Tag, report: &mut Report) -> Result<String, DiskError> {
        let (path, text) = match self {
            Self::File(path) => (path, disk.text(path, LARGEST_BYTES)?.map(|text| text.trim().to_owned())),
            Self::Changelog { path, optional } => {
                let Some(changelog) = disk.text(path, LARGEST_BYTES)? else {
                    if *optional {
                        return Ok(format!("Release {tag}"));
                    }
                    report.push(
                        NO_SECTION.finding("there is no such file").in_file(path.display().to_string()),
                    );
                    return Ok(String::new());
                };
                match notes::section(&changelog, tag.version()) {
                    Section::Found(text) => (path, Some(text)),
                    Section::Empty => (path, Some(String::new())),
                    Section::Missing { seen } => {
                        let seen = if seen.is_empty() {
                            "it has no headings of level two".to_owned()
                        } else {
                            format!("its headings are: {}", seen.join(" · "))
                        };
                        report.push(
                            NO_SECTION
                                .finding(format!("it has no section for {}; {seen}", tag.version()))
                                .in_file(path.display().to_string())
                                .hint(format!(
                                    "add a section `## [{}]`, or name another file with `notes-file`",
                                    tag.version()
                                )),
                        );
                        return Ok(String::new());
                    }
                }
            }
        };
        let text = text.unwrap_or_default();
        if text.is_empty() {
            report.push(
                NO_SECTION
                    .finding(format!("it has no text for {}", tag.version()))
                    .in_file(path.display().to_string()),
            );
        }
        let characters = github::marked(&text).chars().count();
        if characters > notes::LONGEST_CHARACTERS {
            let message =
                format!("they have {characters} characters, and GitHub takes {}", notes::LONGEST_CHARACTERS);
            report.push(TOO_LONG.finding(message).in_file(path.display().to_string()));
        }
        Ok(text)
    }
}

/// The title and text that are left to be set: all of them on a new release, ours on a draft of ours, none on a
/// draft that somebody else wrote or a release that is published.
pub(super) fn wanted(
    tag: &Tag,
    title: Option<&str>,
    notes: &str,
    release: Option<&Release>,
    report: &mut Report,
) -> Option<ReleaseText> {
    // A title that was not asked for here is the tag, or what somebody wrote over it.
    let there = release.map(|release| release.name.as_str()).filter(|name| !name.is_empty());
    let ours = ReleaseText {
        tag: tag.to_string(),
        commit: None,
        title: title.or(there).unwrap_or(tag.as_str()).to_owned(),
        body: github::marked(notes),
        prerelease: tag.version().is_prerelease(),
    };
    let Some(release) = release else { return Some(ours) };
    let body = release.body.as_str();
    if !body.trim().is_empty() && !github::is_ours(body) {
        report.push(KEPT.finding(format!("the text of {tag} was written by somebody else")));
        return None;
    }
    if !release.draft {
        return None;
    }
    let wanted = ReleaseText { body: github::with_region(body, notes), ..ours };
    let same = release.name == wanted.title
        && lines(body) == lines(&wanted.body)
        && release.prerelease == wanted.prerelease;
    (!same).then_some(wanted)
}

/// GitHub may give line ends back in another form than they were sent.
fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}
