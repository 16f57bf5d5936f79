//! Title and notes of a release, and whose text may be changed.

mod source;
mod title;

use std::collections::BTreeSet;
use std::str::FromStr;

use bytes::Bytes;

use super::Page;
use super::desired::Desired;
use crate::model::artifact::{Artifact, ArtifactKind};
use crate::model::digest::Hashes;
use crate::model::name::PackageName;
use crate::model::revision::CommitSha;
use crate::model::tag::Tag;
use crate::modes::notes::{self, Cut};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::{DiskError, RemoteError};
use crate::remote::github::read::GithubRead;
use crate::remote::github::upload::Content;
use crate::remote::github::{self, Release, ReleaseText};
use crate::report::{Report, Rule, Severity};

pub(crate) use source::{Generated, Notes};
pub(crate) use title::Title;

/// The file that holds the whole of notes that are too long for the page.
const WHOLE_TEXT: &str = "RELEASE-NOTES.md";

pub(super) const NO_SECTION: Rule = Rule {
    id: "release/no-notes",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The notes of this version were not found",
    explain: "The changelog must have a heading for the version (`## [1.2.0] - 2026-01-31`, and what other tools write), \
              with text below it. It is looked up before anything is published, because notes that are missing \
              afterwards are missing for ever.",
    fix: "add a section for the version, with text below its heading, or say with `notes-from` where the notes are",
    sources: &["Keep a Changelog 1.1"],
    since: "0.1.0",
};

pub(super) const NO_TEXT: Rule = Rule {
    id: "release/notes-no-text",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The notes are no plain text in UTF-8",
    explain: "What a release page makes of other bytes, and of control characters such as those that colour a terminal, \
              is not known, so the page might never say what was declared.",
    fix: "save the file as UTF-8, without control characters",
    sources: &["design: a page says what was declared, or the run says why not"],
    since: "0.1.0",
};

pub(super) const NO_PREVIOUS: Rule = Rule {
    id: "release/no-previous-tag",
    severity: Severity::Error,
    rejected_by: &["github"],
    summary: "The tag since which changes are to be listed is not there",
    explain: "GitHub lists the changes between two tags, and `previous-tag` names the first of them.",
    fix: "name a tag of the repository, or leave `previous-tag` out: it is worked out from the versions then",
    sources: &["GitHub's REST interface for release notes"],
    since: "0.1.0",
};

pub(super) const TITLE: Rule = Rule {
    id: "release/title",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The title asks for the name of the project, and there is not one project",
    explain: "`{name}` is the name of the project that all wheels and sdists of the release belong to.",
    fix: "write the name into `title`",
    sources: &["design: nothing is guessed"],
    since: "0.1.0",
};

pub(super) const TOO_LONG: Rule = Rule {
    id: "release/notes-too-long",
    severity: Severity::Warning,
    rejected_by: &["github"],
    summary: "The notes are longer than GitHub takes, and the page shows the beginning of them",
    explain: "GitHub takes 125,000 characters. Longer notes are cut before a heading, else behind a paragraph or a line, \
              and end with a link to the file `RELEASE-NOTES.md`, which is attached with the whole text.",
    fix: "shorten the notes if the page is to show all of them",
    sources: &["incident: notes were refused for their length once everything else was published"],
    since: "0.1.0",
};

pub(super) const KEPT: Rule = Rule {
    id: "release/text-kept",
    severity: Severity::Info,
    rejected_by: &[],
    summary: "The release has a text that stays as it is, and the notes are not added",
    explain: "Only text between our own marks is changed unless `notes-merge` says otherwise, and the text of a \
              published release only with `allow-published-changes`.",
    fix: "say with `notes-merge` what becomes of the text, or empty the text of the draft by hand",
    sources: &["design: what others made is kept"],
    since: "0.1.0",
};

/// What becomes of a text that somebody else wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Merge {
    /// It stays, and the notes stay away.
    #[default]
    Keep,
    /// It gives way to the notes.
    Replace,
    /// The notes go behind it.
    Append,
    /// The notes go before it.
    Prepend,
}

/// Why a text names none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is none of `keep`, `replace`, `append` and `prepend`")]
pub(crate) struct MergeError {
    text: String,
}

