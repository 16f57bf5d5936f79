//! The section of a changelog that is about one version, whole and nothing else; `release` makes one of what had no
//! version yet.
//!
//! A section begins behind the heading of its version and ends before the next heading that is of its level or above, or
//! that is about another version: tools write minor releases one level above their patches. Headings that only look like
//! some are left alone, such as those in fenced code and in comments.

pub(crate) mod heading;
pub(crate) mod lines;
pub(crate) mod links;
pub mod release;

mod compare;
mod date;
mod wording;

use std::path::Path;

use heading::{Reading, Subject, subject};
use lines::{Kind, Lines};
use links::{definitions, needed};

use crate::model::version::Version;

/// Deeper headings are never about a version.
const DEEPEST: usize = 3;

/// How many headings are told where none is the right one.
const MOST_SEEN: usize = 12;

/// How a changelog is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In Markdown.
    Markdown,
    /// In reStructuredText. Its sections are taken as they are, but for headings, which a page in Markdown would take
    /// for the beginning of code.
    RestructuredText,
}

impl Form {
    /// The form that the name of a file tells.
    pub fn of(path: &Path) -> Self {
        let is_rst = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("rst"));
        if is_rst { Self::RestructuredText } else { Self::Markdown }
    }
}

/// What a changelog says of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Section {
    /// The section's text, without its heading, with the link definitions that it uses.
    Found(String),
    /// The version has a heading with nothing below it.
    Empty,
    /// There is none.
    Missing {
        /// The headings that were seen, the first dozen.
        seen: Vec<String>,
    },
}

/// The section of `version`.
pub fn section(changelog: &str, form: Form, version: &Version) -> Section {
    Changelog::read(changelog, form).section(&Subject::Version(version.clone()))
}

/// Whether there is a section of `version`, and text in it.
pub fn has_section(changelog: &str, form: Form, version: &Version) -> bool {
    matches!(section(changelog, form, version), Section::Found(_))
}

/// The section of what has no version yet.
pub fn unreleased(changelog: &str, form: Form) -> Section {
    Changelog::read(changelog, form).section(&Subject::Unreleased)
}

/// A heading.
#[derive(Debug)]
struct Title<'a> {
    /// Its first line.
    start: usize,
    /// The line behind its last.
    end: usize,
    /// 1 is the highest.
    level: usize,
    /// Its text.
    text: &'a str,
}

impl Title<'_> {
    fn subject(&self, reading: Reading) -> Subject {
        if self.level > DEEPEST { Subject::Other } else { subject(self.text, reading) }
    }
}

#[derive(Debug)]
struct Changelog<'a> {
    form: Form,
    text: Lines<'a>,
    titles: Vec<Title<'a>>,
}

impl<'a> Changelog<'a> {
    fn read(changelog: &'a str, form: Form) -> Self {
        let text = Lines::of(changelog.strip_prefix('\u{feff}').unwrap_or(changelog));
        let titles = match form {
            Form::Markdown => titles_of_markdown(&text),
            Form::RestructuredText => titles_of_rst(&text.lines),
        };
        Self { form, text, titles }
    }

