//! Where the notes of a release come from.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::OnceCell;

use super::{NO_PREVIOUS, NO_SECTION, NO_TEXT};
use crate::model::tag::Tag;
use crate::modes::notes::{self, Form, Section};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::{DiskError, RemoteError};
use crate::remote::github::read::GithubRead;
use crate::report::Report;

/// Larger than any text that people write: 16 MiB.
const LARGEST_BYTES: u64 = 16 << 20;

/// How many tags are told where the right one is not among them.
const MOST_SEEN: usize = 12;

/// Where the notes come from.
#[derive(Clone, Debug)]
pub(crate) enum Notes {
    /// The version's section of a changelog.
    Changelog {
        /// The changelog.
        path: PathBuf,
        /// Whether it may be missing: nobody named it, the default was taken.
        optional: bool,
        /// Whether what is unreleased stands for a version that has no section.
        unreleased: bool,
    },
    /// A file that holds them, whole.
    File(PathBuf),
    /// These.
    Text(String),
    /// GitHub writes them.
    Generated(Generated),
    /// There are none.
    Nothing,
}

/// Notes that GitHub writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Generated {
    /// The tag since which changes are listed; worked out without one.
    pub(crate) previous: Option<String>,
    /// What GitHub wrote: it is asked once in a run, however often the run looks.
    answer: Arc<OnceCell<Option<String>>>,
}

impl Generated {
    /// Notes since `previous`.
    pub(crate) fn since(previous: Option<String>) -> Self {
        Self { previous, answer: Arc::default() }
    }

    /// What GitHub writes for `tag`, which it would make at `target`; nothing if there is no such previous tag, which the
    /// report then says.
    pub(super) async fn text(
        &self,
        tag: &Tag,
        target: Option<&str>,
        github: &GithubRead,
        report: &mut Report,
    ) -> Result<Option<String>, RemoteError> {
        let asked = self.answer.get_or_try_init(|| async {
            let names = github.tag_names().await?;
            let previous = match &self.previous {
                Some(given) if !names.contains(given) => {
                    report.push(no_previous(given, &names));
                    return Ok(None);
                }
                Some(given) => Some(given.clone()),
                None => notes::previous_tag(tag, names.iter().map(String::as_str)).map(|tag| tag.to_string()),
            };
            let written = github.generate_notes(tag.as_str(), target, previous.as_deref()).await?;
            Ok(Some(notes::normal(&written.body)))
        });
        asked.await.cloned()
    }
}

fn no_previous(given: &str, names: &[String]) -> crate::report::Finding {
    let mut tags: Vec<Tag> = names.iter().filter_map(|name| name.parse().ok()).collect();
    tags.sort_by(|a, b| b.version().cmp(a.version()).then_with(|| a.as_str().cmp(b.as_str())));
    let seen: Vec<_> = tags.iter().take(MOST_SEEN).map(Tag::as_str).collect();
    let seen = if seen.is_empty() { "there are none of versions".to_owned() } else { seen.join(" · ") };
    NO_PREVIOUS.finding(format!("`{given}` is not among the tags; the highest are: {seen}"))
}

impl Notes {
    /// The notes of `tag` as far as this machine knows them: nothing where GitHub writes them, where there are none, or
    /// where something stands against them, which goes to the report.
    pub(super) fn read(
        &self,
        disk: &DiskRead,
        tag: &Tag,
        report: &mut Report,
    ) -> Result<Option<String>, DiskError> {
        let found = match self {
            Self::Changelog { path, optional, unreleased } => match text_of(path, disk, report)? {
                None => return Ok(None),
                Some(None) if *optional => return Ok(Some(format!("Release {tag}"))),
                Some(None) => Err("there is no such file".to_owned()),
                Some(Some(changelog)) => section(&changelog, Form::of(path), tag, *unreleased),
            },
            Self::File(path) => match text_of(path, disk, report)? {
                None => return Ok(None),
                Some(None) => Err("there is no such file".to_owned()),
                Some(Some(text)) => Ok(notes::normal(&text)),
            },
            Self::Text(text) => Ok(notes::normal(text)),
            Self::Generated(_) | Self::Nothing => return Ok(None),
        };
        let place = match self {
            Self::Changelog { path, .. } | Self::File(path) => Some(path.display().to_string()),
            _ => None,
        };
        let nothing = || format!("there is no text for {}", tag.version());
        let (rule, message) = match found {
            Err(message) => (&NO_SECTION, message),
            Ok(text) if text.is_empty() => (&NO_SECTION, nothing()),
            Ok(text) => match notes::control_character(&text) {
                None => return Ok(Some(text)),
                Some((line, found)) => {
                    let code = u32::from(found);
                    (&NO_TEXT, format!("line {line} of the notes holds the control character U+{code:04X}"))
                }
            },
        };
        let mut finding = rule.finding(message);
        if rule.id == NO_SECTION.id && matches!(self, Self::Changelog { .. }) {
            let version = tag.version();
            finding = finding.hint(format!(
                "add a section `## [{version}]`, or say with `notes-from` where the notes are"
            ));
        }
        report.push(match place {
            Some(file) => finding.in_file(file),
            None => finding,
        });
        Ok(None)
    }
}

/// The text of a file, where there is a file; nothing at all if it holds no text, which the report then says.
fn text_of(path: &Path, disk: &DiskRead, report: &mut Report) -> Result<Option<Option<String>>, DiskError> {
    match disk.text(path, LARGEST_BYTES) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.source.kind(), ErrorKind::InvalidData | ErrorKind::FileTooLarge) => {
            report.push(NO_TEXT.finding(error.source.to_string()).in_file(path.display().to_string()));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The section of the version, or why there is none.
fn section(changelog: &str, form: Form, tag: &Tag, unreleased: bool) -> Result<String, String> {
    let version = tag.version();
    let seen = match notes::section(changelog, form, version) {
        Section::Found(text) => return Ok(text),
        Section::Empty => return Ok(String::new()),
        Section::Missing { seen } => seen,
    };
    if unreleased && let Section::Found(text) = notes::unreleased(changelog, form) {
        return Ok(text);
    }
    let none = if unreleased { " and none of what is unreleased" } else { "" };
    let seen = if seen.is_empty() {
        "it has no headings that could be about versions".to_owned()
    } else {
        format!("its headings are: {}", seen.join(" · "))
    };
    Err(format!("it has no section for {version}{none}; {seen}"))
}