impl FromStr for Merge {
    type Err = MergeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "keep" => Self::Keep,
            "replace" => Self::Replace,
            "append" => Self::Append,
            "prepend" => Self::Prepend,
            _ => return Err(MergeError { text: text.chars().take(60).collect() }),
        })
    }
}

/// What the user wants a release to say.
#[derive(Clone, Debug)]
pub(crate) struct Wording {
    /// Where the notes come from.
    pub(crate) notes: Notes,
    /// What becomes of text that is there.
    pub(crate) merge: Merge,
    /// The release's title; without one a new release is called like the tag, and a draft keeps its title.
    pub(crate) title: Option<Title>,
}

/// What the text of a release depends on besides its page.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// Whether it is marked as a prerelease.
    pub(super) prerelease: bool,
    /// Whether the tag is there, or will be.
    pub(super) tagged: bool,
    /// The projects that the files belong to.
    pub(super) projects: BTreeSet<PackageName>,
}

/// What is left to be said.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Title and text, unless they are there or somebody else's.
    pub(super) text: Option<ReleaseText>,
    /// Files that the text refers to.
    pub(super) files: Vec<Desired>,
}

/// Where the notes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// They are the whole text.
    Whole,
    /// Where they are, else behind what is there.
    After,
    /// Where they are, else before what is there.
    Before,
    /// Nowhere: the text stays as it is.
    Nowhere,
}

impl Place {
    /// The text of the page with `notes` in it.
    fn put(self, notes: &str, there: &str) -> String {
        match self {
            Self::Whole => github::marked(notes),
            Self::After => github::with_region(there, notes),
            Self::Before => github::with_region_first(there, notes),
            Self::Nowhere => there.to_owned(),
        }
    }
}

impl Wording {
    /// What the disk says of `tag`, before GitHub is asked; what stands against it goes to the report.
    pub(super) fn read(
        &self,
        disk: &DiskRead,
        tag: &Tag,
        report: &mut Report,
    ) -> Result<Option<String>, DiskError> {
        self.notes.read(disk, tag, report)
    }

    /// What is left to be said on the page, of `notes` that were [read](Self::read).
    pub(super) async fn wanted(
        &self,
        notes: Option<String>,
        page: Page<'_>,
        facts: &Facts,
        github: &GithubRead,
        report: &mut Report,
    ) -> Result<Wanted, RemoteError> {
        let notice = notice(page.tag, github);
        let place = self.place(page, &notice, report);
        let notes = match &self.notes {
            Notes::Generated(generated) if place != Place::Nowhere && facts.tagged => {
                let target = page.target.map(CommitSha::as_str);
                generated.text(page.tag, target, github, report).await?
            }
            _ => notes,
        };
        let (body, files) = match notes {
            Some(notes) => self.body(&notes, place, page, &notice, report),
            None if page.release.is_none() => (github::marked(""), Vec::new()),
            None => (there(page), Vec::new()),
        };
        let title = self.title.as_ref().map(|title| title.of(page.tag, &facts.projects, report));
        // A title that was not asked for here is the tag, or what somebody wrote over it.
        let called = page.release.map(|release| release.name.as_str()).filter(|name| !name.is_empty());
        let text = ReleaseText {
            tag: page.tag.to_string(),
            target: page.target.map(ToString::to_string),
            title: title.as_deref().or(called).unwrap_or(page.tag.as_str()).to_owned(),
            body,
            prerelease: facts.prerelease,
        };
        let is_left = page.may_change() && page.release.is_none_or(|release| !says(release, &text));
        Ok(Wanted { text: is_left.then_some(text), files })
    }

    /// Where the notes go on the page as it is; what is told of it goes to the report.
    fn place(&self, page: Page<'_>, notice: &str, report: &mut Report) -> Place {
        let Some(release) = page.release else { return Place::Whole };
        let body = release.body.as_str();
        let region = github::region_text(body);
        match &self.notes {
            Notes::Nothing => return Place::Nowhere,
            // GitHub is asked once. Where what it wrote was cut, the rest of it has to be attached yet.
            Notes::Generated(_) => {
                let is_kept =
                    |text: &str| !text.trim().is_empty() && (!release.draft || !text.contains(notice));
                if region.is_some_and(is_kept) {
                    return Place::Nowhere;
                }
            }
            Notes::Changelog { .. } | Notes::File(_) | Notes::Text(_) => {}
        }
        let is_foreign = region.is_none() && !body.trim().is_empty();
        if is_foreign && self.merge == Merge::Keep {
            report.push(KEPT.finding(format!("the text of {} was written by somebody else", page.tag)));
            return Place::Nowhere;
        }
        if !page.may_change() || (!release.draft && region.is_some() && self.merge == Merge::Keep) {
            return Place::Nowhere;
        }
        self.place_in(release)
    }

