//! What had no version yet gets one: its heading, with the date, and the links that compare it with the version before.
//!
//! The changelog decides the form. Its newest version is the model for the new heading; the section of what is not
//! released stays, empty, where it has one of that name, and is renamed where it had the next version's name already.
//! Nothing else of the text changes, not even the end of a line.

use std::ops::Range;

use unicode_width::UnicodeWidthStr as _;

use super::compare::{self, Compare};
use super::date::Date;
use super::heading::{Reading, Subject};
use super::links::definitions;
use super::wording::{self, Model, Worded};
use super::{Changelog, DEEPEST, Form, MOST_SEEN, Section, Title, is_anchor, is_target};
use crate::model::tag::Tag;
use crate::model::version::Version;

/// A release, as a changelog tells of it.
#[derive(Clone, Copy, Debug)]
pub struct Release<'a> {
    /// Its version.
    pub version: &'a Version,
    /// Its tag.
    pub tag: &'a Tag,
    /// The tag before it. Where the changelog itself names one, that counts.
    pub previous: Option<&'a Tag>,
    /// Its day: `2026-01-31`.
    pub date: &'a str,
    /// The address of the repository, for links where the changelog has none to go by.
    pub base: Option<&'a str>,
}

/// Why a changelog cannot tell of a release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ReleaseError {
    #[error("it has no section of what is not released yet; seen: {}", list(seen))]
    NoUnreleased { seen: Vec<String> },
    #[error("it has a section of {version} already, and text that is not released yet")]
    Both { version: String },
    #[error("`{}` is no day like `2026-01-31`", date.escape_debug())]
    Date { date: String },
    #[error("its section of {version} could not be found again after it was written")]
    Unproven { version: String },
}

/// `changelog` with what is not released yet as the section of `release`. One that has the section already, and nothing
/// that is not released, stays as it is.
///
/// # Errors
/// When nothing is there to be released, or the section is there beside it.
pub fn release(changelog: &str, form: Form, release: &Release<'_>) -> Result<String, ReleaseError> {
    let date: Date = release
        .date
        .parse()
        .map_err(|()| ReleaseError::Date { date: release.date.chars().take(40).collect() })?;
    let page = Page::read(changelog, form);
    let wanted = Subject::Version(release.version.clone());
    let log = &page.log;
    let existing = log.position(&wanted);
    let open = log.position(&Subject::Unreleased);
    let marked =
        log.titles.iter().position(|title| is_version(title)).filter(|at| is_marked(&log.titles[*at]));
    let is_text = || open.is_some_and(|_| matches!(log.section(&Subject::Unreleased), Section::Found(_)));
    let (pending, renamed) = match (existing, open, marked) {
        (Some(_), _, _) if is_text() => {
            return Err(ReleaseError::Both { version: release.version.to_string() });
        }
        (Some(existing), _, Some(marked)) if existing == marked => (marked, true),
        (Some(_), _, _) => return Ok(changelog.to_owned()),
        (None, Some(open), _) => (open, false),
        (None, None, Some(marked)) => (marked, true),
        (None, None, None) => return Err(ReleaseError::NoUnreleased { seen: log.seen() }),
    };
    let after = page.edited(pending, renamed, release, date);
    let unproven = || ReleaseError::Unproven { version: release.version.to_string() };
    let after = after.ok_or_else(unproven)?;
    let read = Changelog::read(&after, form);
    read.position(&wanted).map(|_| after.clone()).ok_or_else(unproven)
}

fn list(seen: &[String]) -> String {
    if seen.is_empty() {
        return "no heading".into();
    }
    let quoted: Vec<String> =
        seen.iter().take(MOST_SEEN).map(|text| format!("`{}`", text.escape_debug())).collect();
    quoted.join(", ")
}

fn is_version(title: &Title<'_>) -> bool {
    matches!(title.subject(Reading::Bare), Subject::Version(_))
}

/// Whether a heading of a version says that it is not released.
fn is_marked(title: &Title<'_>) -> bool {
    wording::version_in(title.text).is_some_and(|version| {
        wording::unreleased_mark(title.text).is_some_and(|mark| mark.start >= version.end)
    })
}

/// Whether the first version in a heading's text is the one that it is about.
fn is_worded(title: &Title<'_>, version: &Version) -> bool {
    let found = wording::version_in(title.text);
    found.is_some_and(|span| Version::from_either(&title.text[span]).is_ok_and(|found| found == *version))
}

/// A changelog, and where each of its lines begins.
#[derive(Debug)]
struct Page<'a> {
    text: &'a str,
    log: Changelog<'a>,
    /// The first byte of each line, and behind them the end of the text.
    starts: Vec<usize>,
}

/// Text that takes the place of other text.
type Edit = (Range<usize>, String);