    fn section(&self, wanted: &Subject) -> Section {
        let Some(at) = self.position(wanted) else { return Section::Missing { seen: self.seen() } };
        let level = self.titles[at].level;
        let is_next = |title: &&Title<'_>| {
            let subject = title.subject(Reading::Bare);
            title.level <= level || (subject != Subject::Other && subject != *wanted)
        };
        let next = self.titles[at + 1..].iter().find(is_next);
        let end = next.map_or(self.text.lines.len(), |title| title.start);
        let text = match self.form {
            Form::Markdown => self.markdown(self.titles[at].end, end),
            Form::RestructuredText => self.rst(self.titles[at].end, end, level),
        };
        if text.is_empty() { Section::Empty } else { Section::Found(text) }
    }

    /// The heading that is about `wanted`, as strictly read as it takes to find one.
    fn position(&self, wanted: &Subject) -> Option<usize> {
        let read = |reading| self.titles.iter().position(|title| title.subject(reading) == *wanted);
        let free = || {
            let high = |title: &Title<'_>| title.level <= 2 && title.subject(Reading::Free) == *wanted;
            self.titles.iter().position(high)
        };
        read(Reading::Bare).or_else(|| read(Reading::Strict)).or_else(free)
    }

    /// The headings that are about versions, else those that could have been.
    fn seen(&self) -> Vec<String> {
        let told = |title: &&Title<'_>| title.subject(Reading::Free) != Subject::Other;
        let high = |title: &&Title<'_>| title.level <= 2;
        let text = |title: &Title<'_>| title.text.chars().take(60).collect();
        let about: Vec<String> = self.titles.iter().filter(told).take(MOST_SEEN).map(text).collect();
        if about.is_empty() {
            self.titles.iter().filter(high).take(MOST_SEEN).map(text).collect()
        } else {
            about
        }
    }

    fn markdown(&self, start: usize, end: usize) -> String {
        let Lines { lines, kinds, goes_on: _ } = &self.text;
        let definitions = definitions(&self.text);
        // What stands before the next heading belongs to that heading, and the last section of a file is followed by the
        // definitions of all of them.
        let mut end = end;
        let mut behind = definitions.iter().rev().peekable();
        while end > start {
            let last = end - 1;
            while behind.next_if(|definition| definition.end > end).is_some() {}
            if let Some(definition) = behind.next_if(|definition| definition.end == end) {
                end = definition.start.max(start);
            } else if matches!(kinds[last], Kind::Blank | Kind::Rule) || is_anchor(lines[last]) {
                end = last;
            } else {
                break;
            }
        }
        if kinds[start..end].iter().all(|kind| matches!(kind, Kind::Blank | Kind::Comment)) {
            return String::new();
        }
        let text = normal(&lines[start..end].join("\n"));
        let links = needed(lines, &definitions, start..end);
        if links.is_empty() { text } else { format!("{text}\n\n{}", links.concat().join("\n")) }
    }

    fn rst(&self, start: usize, end: usize, level: usize) -> String {
        let mut titles = self.titles.iter().filter(|title| title.start >= start).peekable();
        let mut text = Vec::new();
        let mut number = start;
        while number < end {
            match titles.next_if(|title| title.start == number) {
                Some(title) => {
                    let depth = (title.level.saturating_sub(level) + 2).min(6);
                    text.push(format!("{} {}", "#".repeat(depth), title.text));
                    number = title.end;
                }
                None => {
                    text.push(self.text.lines[number].to_owned());
                    number += 1;
                }
            }
        }
        // A target (`.. _v1.1.0:`) belongs to the heading that it stands before.
        while text.last().is_some_and(|line| line.trim().is_empty() || is_target(line)) {
            text.pop();
        }
        normal(&text.join("\n"))
    }
}

/// Whether the line holds an anchor (`<a name="…"></a>`) and nothing else.
fn is_anchor(line: &str) -> bool {
    let text = line.trim();
    text.starts_with("<a ") && text.ends_with("></a>") && text.matches('<').count() == 2
}

fn is_target(line: &str) -> bool {
    line.starts_with(".. _") && line.trim_end().ends_with(':')
}

fn titles_of_markdown<'a>(text: &Lines<'a>) -> Vec<Title<'a>> {
    let title = |(start, kind): (usize, &Kind)| {
        let line = text.lines[start].trim();
        match *kind {
            Kind::Heading(level) => {
                Some(Title { start, end: start + 1, level, text: line.trim_matches('#').trim() })
            }
            Kind::Underlined(level) => Some(Title { start, end: start + 2, level, text: line }),
            _ => None,
        }
    };
    text.kinds.iter().enumerate().filter_map(title).collect()
}

/// Titles are underlined, some overlined too; the order in which such lines appear tells the levels.
fn titles_of_rst<'a>(lines: &[&'a str]) -> Vec<Title<'a>> {
    let drawn = |number: usize| lines.get(number).and_then(|line| drawn(line));
    let is_text = |number: usize| lines.get(number).is_some_and(|line| !line.trim().is_empty());
    let mut styles: Vec<(char, bool)> = Vec::new();
    let mut titles = Vec::new();
    let mut number = 0;
    while number < lines.len() {
        let above = drawn(number).filter(|mark| is_text(number + 1) && drawn(number + 2) == Some(*mark));
        let is_indented = lines[number].starts_with([' ', '\t']);
        let below = drawn(number + 1).filter(|_| is_text(number) && !is_indented && drawn(number).is_none());
        let (style, text, length) = match (above, below) {
            (Some(mark), _) => ((mark, true), lines[number + 1].trim(), 3),
            (None, Some(mark)) => ((mark, false), lines[number].trim(), 2),
            (None, None) => {
                number += 1;
                continue;
            }
        };
        let level = styles.iter().position(|known| *known == style).unwrap_or_else(|| {
            styles.push(style);
            styles.len() - 1
        });
        titles.push(Title { start: number, end: number + length, level: level + 1, text });
        number += length;
    }
    titles
}

/// A text as it is shown: without a byte order mark, with the line ends of Unix, and without empty lines around it.
pub(crate) fn normal(text: &str) -> String {
    let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap_or(text).lines().collect();
    let is_text = |line: &str| !line.trim().is_empty();
    let Some(start) = lines.iter().position(|line| is_text(line)) else { return String::new() };
    let end = lines.iter().rposition(|line| is_text(line)).map_or(start, |last| last + 1);
    lines[start..end].join("\n").trim_end().to_owned()
}

/// The mark that the line consists of, three times or more.
fn drawn(line: &str) -> Option<char> {
    let text = line.trim_end();
    let first = text.chars().next().filter(char::is_ascii_punctuation)?;
    (text.len() >= 3 && text.chars().all(|c| c == first)).then_some(first)
}

#[cfg(test)]
mod tests;