    /// Where the notes go on a page that may be changed.
    fn place_in(&self, release: &Release) -> Place {
        match self.merge {
            _ if release.body.trim().is_empty() => Place::Whole,
            Merge::Replace => Place::Whole,
            Merge::Prepend => Place::Before,
            Merge::Append | Merge::Keep => Place::After,
        }
    }

    /// The text of the page with `notes` in it, cut if that has to be, and what is attached then.
    fn body(
        &self,
        notes: &str,
        place: Place,
        page: Page<'_>,
        notice: &str,
        report: &mut Report,
    ) -> (String, Vec<Desired>) {
        let there = there(page);
        // The page of a published release is as it was made, and what it refers to belongs to it.
        let would_be = match (place, page.release) {
            (Place::Nowhere, Some(release)) => self.place_in(release),
            _ => place,
        };
        let room = notes::LONGEST.saturating_sub(notes::length(&would_be.put("", &there)));
        // What has to be cut anyway leaves room for the mark of a yank, where so much is left for the notes.
        let spared = notes::cut(notes, room.saturating_sub(notes::ROOM_FOR_YANK_MARK), notice);
        let cut = match (notes::cut(notes, room, notice), spared) {
            (Cut::Part(_), Cut::Part(part)) => Cut::Part(part),
            (cut, _) => cut,
        };
        let (part, files) = match cut {
            Cut::Whole => (notes.to_owned(), Vec::new()),
            Cut::Part(part) => (part, vec![whole_text(notes)]),
            Cut::NoRoom => {
                let message = format!("the text of {} leaves no room for the notes", page.tag);
                report.push(KEPT.finding(message));
                return (there, Vec::new());
            }
        };
        let body = would_be.put(&part, &there);
        let is_there = lines(&body) == lines(&there);
        if place == Place::Nowhere && !is_there {
            if !page.may_change() && self.merge != Merge::Keep {
                report.push(KEPT.finding(format!("{} is published, and its text stays", page.tag)));
            }
            return (there, Vec::new());
        }
        if !files.is_empty() {
            let message = format!(
                "they have {} characters, and GitHub takes {}; the page gets {} of them, and `{WHOLE_TEXT}` has all",
                notes::length(notes),
                notes::LONGEST,
                notes::length(&part)
            );
            report.push(TOO_LONG.finding(message));
        }
        (body, files)
    }
}

/// The text of the page with the line ends of Unix: whether a browser has written it changes nothing, not even its length.
fn there(page: Page<'_>) -> String {
    page.release.map_or_else(String::new, |release| release.body.replace("\r\n", "\n"))
}

/// The line at the end of notes that were cut.
fn notice(tag: &Tag, github: &GithubRead) -> String {
    let whole = github.web_page(&["releases", "download", tag.as_str(), WHOLE_TEXT]);
    format!(
        "**There is more: these notes are longer than this page can show. All of them are in [{WHOLE_TEXT}]({whole}).**"
    )
}

fn whole_text(notes: &str) -> Desired {
    let bytes = Bytes::from(format!("{notes}\n"));
    let name = WHOLE_TEXT.parse().expect("the name is a plain one");
    let artifact = Artifact::new(name, Hashes::of(&bytes), ArtifactKind::Other);
    Desired { artifact, content: Content::Bytes(bytes) }
}

/// Whether the page says all of `text` already.
fn says(release: &Release, text: &ReleaseText) -> bool {
    // Where the tag is made is no part of the page; it is told again on publishing.
    let ReleaseText { tag: _, target: _, title, body, prerelease } = text;
    release.name == *title && lines(&release.body) == lines(body) && release.prerelease == *prerelease
}

/// GitHub may give line ends back in another form than they were sent.
pub(super) fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim_end).collect()
}