impl<'a> Page<'a> {
    fn read(text: &'a str, form: Form) -> Self {
        let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut starts = vec![at];
        for line in text[at..].split_inclusive('\n') {
            at += line.len();
            starts.push(at);
        }
        Self { text, log: Changelog::read(text, form), starts }
    }

    fn lines(&self) -> &[&'a str] {
        &self.log.text.lines
    }

    /// The end of lines, as that of this line, else as that of the first.
    fn end_of_line(&self, line: usize) -> &'static str {
        let of = |line: usize| self.text.get(self.starts[line]..*self.starts.get(line + 1)?);
        let ended = [line, 0].into_iter().filter_map(of).find(|line| line.ends_with('\n'));
        if ended.is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" }
    }

    fn edited(&self, pending: usize, renamed: bool, release: &Release<'_>, date: Date) -> Option<String> {
        let Changelog { form, titles, .. } = &self.log;
        let title = &titles[pending];
        let model = self.model(pending);
        let worded =
            wording::heading(model.and_then(|at| Model::of(titles[at].text)), title, *form, release, date);
        let end = self.end_of_line(title.start);
        let mut lines = self.heading(title, &worded.text);
        let mut edits = Vec::new();
        if renamed {
            let span =
                self.starts[title.start]..self.starts[title.end - 1] + self.lines()[title.end - 1].len();
            edits.push((span, lines.join(end)));
        } else {
            edits.extend(self.inline_link(title, release));
            let anchor = model.map(|at| self.anchor(&titles[at], &worded.said)).unwrap_or_default();
            lines.splice(0..0, anchor);
            let at = self.starts[title.end];
            let is_ended = self.text[..at].ends_with('\n');
            let mut text = lines.iter().fold(String::new(), |text, line| text + end + line);
            text.push_str(if is_ended { end } else { "" });
            edits.push((at..at, if is_ended { text } else { format!("{end}{text}") }));
        }
        edits.extend(self.links(&worded, renamed.then_some(title), model, release));
        replaced(self.text, edits)
    }

    /// The newest version that is released.
    fn model(&self, pending: usize) -> Option<usize> {
        let titles = &self.log.titles;
        let released = |strictly: Reading, deepest: usize| {
            titles.iter().enumerate().position(|(at, title)| {
                at != pending
                    && title.level <= deepest
                    && matches!(title.subject(strictly), Subject::Version(version) if is_worded(title, &version))
                    && !is_marked(title)
            })
        };
        released(Reading::Bare, DEEPEST).or_else(|| released(Reading::Strict, 2))
    }

    /// The lines of a heading, drawn as that of `like`.
    fn heading(&self, like: &Title<'_>, text: &str) -> Vec<String> {
        let drawn = self.lines()[like.end - 1].trim();
        let mark = drawn.chars().next().unwrap_or('=');
        let underline = || mark.to_string().repeat(text.width().max(3));
        match (like.end - like.start, self.log.form) {
            (1, _) => vec![format!("{} {text}", "#".repeat(like.level))],
            // A title that has a line above may be indented in it.
            (3, Form::RestructuredText) => vec![underline(), text.to_owned(), underline()],
            _ => vec![text.to_owned(), underline()],
        }
    }

    /// The anchor before a heading, and what is between them, for another version.
    fn anchor(&self, title: &Title<'_>, said: &str) -> Vec<String> {
        let Some(model) = Model::of(title.text) else { return Vec::new() };
        let above = &self.lines()[..title.start];
        let Some(at) = above.iter().rposition(|line| !line.trim().is_empty()) else { return Vec::new() };
        let line = above[at];
        if !(is_anchor(line) || is_target(line)) || !line.contains(model.version) {
            return Vec::new();
        }
        let blank = above[at + 1..].iter().map(|_| String::new());
        std::iter::once(line.replace(model.version, said)).chain(blank).collect()
    }

    /// The link in the heading of what is not released goes on from this release.
    fn inline_link(&self, title: &Title<'_>, release: &Release<'_>) -> Option<Edit> {
        let line = self.lines()[title.start];
        let compare = Compare::find(line)?;
        let start = self.starts[title.start];
        Some((start..start + line.len(), compare.between(release.tag.as_str(), compare.to())))
    }

    /// The definitions of links: that of what is not released goes on from this release, and this release gets one, which
    /// may be the one that its heading had before it was `renamed`.
    fn links(
        &self,
        worded: &Worded,
        renamed: Option<&Title<'_>>,
        model: Option<usize>,
        release: &Release<'_>,
    ) -> Vec<Edit> {
        let definitions = self.definitions();
        let of = |label: &str| {
            let label = label.to_lowercase();
            definitions.iter().find(|(known, _)| *known == label).map(|(_, lines)| lines.clone())
        };
        let tag = release.tag.as_str();
        let mut edits = Vec::new();
        let open = of("unreleased");
        let compared = open.as_ref().and_then(|lines| self.compare(lines));
        if let Some((at, compare)) = compared {
            edits.push((self.line(at), compare.between(tag, compare.to())));
        }
        let own = renamed.and_then(|title| self.label_of(title)).and_then(|label| of(&label));
        if let Some((lines, (_, compare))) =
            own.and_then(|lines| Some((lines.clone(), self.compare(&lines)?)))
        {
            let label = worded.label.as_ref().unwrap_or(&worded.said);
            let line = self.defined(label, &compare.address(compare.from(), tag));
            edits.push((self.line(lines.start).start..self.line(lines.end - 1).end, line));
            return edits;
        }
        let Some(label) = worded.label.as_ref().filter(|label| of(label).is_none()) else { return edits };
        let older = model.and_then(|at| self.label_of(&self.log.titles[at])).and_then(|label| of(&label));
        let base = release.base.filter(|base| !base.contains(|c: char| c.is_whitespace() || c.is_control()));
        let address = compared
            .map(|(_, compare)| compare.address(compare.from(), tag))
            .or_else(|| {
                let (_, compare) = self.compare(older.as_ref()?)?;
                Some(compare.address(compare.to(), tag))
            })
            .or_else(|| base.map(|base| compare::address(base, release.previous.map(Tag::as_str), tag)));
        edits.extend(address.map(|address| self.definition(&self.defined(label, &address), open, older)));
        edits
    }

    /// The bytes of a line without its end.
    fn line(&self, at: usize) -> Range<usize> {
        self.starts[at]..self.starts[at] + self.lines()[at].len()
    }

    /// The line among some that compares two tags.
    fn compare(&self, lines: &Range<usize>) -> Option<(usize, Compare<'a>)> {
        lines.clone().find_map(|at| Some((at, Compare::find(self.lines()[at])?)))
    }

    fn defined(&self, label: &str, address: &str) -> String {
        match self.log.form {
            Form::Markdown => format!("[{label}]: {address}"),
            Form::RestructuredText => format!(".. _{label}: {address}"),
        }
    }

    /// Puts a definition behind that of what is not released, or before the newest one, or at the end.
    fn definition(&self, line: &str, open: Option<Range<usize>>, older: Option<Range<usize>>) -> Edit {
        if let Some(lines) = open {
            let place = self.line(lines.end - 1).end;
            return (place..place, format!("{}{line}", self.end_of_line(lines.start)));
        }
        if let Some(lines) = older {
            let place = self.starts[lines.start];
            return (place..place, format!("{line}{}", self.end_of_line(lines.start)));
        }
        let place = self.text.len();
        let end = self.end_of_line(0);
        let is_ended = self.text.ends_with('\n');
        let is_blank = self.lines().last().is_none_or(|line| line.trim().is_empty());
        let before = match (is_ended, is_blank) {
            (true, true) => String::new(),
            (true, false) => end.to_owned(),
            (false, _) => end.repeat(2),
        };
        (place..place, format!("{before}{line}{}", if is_ended { end } else { "" }))
    }

    /// The definitions with their labels and lines.
    fn definitions(&self) -> Vec<(String, Range<usize>)> {
        match self.log.form {
            Form::Markdown => {
                let found = definitions(&self.log.text).into_iter();
                found.map(|found| (found.label, found.start..found.end)).collect()
            }
            Form::RestructuredText => {
                let label = |(at, line): (usize, &&str)| {
                    let (label, target) = line.strip_prefix(".. _")?.split_once(": ")?;
                    (!target.trim().is_empty()).then(|| (label.trim_matches('`').to_lowercase(), at..at + 1))
                };
                self.lines().iter().enumerate().filter_map(label).collect()
            }
        }
    }

    /// The label that a heading refers to.
    fn label_of(&self, title: &Title<'_>) -> Option<String> {
        let (open, close) = match self.log.form {
            Form::Markdown => ('[', ']'),
            Form::RestructuredText => ('`', '`'),
        };
        let (_, rest) = title.text.split_once(open)?;
        rest.split_once(close).map(|(label, _)| label.to_owned())
    }
}

/// `text` with each range replaced; of two at one place the first comes first. Nothing where ranges overlap: a heading
/// that is the definition of a link as well has no sensible outcome.
fn replaced(text: &str, mut edits: Vec<Edit>) -> Option<String> {
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let mut result = String::with_capacity(text.len() + 200);
    let mut at = 0;
    for (span, new) in edits {
        result.push_str(text.get(at..span.start)?);
        result.push_str(&new);
        at = span.end;
    }
    result.push_str(&text[at..]);
    Some(result)
}

#[cfg(test)]
mod tests;
